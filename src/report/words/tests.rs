use std::collections::HashSet;

use super::*;
use crate::report::explain::example;
use crate::report::samples;

/// Whether a text is Japanese: it has kana or kanji.
fn japanese(text: &str) -> bool {
    text.chars().any(|c| matches!(u32::from(c), 0x3040..=0x30ff | 0x4e00..=0x9fff))
}

/// Every verdict with every cause that comes with it.
fn kinds() -> Vec<(Verdict, Option<Cause>)> {
    Verdict::ALL
        .iter()
        .flat_map(|&verdict| match causes_of(verdict) {
            [] => vec![(verdict, None)],
            causes => causes.iter().map(|&cause| (verdict, Some(cause))).collect(),
        })
        .collect()
}

#[test]
fn every_kind_of_finding_has_words_in_both_languages() {
    for (verdict, cause) in kinds() {
        for &language in Language::ALL {
            let story = story(&example(verdict, cause), language);
            let kind = format!("{verdict} {cause:?} {language}");
            assert!(!story.title.is_empty() && !story.title.contains('\n'), "{kind}: {}", story.title);
            assert!(!story.explanation.is_empty() && story.explanation.iter().all(|text| !text.is_empty()), "{kind}");
            assert!(!story.would_change.is_empty(), "{kind}");
            assert!(!story.remedy.is_empty() || verdict == Verdict::OsCheckSucceeded, "{kind}: no remedy");
            let ja = language == Language::Ja;
            let texts = story.explanation.iter().chain(&story.would_change).chain(story.remedy.iter().map(|r| &r.text));
            for text in texts.map(|text| &**text).chain([story.title.as_str()]) {
                assert_eq!(japanese(text), ja, "{kind}: {text}");
                assert!(!text.contains("  ") && !text.contains("{}"), "{kind}: {text}");
            }
        }
    }
}

#[test]
fn every_cause_belongs_to_a_verdict_and_has_a_meaning() {
    let used: HashSet<Cause> = kinds().into_iter().filter_map(|(_, cause)| cause).collect();
    for &cause in Cause::ALL {
        assert!(used.contains(&cause), "{cause} belongs to no verdict");
        assert!(!japanese(cause_meaning(cause, Language::En)) && !cause_meaning(cause, Language::En).is_empty());
        assert!(japanese(cause_meaning(cause, Language::Ja)), "{cause}");
    }
}

#[test]
fn causes_of_one_verdict_have_titles_of_their_own() {
    for &language in Language::ALL {
        for &verdict in Verdict::ALL {
            // Where the cause stands in the facts (an alert, a reset) the title is the same until they are there.
            if matches!(verdict, Verdict::TlsVersionMismatch | Verdict::AuthenticationLoop) {
                continue;
            }
            let titles: Vec<String> =
                causes_of(verdict).iter().map(|&cause| story(&example(verdict, Some(cause)), language).title).collect();
            let distinct: HashSet<&String> = titles.iter().collect();
            assert_eq!(distinct.len(), titles.len(), "{verdict}: {titles:#?}");
        }
    }
}

#[test]
fn a_blocked_probe_is_never_sent_to_a_portal() {
    for cause in [Cause::HttpBlocked, Cause::HttpServerError, Cause::HttpInterceptAuth, Cause::HttpStatus] {
        for (verdict, language) in [(Verdict::HotspotDetected, Language::En), (Verdict::HotspotDetected, Language::Ja)]
        {
            for remedy in story(&example(verdict, Some(cause)), language).remedy {
                assert!(
                    !remedy.text.contains("portal") && !remedy.text.contains("ポータル"),
                    "{cause}: {}",
                    remedy.text
                );
            }
        }
    }
    let story = story(&example(Verdict::HotspotDetected, Some(Cause::HttpBlocked)), Language::En);
    assert_eq!(story.remedy.first().map(|remedy| remedy.audience), Some(Audience::Firewall));
}

#[test]
fn no_remedy_allows_by_address_or_switches_probing_off() {
    for (verdict, cause) in kinds() {
        for &language in Language::ALL {
            for remedy in story(&example(verdict, cause), language).remedy {
                let text = &remedy.text;
                assert!(!text.contains("13.107.") && !text.contains("a1961"), "{text}");
                let forbids = *text == never(language).text;
                assert!(forbids || !text.contains("EnableActiveProbing=0"), "{text}");
                assert!(forbids || !text.contains("NoActiveProbe=1"), "{text}");
            }
        }
    }
}

