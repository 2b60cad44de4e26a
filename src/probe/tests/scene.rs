//! Transactions made by hand, as the floor below would tell them, and the world that takes them.

use std::net::{IpAddr, SocketAddr};

use crate::flow::{Connection, FlowId, Half, Mark};
use crate::probe::endpoints::matrix::{Cells, Matrix};
use crate::probe::world::World;
use crate::proto::http::{Body, RequestHead, ResponseHead, TargetForm};
use crate::proto::quic::Version;
use crate::proto::tls::{ClientHello, ServerHello, TlsVersion};
use crate::settings::Settings;
use crate::source::{PacketId, PacketRef};
use crate::time::CaptureTime;
use crate::transaction::{
    Attempted, AttemptedEnd, Exchange, ExchangeEnd, Handshake, HandshakeEnd, Lookup, LookupAnswer, LookupEnd, Quic,
    Request, Response, Transaction, Wait,
};
use crate::verdict::filed::{Filed, number};
use crate::verdict::finding::Finding;
use crate::verdict::judge::judge;
use crate::verdict::roles::Roles;
use crate::wire::Mac;

pub const CLIENT: &str = "10.0.0.5";
pub const CLIENT6: &str = "2001:db8::5";
pub const RESOLVER: &str = "10.0.0.1";
pub const SERVER: &str = "203.0.113.7:80";
pub const SERVER6: &str = "[2001:db8:f::7]:80";
pub const SECURE: &str = "203.0.113.9:443";
pub const PROXY: &str = "10.0.0.8:3128";
pub const HOST: &str = "www.msftconnecttest.com";
pub const HOST6: &str = "ipv6.msftconnecttest.com";
pub const DNS_NAME: &str = "dns.msftncsi.com";
pub const BODY: &str = "Microsoft Connect Test";

/// A moment, in milliseconds after the start of the capture.
pub fn at(ms: i64) -> CaptureTime {
    CaptureTime::from_nanos(1_767_323_045_000_000_000 + ms * 1_000_000)
}

/// The packet of that moment.
pub fn packet(ms: i64) -> PacketRef {
    PacketRef { time: at(ms), id: PacketId::new(0, u64::try_from(ms).unwrap() + 1) }
}

pub fn mark(ms: i64) -> Mark {
    Mark { at: packet(ms), ttl: 60, identification: Some(7) }
}

