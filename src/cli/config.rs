//! The configuration file: what the registry of the machines says about their probes, how long things may take, and the
//! proxies of the network. TOML; an unknown key is an error, because a misspelt one would silently do nothing.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use crate::error::Error;
use crate::marks::Entry;
use crate::settings::{Deadlines, KnownProxy, ProbeConfig, Settings};

/// Longest deadline that makes sense, in seconds: a day.
const MAX_SECONDS: f64 = 86_400.0;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    proxies: Vec<String>,
    #[serde(rename = "MinimumInternetHopCount")]
    hop_minimum: Option<u8>,
    probes: Probes,
    deadlines: Seconds,
    responder: Vec<Entry>,
    /// Read by [`super::interface`].
    ui: super::interface::Section,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "PascalCase")]
struct Probes {
    active_web_probe_host: Option<String>,
    active_web_probe_path: Option<String>,
    active_web_probe_content: Option<String>,
    active_web_probe_host_v6: Option<String>,
    active_web_probe_path_v6: Option<String>,
    active_web_probe_content_v6: Option<String>,
    active_dns_probe_host: Option<String>,
    active_dns_probe_content: Option<Ipv4Addr>,
    active_dns_probe_host_v6: Option<String>,
    active_dns_probe_content_v6: Option<Ipv6Addr>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Seconds {
    dns: Option<f64>,
    connect: Option<f64>,
    response: Option<f64>,
    tls: Option<f64>,
    episode: Option<f64>,
}

/// Reads the file at `path` into `settings`; what it does not name stays.
///
/// # Errors
///
/// The file cannot be read, is no TOML, names an unknown key or a value that makes no sense. The message has the line.
pub fn load(path: &Path, settings: &mut Settings) -> Result<(), Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::Io {
        path: path.to_owned(),
        operation: "read",
        source,
        hint: "; `ncsight --print-config` prints one to start from",
    })?;
    apply(&text, settings).map_err(|message| Error::Config { path: path.to_owned(), message })
}

/// The settings of a whole configuration, the interface's section included: what `--config` and the screen make of a file
/// with this text. It is public for those who check configurations, a fuzzer among them.
///
/// # Errors
///
/// As for [`load`], in the words of the file's own lines.
pub fn read(text: &str) -> Result<Settings, String> {
    let mut settings = Settings::default();
    apply(text, &mut settings)?;
    super::interface::read(text)?;
    Ok(settings)
}

/// Puts what `text` says into `settings`.
fn apply(text: &str, settings: &mut Settings) -> Result<(), String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    for proxy in &file.proxies {
        settings.proxies.push(proxy.parse::<KnownProxy>().map_err(|message| located(text, "proxies", &message))?);
    }
    if let Some(hops) = file.hop_minimum {
        settings.hop_minimum = hops;
    }
    for entry in file.responder {
        settings.responders.push(entry.known().map_err(|message| located(text, "product", &message))?);
    }
    probes(file.probes, &mut settings.probes);
    deadlines(&file.deadlines, &mut settings.deadlines).map_err(|(key, message)| located(text, key, &message))
}

fn probes(from: Probes, to: &mut ProbeConfig) {
    let host = |name: String| name.trim().trim_end_matches('.').to_ascii_lowercase();
    let path = |path: String| path.trim().trim_start_matches('/').to_owned();
    set(&mut to.web.host, from.active_web_probe_host.map(host));
    set(&mut to.web.path, from.active_web_probe_path.map(path));
    set(&mut to.web.content, from.active_web_probe_content);
    set(&mut to.web_v6.host, from.active_web_probe_host_v6.map(host));
    set(&mut to.web_v6.path, from.active_web_probe_path_v6.map(path));
    set(&mut to.web_v6.content, from.active_web_probe_content_v6);
    set(&mut to.dns_host, from.active_dns_probe_host.map(host));
    set(&mut to.dns_content, from.active_dns_probe_content);
    set(&mut to.dns_host_v6, from.active_dns_probe_host_v6.map(host));
    set(&mut to.dns_content_v6, from.active_dns_probe_content_v6);
}

