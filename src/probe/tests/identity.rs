//! What a host is called and which system it has: who told it, and whose word counts.

use super::onlink::*;
use super::scene::*;
use crate::probe::identity::System;
use crate::proto::auth::{Credential, CredentialKind, Scheme};
use crate::proto::http::RequestHead;
use crate::proto::ntlm::NtlmUser;
use crate::settings::Settings;

const OTHER: &str = "10.0.0.6";

/// A request by that program.
fn by(agent: &str) -> RequestHead {
    RequestHead { user_agent: Some(agent.into()), ..RequestHead::default() }
}

/// A request with the credentials of a user at that workstation.
fn at_workstation(workstation: &str) -> RequestHead {
    let user = NtlmUser { domain: "CORP".into(), user: "alice".into(), workstation: workstation.into() };
    let credential = Credential { scheme: Scheme::Ntlm, kind: CredentialKind::Ntlm3(user) };
    RequestHead { proxy_authorization: Some(credential), ..RequestHead::default() }
}

fn told(heads: &[RequestHead]) -> Scene {
    let mut scene = Scene::new();
    for head in heads {
        scene.world.identities.request(ip(CLIENT), head);
    }
    scene
}

fn who(scene: &Scene, addresses: &[&str]) -> (Option<String>, Option<String>) {
    let addresses: Vec<_> = addresses.iter().map(|address| ip(address)).collect();
    scene.world.who(&addresses, Some(mac(HARDWARE)))
}

fn name(scene: &Scene) -> Option<String> {
    who(scene, &[CLIENT]).0
}

fn system(scene: &Scene) -> Option<String> {
    who(scene, &[CLIENT]).1
}

#[test]
fn every_version_of_windows_is_named() {
    for (version, expected) in [
        ("6.0", "Windows Vista / Server 2008"),
        ("6.1", "Windows 7 / Server 2008 R2"),
        ("6.2", "Windows 8 / Server 2012"),
        ("6.3", "Windows 8.1 / Server 2012 R2"),
        ("10.0", "Windows 10 / Server 2016 or later"),
        ("5.1", "Windows"),
    ] {
        let agent = format!("Microsoft-CryptoAPI/{version}");
        assert_eq!(System::of_agent(&agent).unwrap().name(), expected, "{agent}");
    }
}

#[test]
fn the_program_that_says_most_tells_the_system() {
    assert_eq!(system(&told(&[])), None);
    let (windows, version) = (by("Microsoft NCSI"), by("Microsoft-CryptoAPI/10.0"));
    assert_eq!(system(&told(std::slice::from_ref(&windows))).as_deref(), Some("Windows"));
    for order in [[windows.clone(), version.clone()], [version, windows]] {
        assert_eq!(system(&told(&order)).as_deref(), Some("Windows 10 / Server 2016 or later"));
    }
    assert_eq!(who(&told(&[by("Microsoft NCSI")]), &[OTHER]), (None, None), "of another host");
    let both = told(&[by("Microsoft NCSI"), at_workstation("PC17")]);
    assert_eq!(who(&both, &[OTHER, CLIENT]), (Some("PC17".into()), Some("Windows".into())));
}

#[test]
fn a_proxy_forwards_what_others_say() {
    let via = RequestHead { via: Some("1.1 proxy".into()), ..by("Microsoft NCSI") };
    let forwarded = RequestHead { forwarded_for: Some("10.0.0.77".into()), ..by("Microsoft NCSI") };
    for head in [via, forwarded] {
        assert_eq!(system(&told(&[head])), None);
    }
}

#[test]
fn the_first_workstation_that_signs_in_names_the_host() {
    assert_eq!(name(&told(&[at_workstation("PC17"), at_workstation("PC18")])).as_deref(), Some("PC17"));
    let unnamed = told(&[at_workstation("")]);
    assert_eq!((name(&unnamed), unnamed.world.identities.get(&ip(CLIENT))), (None, None));
    assert!(told(&[by("curl/8")]).world.identities.get(&ip(CLIENT)).is_none(), "says nothing of itself");
}

#[test]
fn a_lease_names_a_host_better_than_netbios_and_that_better_than_a_sign_in() {
    let mut scene = told(&[at_workstation("SIGNED")]);
    scene.world.identities.named(ip(CLIENT), "NETBIOS");
    assert_eq!(name(&scene).as_deref(), Some("NETBIOS"));
    let of_lease = |full: Option<&str>, host: Option<&str>| {
        let mut lease = leased(0, CLIENT);
        lease.told.full_name = full.map(str::to_owned);
        lease.told.host_name = host.map(str::to_owned);
        lease.told.vendor_class = Some("MSFT 5.0".into());
        let scene = Scene::new().lease(lease);
        assert_eq!(system(&scene).as_deref(), Some("Windows"));
        name(&scene)
    };
    assert_eq!(of_lease(Some("pc17.corp.example"), Some("pc17")).as_deref(), Some("pc17.corp.example"));
    assert_eq!(of_lease(Some(""), Some("pc17")).as_deref(), Some("pc17"), "an empty name is none");
    assert_eq!(of_lease(None, None), None);
    let mut lease = leased(0, CLIENT);
    lease.told.host_name = Some("pc17".into());
    assert_eq!(name(&scene.lease(lease)).as_deref(), Some("pc17"));
}

#[test]
fn the_lease_of_another_address_behind_one_link_address_is_anothers() {
    let mut lease = leased(0, OTHER);
    lease.told.host_name = Some("pc18".into());
    let scene = Scene::new().lease(lease);
    assert_eq!(name(&scene), None);
    assert_eq!(who(&scene, &[OTHER]).0.as_deref(), Some("pc18"));
    assert_eq!(who(&scene, &["0.0.0.0"]).0.as_deref(), Some("pc18"), "a host without an address is its link address");
    let mut refused = discovers(&[0]);
    refused.told.host_name = Some("pc19".into());
    assert_eq!(name(&Scene::new().lease(refused)).as_deref(), Some("pc19"), "nothing was granted to anybody else");
}

#[test]
fn a_full_table_keeps_those_it_has_and_a_name_has_at_most_255_characters() {
    let mut settings = Settings::default();
    settings.limits.clients = 1;
    let mut scene = Scene::with(settings);
    scene.world.identities.named(ip(CLIENT), &"n".repeat(300));
    scene.world.identities.named(ip(OTHER), "OTHER");
    assert_eq!(name(&scene), Some("n".repeat(255)));
    assert_eq!(who(&scene, &[OTHER]).0, None);
    scene.world.identities.named(ip(CLIENT), "AGAIN");
    assert_eq!(name(&scene).as_deref(), Some("AGAIN"));
}
