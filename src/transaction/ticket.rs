//! Tickets that a Kerberos server (KDC) refused.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::proto::kerberos::{self, KrbError, MAX_MESSAGE};
use crate::source::PacketRef;

/// Port of the KDC.
pub const KERBEROS_PORT: u16 = 88;

/// A KDC told a client why it gets no ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketRefusal {
    /// Who asked.
    pub client: SocketAddr,
    /// Who refused.
    pub kdc: SocketAddr,
    /// Over TCP.
    pub over_tcp: bool,
    /// The packet.
    pub at: PacketRef,
    /// Why, and for which service.
    pub error: KrbError,
}

impl TicketRefusal {
    /// Reads a message that went from a KDC to a client; `None` for everything but an error that stops the client.
    #[must_use]
    pub fn read(kdc: SocketAddr, client: SocketAddr, over_tcp: bool, message: &[u8], at: PacketRef) -> Option<Self> {
        let error = kerberos::parse_error(message).filter(|error| !error.is_normal())?;
        Some(Self { client, kdc, over_tcp, at, error })
    }
}

/// The first bytes of a KDC's answer over TCP: a client opens a connection for every question.
#[derive(Debug, Default)]
pub struct KdcStream {
    start: Vec<u8>,
}

impl KdcStream {
    /// Takes the next bytes. Gives the message once it is whole; `over` when there is no more to learn.
    pub fn feed(&mut self, bytes: &[u8]) -> (Option<&[u8]>, bool) {
        let room = MAX_MESSAGE.saturating_sub(self.start.len());
        self.start.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        let full = self.start.len() >= MAX_MESSAGE;
        let message = kerberos::framed(&self.start);
        let over = message.is_some() || full;
        (message, over)
    }
}
