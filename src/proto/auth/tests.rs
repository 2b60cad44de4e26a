//! Challenges and credentials as Windows and proxies write them.

use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::proto::ntlm::tests::type3;

fn kinds(value: &str) -> Vec<(String, ChallengeKind)> {
    parse_challenges(value.as_bytes()).into_iter().map(|c| (c.scheme.name().to_owned(), c.kind)).collect()
}

#[test]
fn several_challenges_in_one_line() {
    use ChallengeKind::Offer;
    let offer = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), Offer)).collect::<Vec<_>>();
    let table: [(&str, &[&str]); 8] = [
        ("Negotiate, NTLM", &["Negotiate", "NTLM"]),
        ("negotiate,ntlm , BASIC realm=\"a, b\"", &["Negotiate", "NTLM", "Basic"]),
        (
            "Basic realm=\"Corp \\\"x\\\", y\", Digest realm=\"d\", nonce=\"n=\", qop=\"auth,auth-int\"",
            &["Basic", "Digest"],
        ),
        ("Digest realm = \"d\" , nonce = \"n\", Kerberos", &["Digest", "Kerberos"]),
        (
            "Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\"",
            &["Newauth", "Basic"],
        ),
        (",, NTLM ,", &["NTLM"]),
        ("", &[]),
        ("realm=\"nobody\"", &[]),
    ];
    for (value, expected) in table {
        assert_eq!(kinds(value), offer(expected), "{value}");
    }
    let realms = parse_challenges(b"Basic realm=\"Corp \\\"x\\\", y\", Digest nonce=\"n\", realm=plain, stale=false");
    assert_eq!(realms[0].realm.as_deref(), Some("Corp \"x\", y"));
    assert_eq!(realms[1].realm.as_deref(), Some("plain"));
    assert_eq!(parse_challenges("NTLM,".repeat(1000).as_bytes()).len(), MAX_CHALLENGES);
}

#[test]
fn continued_exchanges() {
    let type2 = STANDARD.encode(b"NTLMSSP\0\x02\0\0\0\0\0\0\0");
    let mut spnego = vec![0xa1, 0x81, 0x90, 0x30];
    spnego.extend(b"NTLMSSP\0\x02\0\0\0\0\0\0\0");
    assert_eq!(kinds(&format!("NTLM {type2}")), [("NTLM".into(), ChallengeKind::NtlmType2)]);
    assert_eq!(kinds(&format!("Negotiate {type2}")), [("Negotiate".into(), ChallengeKind::NtlmType2)]);
    assert_eq!(
        kinds(&format!("Negotiate {}", STANDARD.encode(spnego))),
        [("Negotiate".into(), ChallengeKind::NtlmType2)]
    );
    assert_eq!(kinds("Negotiate oRQwEqADCgEB"), [("Negotiate".into(), ChallengeKind::Continue)]);
}

fn credential(value: &str) -> Credential {
    parse_credential(value.as_bytes()).unwrap()
}

#[test]
fn ntlm_legs() {
    assert_eq!(credential("NTLM TlRMTVNTUAABAAAAB4IIogAAAAA=").kind, CredentialKind::Ntlm1);
    assert_eq!(credential("Negotiate TlRMTVNTUAABAAAAB4II").kind, CredentialKind::Ntlm1);
    let user = NtlmUser { domain: "CONTOSO".into(), user: "PC$".into(), workstation: "PC".into() };
    let message = type3("CONTOSO", "PC$", "PC", true);
    assert_eq!(credential(&format!("NTLM {}", STANDARD.encode(&message))).kind, CredentialKind::Ntlm3(user.clone()));
    let mut spnego = vec![0xa1, 0x82, 0x01, 0x00, 0x30, 0x82];
    spnego.extend(message);
    let read = credential(&format!("negotiate {}", STANDARD.encode(spnego)));
    assert_eq!((read.scheme, read.kind), (Scheme::Negotiate, CredentialKind::Ntlm3(user)));
}

#[test]
fn kerberos_and_other_tokens() {
    for oid in KERBEROS_OIDS {
        let mut token = vec![0x60, 0x82, 0x05, 0x10, 0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02];
        token.extend_from_slice(oid);
        let read = credential(&format!("Negotiate {}", STANDARD.encode(token)));
        assert_eq!(read.kind, CredentialKind::Kerberos);
    }
    assert_eq!(credential("Negotiate YIIFAA==").kind, CredentialKind::NegotiateOther);
    assert_eq!(credential("Negotiate ***").kind, CredentialKind::NegotiateOther);
    assert_eq!(credential("NTLM AAAA").kind, CredentialKind::Other);
}

#[test]
fn no_secret_is_kept() {
    let digest = "Digest username=\"Mu, \\\"fasa\", realm=\"r\", response=\"6629fae49393a05397450978507c4ef1\"";
    let values = [
        format!("Basic {}", STANDARD.encode("Aladdin:open sesame")),
        digest.to_owned(),
        "Bearer mF_9.B5f-4.1JqM".to_owned(),
        "0123456789abcdef-api-key".to_owned(),
        "SharedKey account:c2lnbmF0dXJl".to_owned(),
        format!("NTLM {}", STANDARD.encode(type3("D", "u", "w", false))),
    ];
    let secrets = ["sesame", "6629fae4", "mF_9", "0123456789", "c2lnbmF0dXJl", "SECRET"];
    for (value, secret) in values.iter().zip(secrets) {
        let shown = format!("{:?}", credential(value));
        assert!(!shown.contains(secret), "{shown}");
    }
    assert_eq!(credential(&values[0]).kind, CredentialKind::Basic { user: Some("Aladdin".into()) });
    assert_eq!(credential(digest).kind, CredentialKind::Digest { user: Some("Mu, \"fasa".into()) });
    assert_eq!(credential(&values[4]).scheme, Scheme::Other("SharedKey".into()));
    assert_eq!(parse_credential(b"  "), None);
}

#[test]
fn every_cut_of_a_credential_is_survived() {
    let value = format!("NTLM {}", STANDARD.encode(type3("CONTOSO", "anna", "PC", true)));
    for length in 1..value.len() {
        assert!(parse_credential(&value.as_bytes()[..length]).is_some());
    }
}

proptest::proptest! {
    #[test]
    fn no_value_panics(value in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = parse_challenges(&value);
        let _ = parse_credential(&value);
    }
}
