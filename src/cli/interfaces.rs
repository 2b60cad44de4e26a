//! The interfaces that can be captured on.

use crate::error::Error;

/// One interface a line: name, addresses, description.
///
/// # Errors
///
/// libpcap cannot list them, or this build has no libpcap.
#[cfg(feature = "live")]
pub fn list() -> Result<String, Error> {
    use crate::text::sanitize;

    let devices = pcap::Device::list().map_err(|source| Error::Io {
        path: "interfaces".into(),
        operation: "list",
        source: std::io::Error::other(source.to_string()),
        hint: "",
    })?;
    let mut out = String::new();
    for device in devices {
        let addresses: Vec<String> = device.addresses.iter().map(|address| address.addr.to_string()).collect();
        let description = sanitize(device.desc.as_deref().unwrap_or_default(), 80);
        let line = format!("{}\t{}\t{description}", sanitize(&device.name, 80), addresses.join(" "));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    Ok(out)
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
