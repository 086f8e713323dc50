//! Subnets of `-R` and `-ipmatch`.
//!
//! In: `address/bits` or `address/mask` as text. Out: [`Subnet`], and whether an address is in it.
//! Absent: host names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

/// An address with a mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subnet {
    /// IPv4: address, already masked, and mask.
    V4(u32, u32),
    /// IPv6: address, already masked, and mask.
    V6(u128, u128),
}

impl Subnet {
    /// Is the address, given as text, in the subnet? IPv4 addresses in IPv6 clothes count as IPv4.
    pub fn contains(&self, address: &[u8]) -> bool {
        let address = std::str::from_utf8(address).ok();
        let address: Option<IpAddr> = address.and_then(|text| text.parse().ok());
        match (self, address.map(|address| address.to_canonical())) {
            (Self::V4(subnet, mask), Some(IpAddr::V4(address))) => {
                address.to_bits() & mask == *subnet
            }
            (Self::V6(subnet, mask), Some(IpAddr::V6(address))) => {
                address.to_bits() & mask == *subnet
            }
            _ => false,
        }
    }

    /// Reads `address[/bits or mask]` (`subnet_parse_arg`, `apr_ipsubnet_create`); IPv4 addresses
    /// may stop after any number.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let (address, mask) = match text.split_once('/') {
            Some((address, mask)) => (address, Some(mask)),
            None => (text, None),
        };
        if let Ok(address) = address.parse::<Ipv6Addr>() {
            let mask = match mask {
                Some(mask) => u128::MAX << (128 - bits(mask, 128)?),
                None => u128::MAX,
            };
            let is_v4 = address.to_ipv4_mapped().is_some();
            return (!is_v4).then(|| Self::V6(address.to_bits() & mask, mask));
        }
        let (address, own_mask) = partial_v4(address)?;
        let mask = match mask {
            None => own_mask,
            Some(mask) => match bits(mask, 32) {
                Some(bits) => u32::MAX << (32 - bits),
                None => mask.parse::<Ipv4Addr>().ok()?.to_bits(),
            },
        };
        Some(Self::V4(address & mask, mask))
    }
}

fn bits(mask: &str, most: u32) -> Option<u32> {
    mask.parse().ok().filter(|bits| (1..=most).contains(bits))
}

/// One to four numbers with dots between and perhaps after; the mask covers those given.
fn partial_v4(text: &str) -> Option<(u32, u32)> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let numbers: Vec<u8> = text
        .split('.')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    if numbers.len() > 4 {
        return None;
    }
    let mut octets = [0_u8; 4];
    let mut mask = [0_u8; 4];
    for (at, number) in numbers.iter().enumerate() {
        octets[at] = *number;
        mask[at] = 255;
    }
    Some((u32::from_be_bytes(octets), u32::from_be_bytes(mask)))
}
