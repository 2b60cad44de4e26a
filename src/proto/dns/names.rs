//! Names of numbers in DNS messages, as the registry of IANA has them.

/// A record or query type; `TYPE` and the number for one without a name here (RFC 3597, 5).
#[must_use]
pub fn type_name(number: u16) -> String {
    match number {
        1 => "A".to_owned(),
        2 => "NS".to_owned(),
        5 => "CNAME".to_owned(),
        6 => "SOA".to_owned(),
        12 => "PTR".to_owned(),
        15 => "MX".to_owned(),
        16 => "TXT".to_owned(),
        28 => "AAAA".to_owned(),
        33 => "SRV".to_owned(),
        64 => "SVCB".to_owned(),
        65 => "HTTPS".to_owned(),
        other => format!("TYPE{other}"),
    }
}

/// A response code (RFC 1035, 4.1.1; RFC 6891, 9); `RCODE` and the number for one without a name here.
#[must_use]
pub fn code_name(number: u16) -> String {
    match number {
        0 => "NOERROR".to_owned(),
        1 => "FORMERR".to_owned(),
        2 => "SERVFAIL".to_owned(),
        3 => "NXDOMAIN".to_owned(),
        4 => "NOTIMP".to_owned(),
        5 => "REFUSED".to_owned(),
        16 => "BADVERS".to_owned(),
        other => format!("RCODE{other}"),
    }
}
