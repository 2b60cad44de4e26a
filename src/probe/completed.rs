//! Handshakes that worked: by them one sees that a failure before has passed.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, SocketAddr};

use hashbrown::HashMap;

use crate::time::CaptureTime;
use crate::transaction::Handshake;

/// Latest handshakes remembered of one client with one server.
const MAX_KEPT: usize = 16;

/// When handshakes worked, by client and server.
///
/// What counts is the same offer under the same name: an old program is not healed by a browser that works beside it.
#[derive(Debug, Default)]
pub struct Completed {
    pairs: HashMap<(IpAddr, SocketAddr), VecDeque<(CaptureTime, u64)>, foldhash::fast::RandomState>,
}

impl Completed {
    /// Remembers a handshake, if it worked; of at most `limit` pairs.
    pub fn note(&mut self, handshake: &Handshake, limit: usize) {
        let (Some(offer), true) = (offer_of(handshake), handshake.established) else { return };
        let pair = pair_of(handshake);
        if self.pairs.len() >= limit && !self.pairs.contains_key(&pair) {
            return;
        }
        // Most pairs have one.
        let times = self.pairs.entry(pair).or_insert_with(|| VecDeque::with_capacity(1));
        if times.len() >= MAX_KEPT {
            times.pop_front();
        }
        times.push_back((handshake.ended, offer));
    }

    /// Lets go of pairs between which nothing has worked since that moment.
    pub fn forget(&mut self, before: CaptureTime) {
        self.pairs.retain(|_, times| times.back().is_some_and(|(at, _)| *at >= before));
        self.pairs.shrink_to(self.pairs.len() * 2);
    }

    /// When the same offer first worked after this one was made.
    #[must_use]
    pub fn after(&self, failed: &Handshake) -> Option<CaptureTime> {
        let offer = offer_of(failed)?;
        let times = self.pairs.get(&pair_of(failed))?;
        times.iter().filter(|(at, own)| *own == offer && *at > failed.started.time).map(|(at, _)| *at).min()
    }
}

const fn pair_of(handshake: &Handshake) -> (IpAddr, SocketAddr) {
    (handshake.connection.client.ip(), handshake.connection.server)
}

/// The name, the versions and the suites, without the random values of RFC 8701.
fn offer_of(handshake: &Handshake) -> Option<u64> {
    let (hello, _) = handshake.hello.as_ref()?;
    let mut state = DefaultHasher::new();
    hello.sni.hash(&mut state);
    handshake.tunnel.as_ref().map(|tunnel| &tunnel.host).hash(&mut state);
    hello.max_version().to_string().hash(&mut state);
    for suite in hello.ciphers.iter().filter(|suite| **suite & 0x0f0f != 0x0a0a) {
        suite.hash(&mut state);
    }
    Some(state.finish())
}
