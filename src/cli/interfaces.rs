//! The interfaces that can be captured on.

use crate::error::Error;

/// One interface a line: name, state, addresses, link type or why it cannot be captured on, description; separated by
/// tabs, a `-` for what is not there.
///
/// # Errors
///
/// libpcap cannot list them, or this build has no libpcap.
#[cfg(feature = "live")]
pub fn list() -> Result<String, Error> {
    use crate::source::live::permitted;
    use crate::text::sanitize;

    let devices = pcap::Device::list().map_err(|source| Error::Io {
        path: "interfaces".into(),
        operation: "list",
        source: std::io::Error::other(source.to_string()),
        hint: "",
    })?;
    let mut out = String::new();
    for device in devices {
        let or_none = |text: String| if text.is_empty() { "-".to_owned() } else { text };
        let addresses: Vec<String> = device.addresses.iter().map(|address| address.addr.to_string()).collect();
        let description = sanitize(device.desc.as_deref().unwrap_or_default(), 80);
        let capture = match permitted(&device.name) {
            Ok(link) => format!("{link}, capture permitted"),
            Err(why) => sanitize(&why, 400),
        };
        let fields = [
            sanitize(&device.name, 80),
            state(&device).to_owned(),
            or_none(addresses.join(" ")),
            capture,
            or_none(description),
        ];
        out.push_str(&fields.join("\t"));
        out.push('\n');
    }
    Ok(out)
}

/// Whether an interface is up, and whether anything is at its other end.
#[cfg(feature = "live")]
fn state(device: &pcap::Device) -> &'static str {
    use pcap::ConnectionStatus;
    match (device.flags.is_up(), &device.flags.connection_status) {
        (false, _) => "down",
        (true, ConnectionStatus::Disconnected) => "no carrier",
        (true, ConnectionStatus::Connected | ConnectionStatus::Unknown | ConnectionStatus::NotApplicable) => "up",
    }
}

/// This build has no libpcap.
///
/// # Errors
///
/// Always, and says so.
#[cfg(not(feature = "live"))]
pub fn list() -> Result<String, Error> {
    Err(Error::WithoutLive { wanted: "listing interfaces" })
}