fn set<T>(slot: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *slot = value;
    }
}

fn deadlines(from: &Seconds, to: &mut Deadlines) -> Result<(), (&'static str, String)> {
    let pairs = [
        ("dns", from.dns, &mut to.dns),
        ("connect", from.connect, &mut to.connect),
        ("response", from.response, &mut to.response),
        ("tls", from.tls, &mut to.tls),
        ("episode", from.episode, &mut to.episode),
    ];
    for (key, seconds, slot) in pairs {
        let Some(seconds) = seconds else { continue };
        if !(seconds > 0.0 && seconds <= MAX_SECONDS) {
            return Err((key, format!("{key} = {seconds}: a deadline lies between 0 and {MAX_SECONDS} seconds")));
        }
        *slot = Duration::from_secs_f64(seconds);
    }
    Ok(())
}

/// `message` with the line on which `key` is set, as the messages of the TOML reader have one.
fn located(text: &str, key: &str, message: &str) -> String {
    let sets = |line: &str| line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='));
    match text.lines().position(sets) {
        Some(index) => format!("line {}: {message}", index + 1),
        None => message.to_owned(),
    }
}

/// The defaults as a commented file; reading it gives the defaults back.
#[must_use]
pub fn print_defaults() -> String {
    let Settings { probes, deadlines, hop_minimum, .. } = Settings::default();
    let mut out = String::new();
    let mut line = |text: &str| {
        let _ = writeln!(out, "{text}");
    };
    let string = |text: &str| toml::Value::String(text.to_owned()).to_string();
    line("# Settings of ncsight. All keys may be left out; these are the defaults.\n");
    line("# Proxies of this network, \"HOST:PORT\" each.");
    line("proxies = []\n");
    line("# Hops after which Windows takes passive traffic for the Internet (registry value of the same name).");
    line(&format!("MinimumInternetHopCount = {hop_minimum}\n"));
    line("# The probe servers, by the names that they have in the registry under");
    line(
        "# HKLM\\SYSTEM\\CurrentControlSet\\Services\\NlaSvc\\Parameters\\Internet. Microsoft's own servers, of all versions",
    );
    line("# of Windows, are always known; other values here come on top of them.");
    line("[probes]");
    for (suffix, web, dns_host, dns_content) in [
        ("", &probes.web, &probes.dns_host, probes.dns_content.to_string()),
        ("V6", &probes.web_v6, &probes.dns_host_v6, probes.dns_content_v6.to_string()),
    ] {
        line(&format!("ActiveWebProbeHost{suffix} = {}", string(&web.host)));
        line(&format!("ActiveWebProbePath{suffix} = {}", string(&web.path)));
        line(&format!("ActiveWebProbeContent{suffix} = {}", string(&web.content)));
        line(&format!("ActiveDnsProbeHost{suffix} = {}", string(dns_host)));
        line(&format!("ActiveDnsProbeContent{suffix} = {}", string(&dns_content)));
    }
    line("\n# Seconds after which silence settles an attempt.\n[deadlines]");
    for (key, span, comment) in [
        ("dns", deadlines.dns, "from the first question; Windows gives up after 10"),
        ("connect", deadlines.connect, "from the first SYN to the last address"),
        ("response", deadlines.response, "from the request; WebTimeout in the registry"),
        ("tls", deadlines.tls, "from the ClientHello"),
        ("episode", deadlines.episode, "silence after which repeats are counted anew"),
    ] {
        line(&format!("{key} = {:?} # {comment}", span.as_secs_f64()));
    }
    line(super::interface::print_defaults().trim_end());
    line(
        "\n# Proxies, portals, firewalls and filters of your own, known by marks in their answers. A mark is one of header",
    );
    line(
        "# (with holds: a part of the value), cookie (a name, or its start and *), title, location, body, certificate,",
    );
    line(
        "# address (ADDRESS/LENGTH), null_ttl; its confidence is high, medium (without a word) or low. Or mac, the first 3",
    );
    line("# to 6 bytes of the link address of a responder on the client's own link: always low.");
    line("# [[responder]]");
    line("# product = \"Example Gateway\"");
    line("# vendor = \"Example\"");
    line("# kind = \"proxy\" # proxy, portal, firewall, filter, dns-filter, cdn");
    line(
        "# marks = [{ header = \"x-example-gateway\", confidence = \"high\" }, { title = \"Access denied by Example\" }]",
    );
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Settings, String> {
        let mut settings = Settings::default();
        apply(text, &mut settings).map(|()| settings)
    }

    #[test]
    fn the_printed_defaults_give_the_defaults_back() {
        let nothing = Duration::ZERO;
        let deadlines = Deadlines { dns: nothing, connect: nothing, response: nothing, tls: nothing, episode: nothing };
        let mut blank = Settings { hop_minimum: 99, deadlines, ..Settings::default() };
        blank.probes.web.host.clear();
        blank.probes.web_v6.path.clear();
        blank.probes.dns_host_v6.clear();
        apply(&print_defaults(), &mut blank).unwrap();
        assert_eq!(blank, Settings::default());
        assert_eq!(read(""), Ok(Settings::default()));
    }

    #[test]
    fn custom_probes_have_their_registry_names() {
        let settings = read(
            "proxies = [\"Proxy.example:8080\"]\nMinimumInternetHopCount = 3\n[probes]\nActiveWebProbeHost = \"NCSI.Example.\"\n\
             ActiveWebProbePathV6 = \"/six.txt\"\nActiveDnsProbeContentV6 = \"2001:db8::1\"\n[deadlines]\nresponse = 2.5\n",
        )
        .unwrap();
        assert_eq!(settings.proxies, ["proxy.example:8080".parse().unwrap()]);
        assert_eq!(settings.hop_minimum, 3);
        assert_eq!(settings.probes.web.host, "ncsi.example");
        assert_eq!(settings.probes.web_v6.path, "six.txt");
        assert_eq!(settings.probes.dns_content_v6.to_string(), "2001:db8::1");
        assert_eq!(settings.deadlines.response, Duration::from_millis(2500));
        assert_eq!(settings.deadlines.dns, Deadlines::default().dns);
    }

    #[test]
    fn responders_of_the_user_come_with_their_marks() {
        let printed = print_defaults();
        let (_, example) = printed.split_once("# [[responder]]").unwrap();
        let example = format!("[[responder]]{}", example.replace("\n# ", "\n"));
        let settings = read(&example).unwrap();
        assert_eq!(settings.responders.len(), 1);
        assert_eq!(
            (settings.responders[0].product.as_str(), settings.responders[0].marks.len()),
            ("Example Gateway", 2)
        );
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, expected) in [
            ("\n[[responder]]\nproduct = \"Box\"\nkind = \"filter\"\nmarks = []\n", "line 3: [[responder]] Box"),
            ("[[responder]]\nproduct = \"Box\"\nkind = \"box\"\nmarks = []\n", "line 3"),
            ("a = 1", "line 1"),
            ("\n[probes]\nNCSIProbeUrl = \"x\"\n", "line 3"),
            ("[deadlines]\n\ndns = -1\n", "line 3"),
            ("[deadlines]\ndns = \"ten\"\n", "line 2"),
            ("[deadlines]\ndns = inf\n", "line 2"),
            ("[probes]\nActiveDnsProbeContent = \"not an address\"\n", "line 2"),
            ("proxies = [\"proxy\"]\n", "line 1"),
            ("[probes\n", "line 1"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(expected), "{text:?}: {message}");
        }
    }
}
