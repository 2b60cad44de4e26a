//! What a host says on its link: DHCP, router advertisements, NetBIOS; and what Windows wrote into a journal.

use ncsight::proto::ncsi_event;
use ncsight::proto::{dhcp, netbios, netbios_name, router};

use crate::input::Input;
use crate::planted;

/// The captive portal in the seeds.
pub const PORTAL: &str = "https://portal.example/api";
/// The name in the seeds.
pub const HOST: &str = "fileserver";
/// The interface in the seed.
pub const INTERFACE: &str = "8c3a1e52-1b0d-4c8e-9d7e-5f0a6b7c8d9e";

/// A message of DHCP.
pub fn dhcp(data: &[u8]) {
    if let Ok(message) = dhcp::parse(data) {
        let _ = (message.kind.name(), message.kind.by_server());
        planted::near(PORTAL.as_bytes(), message.options.captive_portal.unwrap_or_default().as_bytes());
    }
}

/// A message of DHCPv6.
pub fn dhcp6(data: &[u8]) {
    if let Ok(message) = dhcp::v6::parse(data) {
        let _ = (message.kind.name(), message.kind.by_server());
        planted::near(PORTAL.as_bytes(), message.captive_portal.unwrap_or_default().as_bytes());
    }
}

/// A router advertisement.
pub fn router(data: &[u8]) {
    if let Some(advertisement) = router::parse(data) {
        let _ = advertisement.gives_address();
        planted::near(PORTAL.as_bytes(), advertisement.captive_portal.unwrap_or_default().as_bytes());
    }
}

/// A datagram of the NetBIOS services; the first byte chooses the port.
pub fn netbios(data: &[u8]) {
    let mut input = Input::new(data);
    let port = [netbios_name::NAME_PORT, netbios_name::DATAGRAM_PORT][usize::from(input.byte() % 2)];
    let data = input.rest();
    let _ = netbios_name::own_name(port, data);
    if let Some(message) = netbios::parse(data).filter(|message| message.response && !message.addresses.is_empty()) {
        planted::near(HOST.as_bytes(), message.name.as_bytes());
    }
}

/// The text of an event.
pub fn ncsi_event(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = ncsi_event::read(Some("Microsoft-Windows-NCSI/Analytic"), text);
    if let Some(record) = ncsi_event::read(None, text) {
        let _ = (record.event.number(), record.event.rule());
        if record.luid.is_some() {
            planted::near(INTERFACE.as_bytes(), record.interface.as_bytes());
        }
    }
}
