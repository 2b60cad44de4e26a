//! From a piece of evidence to an arrow between two columns.

use std::net::{IpAddr, SocketAddr};

use super::{Lane, Role};
use crate::report::Language;
use crate::report::language::say;
use crate::report::words::{self, safe};
use crate::verdict::{Finding, Note, Side};

/// What a piece of evidence says, and between whom.
pub(super) struct Said {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) label: String,
    /// It was said before.
    pub(super) again: bool,
}

/// Who takes part, as the evidence brings them in.
pub(super) struct Cast {
    lanes: Vec<Lane>,
    proxy: Option<IpAddr>,
    /// The column that the connection under way leads to.
    peer: usize,
}

impl Cast {
    /// The client, the resolvers, the proxy and the server of `finding`, those that its evidence speaks of.
    pub(super) fn new(finding: &Finding) -> Self {
        let mut lanes = vec![Lane { role: Role::Client, addresses: vec![finding.client.to_string()] }];
        let mut cast = {
            let mut has = |role: Role| {
                if !lanes.iter().any(|lane| lane.role == role) {
                    lanes.push(Lane { role, addresses: Vec::new() });
                }
            };
            for evidence in &finding.evidence {
                match &evidence.note {
                    Note::Query { .. } | Note::Answer { .. } | Note::RivalAnswer { .. } => has(Role::Resolver),
                    Note::Dhcp { .. }
                    | Note::NeighbourAsked { .. }
                    | Note::NeighbourAnswered { .. }
                    | Note::AddressClaimed { .. }
                    | Note::RouterSolicited
                    | Note::RouterAdvertised { .. } => has(Role::Link),
                    Note::Syn { to, .. } | Note::SynAck { from: to } | Note::Refused { from: to, .. } => {
                        let proxied = finding.proxy.is_some_and(|proxy| proxy.ip() == to.ip());
                        has(if proxied { Role::Proxy } else { Role::Server });
                    }
                    Note::Icmp { from, .. } if Some(*from) != finding.server => has(Role::Device),
                    Note::InboundSeen => {}
                    _ => has(if finding.proxy.is_some() { Role::Proxy } else { Role::Server }),
                }
            }
            lanes.sort_by_key(|lane| lane.role);
            Self { lanes, proxy: finding.proxy.map(|proxy| proxy.ip()), peer: 0 }
        };
        cast.peer = cast.lane(if finding.proxy.is_some() { Role::Proxy } else { Role::Server });
        if let Some(proxy) = finding.proxy {
            cast.name(Role::Proxy, proxy.to_string());
        } else if let Some(server) = finding.server.filter(|_| finding.server_port != Some(53)) {
            cast.name(Role::Server, server.to_string());
        }
        cast
    }

    pub(super) fn lanes(self) -> Vec<Lane> {
        self.lanes
    }

    fn lane(&self, role: Role) -> usize {
        self.lanes.iter().position(|lane| lane.role == role).unwrap_or(0)
    }

    fn name(&mut self, role: Role, address: String) {
        if let Some(lane) = self.lanes.iter_mut().find(|lane| lane.role == role)
            && !lane.addresses.contains(&address)
        {
            lane.addresses.push(address);
        }
    }

    fn meet(&mut self, peer: SocketAddr) -> usize {
        let role = if self.proxy == Some(peer.ip()) { Role::Proxy } else { Role::Server };
        if role == Role::Server {
            self.name(role, peer.ip().to_string());
        }
        self.peer = self.lane(role);
        self.peer
    }

