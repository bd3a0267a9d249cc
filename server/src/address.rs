//! From where a call comes: the peer of its connection, or whom a proxy that we trust names; and whose an address is.

use http::{HeaderMap, HeaderName, header::FORWARDED};
use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client. Each proxy adds to the right whom it was called by, so the list is read from there, and only as far as those who wrote it are
/// trusted: what is left of that is the client's own words.
///
/// A proxy writes one of the two headers and hands on the other as the client wrote it. Which one is the proxy's nobody can see, so where both are there they have to
/// agree; otherwise it is the peer's address that counts.
pub fn of_client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    let values = |name| {
        let lines = headers.get_all(name).iter().rev();
        // Nothing that is an address has a comma in it, quoted or not.
        lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','))
    };
    let walk = |hops: &mut dyn Iterator<Item = Option<IpAddr>>| {
        let mut client = peer;
        while is_trusted(client, trusted) {
            match hops.next() {
                Some(Some(hop)) => client = hop,
                // The end, or nothing that we understand: whoever wrote it is as far as we know the way.
                _ => break,
            }
        }
        client
    };
    match (headers.contains_key(X_FORWARDED_FOR), headers.contains_key(FORWARDED)) {
        (false, false) => peer,
        (true, false) => walk(&mut values(X_FORWARDED_FOR).map(hop)),
        (false, true) => walk(&mut values(FORWARDED).map(forwarded)),
        (true, true) => {
            let client = walk(&mut values(X_FORWARDED_FOR).map(hop));
            if client == walk(&mut values(FORWARDED).map(forwarded)) {
                client
            } else {
                peer
            }
        }
    }
}

/// Whom an address belongs to: with IPv6 everybody has a network of 64 bits.
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
    }
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// An address, with or without a port, an IPv6 one with or without brackets.
fn hop(text: &[u8]) -> Option<IpAddr> {
    let text = str::from_utf8(text).ok()?.trim_matches([' ', '\t']);
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .filter(|inner| inner.contains(':'));
    let address = match bare.unwrap_or(text).parse() {
        Ok(address) => address,
        Err(_) => text.parse::<SocketAddr>().ok()?.ip(),
    };
    Some(address.to_canonical())
}

/// The one `for` of an element of the header Forwarded (RFC 7239).
fn forwarded(element: &[u8]) -> Option<IpAddr> {
    let element = str::from_utf8(element).ok()?;
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let mut named = pairs.filter(|(name, _)| name.trim_matches([' ', '\t']).eq_ignore_ascii_case("for"));
    let (Some((_, value)), None) = (named.next(), named.next()) else {
        return None;
    };
    let value = value.trim_matches([' ', '\t']);
    let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    hop(quoted.unwrap_or(value).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const PEER: &str = "10.0.0.1";

    /// The client of a call from a peer with headers, where 10.0.0.0/8 and fd00::/8 are trusted.
    fn client(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
            map.append(HeaderName::from_static(name), value);
        }
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().expect("a network"));
        of_client(peer.parse().expect("an address"), &map, &trusted).to_string()
    }

    #[test]
    fn x_forwarded_for_is_read_from_the_right_as_far_as_it_is_trusted() {
        for (peer, value, expected) in [
            // Nobody in between, or nobody whom we trust.
            ("192.0.2.9", "198.51.100.1", "192.0.2.9"),
            ("192.0.2.9", "10.0.0.2", "192.0.2.9"),
            // One proxy, and a chain of them.
            (PEER, "198.51.100.1", "198.51.100.1"),
            (PEER, "198.51.100.1, 10.0.0.2", "198.51.100.1"),
            (PEER, "198.51.100.1,10.0.0.2,\t10.0.0.3 ", "198.51.100.1"),
            // What the client wrote itself is left of its own address.
            (PEER, "127.0.0.1, 198.51.100.1", "198.51.100.1"),
            (PEER, "10.9.9.9, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            (PEER, "garbage, 198.51.100.1", "198.51.100.1"),
            // Everybody is ours.
            (PEER, "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            // Ports and IPv6.
            (PEER, "198.51.100.1:4711", "198.51.100.1"),
            (PEER, "2001:db8::1", "2001:db8::1"),
            (PEER, "[2001:db8::1]", "2001:db8::1"),
            (PEER, "[2001:db8::1]:4711, fd00::7", "2001:db8::1"),
            ("fd00::1", "2001:DB8:0::1", "2001:db8::1"),
            ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("::ffff:192.0.2.9", "198.51.100.1", "192.0.2.9"),
            (PEER, "::ffff:198.51.100.1, ::ffff:10.0.0.2", "198.51.100.1"),
            // Garbage from one of ours: we know the way to that one.
            (PEER, "", PEER),
            (PEER, "unknown", PEER),
            (PEER, "198.51.100.1, unknown", PEER),
            (PEER, "198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"),
            (PEER, "198.51.100.1,", PEER),
            (PEER, "[198.51.100.1]", PEER),
            (PEER, "198.51.100.1:99999", PEER),
            (PEER, "198.51.100.01", PEER),
            (PEER, "fe80::1%eth0", PEER),
            (PEER, "198.51.100.1 198.51.100.2", PEER),
            (PEER, "ädresse", PEER),
        ] {
            assert_eq!(client(peer, &[("x-forwarded-for", value)]), expected, "{value:?} from {peer}");
        }
    }

    #[test]
    fn forwarded_is_read_from_the_right_as_far_as_it_is_trusted() {
        for (peer, value, expected) in [
            ("192.0.2.9", "for=198.51.100.1", "192.0.2.9"),
            (PEER, "for=198.51.100.1", "198.51.100.1"),
            (PEER, "For=198.51.100.1;proto=https;by=10.0.0.1", "198.51.100.1"),
            (PEER, "proto=https; for=\"198.51.100.1:4711\", for=10.0.0.2", "198.51.100.1"),
            (PEER, "for=\"[2001:db8::1]:4711\"", "2001:db8::1"),
            (PEER, "for=127.0.0.1, for=198.51.100.1", "198.51.100.1"),
            // A quote that the client left open takes nothing of what follows.
            (PEER, "for=\"127.0.0.1, for=198.51.100.1", "198.51.100.1"),
            (PEER, "for=127.0.0.1;for=198.51.100.1", PEER),
            (PEER, "for=unknown", PEER),
            (PEER, "for=_hidden", PEER),
            (PEER, "by=198.51.100.1", PEER),
            (PEER, "198.51.100.1", PEER),
            (PEER, "for", PEER),
        ] {
            assert_eq!(client(peer, &[("forwarded", value)]), expected, "{value:?} from {peer}");
        }
    }

    #[test]
    fn several_lines_are_one_list_and_two_headers_have_to_agree() {
        let (list, standard) = ("x-forwarded-for", "forwarded");
        assert_eq!(client(PEER, &[]), PEER);
        assert_eq!(
            client(PEER, &[(list, "127.0.0.1, 198.51.100.1"), (list, "10.0.0.2")]),
            "198.51.100.1"
        );
        assert_eq!(client(PEER, &[(list, "127.0.0.1"), (list, "198.51.100.1")]), "198.51.100.1");
        assert_eq!(
            client(PEER, &[(list, "198.51.100.1"), (standard, "for=198.51.100.1")]),
            "198.51.100.1"
        );
        for forged in ["for=127.0.0.1", "for=10.0.0.2", "", "garbage"] {
            assert_eq!(client(PEER, &[(list, "198.51.100.1"), (standard, forged)]), PEER);
        }
    }
}
