//! DHCP exchanges: how each ends, the deadlines at their edges, copies by relays and mirror ports.

use super::*;
use crate::source::PacketId;

const PC: [u8; 6] = [0x3c, 0x52, 0x82, 0x1a, 0x6b, 5];

fn time(ms: i64) -> CaptureTime {
    CaptureTime::from_nanos(ms * 1_000_000)
}

fn at(ms: i64) -> PacketRef {
    PacketRef { time: time(ms), id: PacketId::new(0, u64::try_from(ms).unwrap() + 1) }
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A message of DHCP of exchange `xid` (option 53 is `kind`), with `own` (ciaddr), `given` (yiaddr) and `relay` (giaddr).
#[derive(Clone, Copy)]
struct Sent {
    ms: i64,
    kind: u8,
    xid: u32,
    own: [u8; 4],
    given: [u8; 4],
    relay: [u8; 4],
    lease: bool,
}

const fn sent(ms: i64, kind: u8) -> Sent {
    let given = if kind == 2 || kind == 5 { [10, 1, 0, 117] } else { [0; 4] };
    Sent { ms, kind, xid: 7, own: [0; 4], given, relay: [0; 4], lease: kind == 5 }
}

impl Sent {
    fn bytes(self) -> Vec<u8> {
        let by_server = matches!(self.kind, 2 | 5 | 6);
        let mut out = vec![if by_server { 2 } else { 1 }, 1, 6, 0];
        out.extend(self.xid.to_be_bytes());
        out.extend([0; 4]);
        out.extend(self.own);
        out.extend(self.given);
        out.extend([0; 4]);
        out.extend(self.relay);
        out.extend(PC);
        out.extend([0; 10 + 192]);
        out.extend([0x63, 0x82, 0x53, 0x63, 53, 1, self.kind]);
        if by_server {
            out.extend([54, 4, 10, 1, 0, 1, 3, 4, 10, 1, 0, 1]);
        } else {
            out.extend([12, 4, b'P', b'C', b'1', b'7']);
        }
        if self.lease {
            out.extend([51, 4, 0, 0, 14, 16]);
        }
        out.push(255);
        out
    }

    fn source(self) -> IpAddr {
        match (matches!(self.kind, 2 | 5 | 6), self.own) {
            (true, _) => ip("10.1.0.1"),
            (false, own) => IpAddr::from(own),
        }
    }
}

fn leases(out: Vec<Transaction>) -> Vec<Lease> {
    let only = |one| match one {
        Transaction::Lease(lease) => Some(*lease),
        _ => None,
    };
    out.into_iter().filter_map(only).collect()
}

/// The exchanges of messages, where the capture ends at `end`.
fn told(messages: &[Sent], end: i64) -> Vec<Lease> {
    let (mut state, mut out) = (Leases::default(), Vec::new());
    for message in messages {
        state.advance(time(message.ms), &mut out);
        state.message(message.source(), &message.bytes(), at(message.ms), &mut out);
    }
    state.advance(time(end), &mut out);
    state.finish(time(end), &mut out);
    leases(out)
}

fn ends(messages: &[Sent], end: i64) -> Vec<LeaseEnd> {
    told(messages, end).iter().map(|lease| lease.end).collect()
}

#[test]
fn discover_offer_request_ack_is_one_exchange() {
    let all = told(&[sent(0, 1), sent(5, 2), sent(6, 3), sent(9, 5)], 90_000);
    let [one] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((one.end, one.ended, one.first(), one.client), (LeaseEnd::Granted, time(9), at(0), None));
    assert_eq!((one.mac, one.searches(), one.named("OFFER").count()), (Some(Mac(PC)), true, 1));
    assert_eq!(one.told.host_name.as_deref(), Some("PC17"));
    let granted = one.granted.as_ref().unwrap();
    assert_eq!((granted.address, granted.seconds), (Some(ip("10.1.0.117")), Some(3600)));
    assert_eq!((granted.server, granted.routers.as_slice()), (Some(ip("10.1.0.1")), [ip("10.1.0.1")].as_slice()));
    let names: Vec<_> = one.messages.iter().map(|message| (message.name, message.by_server)).collect();
    assert_eq!(names, [("DISCOVER", false), ("OFFER", true), ("REQUEST", false), ("ACK", true)]);
}

#[test]
fn every_ending_by_its_message() {
    let inform = Sent { own: [10, 1, 0, 5], ..sent(0, 8) };
    let parameters = Sent { own: [10, 1, 0, 5], given: [0; 4], lease: false, ..sent(4, 5) };
    assert_eq!(ends(&[inform, parameters], 90_000), [LeaseEnd::Informed]);
    let repeated = Sent { given: [10, 1, 0, 5], ..parameters };
    assert_eq!(ends(&[inform, repeated], 90_000), [LeaseEnd::Informed], "no lease time, whatever it repeats");
    assert_eq!(ends(&[sent(0, 3), sent(4, 6)], 90_000), [LeaseEnd::Refused]);
    assert_eq!(ends(&[sent(0, 4)], 90_000), [LeaseEnd::Declined]);
    assert_eq!(ends(&[Sent { own: [10, 1, 0, 5], ..sent(0, 7) }], 90_000), [LeaseEnd::Released]);
}

#[test]
fn silence_is_over_sixty_seconds_after_the_first_message() {
    let asked = [sent(0, 1), sent(4000, 1)];
    assert_eq!(ends(&asked, 60_000), [LeaseEnd::Unanswered(Wait::Elapsed)]);
    let missing = Duration::from_millis(1);
    assert_eq!(ends(&asked, 59_999), [LeaseEnd::Unanswered(Wait::Cut { missing })]);
    assert_eq!(told(&asked, 90_000)[0].ended, time(60_000));
    let offered = [sent(0, 1), sent(1, 2)];
    assert_eq!(ends(&offered, 60_000), [LeaseEnd::Offered(Wait::Elapsed)]);
    assert_eq!(ends(&offered, 59_999), [LeaseEnd::Offered(Wait::Cut { missing })]);
}

#[test]
fn copies_belong_together_up_to_the_longest_pause() {
    let pause = i64::try_from(LONGEST_PAUSE.as_millis()).unwrap();
    let copies =
        |ms| told(&[sent(0, 1), sent(ms, 1)], 900_000).iter().map(|one| one.messages.len()).collect::<Vec<_>>();
    assert_eq!(copies(pause - 1), [2]);
    assert_eq!(copies(pause), [1, 1]);
    let other = Sent { xid: 8, ..sent(1, 1) };
    assert_eq!(told(&[sent(0, 1), other], 900_000).len(), 2, "another identifier is another exchange");
}

#[test]
fn late_copies_of_a_settled_exchange_are_none_of_their_own() {
    let whole = [sent(0, 1), sent(5, 2), sent(6, 3), sent(9, 5)];
    let settling = i64::try_from(SETTLING.as_millis()).unwrap();
    let with = |late: Sent| told(&[whole.as_slice(), &[late]].concat(), 900_000).len();
    assert_eq!(with(sent(20, 3)), 1, "a relay's copy of the request");
    assert_eq!(with(sent(20, 5)), 1, "a second server's word");
    assert_eq!(with(sent(20, 2)), 1, "a late offer");
    assert_eq!(with(sent(9 + settling - 1, 3)), 1);
    assert_eq!(with(sent(9 + settling + 1, 3)), 2, "a client that asks again");
    assert_eq!(with(sent(20, 4)), 2, "a refusal of what was granted says something new");
}

#[test]
fn after_a_refusal_the_client_begins_anew_at_once() {
    let again = [sent(0, 3), sent(4, 6), sent(5, 3), sent(8, 6)];
    assert_eq!(ends(&again, 90_000), [LeaseEnd::Refused, LeaseEnd::Refused]);
}

#[test]
fn the_grant_counts_more_than_offers_and_the_first_offer_more_than_later_ones() {
    let offer = |ms, last| Sent { given: [10, 1, 0, last], ..sent(ms, 2) };
    let two = told(&[sent(0, 1), offer(1, 20), offer(2, 30)], 90_000);
    assert_eq!(two[0].granted.as_ref().unwrap().address, Some(ip("10.1.0.20")));
    let granted = told(&[sent(0, 1), offer(1, 20), sent(3, 3), Sent { given: [10, 1, 0, 30], ..sent(4, 5) }], 90_000);
    assert_eq!(granted[0].granted.as_ref().unwrap().address, Some(ip("10.1.0.30")));
}

#[test]
fn a_relay_is_no_client() {
    let relayed = Sent { relay: [10, 1, 0, 1], ..sent(0, 1) };
    let (mut state, mut out) = (Leases::default(), Vec::new());
    state.message(ip("10.1.0.1"), &relayed.bytes(), at(0), &mut out);
    state.finish(time(90_000), &mut out);
    let all = leases(out);
    assert_eq!((all[0].client, all[0].messages[0].relayed, all[0].mac), (None, true, Some(Mac(PC))));
    let renewal = told(&[Sent { own: [10, 1, 0, 5], ..sent(0, 3) }, sent(4, 5)], 90_000);
    assert_eq!((renewal[0].client, renewal[0].searches()), (Some(ip("10.1.0.5")), false));
}

/// A message of DHCPv6 with a DUID-LL of the client, and an address or a status in it.
fn v6(kind: u8, address: Option<[u8; 16]>, status: Option<u16>) -> Vec<u8> {
    let mut out = vec![kind, 0, 0, 9, 0, 1, 0, 10, 0, 3, 0, 1];
    out.extend(PC);
    if let Some(address) = address {
        out.extend([0, 3, 0, 40, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 24]);
        out.extend(address);
        out.extend([0, 0, 14, 16, 0, 0, 14, 16]);
    }
    if let Some(status) = status {
        out.extend([0, 13, 0, 2]);
        out.extend(status.to_be_bytes());
    }
    out
}

fn told_v6(messages: &[(i64, &str, Vec<u8>)], end: i64) -> Vec<Lease> {
    let (mut state, mut out) = (Leases::default(), Vec::new());
    for (ms, source, payload) in messages {
        state.message_v6(ip(source), Some(Mac([2, 0, 0, 0, 0, 1])), payload, at(*ms), &mut out);
    }
    state.advance(time(end), &mut out);
    state.finish(time(end), &mut out);
    leases(out)
}

#[test]
fn exchanges_of_dhcpv6_end_by_the_reply() {
    let address = [0x20, 1, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5];
    let solicit = (0, "fe80::5", v6(1, None, None));
    let end = |reply| told_v6(&[solicit.clone(), (4, "fe80::1", reply)], 90_000)[0].end;
    assert_eq!(end(v6(7, Some(address), None)), LeaseEnd::Granted);
    assert_eq!(end(v6(7, None, Some(2))), LeaseEnd::Refused);
    assert_eq!(end(v6(7, None, None)), LeaseEnd::Informed);
    assert_eq!(end(v6(2, Some(address), None)), LeaseEnd::Offered(Wait::Elapsed));
    let silent = told_v6(&[solicit.clone(), (1000, "fe80::5", v6(1, None, None))], 90_000);
    assert_eq!((silent[0].end, silent[0].messages.len()), (LeaseEnd::Unanswered(Wait::Elapsed), 2));
    let granted = told_v6(&[solicit, (4, "fe80::1", v6(7, Some(address), None))], 90_000);
    assert_eq!(granted[0].mac, Some(Mac([2, 0, 0, 0, 0, 1])), "the frame's sender, before the identifier's");
    assert_eq!(
        (granted[0].client, granted[0].granted.as_ref().unwrap().address),
        (Some(ip("fe80::5")), Some(ip("2001:db8:1::5")))
    );
    let reply_alone = told_v6(&[(0, "fe80::1", v6(7, Some(address), None))], 90_000);
    assert_eq!(reply_alone[0].mac, Some(Mac(PC)), "by the identifier where only the server was captured");
}
