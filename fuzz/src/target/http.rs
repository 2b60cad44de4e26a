//! HTTP/1: heads, bodies, pages, and what a PAC file names.

use ncsight::proto::http::{
    Body, BodyReader, BodyState, Page, Parse, parse_request, parse_request_partial, parse_response,
    parse_response_partial, sniff_request, sniff_response, title,
};
use ncsight::proto::pac;

use crate::input::{Input, pieces};
use crate::planted;

/// The agent in the seed.
pub const AGENT: &str = "Microsoft NCSI";
/// The body in the seed, which comes in chunks.
pub const BODY: &str = "Microsoft Connect Test";
/// The title of the seed.
pub const TITLE: &str = "Portal page";
/// The second proxy of the seed.
pub const PROXY: &str = "PROXY proxy.corp.example:3128";

/// A request and its body.
pub fn http_request(data: &[u8]) {
    let _ = sniff_request(data);
    let partial = parse_request_partial(data);
    match parse_request(data) {
        Parse::Done(head, used) => {
            assert!(used <= data.len(), "a head longer than what it was read from");
            assert_eq!(partial, Parse::Done(head.clone(), used), "a whole head reads differently as a part");
            read(BodyReader::for_request(&head), &data[used..], 7);
            planted::near(AGENT.as_bytes(), head.user_agent.unwrap_or_default().as_bytes());
        }
        Parse::Need => assert!(partial != Parse::Need, "a part that needs more"),
        Parse::Cut(_) | Parse::Bad(_) => {}
    }
}

/// A response to the request whose method the first byte chooses, and its body in segments.
pub fn http_response(data: &[u8]) {
    let mut input = Input::new(data);
    let (method, split) = (input.byte(), input.byte());
    let method = [None, Some("GET"), Some("HEAD"), Some("CONNECT")][usize::from(method % 4)];
    let data = input.rest();
    let _ = sniff_response(data);
    let partial = parse_response_partial(data);
    match parse_response(data) {
        Parse::Done(head, used) => {
            assert!(used <= data.len(), "a head longer than what it was read from");
            let _ = (head.closes(), head.is_interim());
            let body = read(BodyReader::new(method, &head), &data[used..], split);
            let page = Page::of(&body.bytes, head.content_type.as_deref());
            let _ = (page.title(), title(&body.bytes), pac::proxies(&body.bytes));
            if body.chunked && body.whole {
                planted::near(BODY.as_bytes(), &body.bytes);
            }
        }
        Parse::Need => assert!(partial != Parse::Need, "a part that needs more"),
        Parse::Cut(_) | Parse::Bad(_) => {}
    }
}

/// Reads a body at once and in segments, which must come out the same; and once more with a gap.
fn read(reader: BodyReader, bytes: &[u8], split: u8) -> Body {
    let mut whole = reader.clone();
    let (used, _) = whole.feed(bytes);
    assert!(used <= bytes.len(), "a body longer than what it was read from");
    let mut parts = reader.clone();
    let mut taken = 0;
    for piece in pieces(bytes, split) {
        let (here, state) = parts.feed(piece);
        taken += here;
        if state != BodyState::More {
            break;
        }
    }
    assert_eq!(used, taken, "the end of a body depends on segments");
    let mut gapped = reader;
    let (before, after) = bytes.split_at(bytes.len().min(usize::from(split)));
    gapped.feed(before);
    gapped.gap(u64::from(split) << (split % 56));
    gapped.feed(after);
    gapped.close();
    let _ = gapped.finish();
    whole.close();
    parts.close();
    let whole = whole.finish();
    assert_eq!(whole, parts.finish(), "a body depends on segments");
    whole
}

/// A page in any encoding: the first byte chooses what its head declared.
pub fn page(data: &[u8]) {
    let mut input = Input::new(data);
    let declared = [
        None,
        Some("text/html"),
        Some("text/html; charset=shift_jis"),
        Some("text/html; charset=euc-jp"),
        Some("text/html; charset=iso-2022-jp"),
        Some("text/html; charset=utf-16"),
    ];
    let declared = declared[usize::from(input.byte()) % declared.len()];
    let data = input.rest();
    let page = Page::of(data, declared);
    let _ = title(data);
    if declared == Some("text/html; charset=shift_jis") {
        planted::near(TITLE.as_bytes(), page.title().unwrap_or_default().as_bytes());
    }
}

/// A PAC file.
pub fn pac(data: &[u8]) {
    let proxies = pac::proxies(data);
    if let (true, [_, second, ..]) = (pac::is_pac(data), proxies.as_slice()) {
        planted::near(PROXY.as_bytes(), second.as_bytes());
    }
}
