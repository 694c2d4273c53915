// SPDX-License-Identifier: GPL-2.0-or-later
//! `Flow` and `Direction`: an entry, whose values become Python objects when they are read.

use crate::{address, errors, fields};
use netfilter_conntrack::format::{self, Style, Syntax, tables};
use netfilter_conntrack::{self as core, Attr, Dir, L4, Translation};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyFrozenSet, PyString};

/// One entry of the connection tracking table, or the known part of one. It never changes. Two objects are never equal: a
/// program compares ids, or dictionaries.
///
/// `None` is a value that is not known. A program makes a flow from its fields; the reply direction is the inverse of the
/// original one where no field says otherwise.
///
/// >>> flow = Flow(src="192.0.2.1", dst="198.51.100.2", proto="udp", sport=40000, dport=53, timeout=30)
/// >>> flow.src, flow.dport, flow.proto, flow.timeout, flow.mark
/// (IPv4Address('192.0.2.1'), 53, 'udp', 30, None)
/// >>> flow.reply.src
/// IPv4Address('198.51.100.2')
/// >>> flow.to_dict()["orig"]
/// {'src': '192.0.2.1', 'dst': '198.51.100.2', 'sport': 40000, 'dport': 53}
/// >>> Flow(src="192.0.2.1", dst="2001:db8::1", proto="udp", sport=1, dport=2)
/// Traceback (most recent call last):
/// ValueError: src: the addresses are of two families
#[pyclass(frozen, weakref, module = "conntrack")]
#[derive(Debug)]
pub struct Flow {
    pub flow: core::Flow,
}

/// The names that the getters return, made once.
struct Words {
    protocols: Vec<Option<Py<PyString>>>,
}

static WORDS: PyOnceLock<Words> = PyOnceLock::new();

/// The name of a protocol as an object.
fn protocol_name(py: Python<'_>, number: u8) -> Option<Py<PyString>> {
    let words = WORDS.get_or_init(py, || {
        let mut protocols = Vec::new();
        for number in 0..=u8::MAX {
            let row = tables::L4.iter().find(|(known, _)| *known == number);
            protocols.push(row.map(|(_, name)| PyString::intern(py, name).unbind()));
        }
        Words { protocols }
    });
    words.protocols.get(usize::from(number))?.as_ref().map(|name| name.clone_ref(py))
}

/// Text from outside: bytes that are not UTF-8 are replaced.
fn lossy(bytes: Option<&[u8]>) -> Option<String> {
    bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// Which directions a flow has, from its attributes.
fn has(flow: &core::Flow, dir: Dir) -> bool {
    flow.is_set(match dir {
        Dir::Orig => Attr::OrigL3proto,
        Dir::Reply => Attr::ReplL3proto,
        Dir::Master => Attr::MasterL3proto,
    })
}

/// The ports or keys of a direction, of a protocol that has some.
fn ports(flow: &core::Flow, dir: Dir) -> Option<[u16; 2]> {
    let [src, dst] = match dir {
        Dir::Orig => [Attr::OrigPortSrc, Attr::OrigPortDst],
        Dir::Reply => [Attr::ReplPortSrc, Attr::ReplPortDst],
        Dir::Master => [Attr::MasterPortSrc, Attr::MasterPortDst],
    };
    let tuple = flow.tuple(dir);
    let has_ports = !matches!(tuple.protocol(), L4::Icmp { .. } | L4::IcmpV6 { .. } | L4::Other(_));
    (has_ports && flow.all_set(&[src, dst])).then(|| [tuple.l4_src(), tuple.l4_dst()])
}

fn port(flow: &core::Flow, dir: Dir, which: usize) -> Option<u16> {
    ports(flow, dir)?.get(which).copied()
}

fn src(py: Python<'_>, flow: &core::Flow, dir: Dir) -> PyResult<Option<Py<PyAny>>> {
    let known = flow.tuple(dir).src().filter(|_| has(flow, dir));
    Ok(address::object(py, known)?.map(Bound::unbind))
}

fn dst(py: Python<'_>, flow: &core::Flow, dir: Dir) -> PyResult<Option<Py<PyAny>>> {
    let known = flow.tuple(dir).dst().filter(|_| has(flow, dir));
    Ok(address::object(py, known)?.map(Bound::unbind))
}

/// A translation as a pair of an address and a port, either of which may be `None`.
type Pair = (Option<Py<PyAny>>, Option<u16>);

fn pair(py: Python<'_>, translation: Option<Translation>) -> PyResult<Option<Pair>> {
    let Some(to) = translation else { return Ok(None) };
    Ok(Some((address::object(py, to.address)?.map(Bound::unbind), to.port)))
}

/// A moment as a `datetime` in UTC.
pub fn moment(py: Python<'_>, nanos: Option<u64>) -> PyResult<Option<Bound<'_, PyAny>>> {
    let Some(nanos) = nanos else { return Ok(None) };
    let module = py.import("datetime")?;
    let utc = module.getattr("timezone")?.getattr("utc")?;
    let start = module.getattr("datetime")?.call_method1("fromtimestamp", (nanos / 1_000_000_000, utc))?;
    let words = PyDict::new(py);
    words.set_item("microsecond", nanos / 1000 % 1_000_000)?;
    start.call_method("replace", (), Some(&words)).map(Some)
}

/// Text of the library's printer.
pub fn printed(py: Python<'_>, flow: &core::Flow, style: &Style<'_>) -> PyResult<String> {
    let mut text = Vec::new();
    format::append_flow(&mut text, flow, style).map_err(|error| errors::of(py, error))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// The style of one JSON object.
pub fn json() -> Style<'static> {
    Style::default().with_syntax(Syntax::Json)
}

/// JSON as a dictionary.
pub fn dictionary<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (text,))
}

