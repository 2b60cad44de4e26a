use super::*;

fn message(options: &[u8], sname: &[u8], file: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; FIXED];
    bytes[..8].copy_from_slice(&[2, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef]);
    bytes[16..20].copy_from_slice(&[10, 0, 0, 5]);
    bytes[28..34].copy_from_slice(&[2, 0, 0, 0, 0, 9]);
    bytes[44..44 + sname.len()].copy_from_slice(sname);
    bytes[108..108 + file.len()].copy_from_slice(file);
    [&bytes[..], &COOKIE, options].concat()
}

fn option(code: u8, value: &[u8]) -> Vec<u8> {
    [&[code, u8::try_from(value.len()).unwrap()][..], value].concat()
}

#[test]
fn an_ack_and_all_that_it_grants() {
    let options = [
        option(53, &[5]),
        option(1, &[255, 255, 255, 0]),
        option(3, &[10, 0, 0, 1, 10, 0, 0, 2]),
        option(6, &[10, 0, 0, 53]),
        vec![0, 0],
        option(15, b"corp.example\0"),
        option(51, &[0, 0, 14, 16]),
        option(54, &[10, 0, 0, 1]),
        option(114, b"https://portal.example/api"),
        option(119, b"\x04corp\x07example\0\x03lab\0"),
        option(121, &[8, 10, 10, 0, 0, 9, 0, 10, 0, 0, 1]),
        option(252, b"http://wpad.corp.example/wpad.dat\n"),
        vec![255, 9, 9],
    ]
    .concat();
    let told = parse(&message(&options, b"", b"")).unwrap();
    assert_eq!((told.kind, told.transaction, told.whole), (Kind::Ack, 0xdead_beef, true));
    assert_eq!(told.hardware, Some([2, 0, 0, 0, 0, 9]));
    assert_eq!(told.given, Some([10, 0, 0, 5].into()));
    assert_eq!((told.own, told.relay), (None, None));
    let options = told.options;
    assert_eq!(options.routers, [Ipv4Addr::from([10, 0, 0, 1]), [10, 0, 0, 2].into()]);
    assert_eq!(options.domain.as_deref(), Some("corp.example"));
    assert_eq!(options.lease, Some(3600));
    assert_eq!(options.search, ["corp.example", "lab"]);
    assert_eq!(options.default_route, Some([10, 0, 0, 1].into()));
    assert_eq!(options.captive_portal.as_deref(), Some("https://portal.example/api"));
    assert_eq!(options.wpad.as_deref(), Some("http://wpad.corp.example/wpad.dat"));
}

#[test]
fn options_go_on_in_other_fields_and_in_several_parts() {
    let options = [option(53, &[5]), option(252, b"http://"), option(52, &[3]), vec![255]].concat();
    let file = [option(252, b"wpad."), vec![255]].concat();
    let sname = [option(252, b"example/"), option(12, b"PC17"), vec![255]].concat();
    let told = parse(&message(&options, &sname, &file)).unwrap().options;
    assert_eq!(told.wpad.as_deref(), Some("http://wpad.example/"), "options field, file, sname (RFC 3396)");
    assert_eq!(told.host_name.as_deref(), Some("PC17"));
    let plain = [option(53, &[5]), vec![255]].concat();
    assert_eq!(parse(&message(&plain, &sname, &file)).unwrap().options.wpad, None, "not without option 52");
}

#[test]
fn names_of_option_81_are_text_or_labels() {
    for (value, name) in [
        (&b"\0\0\0PC17.corp.example"[..], Some("PC17.corp.example")),
        (b"\x05\0\0\x04PC17\x04corp\0", Some("PC17.corp")),
        (b"\0\0\0", None),
        (b"\0\0", None),
    ] {
        let options = [option(53, &[3]), option(81, value), vec![255]].concat();
        assert_eq!(parse(&message(&options, b"", b"")).unwrap().options.full_name.as_deref(), name);
    }
}

#[test]
fn what_is_cut_gives_what_stood_before_the_cut() {
    let whole =
        message(&[option(53, &[1]), option(12, b"PC17"), option(60, b"MSFT 5.0"), vec![255]].concat(), b"", b"");
    assert_eq!(parse(&whole[..FIXED]), Err(Anomaly::TooShort));
    assert_eq!(parse(&whole[..FIXED + 4]), Err(Anomaly::DhcpFormat), "BOOTP");
    for cut in FIXED + 7..whole.len() {
        let told = parse(&whole[..cut]).unwrap();
        assert_eq!(told.kind, Kind::Discover);
        assert_eq!(told.options.vendor_class.is_some(), cut >= whole.len() - 1, "{cut}");
    }
    let mut other = whole;
    other[FIXED] = 0;
    assert_eq!(parse(&other), Err(Anomaly::DhcpFormat));
}

#[test]
fn a_reply_of_dhcpv6_behind_two_relays() {
    let long = |code: u16, value: &[u8]| {
        let length = u16::try_from(value.len()).unwrap();
        [&code.to_be_bytes()[..], &length.to_be_bytes(), value].concat()
    };
    let address = std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 5);
    let lease = |valid: u32| {
        let value = [&address.octets()[..], &1u32.to_be_bytes(), &valid.to_be_bytes()].concat();
        long(3, &[&[0; 12][..], &long(5, &value)].concat())
    };
    let duid = long(1, &[0, 3, 0, 1, 2, 0, 0, 0, 0, 9]);
    let reply = |valid: u32| [&[7, 1, 2, 3][..], &duid, &lease(valid), &long(39, b"\0\x04pc17\0")].concat();
    let relayed = |inner: &[u8]| [&[13][..], &[0; 33], &long(9, inner)].concat();
    let told = v6::parse(&relayed(&relayed(&reply(60)))).unwrap();
    assert_eq!((told.kind, told.transaction, told.relayed), (v6::Kind::Reply, 0x0001_0203, true));
    assert_eq!(told.addresses, [address]);
    assert_eq!((told.hardware, told.full_name.as_deref()), (Some([2, 0, 0, 0, 0, 9]), Some("pc17")));
    assert!(v6::parse(&reply(0)).unwrap().addresses.is_empty(), "given back");
    let refused = [&[7, 1, 2, 3][..], &long(3, &[&[0; 12][..], &long(13, &[0, 2])].concat())].concat();
    assert_eq!(v6::parse(&refused).unwrap().status, Some(2), "no address to give");
    let whole = reply(60);
    for cut in 0..whole.len() {
        let told = v6::parse(&whole[..cut]);
        assert!(told.is_err() == (cut < 4) && told.is_ok_and(|told| told.whole) == [4, 18, 62].contains(&cut), "{cut}");
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_are_too_strange(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600)) {
        let _ = parse(&[&message(&[], b"", b"")[..], &bytes].concat());
        let _ = v6::parse(&bytes);
        let _ = crate::proto::router::parse(&bytes);
    }
}
