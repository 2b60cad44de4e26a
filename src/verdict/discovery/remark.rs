//! What a search for a proxy means for the probe that follows it.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// A remark about the search for a proxy before a probe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiscoveryRemark {
    /// The search went before the probe and took so many milliseconds.
    Cost {
        /// Milliseconds.
        ms: u64,
    },
    /// A PAC file was fetched.
    Fetched {
        /// From where.
        url: String,
        /// Its size.
        bytes: u64,
        /// Its content type.
        mime: Option<String>,
        /// Proxies that its text names.
        proxies: Vec<String>,
    },
    /// Its content type is not the registered one.
    UnusualType,
    /// It is larger than WinHTTP accepts.
    TooLarge,
    /// The probe went directly although a PAC file was fetched.
    DirectDespitePac,
    /// The PAC file could not be had.
    Broken,
    /// Nobody knows these names.
    Nothing {
        /// The names.
        names: Vec<String>,
    },
    /// A host on the link answered to the name: whoever does so becomes the proxy.
    AnsweredOnLink {
        /// By which protocol.
        protocol: Cow<'static, str>,
        /// Who.
        responder: IpAddr,
    },
    /// The name was called for on the link, where anybody may answer.
    CalledOnLink {
        /// By which protocols.
        protocols: Vec<Cow<'static, str>>,
    },
    /// On a broken search: the probe after it went directly and did not get out.
    ProbeWentDirect,
}
