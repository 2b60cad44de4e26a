//! Datagrams: which of them are read, and by whom.

use std::net::IpAddr;

use crate::proto::netbios_name;
use crate::source::PacketRef;
use crate::transaction::assembler::{Assembler, DNS_PORT};
use crate::transaction::lease::Leases;
use crate::transaction::quic::QuicTable;
use crate::transaction::ticket::KERBEROS_PORT;
use crate::transaction::{NameCall, TicketRefusal, Transaction};
use crate::wire::{Body, Datagram, Ip, Packet};

/// What a packet other than TCP is to whoever reads on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Concern {
    /// It is none of what is read.
    Nothing,
    /// Somebody asks for a name, and silence would mean something.
    Question,
    /// It is read.
    Other,
}

/// What a packet other than TCP is to whoever reads on.
#[inline]
pub(super) fn concern(packet: &Packet<'_>, quic: &QuicTable) -> Concern {
    let (Body::Udp(datagram), Some(ip)) = (&packet.body, packet.ip) else { return Concern::Other };
    let ports = (datagram.source_port, datagram.destination_port);
    if matches!(ports.1, DNS_PORT | 137 | 5353 | 5355) {
        return Concern::Question;
    }
    let (source, destination) = ((ip.source, ports.0).into(), (ip.destination, ports.1).into());
    let read = is_read(ports) || quic.concerns(source, destination, datagram.payload);
    if read { Concern::Other } else { Concern::Nothing }
}

/// Whether the ports of a datagram are those of a protocol that is read: DNS and its kin, Kerberos, DHCP.
#[inline]
pub(super) const fn is_read(ports: (u16, u16)) -> bool {
    const fn either(port: u16) -> bool {
        matches!(port, DNS_PORT | 67 | 68 | 137 | 138 | 546 | 547 | 5353 | 5355)
    }
    either(ports.0) || either(ports.1) || ports.0 == KERBEROS_PORT
}

/// Reads a datagram of any protocol that is read but DHCP.
pub(super) fn udp(packet: &Packet<'_>, datagram: &Datagram<'_>, assembler: &mut Assembler) {
    let ports = (datagram.source_port, datagram.destination_port);
    if ports.0 == DNS_PORT || ports.1 == DNS_PORT {
        let Some(ip) = packet.ip else { return };
        let (source, destination) = ((ip.source, ports.0).into(), (ip.destination, ports.1).into());
        let at: PacketRef = packet.at;
        assembler.lookups.message(source, destination, false, datagram.payload, at, &mut assembler.out);
    } else if let (Some(ip), Some(name)) = (packet.ip, netbios_name::own_name(ports.1, datagram.payload)) {
        assembler.out.push(Transaction::Named { address: ip.source, name, at: packet.at });
    } else if let (Some(ip), (137 | 5353 | 5355, _) | (_, 137 | 5353 | 5355)) = (packet.ip, ports) {
        let (source, destination) = ((ip.source, ports.0).into(), (ip.destination, ports.1).into());
        let call = NameCall::read(source, destination, datagram.payload, packet.at);
        assembler.out.extend(call.map(|call| Transaction::Called(Box::new(call))));
    } else if let (Some(ip), (KERBEROS_PORT, _)) = (packet.ip, ports) {
        let (kdc, client) = ((ip.source, ports.0).into(), (ip.destination, ports.1).into());
        let refusal = TicketRefusal::read(kdc, client, false, datagram.payload, packet.at);
        assembler.out.extend(refusal.map(|refusal| Transaction::TicketRefusal(Box::new(refusal))));
    } else if let Some(ip) = packet.ip {
        let source = ((ip.source, ports.0).into(), packet.link.source);
        let destination = (ip.destination, ports.1).into();
        let Assembler { quic, deadlines, out, .. } = assembler;
        quic.datagram(source, destination, datagram.payload, packet.at, *deadlines, out);
    }
}

/// Whether a datagram goes between the ports of DHCP, of either family.
pub(super) const fn is_dhcp(datagram: &Datagram<'_>) -> bool {
    matches!((datagram.source_port, datagram.destination_port), (67 | 68, 67 | 68) | (546 | 547, 546 | 547))
}

/// Reads a message of DHCP, of either family.
pub(super) fn dhcp(packet: &Packet<'_>, datagram: &Datagram<'_>, leases: &mut Leases, out: &mut Vec<Transaction>) {
    let Some(ip) = packet.ip else { return };
    if ip.source.is_ipv4() {
        leases.message(ip.source, datagram.payload, packet.at, out);
    } else {
        leases.message_v6(ip.source, packet.link.source, datagram.payload, packet.at, out);
    }
}

/// Whether a packet goes to one host: that shows that the capture sees this direction.
pub(super) fn is_unicast(packet: &Packet<'_>, ip: Ip) -> bool {
    let multicast_frame = packet.link.destination.is_some_and(|mac| mac.0[0] & 1 == 1);
    let multicast = ip.destination.is_multicast()
        || matches!(ip.destination, IpAddr::V4(v4) if v4.is_broadcast() || v4.is_unspecified());
    !multicast_frame && !multicast
}
