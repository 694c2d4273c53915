// SPDX-License-Identifier: GPL-2.0-or-later
//! Addresses and networks between `ipaddress` and the standard library of Rust.

use crate::arguments::{self, bad, wrong_type};
use netfilter_conntrack::AddressMask;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyType};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Classes of `ipaddress`, each for IPv4 and for IPv6.
struct Classes {
    addresses: [Py<PyType>; 2],
    networks: [Py<PyType>; 2],
    /// An interface is an address with a network; its class is one of addresses.
    interfaces: [Py<PyType>; 2],
}

static CLASSES: PyOnceLock<Classes> = PyOnceLock::new();

fn classes(py: Python<'_>) -> PyResult<&Classes> {
    CLASSES.get_or_try_init(py, || {
        let module = py.import("ipaddress")?;
        let class = |name| Ok::<_, PyErr>(module.getattr(name)?.cast_into::<PyType>()?.unbind());
        let networks = [class("IPv4Network")?, class("IPv6Network")?];
        let interfaces = [class("IPv4Interface")?, class("IPv6Interface")?];
        Ok(Classes { addresses: [class("IPv4Address")?, class("IPv6Address")?], networks, interfaces })
    })
}

/// An address as an object of `ipaddress`.
pub fn object(py: Python<'_>, address: Option<IpAddr>) -> PyResult<Option<Bound<'_, PyAny>>> {
    let [ipv4, ipv6] = &classes(py)?.addresses;
    Ok(match address {
        Some(IpAddr::V4(address)) => Some(ipv4.bind(py).call1((address.to_bits(),))?),
        Some(IpAddr::V6(address)) => Some(ipv6.bind(py).call1((address.to_bits(),))?),
        None => None,
    })
}

/// The one of two classes that a value is of.
fn class_of<'py>(
    value: &Bound<'py, PyAny>,
    classes: &'py [Py<PyType>; 2],
) -> PyResult<Option<&'py Bound<'py, PyType>>> {
    for class in classes {
        let class = class.bind(value.py());
        if value.is_instance(class)? {
            return Ok(Some(class));
        }
    }
    Ok(None)
}

/// The text of an address: a text, or an object of `ipaddress`. An interface is refused: whether its address is meant or
/// its network is not known. What a subclass prints does not count.
fn text(name: &str, value: &Bound<'_, PyAny>, may_be_network: bool) -> PyResult<String> {
    if value.is_instance_of::<PyString>() {
        return arguments::text(name, value);
    }
    let classes = classes(value.py())?;
    if class_of(value, &classes.interfaces)?.is_some() {
        return Err(wrong_type(name, "the .ip or the .network of an interface", value));
    }
    let mut class = class_of(value, &classes.addresses)?;
    if class.is_none() && may_be_network {
        class = class_of(value, &classes.networks)?;
    }
    match class {
        Some(class) => arguments::text(name, &class.call_method1("__str__", (value,))?),
        None => Err(wrong_type(name, "an address, as a text or an object of ipaddress", value)),
    }
}

/// An address.
pub fn address(name: &str, value: &Bound<'_, PyAny>) -> PyResult<IpAddr> {
    let text = text(name, value, false)?;
    text.parse().map_err(|_| bad(name, &format!("{text:?} is no address")))
}

/// An address, or a network with its length or its mask. As `ipaddress` does, it refuses an address with the length of a
/// network: whether the address is meant or the network is not known. A mask with holes, such as one turned round,
/// selects other addresses than a network.
pub fn network(name: &str, value: &Bound<'_, PyAny>) -> PyResult<AddressMask> {
    let text = text(name, value, true)?;
    let refused = |reason| bad(name, &format!("{text:?} {reason}"));
    let network = parsed(&text).ok_or_else(|| refused("is no address and no network"))?;
    let Some(mask) = network.mask.map(bits) else { return Ok(network) };
    if mask.leading_ones() + mask.trailing_zeros() < u128::BITS {
        return Err(refused("has a mask that is not the mask of a network"));
    }
    if bits(network.address) & !mask != 0 {
        return Err(refused(
            "is an address in a network: give the address or the network, without host bits",
        ));
    }
    Ok(network)
}

/// The bits of an address; those of IPv4 come first.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn parsed(text: &str) -> Option<AddressMask> {
    let Some((address, length)) = text.split_once('/') else {
        return Some(AddressMask { address: text.parse().ok()?, mask: None });
    };
    let address: IpAddr = address.parse().ok()?;
    if let Ok(mask) = length.parse::<IpAddr>() {
        let is_same = mask.is_ipv4() == address.is_ipv4();
        return is_same.then_some(AddressMask { address, mask: Some(mask) });
    }
    let is_number = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    let length: u32 = is_number.then(|| length.parse().ok())??;
    let mask = match address {
        IpAddr::V4(_) => {
            IpAddr::V4(Ipv4Addr::from_bits(u32::MAX.checked_shl(32u32.checked_sub(length)?).unwrap_or(0)))
        }
        IpAddr::V6(_) => {
            IpAddr::V6(Ipv6Addr::from_bits(u128::MAX.checked_shl(128u32.checked_sub(length)?).unwrap_or(0)))
        }
    };
    Some(AddressMask { address, mask: Some(mask) })
}
