//! Options of DHCP for IPv4 (RFC 2132), with those that continue in other fields (option 52) and those that come in
//! several parts (RFC 3396).

use std::net::Ipv4Addr;

use crate::limits::{MAX_DHCP_LIST, MAX_DHCP_OPTIONS, MAX_DHCP_TEXT};

/// Option 53.
pub(super) const MESSAGE_TYPE: u8 = 53;
const PAD: u8 = 0;
const OVERLOAD: u8 = 52;
const END: u8 = 255;

/// The options of one message by code, parts joined in the order of RFC 3396: options field, file, sname.
pub(super) struct Fields {
    by_code: Vec<(u8, Vec<u8>)>,
    /// One more than the place of each code in `by_code`; 0 where it is absent.
    places: [u8; 256],
    pub(super) whole: bool,
}

impl Fields {
    pub(super) fn read(area: &[u8], file: &[u8], sname: &[u8]) -> Self {
        let mut fields = Self { by_code: Vec::new(), places: [0; 256], whole: true };
        fields.whole = fields.area(area);
        let overload = fields.byte(OVERLOAD).unwrap_or(0);
        if overload & 1 != 0 {
            fields.area(file);
        }
        if overload & 2 != 0 {
            fields.area(sname);
        }
        fields
    }

    /// Reads one area; whether it ends as it should.
    fn area(&mut self, mut area: &[u8]) -> bool {
        let mut count = 0;
        while let Some((&code, rest)) = area.split_first() {
            match code {
                PAD => area = rest,
                END => return true,
                _ => {
                    let Some((&length, rest)) = rest.split_first() else { return false };
                    let Some((value, rest)) = rest.split_at_checked(usize::from(length)) else { return false };
                    count += 1;
                    if count > MAX_DHCP_OPTIONS {
                        return false;
                    }
                    self.take(code, value);
                    area = rest;
                }
            }
        }
        // Old servers leave the end mark out.
        true
    }

    /// Adds an option, or a further part of it. 254 codes are options: their places fit in a byte.
    fn take(&mut self, code: u8, value: &[u8]) {
        let place = &mut self.places[usize::from(code)];
        if *place == 0 {
            self.by_code.push((code, value.to_vec()));
            *place = u8::try_from(self.by_code.len()).unwrap_or(0);
        } else if let Some((_, parts)) = self.by_code.get_mut(usize::from(*place) - 1) {
            parts.extend_from_slice(value);
        }
    }

    pub(super) fn get(&self, code: u8) -> Option<&[u8]> {
        let place = usize::from(self.places[usize::from(code)]).checked_sub(1)?;
        self.by_code.get(place).map(|(_, value)| value.as_slice())
    }

    pub(super) fn byte(&self, code: u8) -> Option<u8> {
        self.get(code)?.first().copied()
    }

    fn address(&self, code: u8) -> Option<Ipv4Addr> {
        self.get(code)?.first_chunk::<4>().map(|bytes| Ipv4Addr::from(*bytes))
    }

    fn addresses(&self, code: u8) -> Vec<Ipv4Addr> {
        let (whole, _) = self.get(code).unwrap_or_default().as_chunks::<4>();
        whole.iter().take(MAX_DHCP_LIST).map(|bytes| Ipv4Addr::from(*bytes)).collect()
    }