impl From<core::Flow> for Flow {
    fn from(flow: core::Flow) -> Flow {
        Flow { flow }
    }
}

#[pymethods]
impl Flow {
    #[new]
    #[pyo3(signature = (**fields), text_signature = "(*, src, dst, proto, sport=None, dport=None, icmp_type=None, icmp_code=None, icmp_id=None, zone=None, timeout=None, mark=None, status=None, state=None, labels=None, helper=None, reply_src=None, reply_dst=None, reply_sport=None, reply_dport=None, source_nat=None, destination_nat=None)")]
    fn new(fields: Option<&Bound<'_, PyDict>>) -> PyResult<Flow> {
        fields::flow(fields).map(Flow::from)
    }

    /// The source address of the original direction.
    #[getter]
    fn src(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        src(py, &self.flow, Dir::Orig)
    }

    /// The destination address of the original direction.
    #[getter]
    fn dst(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        dst(py, &self.flow, Dir::Orig)
    }

    /// The source port of the original direction; for GRE its key.
    #[getter]
    fn sport(&self) -> Option<u16> {
        port(&self.flow, Dir::Orig, 0)
    }

    /// The destination port of the original direction; for GRE its key.
    #[getter]
    fn dport(&self) -> Option<u16> {
        port(&self.flow, Dir::Orig, 1)
    }

    /// The name of the protocol, such as `"tcp"`; `None` for one without a name.
    #[getter]
    fn proto(&self, py: Python<'_>) -> Option<Py<PyString>> {
        protocol_name(py, self.proto_number()?)
    }

    /// The IP protocol number.
    #[getter]
    fn proto_number(&self) -> Option<u8> {
        self.flow.u8(Attr::OrigL4proto).or_else(|| self.flow.u8(Attr::ReplL4proto))
    }

