//! `ncsight inventory`: one line a message, to be compared with what another program reads in the same capture.
//!
//! Tab-separated: capture, packet (0 for what concerns the capture as a whole), kind, value.

use std::collections::HashSet;
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::output::Output;
use crate::engine;
use crate::flow::FlowId;
use crate::proto::tls::ClientHello;
use crate::settings::Settings;
use crate::source::PacketRef;
use crate::text::sanitize;
use crate::transaction::{Exchange, Handshake, Transaction};
use crate::verdict::Side;

/// Characters of a request target or name that are printed.
const SHOWN: usize = 200;
/// No input could be read.
const UNUSABLE: u8 = 2;

/// Prints what was read of each capture.
pub(super) fn print(files: &[PathBuf], settings: &Settings) -> anyhow::Result<u8> {
    let mut code = 0;
    Output::Standard.write(|out| {
        for file in files {
            if !capture(file, settings, out)? {
                code = UNUSABLE;
            }
        }
        Ok(())
    })?;
    Ok(code)
}

/// Prints one capture; returns whether it could be read.
fn capture(path: &Path, settings: &Settings, out: &mut dyn Write) -> io::Result<bool> {
    let mut lines = Lines { path: path.display().to_string(), ..Lines::default() };
    let read = engine::inventory(&[path.to_owned()], settings, |transaction| lines.transaction(transaction));
    match read {
        Ok(inventory) => {
            for input in &inventory.inputs {
                lines.push(0, "packets", &input.packets);
                for name in &input.link_types {
                    lines.push(0, "link_type", name);
                }
                for problem in &input.problems {
                    lines.push(problem.packet, "problem", &sanitize(&problem.message, SHOWN));
                }
            }
            for (name, count) in &inventory.not_decoded {
                lines.push(0, "not_decoded", &format_args!("{count} {name}"));
            }
        }
        Err(errors) => {
            for error in &errors {
                lines.push(0, "unreadable", &sanitize(&error.to_string(), SHOWN));
            }
        }
    }
    let is_read = lines.lines.iter().all(|(_, kind, _)| *kind != "unreadable");
    lines.lines.sort();
    for (packet, kind, value) in &lines.lines {
        writeln!(out, "{}\t{packet}\t{kind}\t{value}", lines.path)?;
    }
    Ok(is_read)
}

/// The lines of one capture.
#[derive(Default)]
struct Lines {
    path: String,
    lines: Vec<(u64, &'static str, String)>,
    /// Messages of exchanges: an exchange is told a second time when more becomes known of it (a late answer, what
    /// became of the connection behind a challenge).
    told: HashSet<(FlowId, u32, PacketRef)>,
}

impl Lines {
    fn push(&mut self, packet: u64, kind: &'static str, value: &dyn ToString) {
        self.lines.push((packet, kind, value.to_string()));
    }

    fn message(&mut self, at: PacketRef, kind: &'static str, value: &dyn ToString) {
        self.push(at.id.number(), kind, value);
    }

    fn transaction(&mut self, transaction: &Transaction) {
        match transaction {
            Transaction::Lookup(lookup) => {
                if let Some(answer) = &lookup.answer {
                    self.message(answer.at, "dns.answer", &answer_text(answer.rcode, &answer.addresses));
                }
            }
            // A rival differs in its addresses; its code is not kept.
            Transaction::RivalAnswer { at, addresses, .. } => {
                self.message(*at, "dns.rival", &answer_text(0, addresses));
            }
            Transaction::Exchange(exchange) => self.exchange(exchange),
            Transaction::Handshake(handshake) => self.handshake(handshake),
            Transaction::Quic(quic) => {
                if let Some(hello) = &quic.hello {
                    self.client_hello(hello, quic.at);
                }
            }
            Transaction::Attempted(_)
            | Transaction::Called(_)
            | Transaction::TicketRefusal(_)
            | Transaction::Neighbour { .. }
            | Transaction::HostEvent(_)
            | Transaction::Named { .. }
            | Transaction::Lease(_)
            | Transaction::Solicited(_)
            | Transaction::Router(_) => {}
        }
    }

    fn exchange(&mut self, exchange: &Exchange) {
        let (flow, index) = (exchange.connection.id, exchange.index);
        if let Some(request) = &exchange.request
            && self.told.insert((flow, index, request.at))
        {
            let value = sanitize(&format!("{} {}", request.head.method, request.head.target), SHOWN);
            self.message(request.at, "http.request", &value);
        }
        if let Some(response) = &exchange.response
            && self.told.insert((flow, index, response.at))
        {
            self.message(response.at, "http.response", &response.head.status);
            if response.whole && response.body.complete {
                self.message(response.last, "http.body_end", &response.head.status);
            }
        }
    }

    fn client_hello(&mut self, hello: &ClientHello, at: PacketRef) {
        let name = hello.sni.as_deref().unwrap_or("-");
        let value = sanitize(&format!("{} {name}", hello.max_version()), SHOWN);
        self.message(at, "tls.client_hello", &value);
    }

    fn handshake(&mut self, handshake: &Handshake) {
        if let Some((hello, at)) = &handshake.hello {
            self.client_hello(hello, *at);
        }
        if let Some((hello, at)) = &handshake.server_hello {
            self.message(*at, "tls.server_hello", &hello.version);
        }
        if let Some((side, code, at)) = handshake.alert {
            let side = match side {
                Side::Client => "client",
                Side::Server => "server",
            };
            self.message(at, "tls.alert", &format_args!("{code} {side}"));
        }
    }
}

fn answer_text(rcode: u16, addresses: &[IpAddr]) -> String {
    let mut addresses = addresses.to_vec();
    addresses.sort_unstable();
    let mut text = rcode.to_string();
    for address in addresses {
        text.push(' ');
        text.push_str(&address.to_string());
    }
    text
}
