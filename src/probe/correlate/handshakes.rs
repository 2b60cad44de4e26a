//! Handshakes, and series of them with falling versions.

use crate::probe::attempt::Attempt;
use crate::probe::client::Client;
use crate::probe::world::RETRY_WINDOW;
use crate::proto::tls::TlsVersion;
use crate::transaction::Handshake;

/// Handshakes, those of one fallback joined: same client and name, each after a failure and with a lower version.
pub(super) fn handshakes(client: &Client) -> Vec<Attempt<'_>> {
    let mut all: Vec<&Handshake> = client.handshakes.iter().map(AsRef::as_ref).collect();
    all.sort_by_key(|handshake| handshake.started);
    let mut series: Vec<Vec<&Handshake>> = Vec::new();
    for handshake in all {
        let open = series.iter_mut().rev().take(16).find(|one| {
            one.last().is_some_and(|last| {
                !last.established
                    && same_target(last, handshake)
                    && handshake.started.time >= last.started.time
                    && handshake.started.time.since(last.ended) <= RETRY_WINDOW
                    && max_version(handshake).zip(max_version(last)).is_some_and(|(now, before)| now < before)
            })
        });
        match open {
            Some(one) => one.push(handshake),
            None => series.push(vec![handshake]),
        }
    }
    series.into_iter().map(Attempt::Tls).collect()
}

fn max_version(handshake: &Handshake) -> Option<TlsVersion> {
    handshake.hello.as_ref().map(|(hello, _)| hello.max_version())
}

fn same_target(a: &Handshake, b: &Handshake) -> bool {
    let name = |handshake: &Handshake| handshake.hello.as_ref().and_then(|(hello, _)| hello.sni.clone());
    match (name(a), name(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a.connection.server == b.connection.server,
    }
}