#[test]
fn failed_probes_carry_the_prohibitions() {
    for (verdict, cause) in kinds() {
        let finding = example(verdict, cause);
        let has = story(&finding, Language::En).remedy.contains(&never(Language::En));
        assert_eq!(has, concerns_ncsi(&finding), "{verdict}");
    }
    let mut beside = example(Verdict::ProxyAuthenticationRequired, Some(Cause::ProxyAuthUnanswered));
    beside.ncsi_reason = None;
    assert!(!story(&beside, Language::En).remedy.contains(&never(Language::En)));
}

#[test]
fn names_of_the_finding_stand_in_its_words() {
    let told = story(&samples::hotspot(), Language::En);
    assert_eq!(told.title, "The probe of 10.0.0.5 is redirected to http://login.hotel.example/ (302 Found)");
    assert!(told.remedy[0].text.contains("http://login.hotel.example/"));
    let told = story(&samples::proxy_authentication(), Language::En);
    assert!(told.title.contains("proxy.corp.example (10.0.0.8:8080)") && told.title.contains("Negotiate, NTLM"));
    let told = story(&samples::tls_mismatch(), Language::En);
    assert_eq!(told.title, "2001:db8::5 offers at most TLS 1.0, and login.microsoftonline.com refuses it");
    assert!(told.explanation.iter().any(|text| text.contains("blame the certificate")));
}

#[test]
fn windows_state_is_predicted_never_claimed() {
    let finding = samples::hotspot();
    let en = prediction(&finding, Language::En).unwrap_or_default();
    assert!(en.contains("predicted") && en.contains("reason 7") && en.contains("documented"), "{en}");
    let ja = prediction(&finding, Language::Ja).unwrap_or_default();
    assert!(ja.contains("予測") && ja.contains("理由 7"), "{ja}");
    assert_eq!(prediction(&samples::tls_mismatch(), Language::En), None);
}

#[test]
fn windows_events_and_networks_have_words_in_both_languages() {
    use super::network::Tally;
    use crate::proto::ncsi_event::NcsiEvent;
    use crate::report::model::NetworkKind;
    use crate::report::networks::Where;
    use crate::verdict::Capability;
    use crate::verdict::windows::Difference;
    let events = [
        NcsiEvent::CapabilityChange { capability: Capability::Local, reason: 7 },
        NcsiEvent::ProbeFinished { succeeded: false, flags: vec![true, false, true] },
        NcsiEvent::ProbeFinished { succeeded: true, flags: vec![] },
        NcsiEvent::ProbeResult { code: 12007 },
    ];
    let differences = [
        Difference::Capability { predicted: (Capability::Local, 7), recorded: (Capability::Internet, 4) },
        Difference::Reason { capability: Capability::Local, predicted: 6, recorded: 5 },
        Difference::Code { predicted: 12029, recorded: 12007 },
    ];
    for &language in Language::ALL {
        let ja = language == Language::Ja;
        let mut texts: Vec<String> = events.iter().map(|event| windows_event(event, language)).collect();
        texts.extend(differences.iter().map(|one| difference(*one, 3, "IPv4", language)));
        texts.push(may_heal(12, language));
        for (failed, succeeded, at) in [(3, 37, Where::Clients), (1, 1, Where::Unclear), (2, 0, Where::Network)] {
            let tally = Tally { failed, succeeded, cause: Some(Cause::ProxyAuthUnanswered) };
            for kind in [NetworkKind::Proxy, NetworkKind::Portal, NetworkKind::Resolver] {
                texts.push(network::place(kind, "10.1.0.9:3128", &tally, at, language));
            }
            texts.push(network::overall(Some((NetworkKind::Proxy, "10.1.0.9:3128")), &tally, at, language));
            texts.push(network::overall(None, &Tally { cause: None, ..tally }, at, language));
        }
        texts.push(network::stage("dns", 2, language));
        for text in texts {
            assert_eq!(japanese(&text), ja, "{text}");
            assert!(!text.contains("  ") && !text.contains("{}"), "{text}");
        }
    }
    let tally = Tally { failed: 3, succeeded: 37, cause: Some(Cause::ProxyAuthUnanswered) };
    assert_eq!(
        network::overall(Some((NetworkKind::Proxy, "10.1.0.9:3128")), &tally, Where::Clients, Language::En),
        "The probes of 3 of 40 clients fail, all at the proxy 10.1.0.9:3128 with 407 (proxy-auth-unanswered); 37 get \
         through: look at these PCs or a rule for them, not at the network"
    );
}