    /// What `note` says; `None` for what is no step of the attempt.
    pub(super) fn said(&mut self, note: &Note, language: Language) -> Option<Said> {
        let (mut again, peer) = (false, self.peer);
        let copied = |copy: u32| if copy > 1 { format!(" ({copy})") } else { String::new() };
        let by = |side: Side| match side {
            Side::Client => (0, peer),
            Side::Server => (peer, 0),
        };
        let ((from, to), label) = match note {
            Note::Query { name, qtype, server, copy } => {
                again = *copy > 1;
                self.name(Role::Resolver, server.to_string());
                let kind = if *qtype == 28 { "AAAA" } else { "A" };
                ((0, self.lane(Role::Resolver)), format!("{kind} {}{}", safe(name), copied(*copy)))
            }
            Note::Answer { rcode, addresses, server, .. } => {
                self.name(Role::Resolver, server.to_string());
                ((self.lane(Role::Resolver), 0), answer(*rcode, addresses, language))
            }
            Note::RivalAnswer { addresses, server } => {
                self.name(Role::Resolver, server.to_string());
                ((self.lane(Role::Resolver), 0), answer(0, addresses, language))
            }
            Note::Syn { to, copy } => {
                again = *copy > 1;
                ((0, self.meet(*to)), format!("SYN :{}{}", to.port(), copied(*copy)))
            }
            Note::SynAck { from } => ((self.meet(*from), 0), "SYN-ACK".to_owned()),
            Note::Refused { from, .. } => ((self.meet(*from), 0), "RST".to_owned()),
            Note::Reset { by: side, .. } => (by(*side), "RST".to_owned()),
            Note::Closed { by: side } => (by(*side), "FIN".to_owned()),
            Note::Icmp { from, kind, code } => {
                let role =
                    if self.lanes.iter().any(|lane| lane.role == Role::Device) { Role::Device } else { Role::Server };
                self.name(role, from.to_string());
                ((self.lane(role), 0), format!("ICMP {kind}/{code}"))
            }
            Note::Request { method, target, .. } => ((0, peer), format!("{} {}", safe(method), safe(target))),
            Note::RequestAgain => {
                again = true;
                ((0, peer), language.pick("the request again", "要求の再送").to_owned())
            }
            Note::Response { status, reason, location, .. } => {
                let location = location.as_deref().map(|to| format!(" {}", safe(to))).unwrap_or_default();
                ((peer, 0), format!("{status} {}{location}", safe(reason)))
            }
            Note::NotHttp { .. } => ((peer, 0), language.pick("not HTTP", "HTTP ではない").to_owned()),
            Note::LateResponse { status, .. } => ((peer, 0), say!(language, "{status}, too late", "{status}（遅延）")),
            Note::Credentials { scheme, user } => {
                let user = user.as_deref().map(|user| format!(" {}", safe(user))).unwrap_or_default();
                let challenge = scheme.ends_with("type 2");
                (if challenge { (peer, 0) } else { (0, peer) }, format!("[{}{user}]", safe(scheme)))
            }
            Note::ClientHello { max, sni, copy } => {
                again = *copy > 1;
                let name = sni.as_deref().map(|sni| format!(" {}", safe(sni))).unwrap_or_default();
                ((0, peer), format!("ClientHello ≤{}{name}{}", safe(max), copied(*copy)))
            }
            Note::ServerHello { version, .. } => ((peer, 0), format!("ServerHello {}", safe(version))),
            Note::Certificate { subject, .. } => ((peer, 0), format!("Certificate {}", safe(subject))),
            Note::Alert { by: side, code, .. } => (by(*side), format!("alert {code}")),
            Note::InboundSeen | Note::ResponseEnd => return None,
            Note::Dhcp { message, address, server } => {
                let address = address.map(|address| format!(" {address}")).unwrap_or_default();
                if let Some(server) = server {
                    self.name(Role::Link, server.to_string());
                }
                let link = self.lane(Role::Link);
                let from_server = matches!(message.as_str(), "OFFER" | "ACK" | "NAK");
                (if from_server { (link, 0) } else { (0, link) }, format!("DHCP {}{address}", safe(message)))
            }
            Note::NeighbourAsked { target, copy } => {
                again = *copy > 1;
                let target = say!(language, "who is {target}?", "{target} は誰？");
                ((0, self.lane(Role::Link)), format!("{target}{}", copied(*copy)))
            }
            Note::NeighbourAnswered { target, .. } => {
                ((self.lane(Role::Link), 0), say!(language, "{target} is here", "{target} 応答"))
            }
            Note::AddressClaimed { address } => {
                ((0, self.lane(Role::Link)), say!(language, "I take {address}", "{address} を使用"))
            }
            Note::RouterSolicited => ((0, self.lane(Role::Link)), language.pick("routers?", "ルーター要請").to_owned()),
            Note::RouterAdvertised { from, .. } => {
                self.name(Role::Link, from.to_string());
                ((self.lane(Role::Link), 0), language.pick("router here", "ルーター広告").to_owned())
            }
            #[allow(unreachable_patterns, reason = "a new kind of evidence is told in words until it gets an arrow")]
            other => ((0, 0), words::note(other, language)),
        };
        Some(Said { from, to, label, again })
    }
}

fn answer(rcode: u16, addresses: &[IpAddr], language: Language) -> String {
    match (rcode, addresses) {
        (0, []) => language.pick("no address", "アドレスなし").to_owned(),
        (0, [only]) => only.to_string(),
        (0, [first, rest @ ..]) => format!("{first} +{}", rest.len()),
        (2, _) => "SERVFAIL".to_owned(),
        (3, _) => "NXDOMAIN".to_owned(),
        (5, _) => "REFUSED".to_owned(),
        (other, _) => format!("RCODE {other}"),
    }
}
