//! What a live run says beside its findings.

use std::time::Duration;

use crate::engine::live::Totals;
use crate::source::Input;
use crate::source::live::{Cut, Notice};

/// What happened to a source, or to the clocks; `None` where nobody needs to know.
#[must_use]
pub fn sentence(name: &str, notice: &Notice) -> Option<String> {
    let cut_off = "what was open is cut off, not timed out";
    Some(match notice {
        Notice::Gone(why) => format!("{name}: cannot be read any more ({why}); waiting for it to come back"),
        Notice::Back => format!("{name}: is back"),
        Notice::Speed(Some(speed)) => format!("{name}: its speed is {speed} Mbit/s now"),
        Notice::Speed(None) => format!("{name}: its speed is not known any more"),
        Notice::Clock(Cut::Suspended(time)) => {
            format!("this machine slept for {:.0} s; {cut_off}", time.as_secs_f64())
        }
        Notice::Clock(Cut::SetAhead(time)) => {
            format!("the clock was set ahead by {:.1} s; {cut_off}", time.as_secs_f64())
        }
        Notice::Clock(Cut::SetBack(time)) => {
            format!("the clock was set back by {:.1} s; {cut_off}", time.as_secs_f64())
        }
        Notice::Clock(Cut::Away(time)) => format!("{name}: away for {:.1} s", time.as_secs_f64()),
        Notice::Ended(_) => return None,
        Notice::Missing(why) => {
            format!("{name}: is not in its place any more ({why}); waiting for a file of that name")
        }
        Notice::Emptied(first) => {
            format!("{name}: was emptied; it is read from its beginning, its packets count from {first}")
        }
        Notice::Replaced(first) => {
            format!(
                "{name}: another file has its place; that is read from its beginning, its packets count from {first}"
            )
        }
    })
}

/// How a run stands. `dropped` is what the kernel and the interfaces dropped, `cost` what the last judgement took.
#[must_use]
pub fn statistics(inputs: &[Input], dropped: (u64, u64), totals: Totals, cost: Duration) -> Vec<String> {
    let source = |input: &Input| {
        let path = input.path.display();
        format!("ncsight: {path}: {} packets, {} bytes, {} dropped", input.packets, input.bytes, input.dropped)
    };
    let mut lines: Vec<String> = inputs.iter().map(source).collect();
    lines.push(format!("ncsight: dropped {} by the kernel and {} by interfaces", dropped.0, dropped.1));
    lines.push(format!(
        "ncsight: {} findings: {} errors, {} warnings; {} revised, {} withdrawn; the last judgement took {:.1} ms",
        totals.findings,
        totals.errors,
        totals.warnings,
        totals.revised,
        totals.withdrawn,
        cost.as_secs_f64() * 1e3
    ));
    lines
}
