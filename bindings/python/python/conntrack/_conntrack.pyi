# SPDX-License-Identifier: GPL-2.0-or-later
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from os import PathLike
from typing import AbstractSet, Any, Dict, FrozenSet, Iterable, List, Optional, Sequence, Tuple, TypeVar, Union, final

from ._flags import Status

__all__ = ["Change", "Direction", "Entries", "Event", "Events", "Expectation", "Flow", "Handle", "Lost", "Mirror", "Report", "Stats", "_CONDITIONS", "_FIELDS", "diagnose"]

_Address = Union[str, IPv4Address, IPv6Address]
_Network = Union[_Address, IPv4Network, IPv6Network]
_Networks = Union[_Network, Sequence[_Network], AbstractSet[_Network]]
_Port = Union[int, range]
_Ports = Union[_Port, Sequence[_Port], AbstractSet[_Port]]
_Labels = Union[int, Sequence[int], AbstractSet[int]]
_Translation = Union[_Address, Tuple[Optional[_Address], int]]
_Netns = Union[str, int, PathLike[str]]
_Pair = Tuple[Optional[Union[IPv4Address, IPv6Address]], Optional[int]]

_CONDITIONS: List[str]
_FIELDS: List[str]

_E = TypeVar("_E", bound="Events")
_M = TypeVar("_M", bound="Mirror")

@final
class Flow:
    def __new__(
        cls,
        *,
        src: _Address,
        dst: _Address,
        proto: Union[int, str],
        sport: Optional[int] = ...,
        dport: Optional[int] = ...,
        icmp_type: Optional[int] = ...,
        icmp_code: Optional[int] = ...,
        icmp_id: Optional[int] = ...,
        zone: Optional[int] = ...,
        reply_src: Optional[_Address] = ...,
        reply_dst: Optional[_Address] = ...,
        reply_sport: Optional[int] = ...,
        reply_dport: Optional[int] = ...,
        timeout: Optional[int] = ...,
        mark: Optional[int] = ...,
        status: Optional[int] = ...,
        state: Optional[str] = ...,
        labels: Optional[_Labels] = ...,
        helper: Optional[str] = ...,
        source_nat: Optional[_Translation] = ...,
        destination_nat: Optional[_Translation] = ...,
    ) -> Flow: ...
    @property
    def src(self) -> Optional[Union[IPv4Address, IPv6Address]]: ...
    @property
    def dst(self) -> Optional[Union[IPv4Address, IPv6Address]]: ...
    @property
    def sport(self) -> Optional[int]: ...
    @property
    def dport(self) -> Optional[int]: ...
    @property
    def proto(self) -> Optional[str]: ...
    @property
    def proto_number(self) -> Optional[int]: ...
    @property
    def family(self) -> Optional[str]: ...
    @property
    def orig(self) -> Direction: ...
    @property
    def reply(self) -> Direction: ...
    @property
    def master(self) -> Optional[Direction]: ...
    @property
    def state(self) -> Optional[str]: ...
    @property
    def timeout(self) -> Optional[int]: ...
    @property
    def status(self) -> Optional[Status]: ...
    @property
    def mark(self) -> Optional[int]: ...
    @property
    def zone(self) -> Optional[int]: ...
    @property
    def id(self) -> Optional[int]: ...
    @property
    def use(self) -> Optional[int]: ...
    @property
    def labels(self) -> Optional[FrozenSet[int]]: ...
    @property
    def helper(self) -> Optional[str]: ...
    @property
    def secctx(self) -> Optional[str]: ...
    @property
    def start(self) -> Optional[datetime]: ...
    @property
    def start_ns(self) -> Optional[int]: ...
    @property
    def stop(self) -> Optional[datetime]: ...
    @property
    def stop_ns(self) -> Optional[int]: ...
    @property
    def source_nat(self) -> Optional[_Pair]: ...
    @property
    def destination_nat(self) -> Optional[_Pair]: ...
    @property
    def icmp_type(self) -> Optional[int]: ...
    @property
    def icmp_code(self) -> Optional[int]: ...
    @property
    def icmp_id(self) -> Optional[int]: ...
    def to_json(self) -> str: ...
    def to_dict(self) -> Dict[str, Any]: ...

@final
class Direction:
    @property
    def src(self) -> Optional[Union[IPv4Address, IPv6Address]]: ...
    @property
    def dst(self) -> Optional[Union[IPv4Address, IPv6Address]]: ...
    @property
    def sport(self) -> Optional[int]: ...
    @property
    def dport(self) -> Optional[int]: ...
    @property
    def zone(self) -> Optional[int]: ...
    @property
    def packets(self) -> Optional[int]: ...
    @property
    def bytes(self) -> Optional[int]: ...

@final
class Expectation:
    @property
    def expected(self) -> Optional[Flow]: ...
    @property
    def mask(self) -> Optional[Flow]: ...
    @property
    def master(self) -> Optional[Flow]: ...
    @property
    def timeout(self) -> Optional[int]: ...
    @property
    def zone(self) -> Optional[int]: ...
    @property
    def helper(self) -> Optional[str]: ...
    def to_json(self) -> str: ...
    def to_dict(self) -> Dict[str, Any]: ...

