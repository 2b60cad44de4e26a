//! Whether the list is read as the service writes it, and mistakes are named with their place.

use super::*;

#[test]
fn the_builtin_copy_is_whole() {
    let list = parse(BUILTIN).unwrap();
    assert_eq!(list.len(), 77);
    assert_eq!(EndpointList::builtin().sets, list);
    let set = |id: u32| list.iter().find(|set| set.id == id).unwrap();
    assert!(set(56).required && set(56).express_route && set(56).category == Category::Allow);
    assert!(set(56).tcp_ports.contains(80) && set(56).tcp_ports.contains(443) && !set(56).tcp_ports.contains(25));
    assert_eq!(set(1).urls, ["outlook.cloud.microsoft", "outlook.office.com", "outlook.office365.com"]);
    assert_eq!(set(1).category, Category::Optimize);
    assert!(set(11).urls.is_empty() && set(11).tcp_ports.is_empty() && set(11).udp_ports.contains(3481));
    assert!(!set(97).required);
    assert_eq!(list.iter().filter(|set| set.required).count(), 47);
}

#[test]
fn ranges_are_read_as_routers_do() {
    let range = |text: &str| text.parse::<Network>().map(|network| network.to_string());
    assert_eq!(range("40.96.0.0/13"), Ok("40.96.0.0/13".to_owned()));
    assert_eq!(range("40.96.1.2/13"), Ok("40.96.0.0/13".to_owned()));
    assert_eq!(range("2603:1006::/40"), Ok("2603:1006::/40".to_owned()));
    assert_eq!(range("13.107.6.171"), Ok("13.107.6.171/32".to_owned()));
    assert_eq!(range("0.0.0.0/0"), Ok("0.0.0.0/0".to_owned()));
    assert_eq!(range("::/0"), Ok("::/0".to_owned()));
    for wrong in ["40.96.0.0/33", "2603::/129", "40.96.0.0/", "40.96.0.0/+1", "40.96.0", "", "name/8", "40.96.0.0/1/2"]
    {
        assert!(range(wrong).is_err(), "{wrong}");
    }
    let all: Network = "::/0".parse().unwrap();
    assert_eq!((all.first(), all.last()), (0, u128::MAX));
    let one: Network = "2001:db8::1/128".parse().unwrap();
    assert_eq!(one.first(), one.last());
}

#[test]
fn ports_are_lists_of_ranges() {
    let ports: Ports = "80,443, 3478-3481".parse().unwrap();
    assert!([80, 443, 3478, 3480, 3481].into_iter().all(|port| ports.contains(port)));
    assert!(!ports.contains(3477) && !ports.contains(3482) && !ports.contains(0));
    assert_eq!("".parse(), Ok(Ports::default()));
    for wrong in ["http", "70000", "443-80", "1-2-3", "-1"] {
        assert!(wrong.parse::<Ports>().is_err(), "{wrong}");
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    let row = |field: &str| {
        format!("[\n {{\"id\": 1, \"serviceArea\": \"Exchange\", \"category\": \"Allow\",\n {field}}}\n]")
    };
    assert_eq!(parse(&row("\"required\": true")).unwrap().len(), 1);
    for (text, place) in [
        (row("\"ips\": [\"40.96.0.0/13\", \"40.96.0.0/40\"]"), "line 3 column"),
        (row("\"tcpPorts\": \"https\""), "line 3 column"),
        (row("\"required\": \"yes\""), "line 3 column"),
        ("[\n{\"id\": 1}]".to_owned(), "line 2 column"),
        ("<html>".to_owned(), "line 1 column 1"),
        ("[{\"id\": 1, \"serviceArea\": \"Exchange\"".to_owned(), "line 1 column"),
        ("{\"endpoints\": []}".to_owned(), "line 1 column"),
    ] {
        let message = parse(&text).unwrap_err();
        assert!(message.contains(place), "{text}: {message}");
    }
    assert!(parse("[]").unwrap_err().contains("no endpoint sets"));
}
