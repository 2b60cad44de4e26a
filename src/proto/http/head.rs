//! What is kept of a request or response head.

use serde::{Deserialize, Serialize};

use crate::proto::Anomaly;
use crate::proto::auth::{Challenge, Credential};

/// How much of a head was there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Extent {
    /// All of it, with the empty line.
    #[default]
    Whole,
    /// The start line (of a request: at least method and target) and the field lines up to the cut.
    Fields,
    /// Cut inside the start line: the target of a request may go on, the reason of a response is unknown.
    StartLine,
}

/// Whether the sender means to keep the connection (`Connection` and `Proxy-Connection`; RFC 9112, 9.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Persistence {
    /// Nothing said: HTTP/1.1 keeps, HTTP/1.0 closes.
    #[default]
    Unsaid,
    /// `keep-alive`.
    KeepAlive,
    /// `close`.
    Close,
}

/// Form of a request target (RFC 9112, 3.2).
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TargetForm {
    /// `/path?query`: to the origin (or to something that poses as it).
    #[default]
    Origin,
    /// `http://host/path`: to an explicit proxy.
    Absolute {
        /// Scheme in lower case.
        scheme: String,
        /// Host in lower case, without port, brackets, user information and final dot.
        host: String,
        /// Port as written, or the default of the scheme.
        port: u16,
        /// Path without query, at least `/`.
        path: String,
    },
    /// `host:port` of a CONNECT request.
    Authority {
        /// Host as in [`TargetForm::Absolute`].
        host: String,
        /// Port as written, or 443.
        port: u16,
    },
    /// `*` of an OPTIONS request.
    Asterisk,
}

/// A request head. Text is made from bytes lossily and bounded by [`MAX_HTTP_FIELD`](crate::limits::MAX_HTTP_FIELD).
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RequestHead {
    /// How much of it was there.
    pub extent: Extent,
    /// Method as written.
    pub method: String,
    /// Target as written, without user information.
    pub target: String,
    /// Its form.
    pub form: TargetForm,
    /// Minor version of HTTP/1; `None` where the cut came before it.
    pub minor_version: Option<u8>,
    /// Host in lower case without port and final dot: of an absolute or authority target, else of `Host`.
    pub host: Option<String>,
    /// Port written beside that host (for an absolute or authority target: or the scheme's default); `None`: not written.
    pub port: Option<u16>,
    /// Path without query; empty for CONNECT and `*`.
    pub path: String,
    /// Query without `?`, where there is one.
    pub query: Option<String>,
    /// `User-Agent`, trimmed.
    pub user_agent: Option<String>,
    /// Has `If-None-Match` or `If-Modified-Since`: 304 is a proper answer.
    pub conditional: bool,
    /// `Content-Length`.
    pub content_length: Option<u64>,
    /// The last transfer coding is `chunked`.
    pub chunked: bool,
    /// `Expect: 100-continue`.
    pub expect_continue: bool,
    /// `Connection`.
    pub connection: Persistence,
    /// `Proxy-Connection`, which clients of proxies still send.
    pub proxy_connection: Persistence,
    /// `Authorization`, without its secret.
    pub authorization: Option<Credential>,
    /// `Proxy-Authorization`, without its secret.
    pub proxy_authorization: Option<Credential>,
    /// `Via`: somebody forwarded this.
    pub via: Option<String>,
    /// `X-Forwarded-For` or `Forwarded`.
    pub forwarded_for: Option<String>,
    /// `Upgrade`.
    pub upgrade: Option<String>,
    /// What was wrong, each kind once.
    pub anomalies: Vec<Anomaly>,
}

impl RequestHead {
    /// Whether this asks an explicit proxy: absolute target or CONNECT.
    #[must_use]
    pub const fn is_proxied(&self) -> bool {
        matches!(self.form, TargetForm::Absolute { .. } | TargetForm::Authority { .. })
    }
}

/// A response head. Text is bounded as in [`RequestHead`].
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ResponseHead {
    /// How much of it was there.
    pub extent: Extent,
    /// Minor version of HTTP/1.
    pub minor_version: u8,
    /// Status code.
    pub status: u16,
    /// Reason phrase, may be empty.
    pub reason: String,
    /// `Location`, without user information.
    pub location: Option<String>,
    /// `Server`.
    pub server: Option<String>,
    /// `Via`, several lines joined by `, `.
    pub via: Option<String>,
    /// `X-Cache`, several lines joined by `, `.
    pub x_cache: Option<String>,
    /// `Age` in seconds.
    pub age: Option<u64>,
    /// `Date` in seconds since the Unix epoch.
    pub date: Option<i64>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Content-Length`.
    pub content_length: Option<u64>,
    /// The last transfer coding is `chunked`.
    pub chunked: bool,
    /// `Content-Encoding` in lower case, `identity` left out.
    pub content_encoding: Option<String>,
    /// `Connection`.
    pub connection: Persistence,
    /// `Proxy-Connection`.
    pub proxy_connection: Persistence,
    /// `Proxy-Authenticate`, every challenge of every line in order.
    pub proxy_authenticate: Vec<Challenge>,
    /// `WWW-Authenticate`, the same.
    pub www_authenticate: Vec<Challenge>,
    /// Fields that may tell who answered (lower-case name, start of the value): `x-squid-error` and the like, at most
    /// [`MAX_HTTP_MARKERS`](crate::limits::MAX_HTTP_MARKERS). The values may be secrets and are never shown.
    pub markers: Vec<(String, String)>,
    /// Names of the cookies that are set, as many at most; never their values.
    pub cookies: Vec<String>,
    /// What was wrong, each kind once.
    pub anomalies: Vec<Anomaly>,
}

impl ResponseHead {
    /// 1xx other than 101: another response to the same request follows.
    #[must_use]
    pub const fn is_interim(&self) -> bool {
        self.status >= 100 && self.status < 200 && self.status != 101
    }

    /// Whether the connection ends after this response (RFC 9112, 9.3), framing apart.
    #[must_use]
    pub fn closes(&self) -> bool {
        match (self.connection, self.proxy_connection) {
            (Persistence::Close, _) | (Persistence::Unsaid, Persistence::Close) => true,
            (Persistence::KeepAlive, _) | (_, Persistence::KeepAlive) => false,
            (Persistence::Unsaid, Persistence::Unsaid) => self.minor_version == 0,
        }
    }
}