@final
class Stats:
    @property
    def entries(self) -> int: ...
    @property
    def max_entries(self) -> Optional[int]: ...
    @property
    def cpus(self) -> List[Dict[str, int]]: ...
    @property
    def expectation_cpus(self) -> List[Dict[str, int]]: ...

@final
class Entries:
    def __iter__(self) -> Entries: ...
    def __next__(self) -> Flow: ...
    def close(self) -> None: ...
    def __enter__(self: Entries) -> Entries: ...
    def __exit__(self, *_error: object) -> None: ...

@final
class Handle:
    def __new__(cls, *, netns: Optional[_Netns] = None) -> Handle: ...
    def list(
        self,
        *,
        table: str = ...,
        family: Optional[Union[int, str]] = ...,
        proto: Optional[Union[int, str]] = ...,
        src: Optional[_Networks] = ...,
        dst: Optional[_Networks] = ...,
        sport: Optional[_Ports] = ...,
        dport: Optional[_Ports] = ...,
        reply_src: Optional[_Networks] = ...,
        reply_dst: Optional[_Networks] = ...,
        reply_sport: Optional[_Ports] = ...,
        reply_dport: Optional[_Ports] = ...,
        icmp_type: Optional[int] = ...,
        icmp_code: Optional[int] = ...,
        icmp_id: Optional[int] = ...,
        state: Optional[str] = ...,
        mark: Optional[Union[int, Tuple[int, int]]] = ...,
        status: Optional[int] = ...,
        zone: Optional[int] = ...,
        id: Optional[int] = ...,
        labels: Optional[_Labels] = ...,
        timeout: Optional[Union[int, range]] = ...,
        nat: Optional[str] = ...,
        nat_address: Optional[_Address] = ...,
    ) -> Entries: ...
    def get(
        self,
        flow: Optional[Flow] = ...,
        *,
        src: Optional[_Address] = ...,
        dst: Optional[_Address] = ...,
        proto: Optional[Union[int, str]] = ...,
        sport: Optional[int] = ...,
        dport: Optional[int] = ...,
        icmp_type: Optional[int] = ...,
        icmp_code: Optional[int] = ...,
        icmp_id: Optional[int] = ...,
        zone: Optional[int] = ...,
        reply_src: Optional[_Address] = ...,
        reply_dst: Optional[_Address] = ...,
        reply_sport: Optional[int] = ...,
        reply_dport: Optional[int] = ...,
    ) -> Flow: ...
    def create(
        self,
        flow: Optional[Flow] = ...,
        *,
        exist_ok: bool = ...,
        src: Optional[_Address] = ...,
        dst: Optional[_Address] = ...,
        proto: Optional[Union[int, str]] = ...,
        sport: Optional[int] = ...,
        dport: Optional[int] = ...,
        icmp_type: Optional[int] = ...,
        icmp_code: Optional[int] = ...,
        icmp_id: Optional[int] = ...,
        zone: Optional[int] = ...,
        reply_src: Optional[_Address] = ...,
        reply_dst: Optional[_Address] = ...,
        reply_sport: Optional[int] = ...,
        reply_dport: Optional[int] = ...,
        timeout: Optional[int] = ...,
        mark: Optional[int] = ...,
        status: Optional[int] = ...,
        state: Optional[str] = ...,
        labels: Optional[_Labels] = ...,
        helper: Optional[str] = ...,
        source_nat: Optional[_Translation] = ...,
        destination_nat: Optional[_Translation] = ...,
    ) -> None: ...
    def update(
        self,
        flow: Flow,
        *,
        timeout: Optional[int] = ...,
        mark: Optional[int] = ...,
        status: Optional[int] = ...,
        state: Optional[str] = ...,
        labels: Optional[_Labels] = ...,
        helper: Optional[str] = ...,
    ) -> None: ...
    def delete(
        self,
        flow: Optional[Flow] = ...,
        *,
        dry_run: bool = ...,
        family: Union[int, str] = ...,
        proto: Union[int, str] = ...,
        src: _Networks = ...,
        dst: _Networks = ...,
        sport: _Ports = ...,
        dport: _Ports = ...,
        reply_src: _Networks = ...,
        reply_dst: _Networks = ...,
        reply_sport: _Ports = ...,
        reply_dport: _Ports = ...,
        icmp_type: int = ...,
        icmp_code: int = ...,
        icmp_id: int = ...,
        state: str = ...,
        mark: Union[int, Tuple[int, int]] = ...,
        status: int = ...,
        zone: int = ...,
        id: int = ...,
        labels: _Labels = ...,
        timeout: Union[int, range] = ...,
        nat: str = ...,
        nat_address: _Address = ...,
    ) -> int: ...
    def flush(self) -> None: ...
    def count(
        self,
        *,
        family: Optional[Union[int, str]] = ...,
        proto: Optional[Union[int, str]] = ...,
        src: Optional[_Networks] = ...,
        dst: Optional[_Networks] = ...,
        sport: Optional[_Ports] = ...,
        dport: Optional[_Ports] = ...,
        reply_src: Optional[_Networks] = ...,
        reply_dst: Optional[_Networks] = ...,
        reply_sport: Optional[_Ports] = ...,
        reply_dport: Optional[_Ports] = ...,
        icmp_type: Optional[int] = ...,
        icmp_code: Optional[int] = ...,
        icmp_id: Optional[int] = ...,
        state: Optional[str] = ...,
        mark: Optional[Union[int, Tuple[int, int]]] = ...,
        status: Optional[int] = ...,
        zone: Optional[int] = ...,
        id: Optional[int] = ...,
        labels: Optional[_Labels] = ...,
        timeout: Optional[Union[int, range]] = ...,
        nat: Optional[str] = ...,
        nat_address: Optional[_Address] = ...,
    ) -> int: ...
    def stats(self) -> Stats: ...
    def expectations(self) -> List[Expectation]: ...
    def close(self) -> None: ...
    def __enter__(self: Handle) -> Handle: ...
    def __exit__(self, *_error: object) -> None: ...

