//! A live run of every capture: packets come one after the other, time goes on between them, and findings are told as
//! they are settled. What stands in the end must be what the analysis of the file says.

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use ncsight::engine::live::{Change, Told, Watch};
use ncsight::settings::Settings;
use ncsight::source::{Capture, Options};
use ncsight::verdict::Finding;
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

impl Heard {
    fn hear(&mut self, told: Vec<Told>, name: &str) {
        for Told { finding, change } in told {
            let id = finding.id;
            match change {
                Change::New => {
                    assert_eq!(id as usize, self.now.len() + self.withdrawn.len() + 1, "{name}: numbers in settle order");
                    assert_eq!(finding.revision, 0, "{name}");
                    self.now.insert(id, finding);
                }
                Change::Revised => {
                    let before = self.now.insert(id, finding.clone()).unwrap_or_else(|| panic!("{name}: [{id}] was told"));
                    assert_eq!(finding.revision, before.revision + 1, "{name}");
                    self.revised.push(format!("{name}: {} -> {}", Claim::of(&before), Claim::of(&finding)));
                }
                Change::Withdrawn => {
                    let before = self.now.remove(&id).unwrap_or_else(|| panic!("{name}: [{id}] was told"));
                    self.withdrawn.push(format!("{name}: {}", Claim::of(&before)));
                }
            }
        }
    }
}

fn live(case: &Case, settings: &Settings, heard: &mut Heard) {
    let options = Options { filter: settings.filter.clone(), ..Options::default() };
    let (mut capture, _) = Capture::open(&case.files, options).unwrap();
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
        let mut said: Vec<Claim> = heard.now.values().map(Claim::of).collect();
        said.sort();
        let expected = support::analysis::claims(&support::analysis::of_files(&case.files, &settings));
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
