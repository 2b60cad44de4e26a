//! The same bytes, whatever happens to the segments.

use proptest::collection::vec;
use proptest::prelude::*;

use super::scene::*;

fn stream(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n * 31 % 251) as u8 + 1).collect()
}

fn scene(isn: u32) -> Scene {
    let mut scene = Scene::new();
    scene.reader.greedy = true;
    scene.client_isn = isn;
    scene.connect();
    scene
}

/// Cuts a stream into segments of the given sizes, over and over.
fn segments(scene: &mut Scene, bytes: &[u8], sizes: &[usize]) -> Vec<Say> {
    let mut at = 0;
    let mut says = Vec::new();
    for size in sizes.iter().cycle() {
        if at == bytes.len() {
            break;
        }
        let end = (at + size).min(bytes.len());
        says.push(scene.c(at as i64, 0, &bytes[at..end]));
        at = end;
    }
    // All within the tolerance of reordering.
    for (n, say) in says.iter_mut().enumerate() {
        say.ms = 1010.0 + n as f64 * 0.1;
    }
    says
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_order_and_any_copies_give_the_same_bytes(
        isn: u32,
        len in 1_usize..3000,
        sizes in vec(prop_oneof![1_usize..4, 1_usize..1500], 1..20),
        swaps in vec((0_usize..1000, 0_usize..40), 0..60),
        again in vec(0_usize..1000, 0..30),
    ) {
        let bytes = stream(len);
        let mut scene = scene(isn);
        let mut says = segments(&mut scene, &bytes, &sizes);
        let count = says.len();
        for (from, by) in swaps {
            says.swap(from % count, (from % count + by).min(count - 1));
        }
        // Swaps may add up to more than may be held: then a gap is right, and not looked at here.
        let furthest = says.iter().enumerate().map(|(n, say)| {
            let place = (says.iter().filter(|other| other.ms < say.ms)).count();
            place.abs_diff(n)
        }).max().unwrap_or(0);
        prop_assume!(furthest < 60);
        for n in again {
            let copy = says[n % says.len()].clone();
            says.push(copy);
        }
        scene.play(&says);
        scene.finish();
        prop_assert_eq!(&scene.log(0).bytes[0], &bytes);
        prop_assert_eq!(scene.log(0).missing, [0, 0]);
    }

    #[test]
    fn any_overlap_gives_the_same_bytes(
        isn: u32,
        len in 1_usize..2000,
        pieces in vec((0_usize..2000, 1_usize..300), 0..50),
    ) {
        let bytes = stream(len);
        let mut scene = scene(isn);
        for (start, size) in pieces {
            let start = start % len;
            let say = scene.c(start as i64, 0, &bytes[start..(start + size).min(len)]);
            scene.push(&say);
        }
        let whole = scene.c(0, 0, &bytes);
        scene.push(&whole);
        scene.finish();
        prop_assert_eq!(&scene.log(0).bytes[0], &bytes);
        prop_assert_eq!(scene.log(0).missing, [0, 0]);
    }

    #[test]
    fn losses_and_cuts_become_gaps_of_their_length(
        isn: u32,
        len in 1_usize..6000,
        sizes in vec(1_usize..400, 1..20),
        fates in vec(0_u8..10, 40),
        acks in vec(any::<bool>(), 40),
    ) {
        let bytes = stream(len);
        let mut scene = scene(isn);
        let says = segments(&mut scene, &bytes, &sizes);
        let mut expected = bytes.clone();
        for (n, say) in says.into_iter().enumerate() {
            let offset = say.seq.wrapping_sub(isn).wrapping_sub(1) as usize;
            let size = say.payload.len();
            let ms = 1010.0 + n as f64 * 40.0;
            match fates[n % fates.len()] {
                0 | 1 => expected[offset..offset + size].fill(0),
                2 => {
                    let captured = size / 2;
                    expected[offset + captured..offset + size].fill(0);
                    scene.push(&say.at(ms).cut(captured));
                }
                _ => { scene.push(&say.at(ms)); }
            }
            if acks[n % acks.len()] {
                let ack = scene.s(0, (offset + size) as i64, b"").at(ms + 1.0);
                scene.push(&ack);
            }
        }
        let fin = scene.c(len as i64, 0, b"").flags(FIN | ACK).at(1_000_000.0);
        scene.push(&fin);
        let ack = scene.s(0, len as i64 + 1, b"").at(1_000_001.0);
        scene.push(&ack);
        scene.finish();
        let log = scene.log(0);
        let half = &log.last.as_ref().unwrap().halves[0];
        prop_assert_eq!(half.delivered, len as u64);
        let missing = expected.iter().filter(|byte| **byte == 0).count() as u64;
        if missing < len as u64 {
            prop_assert_eq!(&log.bytes[0], &expected);
            prop_assert_eq!(log.missing[0], missing);
        }
        prop_assert_eq!((half.gap_bytes, half.acknowledged_missing), (missing, missing));
        prop_assert!(half.fin.is_some());
    }

    #[test]
    fn garbage_is_harmless_and_bounded(
        segments in vec((0_u8..3, any::<bool>(), any::<u32>(), any::<u32>(), any::<u8>(), 0_usize..40, 0_u32..100_000, 0_i64..10_000), 0..200),
    ) {
        let limits = crate::limits::TableLimits { flows: 8, flow_bytes: 20_000, ..Default::default() };
        let mut scene = Scene::with(&limits);
        scene.reader.greedy = true;
        scene.reader.keep_bytes = false;
        for (host, from_client, seq, ack, flags, size, len, ms) in segments {
            scene.client = ([10, 0, 0, host], 50_000).into();
            let mut say = if from_client { scene.c(0, 0, b"") } else { scene.s(0, 0, b"") };
            (say.seq, say.ack, say.flags, say.len) = (seq, ack, flags, Some(len));
            say.payload = vec![b'x'; size];
            say.ms = ms as f64;
            scene.push(&say);
            let now = scene.now();
            scene.table.advance(now, &mut scene.reader);
            prop_assert!(scene.table.state_bytes() <= 20_000);
        }
        scene.finish();
        for log in scene.reader.logs.values() {
            let last = log.last.as_ref().unwrap();
            prop_assert!(last.halves[0].gap_bytes <= last.halves[0].delivered);
        }
    }
}

#[test]
fn the_numbers_may_wrap_at_every_byte() {
    let bytes = stream(64);
    for before in 0..70_u32 {
        for size in [1, 7, 64] {
            let mut scene = scene(u32::MAX - before);
            let mut says = segments(&mut scene, &bytes, &[size]);
            says.reverse();
            scene.play(&says);
            let ack = scene.s(0, 64, b"");
            let fin = scene.c(64, 0, b"").flags(FIN | ACK);
            scene.play(&[ack, fin]);
            scene.finish();
            assert_eq!(scene.log(0).bytes[0], bytes, "{before} {size}");
            let half = &scene.last(0).halves[0];
            assert_eq!((half.acknowledged, half.acknowledged_missing), (64, 0));
            assert!(half.fin.is_some());
        }
    }
}
