//! One finding as the text of a ticket: what, since when, between whom, what is asked of whom, and the proof.

use jiff::tz::TimeZone;

use super::ladder::{Pen, draw, ladder};
use super::language::{Language, say};
use super::model::{Audience, Finding, Remedy};
use super::words;
use super::{Options, build};
use crate::engine::snapshot::Snapshot;
use crate::verdict;

/// Columns of the diagram: mails wrap behind that.
const COLUMNS: usize = 76;

/// `finding` in two lines: verdict and title.
#[must_use]
pub fn summary(finding: &Finding, language: Language, zone: &TimeZone) -> String {
    let cause = finding.cause.map(|cause| format!(" ({cause})")).unwrap_or_default();
    let (verdict, client, since) = (finding.verdict, &finding.client, finding.started.in_zone(zone));
    let first = say!(language, "{client}: {verdict}{cause} since {since}", "{client}：{verdict}{cause}、{since} から");
    format!("{first}\n{}\n", finding.title)
}

/// What is asked of whom.
#[must_use]
pub fn remedies(finding: &Finding, language: Language) -> String {
    let never = words::never(language);
    let line = |remedy: &Remedy| format!("- {}: {}\n", audience(remedy.audience, language), remedy.text);
    let mut text: String = finding.remedy.iter().filter(|remedy| **remedy != never).map(line).collect();
    if finding.remedy.contains(&never) {
        text.push_str(&format!("! {}\n", never.text));
    }
    text
}

/// Who is asked, as a person would call him.
#[must_use]
pub const fn audience(audience: Audience, language: Language) -> &'static str {
    match audience {
        Audience::Client => language.pick("PC support", "PC 担当"),
        Audience::Proxy => language.pick("proxy team", "プロキシ担当"),
        Audience::Firewall => language.pick("firewall team", "ファイアウォール担当"),
        Audience::Dns => language.pick("DNS team", "DNS 担当"),
        Audience::Server => language.pick("server team", "サーバー担当"),
        Audience::Microsoft => "Microsoft",
    }
}

/// The whole ticket.
#[must_use]
pub fn ticket(finding: &verdict::Finding, snapshot: &Snapshot, language: Language, zone: &TimeZone) -> String {
    let story = build::finding(finding.clone(), snapshot, &Options { language, ..Options::default() });
    let mut text = format!("{}\n\n", story.title);
    let mut fact = |label: &str, value: &str| {
        let colon = language.pick(": ", "：");
        text.push_str(&format!("{label}{colon}{value}\n"));
    };
    let cause = story.cause.map(|cause| format!(" / {cause}")).unwrap_or_default();
    let (verdict, confidence) = (story.verdict, story.confidence);
    fact(
        language.pick("Verdict", "判定"),
        &say!(language, "{verdict}{cause}, confidence {confidence}", "{verdict}{cause}（確度 {confidence}）"),
    );
    if !story.confidence_reasons.is_empty() {
        fact(language.pick("Doubts", "留意点"), &story.confidence_reasons.join(language.pick("; ", "、")));
    }
    let (local, utc) = (story.started.in_zone(zone), story.started.utc());
    fact(language.pick("Since", "発生時刻"), &format!("{local} ({utc})"));
    if story.details.count > 1 {
        let (count, until) = (story.details.count, story.ended.in_zone(zone));
        fact(
            language.pick("Repeated", "回数"),
            &say!(language, "{count} times, until {until}", "{count} 回、{until} まで"),
        );
    }
    fact(language.pick("Connection", "通信"), &tuple(finding));
    if let Some(name) = story.url.as_ref().or(story.host.as_ref()) {
        fact(language.pick("Name", "宛先名"), name);
    }
    if let Some(reason) = &story.ncsi_reason {
        let (number, name, basis) = (reason.number, &reason.name, reason.basis);
        fact("Windows", &format!("CapabilityChangeReason {number} {name} ({basis})"));
    }
    text.push_str(&format!("\n{}\n", story.explanation));
    if !story.remedy.is_empty() {
        text.push_str(language.pick("\nWhat is asked:\n", "\n依頼事項：\n"));
        text.push_str(&remedies(&story, language));
    }
    text.push_str(language.pick("\nProof:\n", "\n証拠：\n"));
    for evidence in &story.evidence {
        let path = evidence
            .input
            .index()
            .and_then(|index| snapshot.inputs.get(usize::from(index)))
            .map(|input| input.path.as_path());
        let file = path
            .and_then(|path| path.file_name())
            .map_or_else(String::new, |name| words::safe(&name.to_string_lossy()).into_owned());
        let (packet, time, note) = (evidence.packet, evidence.time.utc(), &evidence.note);
        text.push_str(&format!("- {file} #{packet} {time} {note}\n"));
    }
    let label = language.pick("Wireshark filter: ", "Wireshark フィルター：");
    text.push_str(&format!("{label}{}\n\n", story.filter));
    text.push_str(&diagram(finding, snapshot.time_digits, language));
    text
}

/// The sequence diagram alone.
#[must_use]
pub fn diagram(finding: &verdict::Finding, digits: u8, language: Language) -> String {
    let ladder = ladder(finding, digits, language);
    draw(&ladder, COLUMNS, Pen::Lines, language).into_iter().map(|line| line.text + "\n").collect()
}

/// Protocol, addresses and ports.
fn tuple(finding: &verdict::Finding) -> String {
    let protocol = if finding.conversations.iter().any(|own| !own.udp) { "TCP" } else { "UDP" };
    let mut text = format!("{protocol} {}", words::socket(finding.client, finding.client_port));
    if let Some(proxy) = finding.proxy {
        text.push_str(&format!(" -> proxy {proxy}"));
    }
    if let Some(server) = finding.server {
        text.push_str(&format!(" -> {}", words::socket(server, finding.server_port)));
    }
    text
}
