use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not one of the internet; what IANA's registries of
/// special-purpose addresses say, and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Special {
    Unspecified,
    Private,
    Shared,
    Loopback,
    LinkLocal,
    Platform,
    Documentation,
    Benchmarking,
    Multicast,
    Translated,
    Reserved,
}

impl Special {
    /// `None` if the address is one of the internet.
    ///
    /// An IPv4 address inside of an IPv6 one is what it is judged by, where such an
    /// address leads anywhere: written so by a system's resolver (mapped), or by the
    /// network of a machine that has IPv6 only (NAT64, RFC 6052; 6to4, RFC 3056).
    /// Nobody is translated to other addresses than those of the internet.
    pub(super) fn of(address: IpAddr) -> Option<Self> {
        match address {
            IpAddr::V4(address) => find(&V4, |(network, length, _)| {
                let bits = 32 - length;
                u32::from(address) >> bits == u32::from(*network) >> bits
            }),
            IpAddr::V6(address) => {
                if let Some(inside) = translated(address) {
                    return Self::of(inside.into()).map(|_| Self::Translated);
                }
                let known = find(&V6, |(network, length, _)| {
                    let bits = 128 - length;
                    u128::from(address) >> bits == u128::from(*network) >> bits
                });
                // All that is on the internet is in 2000::/3, so that what is given
                // another meaning some day is refused already.
                let global = address.segments()[0] >> 13 == 1;
                known.or((!global).then_some(Self::Reserved))
            }
        }
    }

    /// Whether an operator's own deployments may have such addresses.
    pub(super) fn is_of_private_networks(self) -> bool {
        matches!(self, Self::Private | Self::Shared | Self::Loopback)
    }

    /// What is wrong with a URL that holds such an address.
    pub(super) fn in_url(self) -> &'static str {
        match self {
            Self::Unspecified => "names an IP address that stands for none",
            Self::Private => "names an IP address of a private network",
            Self::Shared => "names an IP address of a provider's own network",
            Self::Loopback => "names an IP address of this machine",
            Self::LinkLocal => "names an IP address of the local link",
            Self::Platform => "names an IP address of the cloud's own services",
            Self::Documentation => "names an IP address for documentation",
            Self::Benchmarking => "names an IP address for benchmarks",
            Self::Multicast => "names an IP address of many (multicast)",
            Self::Translated => "names an IP address with another one inside",
            Self::Reserved => "names an IP address that is reserved",
        }
    }

    /// What is wrong with a name that stands for such an address.
    pub(super) fn behind_name(self) -> &'static str {
        match self {
            Self::Unspecified => "its name stands for no address",
            Self::Private => "its name stands for an address of a private network",
            Self::Shared => "its name stands for an address of a provider's own network",
            Self::Loopback => "its name stands for the service's own machine",
            Self::LinkLocal => "its name stands for an address of the local link",
            Self::Platform => "its name stands for an address of the cloud's own services",
            Self::Documentation => "its name stands for an address for documentation",
            Self::Benchmarking => "its name stands for an address for benchmarks",
            Self::Multicast => "its name stands for an address of many (multicast)",
            Self::Translated => "its name stands for an address with another one inside",
            Self::Reserved => "its name stands for an address that is reserved",
        }
    }
}

/// The IPv4 address that a network reaches by this one.
fn translated(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let (high, low) = match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => (g, h),
        [0x2002, ..] => (b, c),
        _ => return None,
    };
    Some(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)))
}

fn find<T>(
    table: &[(T, u32, Special)],
    has: impl Fn(&&(T, u32, Special)) -> bool,
) -> Option<Special> {
    table.iter().find(has).map(|(_, _, special)| *special)
}

const fn v4(a: u8, b: u8, c: u8, d: u8) -> Ipv4Addr {
    Ipv4Addr::new(a, b, c, d)
}

const fn v6(a: u16, b: u16, c: u16) -> Ipv6Addr {
    Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)
}

/// One address: how it begins, and how it ends.
const fn host_v6(a: u16, b: u16, g: u16, h: u16) -> Ipv6Addr {
    Ipv6Addr::new(a, b, 0, 0, 0, 0, g, h)
}

const V4: [(Ipv4Addr, u32, Special); 18] = [
    (v4(0, 0, 0, 0), 8, Special::Unspecified),
    (v4(10, 0, 0, 0), 8, Special::Private),
    // Alibaba's metadata, in the range of the next.
    (v4(100, 100, 100, 200), 32, Special::Platform),
    (v4(100, 64, 0, 0), 10, Special::Shared),
    (v4(127, 0, 0, 0), 8, Special::Loopback),
    // Also the metadata of clouds.
    (v4(169, 254, 0, 0), 16, Special::LinkLocal),
    // Azure's services for virtual machines, at an address that looks like any.
    (v4(168, 63, 129, 16), 32, Special::Platform),
    (v4(172, 16, 0, 0), 12, Special::Private),
    (v4(192, 0, 0, 0), 24, Special::Reserved),
    (v4(192, 0, 2, 0), 24, Special::Documentation),
    // Relays of 6to4.
    (v4(192, 88, 99, 0), 24, Special::Translated),
    (v4(192, 168, 0, 0), 16, Special::Private),
    (v4(198, 18, 0, 0), 15, Special::Benchmarking),
    (v4(198, 51, 100, 0), 24, Special::Documentation),
    (v4(203, 0, 113, 0), 24, Special::Documentation),
    (v4(233, 252, 0, 0), 24, Special::Documentation),
    (v4(224, 0, 0, 0), 4, Special::Multicast),
    // And broadcast.
    (v4(240, 0, 0, 0), 4, Special::Reserved),
];

const V6: [(Ipv6Addr, u32, Special); 18] = [
    (Ipv6Addr::UNSPECIFIED, 128, Special::Unspecified),
    (Ipv6Addr::LOCALHOST, 128, Special::Loopback),
    // IPv4-compatible and -translated, which lead nowhere.
    (v6(0, 0, 0), 64, Special::Translated),
    // NAT64 with a prefix of the network's own: where the other address stands in it
    // is the network's business.
    (v6(0x64, 0xff9b, 1), 48, Special::Translated),
    // Teredo.
    (v6(0x2001, 0, 0), 32, Special::Translated),
    (v6(0x2001, 2, 0), 48, Special::Benchmarking),
    // Protocol assignments.
    (v6(0x2001, 0, 0), 23, Special::Reserved),
    (v6(0x2001, 0xdb8, 0), 32, Special::Documentation),
    (v6(0x3fff, 0, 0), 20, Special::Documentation),
    // The network that was once used to test IPv6.
    (v6(0x3ffe, 0, 0), 16, Special::Reserved),
    // Amazon's, Google's and Oracle's metadata, in the range of the next.
    (v6(0xfd00, 0xec2, 0), 32, Special::Platform),
    (host_v6(0xfd20, 0xce, 0, 0x254), 128, Special::Platform),
    (
        host_v6(0xfd00, 0xc1, 0xa9fe, 0xa9fe),
        128,
        Special::Platform,
    ),
    (v6(0xfc00, 0, 0), 7, Special::Private),
    (v6(0xfe80, 0, 0), 10, Special::LinkLocal),
    // Site-local, as private networks were called before.
    (v6(0xfec0, 0, 0), 10, Special::Private),
    (v6(0xff00, 0, 0), 8, Special::Multicast),
    // Segment routing.
    (v6(0x5f00, 0, 0), 16, Special::Reserved),
];