    fn seconds(&self, code: u8) -> Option<u32> {
        self.get(code)?.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes))
    }

    /// Text as it stands: some write a zero byte behind it (RFC 2132, 2 asks not to).
    fn text(&self, code: u8) -> Option<String> {
        let value = self.get(code)?;
        let value = value.get(..MAX_DHCP_TEXT).unwrap_or(value);
        let text = String::from_utf8_lossy(value);
        let text = text.trim_end_matches('\0').trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

/// What the options say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Subnet mask (1).
    pub mask: Option<Ipv4Addr>,
    /// Routers (3).
    pub routers: Vec<Ipv4Addr>,
    /// DNS servers (6).
    pub dns: Vec<Ipv4Addr>,
    /// Host name (12).
    pub host_name: Option<String>,
    /// Domain name (15): the suffix of look-ups.
    pub domain: Option<String>,
    /// Vendor-specific information (43), its length.
    pub vendor_specific: Option<usize>,
    /// Address asked for (50).
    pub requested: Option<Ipv4Addr>,
    /// Lease time in seconds (51).
    pub lease: Option<u32>,
    /// The server (54).
    pub server: Option<Ipv4Addr>,
    /// Parameters that the client asks for (55), in order.
    pub parameters: Vec<u8>,
    /// What the server has to say (56).
    pub message: Option<String>,
    /// Vendor class (60): `MSFT 5.0` is Windows 2000 and later.
    pub vendor_class: Option<String>,
    /// Client identifier (61), type byte included.
    pub client_id: Vec<u8>,
    /// User class (77).
    pub user_class: Option<String>,
    /// Fully qualified name of the client (81, RFC 4702).
    pub full_name: Option<String>,
    /// Captive portal URL (114, RFC 8910).
    pub captive_portal: Option<String>,
    /// Domain search list (119, RFC 3397), as names.
    pub search: Vec<String>,
    /// A default route by option 121 (RFC 3442) or 249 (Microsoft's own number for it).
    pub default_route: Option<Ipv4Addr>,
    /// Option 121 or 249 is there.
    pub has_routes: bool,
    /// URL of the proxy configuration (252, WPAD).
    pub wpad: Option<String>,
}

impl Options {
    pub(super) fn of(fields: &Fields) -> Self {
        // A client that knows option 121 ignores option 3 (RFC 3442).
        let routes = fields.get(121).or_else(|| fields.get(249));
        Self {
            mask: fields.address(1),
            routers: fields.addresses(3),
            dns: fields.addresses(6),
            host_name: fields.text(12),
            domain: fields.text(15),
            vendor_specific: fields.get(43).map(<[u8]>::len),
            requested: fields.address(50),
            lease: fields.seconds(51),
            server: fields.address(54),
            parameters: fields.get(55).unwrap_or_default().iter().take(MAX_DHCP_LIST).copied().collect(),
            message: fields.text(56),
            vendor_class: fields.text(60),
            client_id: fields.get(61).unwrap_or_default().iter().take(MAX_DHCP_LIST).copied().collect(),
            user_class: fields.text(77),
            full_name: fields.get(81).and_then(full_name),
            captive_portal: fields.text(114),
            search: fields.get(119).map(search_list).unwrap_or_default(),
            default_route: routes.and_then(default_route),
            has_routes: routes.is_some(),
            wpad: fields.text(252),
        }
    }
}

/// The name in option 81: flags, two bytes of no meaning, then text, or labels where bit E of the flags says so.
fn full_name(value: &[u8]) -> Option<String> {
    let (&[flags, _, _], name) = value.split_first_chunk::<3>()?;
    let name = if flags & 0x04 != 0 {
        labels(name).0
    } else {
        String::from_utf8_lossy(name.get(..MAX_DHCP_TEXT).unwrap_or(name)).into_owned()
    };
    let name = name.trim_end_matches(['\0', '.']).trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// One name in DNS form without pointers, and how many bytes it took.
pub(super) fn labels(bytes: &[u8]) -> (String, usize) {
    let (mut name, mut at) = (String::new(), 0);
    while let Some(&length) = bytes.get(at) {
        at += 1;
        if length == 0 {
            break;
        }
        let Some(label) = bytes.get(at..at + usize::from(length)).filter(|_| length < 64) else { break };
        if name.len() + label.len() > MAX_DHCP_TEXT {
            break;
        }
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(&String::from_utf8_lossy(label));
        at += label.len();
    }
    (name, at)
}

/// Names of option 119. Compression pointers (RFC 3397, 2) end the list: what stands before them is enough to show.
fn search_list(mut value: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    while !value.is_empty() && names.len() < MAX_DHCP_LIST {
        let (name, taken) = labels(value);
        if name.is_empty() {
            break;
        }
        names.push(name);
        value = value.get(taken..).unwrap_or_default();
    }
    names
}

/// The router of the route to everywhere among classless routes (RFC 3442): width, significant bytes, router.
fn default_route(mut value: &[u8]) -> Option<Ipv4Addr> {
    while let Some((&width, rest)) = value.split_first() {
        let significant = usize::from(width.div_ceil(8));
        let router = rest.get(significant..)?;
        let (router, rest) = router.split_first_chunk::<4>()?;
        if width == 0 {
            return Some(Ipv4Addr::from(*router));
        }
        value = rest;
    }
    None
}
