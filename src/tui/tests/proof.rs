//! From a finding to its packets, their bytes and their stream.

use super::*;
use crate::engine::conversation::Side;
use crate::tui::event::Export;
use crate::tui::state::{Proving, Screen};

fn unanswered() -> State {
    opened(&["proxy-407-ntlm-unanswered.pcap"], 80, 24, Preferences::default())
}

#[test]
fn enter_goes_down_to_the_bytes_and_escape_back_up() {
    let mut state = unanswered();
    let path = [Screen::Finding, Screen::Ladder, Screen::Packets, Screen::Bytes];
    for screen in path {
        press(&mut state, &["enter"]);
        assert_eq!(state.screen(), screen);
    }
    for screen in path.iter().rev().skip(1).chain([&Screen::Overview]) {
        press(&mut state, &["esc"]);
        assert_eq!(state.screen(), *screen);
    }
}

#[test]
fn the_decisive_packet_is_selected_with_its_decisive_field() {
    let mut state = unanswered();
    press(&mut state, &["4"]);
    let packet = state.packet().unwrap();
    assert_eq!(packet.id.number(), 8);
    assert_eq!(packet.summary, "407 Proxy Authentication Required, offers NTLM");
    assert_eq!(packet.side, Some(Side::Server));
    let line = packet.fields.iter().find(|field| field.decisive).unwrap();
    assert_eq!(&packet.bytes[line.range.clone()], b"HTTP/1.1 407 Proxy Authentication Required");
}

#[test]
fn a_step_of_the_ladder_leads_to_its_packet() {
    let mut state = unanswered();
    press(&mut state, &["3", "home", "enter"]);
    assert_eq!(state.packet().unwrap().id.number(), 6);
}

#[test]
fn evidence_alone_is_fewer_packets() {
    let mut state = unanswered();
    press(&mut state, &["4"]);
    let all = state.packet_rows.len();
    press(&mut state, &["a"]);
    let evidence: Vec<u64> =
        state.finding().unwrap().open().evidence.iter().map(|evidence| evidence.at.id.number()).collect();
    let listed: Vec<u64> =
        state.packet_rows.iter().map(|index| state.proof().unwrap().packets[*index].id.number()).collect();
    assert_eq!(listed, evidence);
    assert!(all > listed.len());
}

#[test]
fn the_stream_has_both_sides_in_order() {
    let mut state = unanswered();
    press(&mut state, &["5"]);
    let stream = &state.proof().unwrap().streams[0];
    let sides: Vec<Side> = stream.chunks.iter().map(|chunk| chunk.side).collect();
    assert_eq!(sides, [Side::Client, Side::Server]);
    let text = screen(&state);
    assert!(text.contains("→ GET http://www.msftconnecttest.com/connecttest.txt HTTP/1.1"), "{text}");
    assert!(text.contains("← HTTP/1.1 407 Proxy Authentication Required"), "{text}");
}

#[test]
fn what_authenticates_is_never_shown() {
    let mut state = opened(&["proxy-ntlm-rejected.pcap"], 200, 60, Preferences::default());
    press(&mut state, &["4"]);
    let proof = state.proof().unwrap().clone();
    let hidden: Vec<_> = proof.packets.iter().filter(|packet| !packet.secrets.is_empty()).collect();
    assert!(!hidden.is_empty());
    for packet in hidden {
        for range in &packet.secrets {
            let secret = String::from_utf8_lossy(&packet.bytes[range.clone()]).into_owned();
            assert!(!packet.fields.iter().any(|field| field.value.contains(&secret)), "{secret}");
            for stream in &proof.streams {
                for chunk in &stream.chunks {
                    assert!(!String::from_utf8_lossy(&chunk.bytes).contains(&secret), "{secret}");
                }
            }
        }
    }
    assert!(proof.packets.iter().any(|packet| packet.fields.iter().any(|field| field.value == "NTLM ***")));
}

#[test]
fn a_pipe_says_that_its_bytes_are_gone() {
    let mut state = unanswered();
    let mut snapshot = (*state.snapshot).clone();
    snapshot.inputs[0].path = "-".into();
    update(&mut state, Event::News(News { snapshot: Arc::new(snapshot), stage: Stage::Reading }));
    for key in ["4", "5"] {
        assert!(press(&mut state, &[key]).is_empty());
        assert!(matches!(state.proving, Proving::Gone));
        assert!(screen(&state).contains("standard input"), "{}", screen(&state));
    }
}

#[test]
fn packets_of_another_finding_do_not_come_late() {
    let mut state =
        opened(&["proxy-407-ntlm-unanswered.pcap", "anonymised-portal.pcap"], 80, 24, Preferences::default());
    let effects = update(&mut state, Event::Key(event("4")));
    let [Effect::Fetch(first)] = effects.as_slice() else { panic!("{effects:?}") };
    let effects = update(&mut state, Event::Key(event("J")));
    assert!(matches!(effects.as_slice(), [Effect::Fetch(_)]));
    let late = read(first, &AtomicBool::new(false));
    update(&mut state, Event::Proof(first.clone(), late));
    assert!(state.proof().is_none());
}

#[test]
fn evidence_can_be_exported() {
    let mut state = unanswered();
    press(&mut state, &["e", "end"]);
    let effects = press(&mut state, &["enter"]);
    assert!(matches!(effects.as_slice(), [Effect::Export(Export::Evidence(1, _))]), "{effects:?}");
}
