//! DNS messages, alone and framed in TCP.

use ncsight::proto::dns::{
    RecordData, TcpMessages, agrees_with_dns_parser, code_name, in_addr_address, parse, type_name,
};

use crate::input::pieces;
use crate::planted;

/// The alias in the seed.
pub const ALIAS: &str = "ncsi.example.net";

/// A message, and the same bytes as a stream of messages.
pub fn dns(data: &[u8]) {
    if let Ok(message) = parse(data) {
        let _ = (agrees_with_dns_parser(data, &message), code_name(message.rcode), message.addresses().count());
        if let Some(question) = &message.question {
            let _ = (type_name(question.qtype), in_addr_address(&question.name));
        }
        for record in &message.answers {
            if let (RecordData::Cname(alias), true) = (&record.data, message.complete) {
                planted::near(ALIAS.as_bytes(), alias.as_bytes());
            }
        }
    }
    let seed = data.first().copied().unwrap_or_default();
    let whole = TcpMessages::default().feed(data);
    let mut stream = TcpMessages::default();
    let parts: Vec<Vec<u8>> = pieces(data, seed).flat_map(|piece| stream.feed(piece)).collect();
    assert_eq!(whole, parts, "messages depend on segments");
    for message in whole {
        let _ = parse(&message);
    }
    let _ = parse(stream.partial());
}
