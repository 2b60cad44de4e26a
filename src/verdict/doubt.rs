//! What keeps the confidence of a finding from being high.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What keeps a confidence from being high.
#[allow(missing_docs)] // the variant says what its fields are
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Doubt {
    /// The capture ended `missing` before the deadline.
    DeadlineOutside { missing: Duration },
    /// Only one copy of what the protocol repeats is in the capture.
    SingleCopy,
    /// No unicast traffic towards the client is in the capture at that time.
    NoInboundTraffic,
    /// The client acknowledged or used something that is not in the capture.
    UnseenAnswer,
    /// The capture lost packets at that time.
    Drops,
    /// Bytes are missing in the middle of the decisive message.
    Gap,
    /// The decisive packet is cut.
    Truncated,
    /// Addresses or contents were rewritten after capturing.
    Anonymised,
    /// The body was compressed; whether Windows decodes it is not known.
    EncodedBody,
    /// The expected text stands inside other content.
    EmbeddedText,
    /// Windows' treatment of this answer is not documented.
    UndocumentedStatus,
    /// The other system's treatment of this answer is not documented, or changed with its versions.
    OtherSystem,
    /// Another name resolved to the same address, or the answer was old: the connection may belong to something else.
    SharedAddress,
    /// The request was cut before the User-Agent.
    HeadCut,
    /// A resolver that blocks by a null address; the connection then never leaves the client.
    Sinkhole,
    /// The server's failure may be temporary or its policy.
    ResolverFailure,
    /// Several causes produce this answer to an old client.
    AmbiguousRefusal,
    /// A portal that answers every request gives this, too.
    PerhapsPortal,
    /// Any program of the client may have done this, not only the probe.
    AnyProgram,
    /// The client offers nothing that encrypts, which servers refuse for itself.
    UnprotectedOffer,
    /// Nothing tells a retry with a lower version from a new attempt.
    AmbiguousRetry,
    /// The sender of the reset cannot be told with certainty.
    AmbiguousReset,
    /// State of this flow was evicted under memory pressure.
    Evicted,
    /// The capture starts in the middle of this connection.
    MidStream,
    /// The client gave up just before the deadline.
    GaveUpEarly,
    /// The client itself ended the connection before an answer came.
    EndedByClient,
    /// The client had reset the connection when the answer came: it may not have read it.
    AnswerAfterReset,
    /// The request is not in the capture; only its answer tells what was asked.
    RequestUnseen,
    /// The alert is encrypted; its size is all that tells it from data.
    EncryptedAlert,
    /// The capture begins so late that higher versions may have been tried before.
    EarlierTries,
    /// The list is a copy of one day; Microsoft may have given this name up since.
    DeadName,
    /// No look-up of the server's name is in the capture, only its address tells the set.
    ByAddressOnly,
    /// Other attempts to the set cannot be judged from this capture.
    OthersUndecided,
    /// The proxy's own attempt is not in the capture.
    BehindTheProxy,
    /// Office's decision is not on the wire, only the pattern that it leaves.
    OnlyAPattern,
    /// DNS or TLS is missing from the capture, so a sign-in may have gone unseen.
    SignInUnseen,
    /// A Kerberos ticket does not show whose it is: it may be several users.
    NamelessTicket,
    /// Windows' own events say otherwise.
    WindowsDisagrees,
    /// Offers of DHCP are in the capture, and the client took none of them: they may not have reached it.
    UnusedOffer,
    /// A route may come from elsewhere: set by hand, or by a VPN.
    OtherRoute,
    /// The routers advertise a prefix that is not for the Internet (RFC 4193).
    LocalPrefix,
    /// Services, registry and policy of the client are not on the wire.
    NotOnTheWire,
}
