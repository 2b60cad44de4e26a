//! What a client of Windows does when it comes to a network: a look-up, a probe with one of twelve outcomes, and two
//! handshakes, which were recorded in `captures/`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use super::packet::{ACK, FIN, PSH, RST, SYN, dns, tcp, udp};

/// Numbers that look random and are the same each time (xorshift64*).
pub struct Dice(pub u64);

impl Dice {
    /// A number below `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % sides
    }

    pub fn short(&mut self) -> u16 {
        u16::try_from(self.roll(1 << 16)).expect("below")
    }

    pub fn word(&mut self) -> u32 {
        u32::from(self.short()) << 16 | u32::from(self.short())
    }
}

/// Packets with their times.
pub type Timed = Vec<(u64, Vec<u8>)>;

/// Who says what in a handshake: true where it is the server.
pub type Script = Vec<(bool, Vec<u8>)>;

/// The handshakes that sessions take turns with: how many of ten, and what is said.
pub struct Scripts(Vec<(u64, Script)>);

impl Scripts {
    /// Reads them from `captures/`.
    pub fn load() -> Self {
        let recorded = [
            (2, "tls-ok-13"),
            (2, "tls-ok-hello-two-segments"),
            (2, "tls-ok-12"),
            (1, "tls-legacy-other"),
            (1, "tls-alert70-old-client"),
            (1, "tls-unknown-ca"),
            (1, "tls-no-common-cipher"),
        ];
        Self(recorded.into_iter().map(|(share, name)| (share, script(name))).collect())
    }

    fn choose(&self, mut ticket: u64) -> &Script {
        for (share, script) in &self.0 {
            if ticket < *share {
                return script;
            }
            ticket -= share;
        }
        unreachable!("the shares are ten")
    }
}

/// A recorded handshake. Where it succeeds, what was said behind it is a word each way; here it is a request and a page.
fn script(name: &str) -> Script {
    let mut script = recorded(name);
    if script.len() > 4 {
        script.retain(|(_, said)| said.len() >= 40);
        script.extend([(false, encrypted(90)), (true, encrypted(1300))]);
    }
    script
}

/// What is said on port 443 in a classic capture of `captures/`, over IPv4 and Ethernet.
pub fn recorded(name: &str) -> Script {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(format!("{name}.pcap"));
    let capture = std::fs::read(path).expect("a capture of this project");
    let mut script = Script::new();
    let mut rest = capture.get(24..).expect("a header");
    while let Some((head, data)) = rest.split_first_chunk::<16>() {
        let (frame, behind) = data.split_at(u32::from_le_bytes([head[8], head[9], head[10], head[11]]) as usize);
        rest = behind;
        if frame[12..15] != [8, 0, 0x45] || frame[23] != 6 {
            continue;
        }
        let total = usize::from(u16::from_be_bytes([frame[16], frame[17]]));
        let data = &frame[34 + usize::from(frame[46] >> 4) * 4..14 + total];
        let (from, to) = (&frame[34..36], &frame[36..38]);
        if !data.is_empty() && [from, to].contains(&&443_u16.to_be_bytes()[..]) {
            script.push((from == 443_u16.to_be_bytes(), data.to_vec()));
        }
    }
    assert!(!script.is_empty(), "nothing is said in this capture");
    script
}

/// A record of application data.
fn encrypted(length: u16) -> Vec<u8> {
    let [high, low] = length.to_be_bytes();
    let mut record = vec![23, 3, 3, high, low];
    record.resize(record.len() + usize::from(length), 0x5a);
    record
}

/// The packets of one client's session that starts at `now` (microseconds).
pub fn session(number: u32, now: u64, dice: &mut Dice, scripts: &Scripts, out: &mut Timed) {
    let outcome = dice.roll(12);
    let asks = SocketAddr::new(client(number, false), 0);
    let v6 = outcome == 11;
    let (host, path, body) = match (v6, dice.roll(5)) {
        (true, _) => ("ipv6.msftconnecttest.com", "/connecttest.txt", "Microsoft Connect Test"),
        (false, 0) => ("www.msftncsi.com", "/ncsi.txt", "Microsoft NCSI"),
        (false, _) => ("www.msftconnecttest.com", "/connecttest.txt", "Microsoft Connect Test"),
    };
    let server: IpAddr = if v6 { probe_server_v6().into() } else { Ipv4Addr::new(13, 107, 4, 52).into() };
    let address = octets(server);
    let answer: Option<(u8, &[u8])> = match outcome {
        0 => Some((3, &[])),
        1 => Some((2, &[])),
        2 => None,
        _ => Some((0, &address)),
    };
    let now = look_up(asks, now, host, if v6 { 28 } else { 1 }, answer, dice, out);
    if outcome < 3 {
        return;
    }
    let known: &[u8] = if outcome == 10 { &[192, 168, 1, 1] } else { &[131, 107, 255, 255] };
    look_up(asks, now, "dns.msftncsi.com", 1, Some((0, known)), dice, out);
    let from = client(number, v6);
    let request =
        format!("GET {path} HTTP/1.1\r\nConnection: Close\r\nUser-Agent: Microsoft NCSI\r\nHost: {host}\r\n\r\n");
    let mut now = if outcome == 3 {
        let ends = (SocketAddr::new(from, 50_000 + dice.short() % 15_000), SocketAddr::new(server, 80));
        let first = dice.word();
        for again in 0..3 {
            put(out, now + again * 1_000_000, |frame| tcp(frame, ends.0, ends.1, (first, 0), SYN, &[]));
        }
        now + 4_000_000
    } else {
        let mut connection = Connection::open(SocketAddr::new(from, 0), SocketAddr::new(server, 80), now, dice, out);
        connection.say(false, request.as_bytes(), out);
        match response(outcome, body) {
            Some(response) => {
                connection.say(true, response.as_bytes(), out);
                connection.close(out);
            }
            None if outcome == 7 => connection.reset(true, out),
            None => {}
        }
        connection.now + 10_000
    };
    for _ in 0..2 {
        let server = match server {
            IpAddr::V4(_) => Ipv4Addr::new(20, 190, byte(dice, 200), byte(dice, 250)).into(),
            IpAddr::V6(_) => Ipv6Addr::new(0x2620, 0x1ec, 0, 0, 0, 0, 0, u16::from(byte(dice, 250))).into(),
        };
        let mut connection = Connection::open(SocketAddr::new(from, 0), SocketAddr::new(server, 443), now, dice, out);
        let script = scripts.choose(dice.roll(10));
        for (by_server, said) in script {
            connection.say(*by_server, said, out);
        }
        connection.close(out);
        now = connection.now + 5_000;
    }
}