    /// `"ipv4"` or `"ipv6"`.
    #[getter]
    fn family(&self) -> Option<&'static str> {
        let number = self.flow.u8(Attr::OrigL3proto).or_else(|| self.flow.u8(Attr::ReplL3proto))?;
        tables::L3.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
    }

    /// The original direction.
    #[getter]
    fn orig(slf: Bound<'_, Self>) -> Direction {
        Direction { flow: slf.unbind(), dir: Dir::Orig }
    }

    /// The reply direction.
    #[getter]
    fn reply(slf: Bound<'_, Self>) -> Direction {
        Direction { flow: slf.unbind(), dir: Dir::Reply }
    }

    /// The original direction of the flow that expected this one.
    #[getter]
    fn master(slf: Bound<'_, Self>) -> Option<Direction> {
        has(&slf.get().flow, Dir::Master).then(|| Direction { flow: slf.unbind(), dir: Dir::Master })
    }

    /// The state of TCP, SCTP or DCCP, such as `"ESTABLISHED"`.
    #[getter]
    fn state<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyString>> {
        self.flow.state().map(|state| PyString::intern(py, state.name()))
    }

    /// Seconds until the entry expires.
    #[getter]
    fn timeout(&self) -> Option<u32> {
        self.flow.timeout_secs()
    }

    /// The status, as `conntrack.Status`.
    #[getter]
    fn status<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(bits) = self.flow.status() else { return Ok(None) };
        py.import("conntrack._flags")?.getattr("Status")?.call1((bits,)).map(Some)
    }

    /// The packet mark.
    #[getter]
    fn mark(&self) -> Option<u32> {
        self.flow.mark()
    }

    /// The zone of both directions.
    #[getter]
    fn zone(&self) -> Option<u16> {
        self.flow.zone()
    }

    /// The kernel's id of the entry.
    #[getter]
    fn id(&self) -> Option<u32> {
        self.flow.id()
    }

    /// How many references the kernel holds on the entry.
    #[getter(r#use)]
    fn use_count(&self) -> Option<u32> {
        self.flow.use_count()
    }

    /// The labels that are set, by their bits.
    #[getter]
    fn labels<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyFrozenSet>>> {
        self.flow.labels().map(|labels| PyFrozenSet::new(py, labels.iter())).transpose()
    }

    /// The name of the helper.
    #[getter]
    fn helper(&self) -> Option<String> {
        lossy(self.flow.helper_name())
    }

    /// The security context.
    #[getter]
    fn secctx(&self) -> Option<String> {
        lossy(self.flow.security_context().map(|context| context.to_bytes()))
    }

    /// The moment at which the entry was made, where the kernel notes it.
    #[getter]
    fn start<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        moment(py, self.flow.start_nanos())
    }

    /// The same in nanoseconds since 1970.
    #[getter]
    fn start_ns(&self) -> Option<u64> {
        self.flow.start_nanos()
    }

    /// The moment at which the entry ended, in an event of its end.
    #[getter]
    fn stop<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        moment(py, self.flow.stop_nanos())
    }

    /// The same in nanoseconds since 1970.
    #[getter]
    fn stop_ns(&self) -> Option<u64> {
        self.flow.stop_nanos()
    }

    /// The translated source as a pair of an address and a port; `None` stands for one that does not change.
    #[getter]
    fn source_nat(&self, py: Python<'_>) -> PyResult<Option<Pair>> {
        pair(py, self.flow.nat().source)
    }

    /// The translated destination as a pair of an address and a port.
    #[getter]
    fn destination_nat(&self, py: Python<'_>) -> PyResult<Option<Pair>> {
        pair(py, self.flow.nat().destination)
    }

    /// The type of ICMP or ICMPv6.
    #[getter]
    fn icmp_type(&self) -> Option<u8> {
        self.icmp().map(|(kind, ..)| kind)
    }

    /// The code of ICMP or ICMPv6.
    #[getter]
    fn icmp_code(&self) -> Option<u8> {
        self.icmp().map(|(_, code, _)| code)
    }

    /// The id of ICMP or ICMPv6.
    #[getter]
    fn icmp_id(&self) -> Option<u16> {
        self.icmp().map(|(.., id)| id)
    }

    /// The JSON object that `conntrack -o json` prints.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        printed(py, &self.flow, &json())
    }

    /// The same as a dictionary.
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        dictionary(py, &self.to_json(py)?)
    }

    fn __str__(&self, py: Python<'_>) -> PyResult<String> {
        printed(py, &self.flow, &Style::default())
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let text = self.__str__(py)?;
        Ok(format!("<Flow {}>", text.split_whitespace().collect::<Vec<_>>().join(" ")))
    }
}

impl Flow {
    fn icmp(&self) -> Option<(u8, u8, u16)> {
        match self.flow.tuple(Dir::Orig).protocol() {
            L4::Icmp { kind, code, id } | L4::IcmpV6 { kind, code, id } => {
                self.flow.any_set(&[Attr::IcmpType, Attr::OrigPortDst]).then_some((kind, code, id))
            }
            _ => None,
        }
    }
}

/// One direction of a flow: its addresses, its ports and its counters.
#[pyclass(frozen, module = "conntrack")]
#[derive(Debug)]
pub struct Direction {
    flow: Py<Flow>,
    dir: Dir,
}

#[pymethods]
impl Direction {
    /// The source address.
    #[getter]
    fn src(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        src(py, &self.flow.get().flow, self.dir)
    }

    /// The destination address.
    #[getter]
    fn dst(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        dst(py, &self.flow.get().flow, self.dir)
    }

    /// The source port; for GRE the key.
    #[getter]
    fn sport(&self) -> Option<u16> {
        port(&self.flow.get().flow, self.dir, 0)
    }

    /// The destination port; for GRE the key.
    #[getter]
    fn dport(&self) -> Option<u16> {
        port(&self.flow.get().flow, self.dir, 1)
    }

    /// The zone of this direction only.
    #[getter]
    fn zone(&self) -> Option<u16> {
        let flow = &self.flow.get().flow;
        match self.dir {
            Dir::Orig => flow.orig_zone(),
            Dir::Reply => flow.reply_zone(),
            Dir::Master => None,
        }
    }

    /// Packets, where the kernel counts them (`net.netfilter.nf_conntrack_acct`).
    #[getter]
    fn packets(&self) -> Option<u64> {
        self.flow.get().flow.counters(self.dir).map(|counters| counters.packets)
    }

    /// Bytes, where the kernel counts them.
    #[getter]
    fn bytes(&self) -> Option<u64> {
        self.flow.get().flow.counters(self.dir).map(|counters| counters.bytes)
    }

    fn __repr__(&self) -> PyResult<String> {
        let flow = &self.flow.get().flow;
        let end = |address: Option<_>, port: Option<u16>| {
            let address = address.map_or_else(String::new, |address: std::net::IpAddr| address.to_string());
            port.map_or_else(|| address.clone(), |port| format!("{address} port {port}"))
        };
        let tuple = flow.tuple(self.dir);
        let [from, to] = [end(tuple.src(), self.sport()), end(tuple.dst(), self.dport())];
        Ok(format!("<Direction {from} to {to}>"))
    }
}
