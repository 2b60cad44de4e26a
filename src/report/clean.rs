//! Facts of a finding with all wire text made safe to print.

use crate::limits::MAX_SHOWN_TEXT;
use crate::text::{sanitize, sanitize_own};
use crate::verdict::{
    AuthDetails, ConnectDetails, Details, DiscoveryDetails, DnsDetails, EndpointDetails, FoundMark, HostDetails,
    HttpDetails, LeaseDetails, OsCheckDetails, ProxyDetails, Responder, TlsDetails, UnprobedDetails,
};

/// `text` safe to print, cut to what a field shows.
#[must_use]
pub fn clean(text: &str) -> String {
    sanitize(text, MAX_SHOWN_TEXT)
}

/// The same for a text that its owner gives away.
#[must_use]
pub fn clean_own(text: String) -> String {
    sanitize_own(text, MAX_SHOWN_TEXT)
}

fn option(text: Option<String>) -> Option<String> {
    text.map(clean_own)
}

fn all(texts: Vec<String>) -> Vec<String> {
    texts.into_iter().map(clean_own).collect()
}

fn boxed<T>(subject: Option<Box<T>>, clean: impl Fn(T) -> T) -> Option<Box<T>> {
    subject.map(|mut subject| {
        *subject = clean(*subject);
        subject
    })
}

/// `details` safe to print. Every subject is rebuilt field by field, so that a new field of text cannot be forgotten.
#[must_use]
pub fn details(details: Details) -> Details {
    Details {
        count: details.count.max(1),
        dns: boxed(details.dns, dns),
        connect: boxed(details.connect, connect),
        http: boxed(details.http, http),
        responder: boxed(details.responder, responder),
        proxy: boxed(details.proxy, proxy),
        tls: boxed(details.tls, tls),
        os_check: boxed(details.os_check, os_check),
        host: boxed(details.host, host),
        winhttp_error: details.winhttp_error,
        auth: boxed(details.auth, auth),
        endpoint: boxed(details.endpoint, endpoint),
    }
}

fn auth(auth: AuthDetails) -> AuthDetails {
    AuthDetails {
        schemes: all(auth.schemes),
        used: option(auth.used),
        user: option(auth.user),
        workstation: option(auth.workstation),
    }
}

fn endpoint(endpoint: EndpointDetails) -> EndpointDetails {
    EndpointDetails {
        id: endpoint.id,
        area: clean_own(endpoint.area),
        category: option(endpoint.category),
        required: endpoint.required,
        express_route: endpoint.express_route,
        purpose: endpoint.purpose,
        stage: option(endpoint.stage),
        attempts: endpoint.attempts,
    }
}

fn dns(dns: DnsDetails) -> DnsDetails {
    DnsDetails {
        name: clean_own(dns.name),
        qtype: clean_own(dns.qtype),
        servers: dns.servers,
        queries: dns.queries,
        rcode: option(dns.rcode),
        addresses: dns.addresses,
        cnames: all(dns.cnames),
        ms: dns.ms,
    }
}

fn connect(connect: ConnectDetails) -> ConnectDetails {
    ConnectDetails {
        tried: connect.tried,
        syns: connect.syns,
        rtt_ms: connect.rtt_ms,
        reset_by: connect.reset_by,
        icmp_from: connect.icmp_from,
        icmp: option(connect.icmp),
    }
}

fn http(http: HttpDetails) -> HttpDetails {
    HttpDetails {
        status: http.status,
        reason: option(http.reason),
        location: option(http.location),
        server: option(http.server),
        via: option(http.via),
        content_type: option(http.content_type),
        content_length: http.content_length,
        title: option(http.title),
        body: option(http.body),
        user_agent: option(http.user_agent),
        ms: http.ms,
    }
}

fn responder(responder: Responder) -> Responder {
    Responder {
        mac: option(responder.mac),
        ttl: responder.ttl,
        rtt_ms: responder.rtt_ms,
        product: option(responder.product),
        vendor: option(responder.vendor),
        kind: responder.kind,
        marks: responder.marks.into_iter().map(mark).collect(),
    }
}

fn mark(mark: FoundMark) -> FoundMark {
    FoundMark {
        product: clean_own(mark.product),
        vendor: option(mark.vendor),
        kind: mark.kind,
        by: clean_own(mark.by),
        confidence: mark.confidence,
    }
}

fn proxy(proxy: ProxyDetails) -> ProxyDetails {
    ProxyDetails {
        name: option(proxy.name),
        schemes: all(proxy.schemes),
        used: option(proxy.used),
        user: option(proxy.user),
        workstation: option(proxy.workstation),
        computer_account: proxy.computer_account,
        legs: proxy.legs,
        kerberos_error: proxy.kerberos_error,
        discovery: boxed(proxy.discovery, discovery),
    }
}

fn discovery(discovery: DiscoveryDetails) -> DiscoveryDetails {
    DiscoveryDetails {
        method: option(discovery.method),
        names: all(discovery.names),
        called: all(discovery.called),
        answered_by: discovery.answered_by,
        url: option(discovery.url),
        pac_status: discovery.pac_status,
        pac_mime: option(discovery.pac_mime),
        pac_bytes: discovery.pac_bytes,
        proxies: all(discovery.proxies),
        cost_ms: discovery.cost_ms,
    }
}

fn tls(tls: TlsDetails) -> TlsDetails {
    TlsDetails {
        sni: option(tls.sni),
        client_max: option(tls.client_max),
        client_versions: all(tls.client_versions),
        server_version: option(tls.server_version),
        cipher: tls.cipher,
        client_ciphers: tls.client_ciphers,
        alert: tls.alert,
        alert_from: tls.alert_from,
        issuer: option(tls.issuer),
        subject: option(tls.subject),
        ja3: option(tls.ja3),
        ja4: option(tls.ja4),
        secure_protocols: tls.secure_protocols,
        starttls: option(tls.starttls),
        certificate_requested: tls.certificate_requested,
        hello_retry: tls.hello_retry,
        resumed: tls.resumed,
        downgraded: tls.downgraded,
        tried: all(tls.tried),
    }
}

fn os_check(check: OsCheckDetails) -> OsCheckDetails {
    OsCheckDetails { system: clean_own(check.system), expected: clean_own(check.expected) }
}

fn host(host: HostDetails) -> HostDetails {
    HostDetails {
        mac: option(host.mac),
        claimed: host.claimed,
        dhcp_server: host.dhcp_server,
        dhcp: all(host.dhcp),
        gateway: host.gateway,
        unanswered: host.unanswered,
        lease: boxed(host.lease, lease),
        unprobed: boxed(host.unprobed, unprobed),
    }
}

fn unprobed(about: UnprobedDetails) -> UnprobedDetails {
    UnprobedDetails {
        system: option(about.system),
        services: all(about.services),
        resolvers: about.resolvers,
        causes: about.causes,
    }
}

fn lease(lease: LeaseDetails) -> LeaseDetails {
    LeaseDetails {
        address: lease.address,
        seconds: lease.seconds,
        routers: lease.routers,
        dns: lease.dns,
        domain: option(lease.domain),
        wpad: option(lease.wpad),
        captive_portal: option(lease.captive_portal),
    }
}