/// What the server says; `None` where it says nothing.
fn response(outcome: u64, body: &str) -> Option<String> {
    let page = |page: String| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{page}", page.len())
    };
    Some(match outcome {
        4 => "HTTP/1.1 302 Found\r\nLocation: http://portal.example.net/login?u=1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned(),
        5 => page(format!("<html><head><title>Login</title></head><body>{}", "portal ".repeat(300))),
        6 => "HTTP/1.1 511 Network Authentication Required\r\nContent-Length: 0\r\n\r\n".to_owned(),
        7 | 8 => return None,
        _ => format!(
            "HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\nCache-Control: max-age=30, must-revalidate\r\n\r\n{body}",
            body.len()
        ),
    })
}

/// Asks for a name and is answered, or not; gives the time after it.
fn look_up(
    asks: SocketAddr,
    now: u64,
    name: &str,
    kind: u16,
    answer: Option<(u8, &[u8])>,
    dice: &mut Dice,
    out: &mut Timed,
) -> u64 {
    let asks = SocketAddr::new(asks.ip(), 49_152 + dice.short() % 16_000);
    let resolver: SocketAddr = (Ipv4Addr::new(10, 255, 0, 53), 53).into();
    let id = dice.short();
    put(out, now, |frame| udp(frame, asks, resolver, &dns(id, name, kind, None)));
    let then = now + 4_000 + dice.roll(9_000);
    if answer.is_some() {
        put(out, then, |frame| udp(frame, resolver, asks, &dns(id, name, kind, answer)));
    }
    then + 100
}

struct Connection {
    client: SocketAddr,
    server: SocketAddr,
    /// Next sequence numbers of client and server.
    here: u32,
    there: u32,
    now: u64,
}

impl Connection {
    /// Opens one from a port of its own.
    fn open(client: SocketAddr, server: SocketAddr, now: u64, dice: &mut Dice, out: &mut Timed) -> Self {
        let client = SocketAddr::new(client.ip(), 50_000 + dice.short() % 15_000);
        let mut open = Self { client, server, here: dice.word(), there: dice.word(), now };
        open.segment(false, SYN, &[], out);
        open.here = open.here.wrapping_add(1);
        open.now += 5_000 + dice.roll(20_000);
        open.segment(true, SYN | ACK, &[], out);
        open.there = open.there.wrapping_add(1);
        open.now += 50;
        open.segment(false, ACK, &[], out);
        open
    }

    /// One side says something, the other acknowledges.
    fn say(&mut self, by_server: bool, data: &[u8], out: &mut Timed) {
        self.now += 2_000;
        for piece in data.chunks(1400) {
            self.now += 13;
            self.segment(by_server, PSH | ACK, piece, out);
            let next = if by_server { &mut self.there } else { &mut self.here };
            *next = next.wrapping_add(u32::try_from(piece.len()).expect("small"));
        }
        self.now += 40;
        self.segment(!by_server, ACK, &[], out);
    }

    fn close(&mut self, out: &mut Timed) {
        self.now += 1_000;
        self.segment(false, FIN | ACK, &[], out);
        self.here = self.here.wrapping_add(1);
        self.now += 3_000;
        self.segment(true, FIN | ACK, &[], out);
        self.there = self.there.wrapping_add(1);
        self.now += 30;
        self.segment(false, ACK, &[], out);
    }

    fn reset(&mut self, by_server: bool, out: &mut Timed) {
        self.now += 3_000;
        self.segment(by_server, RST | ACK, &[], out);
    }

    fn segment(&self, by_server: bool, flags: u8, data: &[u8], out: &mut Timed) {
        let acknowledged = |number: u32| if flags & ACK == 0 { 0 } else { number };
        put(out, self.now, |frame| {
            if by_server {
                tcp(frame, self.server, self.client, (self.there, acknowledged(self.here)), flags, data);
            } else {
                tcp(frame, self.client, self.server, (self.here, acknowledged(self.there)), flags, data);
            }
        });
    }
}

fn put(out: &mut Timed, now: u64, write: impl FnOnce(&mut Vec<u8>)) {
    let mut frame = Vec::new();
    write(&mut frame);
    out.push((now, frame));
}

fn byte(dice: &mut Dice, below: u64) -> u8 {
    u8::try_from(dice.roll(below)).expect("below 256")
}

fn client(number: u32, v6: bool) -> IpAddr {
    if v6 {
        let [a, b, c, d] = number.to_be_bytes().map(u16::from);
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, a << 8 | b, c << 8 | d).into()
    } else {
        Ipv4Addr::from_bits(10 << 24 | number).into()
    }
}

fn probe_server_v6() -> Ipv6Addr {
    Ipv6Addr::new(0x2600, 0, 0, 0, 0, 0, 0, 7)
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}
