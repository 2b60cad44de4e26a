//! A live run of every capture: packets come one after the other, time goes on between them, and findings are told as
//! they are settled. What stands in the end must be what the analysis of the file says.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use ncsight::engine::live::{Change, Told, Watch};
use ncsight::settings::Settings;
use ncsight::source::live::{Continuity, Look};
use ncsight::source::{Capture, Options, PacketId};
use ncsight::verdict::{Cause, Filed, Finding};
use support::analysis::{Claim, shown};
use support::case::Case;

/// Packets after which a busy run judges, and the pauses after which a quiet one does.
const PACKETS: usize = 7;
const PAUSE: Duration = Duration::from_millis(450);
/// Longest silence that is lived through second by second.
const LIVED: u64 = 60;

/// What was told, and what became of it.
#[derive(Default)]
struct Heard {
    now: BTreeMap<u32, Finding>,
    revised: Vec<String>,
    withdrawn: Vec<String>,
}

/// What a finding claims.
fn claim(finding: &Finding) -> Claim {
    Claim::of(&Filed::of(finding.clone()))
}

impl Heard {
    fn hear(&mut self, told: Vec<Told>, name: &str) {
        for Told { finding, change } in told {
            let id = finding.id;
            match change {
                Change::New => {
                    assert_eq!(
                        id as usize,
                        self.now.len() + self.withdrawn.len() + 1,
                        "{name}: numbers in settle order"
                    );
                    assert_eq!(finding.revision, 0, "{name}");
                    self.now.insert(id, finding);
                }
                Change::Revised => {
                    let before =
                        self.now.insert(id, finding.clone()).unwrap_or_else(|| panic!("{name}: [{id}] was told"));
                    assert_eq!(finding.revision, before.revision + 1, "{name}");
                    self.revised.push(format!("{name}: {} -> {}", claim(&before), claim(&finding)));
                }
                Change::Withdrawn => {
                    let before = self.now.remove(&id).unwrap_or_else(|| panic!("{name}: [{id}] was told"));
                    self.withdrawn.push(format!("{name}: {}", claim(&before)));
                }
            }
        }
    }
}

fn live(case: &Case, settings: &Settings, heard: &mut Heard) {
    let (mut capture, _) = ncsight::engine::open(&case.files, settings).unwrap();
    let mut watch = Watch::new(settings);
    let (mut last, mut packets) = (None, 0);
    loop {
        let inputs = capture.inputs();
        let Some(frame) = capture.next() else { break };
        let now = frame.at.time;
        if let Some(last) = last {
            let steps = (0..LIVED).map(|second| PAUSE + Duration::from_secs(second));
            for moment in steps.map(|step| now.min(last).after(step)).take_while(|moment| *moment < now) {
                watch.tick(moment);
                if watch.is_due() {
                    heard.hear(watch.settle(inputs.clone()), &case.name);
                }
            }
        }
        watch.frame(&frame);
        packets += 1;
        if packets % PACKETS == 0 && watch.is_due() {
            heard.hear(watch.settle(inputs), &case.name);
        }
        last = last.max(Some(now));
    }
    heard.hear(watch.finish(capture.inputs(), &capture.journal()).0, &case.name);
}