pub fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub fn socket(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub fn mac(last: u8) -> Mac {
    Mac([2, 0, 0, 0, 0, last])
}

/// A connection that opened 10 ms before `from` and was last heard of at `to`.
pub fn connection(client: &str, server: &str, from: i64, to: i64) -> Connection {
    let half = |ttl| Half { packets: 5, delivered: 100, acknowledged: 100, ttl: Some(ttl), ..Half::default() };
    let start = from - 10;
    Connection {
        id: FlowId(u64::try_from(start).unwrap()),
        client: SocketAddr::new(ip(client), 50_000),
        server: socket(server),
        first: packet(start),
        last: packet(to),
        syns: vec![Mark { identification: Some(u16::try_from(start % 60_000 + 1).unwrap()), ..mark(start) }],
        syn_ack: Some(mark(start + 5)),
        established: Some(packet(from - 1)),
        icmp: None,
        halves: [half(128), half(60)],
        duplicates: 0,
    }
}

pub fn answer(ms: i64, addresses: &[&str]) -> LookupAnswer {
    LookupAnswer {
        at: packet(ms),
        rcode: 0,
        addresses: addresses.iter().map(|address| ip(address)).collect(),
        ttl: 60,
        cnames: Vec::new(),
        truncated: false,
        whole: true,
    }
}

/// A look-up without an answer, asked twice, its deadline inside the capture.
pub fn lookup(name: &str, qtype: u16, from: i64) -> Lookup {
    Lookup {
        stands_for: None,
        client: SocketAddr::new(ip(CLIENT), 51_000),
        server: SocketAddr::new(ip(RESOLVER), 53),
        over_tcp: false,
        id: 1,
        name: name.to_owned(),
        qtype,
        recursion_desired: true,
        queries: vec![packet(from), packet(from + 1000)],
        answer: None,
        icmp: None,
        end: LookupEnd::Unanswered(Wait::Elapsed),
        ended: at(from + 12_000),
    }
}

/// A look-up that was answered after 10 ms.
pub fn resolved(name: &str, qtype: u16, from: i64, addresses: &[&str]) -> Lookup {
    Lookup {
        queries: vec![packet(from)],
        answer: Some(answer(from + 10, addresses)),
        end: LookupEnd::Answered,
        ended: at(from + 10),
        ..lookup(name, qtype, from)
    }
}

/// A connection that three SYN could not open.
pub fn attempted(client: &str, server: &str, from: i64) -> Attempted {
    let mut connection = connection(client, server, from + 10, from + 9000);
    connection.syns = vec![mark(from), mark(from + 3000), mark(from + 9000)];
    connection.syn_ack = None;
    connection.established = None;
    connection.halves[1] = Half::default();
    Attempted { connection, end: AttemptedEnd::Unanswered(Wait::Elapsed) }
}

/// The head of a probe.
pub fn probe_head() -> RequestHead {
    RequestHead {
        method: "GET".into(),
        target: "/connecttest.txt".into(),
        host: Some(HOST.into()),
        path: "/connecttest.txt".into(),
        user_agent: Some("Microsoft NCSI".into()),
        ..RequestHead::default()
    }
}

/// The same, asked of a proxy.
pub fn absolute(head: &mut RequestHead) {
    let host = head.host.clone().unwrap();
    head.target = format!("http://{host}{}", head.path);
    head.form = TargetForm::Absolute { scheme: "http".into(), host, port: 80, path: head.path.clone() };
}

/// A probe that gets the right answer 20 ms after its request.
pub fn exchange(client: &str, server: &str, from: i64) -> Exchange {
    let request = Request {
        head: probe_head(),
        whole: true,
        first: packet(from),
        at: packet(from),
        copies: Vec::new(),
        acknowledged: true,
    };
    let body = Body { bytes: BODY.into(), whole: true, complete: true, total_len: 22, ..Body::default() };
    let head = ResponseHead {
        status: 200,
        minor_version: 1,
        reason: "OK".into(),
        content_length: Some(22),
        ..ResponseHead::default()
    };
    let response =
        Response { head, whole: true, first: packet(from + 20), at: packet(from + 20), last: packet(from + 21), body };
    Exchange {
        stands_for: None,
        connection: connection(client, server, from, from + 30),
        index: 0,
        tunnel: None,
        request: Some(request),
        response: Some(response),
        end: ExchangeEnd::Answered,
        started: packet(from),
        ended: at(from + 21),
    }
}

/// An exchange with another status and an empty body.
pub fn status(client: &str, server: &str, from: i64, status: u16) -> Exchange {
    let mut one = exchange(client, server, from);
    let response = one.response.as_mut().unwrap();
    response.head.status = status;
    response.body = Body { whole: true, complete: true, ..Body::default() };
    one
}

/// A probe through the proxy.
pub fn proxied(from: i64, code: u16) -> Exchange {
    let mut one = if code == 200 { exchange(CLIENT, PROXY, from) } else { status(CLIENT, PROXY, from, code) };
    absolute(&mut one.request.as_mut().unwrap().head);
    one
}

/// Another request through the proxy.
pub fn proxied_other(host: &str, from: i64, code: u16) -> Exchange {
    let mut one = status(CLIENT, PROXY, from, code);
    let head = &mut one.request.as_mut().unwrap().head;
    head.host = Some(host.into());
    head.path = "/".into();
    head.user_agent = Some("Mozilla/5.0".into());
    absolute(head);
    one
}

pub fn hello(version: TlsVersion, sni: Option<&str>) -> ClientHello {
    ClientHello { complete: true, legacy_version: version, sni: sni.map(str::to_owned), ..ClientHello::default() }
}

pub fn server_hello(version: TlsVersion) -> ServerHello {
    ServerHello { complete: true, version, cipher: Some(0x002f), ..ServerHello::default() }
}

/// A handshake that works.
pub fn handshake(version: TlsVersion, from: i64) -> Handshake {
    Handshake {
        client_went_on: false,
        connection: connection(CLIENT, SECURE, from, from + 50),
        tunnel: None,
        plain: None,
        hello: Some((Box::new(hello(version, Some("sts.example"))), packet(from))),
        hello_copies: Vec::new(),
        hello_acknowledged: true,
        retry: None,
        server_hello: Some((server_hello(version), packet(from + 20))),
        certificate: None,
        certificate_requested: false,
        alert: None,
        encrypted_alert: None,
        established: true,
        end: HandshakeEnd::Completed,
        started: packet(from),
        ended: at(from + 50),
    }
}

/// A handshake that its end settles after the client's hello.
pub fn refused(version: TlsVersion, from: i64, end: HandshakeEnd) -> Handshake {
    let whole = handshake(version, from);
    Handshake { server_hello: None, established: false, end, ended: at(from + 20), ..whole }
}

/// A connection over QUIC, answered or not.
pub fn quic(host: Option<&str>, server: &str, from: i64, answered: bool) -> Quic {
    Quic {
        client: socket(&format!("{CLIENT}:52000")),
        server: socket(server),
        mac: None,
        version: Version::V1,
        hello: host.map(|host| Box::new(hello(TlsVersion::TLS1_3, Some(host)))),
        initials: 1,
        first: packet(from),
        at: packet(from),
        answer: answered.then(|| packet(from + 20)),
        wait: Wait::Elapsed,
        ended: at(from + 20),
    }
}

/// A world of ten minutes.
pub struct Scene {
    pub world: World,
}

impl Scene {
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    pub fn with(settings: Settings) -> Self {
        let mut world = World::new(settings);
        world.span = Some((at(0), at(600_000)));
        Self { world }
    }

    /// Traffic towards `host` is in the capture all the time.
    pub fn hears(mut self, host: &str) -> Self {
        for second in 0..600 {
            self.world.presence.note(ip(host), at(second * 1000));
        }
        self
    }

    pub fn accept(mut self, transaction: Transaction) -> Self {
        self.world.accept(transaction);
        self
    }

    pub fn lookup(mut self, lookup: Lookup) -> Self {
        self.world.accept(Transaction::Lookup(Box::new(lookup)));
        self
    }

    pub fn attempted(mut self, attempted: Attempted) -> Self {
        self.world.accept(Transaction::Attempted(Box::new(attempted)));
        self
    }

    pub fn exchange(mut self, exchange: Exchange) -> Self {
        self.world.accept(Transaction::Exchange(Box::new(exchange)));
        self
    }

    pub fn handshake(mut self, handshake: Handshake) -> Self {
        self.world.accept(Transaction::Handshake(Box::new(handshake)));
        self
    }

    pub fn quic(mut self, quic: Quic) -> Self {
        self.world.accept(Transaction::Quic(Box::new(quic)));
        self
    }

    pub fn neighbour(mut self, address: &str, mac: Mac) -> Self {
        self.world.accept(Transaction::Neighbour { address: ip(address), mac, at: packet(0) });
        self
    }

    pub fn findings(&self) -> Vec<Finding> {
        let mut filed = judge(&self.world, &Roles::of(&self.world), &cells(&self.world));
        number(vec![&mut filed]);
        filed.iter().map(Filed::open).collect()
    }

    /// The only finding.
    pub fn finding(&self) -> Finding {
        let mut findings = self.findings();
        assert_eq!(findings.len(), 1, "{findings:#?}");
        findings.remove(0)
    }

    /// The rules that decided, in settle order.
    pub fn rules(&self) -> Vec<&'static str> {
        self.findings().iter().map(|finding| finding.rule).collect()
    }
}

/// The use of endpoint sets, as the engine finds it.
pub fn cells(world: &World) -> Cells {
    let mut sets = Matrix::named(world);
    for (address, client) in world.clients.all_reached() {
        sets.note_failed(&world.directory, *address, &client);
    }
    sets.into_cells()
}

/// What one client tried, given to `look`.
pub fn tried<T>(scene: &Scene, client: &str, look: impl FnOnce(&[crate::probe::attempt::Attempt<'_>]) -> T) -> T {
    use crate::probe::correlate::{Kin, attempts};
    use crate::probe::hosts::Hosts;

    let address = ip(client);
    let client = scene.world.clients.get(&address).unwrap();
    let kin = Kin::of(&scene.world, &Hosts::of(&scene.world), address, &client);
    look(&attempts(&scene.world, address, &client, &kin))
}
