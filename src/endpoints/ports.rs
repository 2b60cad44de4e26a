//! Port lists as the service writes them: `80,443` or `3478-3481`.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

/// Ports, as ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports(Vec<(u16, u16)>);

impl Ports {
    /// Whether the list names this port.
    #[must_use]
    pub fn contains(&self, port: u16) -> bool {
        self.0.iter().any(|&(first, last)| (first..=last).contains(&port))
    }

    /// Whether the list names no port.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |part: &str| format!("{part:?} is no port or range of ports such as 443 or 3478-3481");
        let port = |text: &str| text.trim().parse::<u16>().ok();
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            port(first).zip(port(last)).filter(|(first, last)| first <= last).ok_or_else(|| wrong(part))
        };
        text.split(',').filter(|part| !part.trim().is_empty()).map(range).collect::<Result<_, _>>().map(Self)
    }
}

impl<'de> Deserialize<'de> for Ports {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(de::Error::custom)
    }
}