#[test]
fn what_stands_in_the_end_is_what_the_file_says() {
    let (mut wrong, mut revised, mut withdrawn) = (Vec::new(), Vec::new(), Vec::new());
    for case in support::case::all() {
        let settings = case.settings();
        let mut heard = Heard::default();
        live(&case, &settings, &mut heard);
        let mut said: Vec<Claim> = heard.now.values().map(claim).collect();
        said.sort();
        let whole = support::analysis::of_files(&case.files, &settings);
        if !whole.quality.points.is_empty() {
            // A live run does not tell capture points apart.
            continue;
        }
        let expected = support::analysis::claims(&whole);
        if said != expected {
            wrong.push(format!("{}: told {}, the file says {}", case.name, shown(&said), shown(&expected)));
        }
        revised.extend(heard.revised);
        withdrawn.extend(heard.withdrawn);
    }
    if std::env::var_os("NCSIGHT_REPLAY_SHOW").is_some() {
        println!("revised:\n  {}\nwithdrawn:\n  {}", revised.join("\n  "), withdrawn.join("\n  "));
    }
    println!("{} revised, {} withdrawn", revised.len(), withdrawn.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A portal that is asked again and again, for hours, is one finding; what was let go of meanwhile is not told twice.
#[test]
fn a_portal_of_hours_is_one_finding() {
    const AGAIN: Duration = Duration::from_secs(130);
    const TIMES: u64 = 90;
    let path = support::case::folder().join("direct-302.pcapng");
    let settings = Settings::default();
    let mut watch = Watch::new(&settings);
    let mut heard = Heard::default();
    let mut inputs = Vec::new();
    for round in 0..TIMES {
        let (mut capture, _) = Capture::open(std::slice::from_ref(&path), Options::default()).unwrap();
        let later = AGAIN * u32::try_from(round).unwrap();
        let mut last = None;
        while let Some(mut frame) = capture.next() {
            frame.at.time = frame.at.time.after(later);
            frame.at.id = PacketId::new(0, round * 1000 + frame.at.id.number());
            last = Some(frame.at.time);
            watch.frame(&frame);
        }
        inputs = capture.inputs();
        for second in 1..AGAIN.as_secs() - 10 {
            watch.tick(last.unwrap().after(Duration::from_secs(second)));
            if watch.is_due() || second % 30 == 0 {
                heard.hear(watch.settle(inputs.clone()), "portal");
            }
        }
    }
    let (told, totals) = watch.finish(inputs, &[]);
    heard.hear(told, "portal");
    assert_eq!((totals.findings, totals.withdrawn), (1, 0), "{:?}", heard.withdrawn);
    let finding = &heard.now[&1];
    assert_eq!(finding.details.count, 64, "told at every doubling: {:?}", heard.revised);
    assert_eq!(finding.revision, 6, "{:?}", heard.revised);
}

/// A machine that sleeps while a client waits, or whose clock is set, has not seen that nobody answered.
#[test]
fn sleep_and_steps_of_the_clock_are_no_time_outs() {
    const HOURS: Duration = Duration::from_secs(8 * 3600);
    const MOMENT: Duration = Duration::from_millis(100);
    // What the wall clock, the time awake and the time since the start gain between two looks.
    let later = [(HOURS, MOMENT, HOURS, false), (HOURS, MOMENT, MOMENT, false), (HOURS, MOMENT, MOMENT, true)];
    for (wall, awake, running, back) in later {
        let told = waits_through(Some((wall, awake, running, back)));
        let silent: Vec<String> =
            told.iter().filter(|finding| is_silence(finding)).map(|one| claim(one).to_string()).collect();
        assert!(silent.is_empty(), "{silent:?}");
        assert!(
            told.iter().any(|finding| finding.cause == Some(Cause::CaptureEnded)),
            "what was open is told as cut off"
        );
    }
    assert!(waits_through(None).iter().any(is_silence), "without a break the same packets are a time-out");
}

fn is_silence(finding: &Finding) -> bool {
    matches!(finding.cause, Some(Cause::TcpTimeout | Cause::OneWay | Cause::HttpTimeout | Cause::DnsTimeout))
}

/// A client's SYNs stay unanswered for five seconds; then comes the break, then other traffic of the same client.
fn waits_through(gained: Option<(Duration, Duration, Duration, bool)>) -> Vec<Finding> {
    let folder = support::case::folder();
    let mut watch = Watch::new(&Settings::default());
    let mut told = Vec::new();
    let (mut first, _) = Capture::open(&[folder.join("tcp-timeout.pcap")], Options::default()).unwrap();
    let mut start = None;
    while let Some(frame) = first.next() {
        let since = *start.get_or_insert(frame.at.time);
        if frame.at.time.since(since) > Duration::from_secs(5) {
            break;
        }
        watch.frame(&frame);
    }
    let before = start.unwrap().after(Duration::from_secs(5));
    watch.tick(before);
    let mut to = before.after(Duration::from_secs(60));
    if let Some((wall, awake, running, back)) = gained {
        let look = Look { wall: before, awake: Duration::from_secs(9), running: Duration::from_secs(9) };
        let mut continuity = Continuity::default();
        assert_eq!(continuity.check(look), None);
        let wall = if back { before.before(wall) } else { before.after(wall) };
        let found = continuity.check(Look { wall, awake: look.awake + awake, running: look.running + running });
        to = found.expect("the clocks part").to;
        told.extend(watch.interrupt(first.inputs()));
    }
    let (mut second, _) = Capture::open(&[folder.join("tls-alert70-old-client.pcap")], Options::default()).unwrap();
    let mut start = None;
    while let Some(mut frame) = second.next() {
        let since = *start.get_or_insert(frame.at.time);
        frame.at.id = PacketId::new(0, 1000 + frame.at.id.number());
        frame.at.time = to.after(frame.at.time.since(since));
        watch.frame(&frame);
    }
    for second_after in 1..100 {
        watch.tick(to.after(Duration::from_secs(second_after)));
        told.extend(watch.settle(second.inputs()));
    }
    told.extend(watch.finish(second.inputs(), &[]).0);
    told.into_iter().map(|one| one.finding).collect()
}