@final
class Event:
    @property
    def kind(self) -> str: ...
    @property
    def flow(self) -> Optional[Flow]: ...
    @property
    def expectation(self) -> Optional[Expectation]: ...
    @property
    def port_id(self) -> int: ...
    @property
    def time(self) -> datetime: ...
    @property
    def time_ns(self) -> int: ...
    def to_json(self) -> str: ...
    def to_dict(self) -> Dict[str, Any]: ...

@final
class Lost:
    @property
    def kind(self) -> str: ...
    @property
    def flow(self) -> None: ...
    @property
    def expectation(self) -> None: ...
    @property
    def count(self) -> int: ...
    @property
    def time(self) -> datetime: ...
    @property
    def time_ns(self) -> int: ...
    def to_json(self) -> str: ...
    def to_dict(self) -> Dict[str, Any]: ...

class Events:
    def __new__(
        cls,
        kinds: Iterable[str],
        *,
        netns: Optional[_Netns] = ...,
        losses: str = ...,
        receive_buffer: Optional[int] = ...,
        reliable: bool = ...,
        family: Optional[Union[int, str]] = ...,
        proto: Optional[Union[int, str]] = ...,
        src: Optional[_Networks] = ...,
        dst: Optional[_Networks] = ...,
        sport: Optional[_Ports] = ...,
        dport: Optional[_Ports] = ...,
        reply_src: Optional[_Networks] = ...,
        reply_dst: Optional[_Networks] = ...,
        reply_sport: Optional[_Ports] = ...,
        reply_dport: Optional[_Ports] = ...,
        icmp_type: Optional[int] = ...,
        icmp_code: Optional[int] = ...,
        icmp_id: Optional[int] = ...,
        state: Optional[str] = ...,
        mark: Optional[Union[int, Tuple[int, int]]] = ...,
        status: Optional[int] = ...,
        zone: Optional[int] = ...,
        id: Optional[int] = ...,
        labels: Optional[_Labels] = ...,
        timeout: Optional[Union[int, range]] = ...,
        nat: Optional[str] = ...,
        nat_address: Optional[_Address] = ...,
    ) -> Events: ...
    def __iter__(self) -> Events: ...
    def __next__(self) -> Union[Event, Lost]: ...
    def poll(self) -> Optional[Union[Event, Lost]]: ...
    @property
    def may_have_more(self) -> bool: ...
    @property
    def lost(self) -> int: ...
    @property
    def receive_buffer(self) -> int: ...
    def fileno(self) -> int: ...
    def close(self) -> None: ...
    def __enter__(self: _E) -> _E: ...
    def __exit__(self, *_error: object) -> None: ...

@final
class Change:
    @property
    def kind(self) -> str: ...
    @property
    def flow(self) -> Flow: ...
    @property
    def port_id(self) -> int: ...
    @property
    def found(self) -> bool: ...

class Mirror:
    def __new__(cls, *, netns: Optional[_Netns] = None, receive_buffer: Optional[int] = None) -> Mirror: ...
    def __iter__(self) -> Mirror: ...
    def __next__(self) -> Change: ...
    def poll(self) -> Optional[Change]: ...
    def rescan(self) -> None: ...
    @property
    def is_behind(self) -> bool: ...
    @property
    def longest_wait(self) -> float: ...
    @property
    def lost(self) -> int: ...
    @property
    def rescans(self) -> int: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def fileno(self) -> int: ...
    def close(self) -> None: ...
    def __enter__(self: _M) -> _M: ...
    def __exit__(self, *_error: object) -> None: ...

@final
class Report:
    @property
    def verdict(self) -> str: ...
    @property
    def findings(self) -> List[Dict[str, Any]]: ...
    def to_json(self) -> str: ...
    def to_dict(self) -> Dict[str, Any]: ...

def diagnose(*, netns: Optional[_Netns] = None, interval: float = 0.5, all_netns: bool = False) -> Report: ...
