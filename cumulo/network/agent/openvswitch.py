"""Open vSwitch as a host's way to other hosts: its ports and flows (pure), and having them made (Switch).

    bridge cu<id> --- cux<id> --.                .-- cumulo-vxlan, cumulo-gre      tunnels, one port each for all networks
                                |-- cumulo (OVS)-|
    bridge cu<id> --- cuv<id> --'                '-- eth...                        wires: flat networks, and VLANs of them

Cards, filter, DHCP and routers are on Linux bridges here as everywhere, so the same rules bite. What a bridge sends to
its port in the switch leaves by one flow for each card, and what comes in is sorted by number. Nothing is learned,
nothing is flooded but to the wire of a flat network or VLAN. The switch needs no module: its datapath is `netdev` where
the kernel has none, and then the tunnels' address must be on a bridge of Open vSwitch.
"""

from __future__ import annotations

import pathlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cumulo.common import command, errors, log, names
from cumulo.network.agent.trunks import Carried, numbers

LOG = log.get(__name__)
BRIDGE = "cumulo"
TUNNELS = {"vxlan": "cumulo-vxlan", "gre": "cumulo-gre"}
TYPES = ("local", "flat", "vlan", "vxlan", "gre")
_RUNNING = pathlib.Path("/run/openvswitch/ovs-vswitchd.pid")
_SOCKET = f"unix:/run/openvswitch/{BRIDGE}.mgmt"  # by its name alone a file of that name would be meant
_TIMEOUT_S = 30.0
_OFCTL = ("ovs-ofctl", "-O", "OpenFlow14", "--names", "--bundle")
_WAYS = ("cux", "cuv")
_OURS = (*_WAYS, "tap")
_TAGGED = 4096  # beside a number: the bit that says there is a tag (OpenFlow 1.3, 7.2.3.7)

Way = Mapping[str, Any]
"""How a network leaves: its port, its kind, its number, its wire, and [card, address of its host] of each card afar."""


def flows(way: Way) -> frozenset[str]:
    """The flows of one network."""
    return frozenset(f"priority=10,{each}" for each in (_tunnelled(way) if way["kind"] in TUNNELS else _wired(way)))


def _tunnelled(way: Way) -> Iterator[str]:
    port, number, tunnel = way["port"], way["number"], TUNNELS[way["kind"]]
    yield f'in_port={tunnel},tun_id={number},actions=output:"{port}"'
    for card, address in way["cards"]:
        yield (f"in_port={port},dl_dst={card},actions=set_field:{number}->tun_id,set_field:{address}->tun_dst,"
               f'output:"{tunnel}"')


def _wired(way: Way) -> Iterator[str]:
    port, wire = way["port"], way["wire"]
    if way["kind"] == "flat":
        yield f'in_port={wire},vlan_tci=0x0000/0x1fff,actions=output:"{port}"'
        yield f'in_port={port},actions=output:"{wire}"'
    else:
        yield f'in_port={wire},dl_vlan={way["number"]},actions=pop_vlan,output:"{port}"'
        yield f'in_port={port},actions=push_vlan:0x8100,set_field:{_TAGGED + way["number"]}->vlan_vid,output:"{wire}"'


def trunk_flows(carried: Iterable[Carried]) -> frozenset[str]:
    """The flows of all trunks; a card has a number, as it may not be there yet."""
    carried = list(carried)
    number = numbers(each.card for each in carried)
    return frozenset(flow for each in carried for flow in (
        f'priority=10,in_port={number[each.card]},dl_vlan={each.tag},actions=pop_vlan,output:"{each.device}"',
        f"priority=10,in_port={each.device},actions=push_vlan:0x8100,set_field:{_TAGGED + each.tag}->vlan_vid,"
        f"output:{number[each.card]}"))


def trunk_words(carried: Iterable[Carried]) -> list[str]:
    """The ports of all trunks, as words of ovs-vsctl."""
    carried, words = list(carried), list[str]()
    for card, number in sorted(numbers(each.card for each in carried).items()):
        words += ["--", "--may-exist", "add-port", BRIDGE, card, "--", "set", "interface", card, f"ofport_request={number}"]
    for each in carried:
        words += ["--", "--may-exist", "add-port", BRIDGE, each.device, "--", "set", "interface", each.device, "type=internal",
                  f"mtu_request={each.mtu}"]
    return words[1:]


def beginning(datapath: str, tunnel_address: str, wires: Iterable[str]) -> list[str]:
    """What of the switch all networks share, as words of ovs-vsctl."""
    words = ["--may-exist", "add-br", BRIDGE, "--", "set", "bridge", BRIDGE, f"datapath_type={datapath}",
             "fail_mode=secure", "protocols=OpenFlow10,OpenFlow14"]
    for kind, port in sorted(TUNNELS.items()):
        words += ["--", "--may-exist", "add-port", BRIDGE, port, "--", "set", "interface", port, f"type={kind}",
                  "options:remote_ip=flow", "options:key=flow", f"options:local_ip={tunnel_address}"]
    for wire in sorted(wires):
        words += ["--", "--may-exist", "add-port", BRIDGE, wire]
    return words


def port_words(way: Way) -> list[str]:
    """A network's port in the switch, as words of ovs-vsctl."""
    return ["--may-exist", "add-port", BRIDGE, way["port"], "--", "set", "interface", way["port"], "type=internal",
            f"mtu_request={way['mtu']}"]


class Switch:
    """The running switch; changed by differences once it is known what it holds."""

    def __init__(self, datapath: str, tunnel_address: str, wires: Iterable[str]) -> None:
        self._datapath, self._tunnel_address, self._wires = datapath, tunnel_address, tuple(wires)
        self._ways: dict[str, Way] = {}
        self._carried: list[Carried] | None = None  # None: nobody has said
        self._instance = ""
        self._is_swept = False
        self._missing: frozenset[str] = frozenset()  # ports of ours that were not there when somebody looked

    def observe(self) -> None:
        """Look at what the switch really has: whose ports are gone is told again, and all of its flows where they are not as many."""
        self._missing = frozenset()
        if not self._ways or not self.is_current():
            return
        held = set(self._ports()) if _is_there() else set()
        shared = {*TUNNELS.values(), *self._wires}
        if shared - held:
            self._instance = ""  # of what all networks share nothing is left to build on
            return
        self._missing = frozenset({*(way["port"] for way in self._ways.values()), *self._trunk_ports()} - held)
        if self._missing or _flow_count() != len(self._flows()):
            LOG.warning("switch_healed", missing=",".join(sorted(self._missing)))
            self._is_swept = False

    def has(self, network_id: str) -> bool:
        """Say whether the switch has what it was told of a network, so far as anybody has looked."""
        way = self._ways.get(network_id)
        return self.is_current() and (way is None or way["port"] not in self._missing)

    def forget(self, network_id: str) -> None:
        """Forget what the switch was told of a network: it is told again, and of whatever is left of it there is a sweep."""
        self._ways.pop(network_id, None)
        self._is_swept = False

    def carry(self, carried: list[Carried]) -> bool:
        """Have the trunks of the host be these; say whether that was a change."""
        if self._carried == carried and (not carried or self.is_current() and not self._missing & self._trunk_ports()):
            return False
        if carried:
            self._begin()
            _vsctl(trunk_words(carried))
        before, self._carried = self._carried or [], None
        held, wanted = trunk_flows(before), trunk_flows(carried)
        if held - wanted or wanted:
            _ofctl("add-flows", [*(f"delete_strict {each.partition(',actions=')[0]}" for each in sorted(held - wanted)),
                                 *(f"add {each}" for each in sorted(wanted))])
        gone = {name for each in before for name in (each.card, each.device)} - {
            name for each in carried for name in (each.card, each.device)}
        self._remove(sorted(gone))
        self._carried = carried
        return True

    def apply(self, network_id: str, way: Way | None) -> None:
        """Have a network leave by this way, or by none; what other networks have is not touched."""
        if way is None:
            return
        self._begin()
        before = self._ways.pop(network_id, None)  # whatever goes wrong from here on, the next run does all of it
        if before is None or (before["port"], before["mtu"]) != (way["port"], way["mtu"]):
            _vsctl(port_words(way))
        held, wanted = flows(before) if before else frozenset(), flows(way)
        changes = [*(f"delete_strict {each.partition(',actions=')[0]}" for each in sorted(held - wanted)),
                   *(f"add {each}" for each in sorted(wanted - held))]
        if changes:
            _ofctl("add-flows", changes)
        self._ways[network_id] = way

    def is_current(self) -> bool:
        """Say whether the switch is still the one that was told: one that started again has no flows."""
        return bool(self._instance) and self._instance == _instance()

    def make_room(self, network_ids: Iterable[str]) -> None:
        """Remove the ports of all other networks, by their names: who just began has told the switch of none yet."""
        self._is_swept, kept = False, set(network_ids)
        self._ways = {network_id: way for network_id, way in self._ways.items() if network_id in kept}
        if not _is_there():
            return
        ports = {name(network_id) for network_id in kept for name in (names.tunnel_name, names.vlan_name)}
        self._remove(port for port in self._ports() if port.startswith(_WAYS) and port not in ports)

    def sweep(self, network_ids: Iterable[str]) -> None:
        """Remove whatever else these networks and the trunks do not have, flows too, once all of them have been told."""
        if self._is_swept or not _instance():
            return
        if _is_there():
            self._keep(is_needed=any(network_ids))
        self._is_swept = True

    def _keep(self, *, is_needed: bool) -> None:
        wanted = {way["port"] for way in self._ways.values()} | self._trunk_ports()
        gone = [port for port in self._ports() if port.startswith(_OURS) and port not in wanted]
        _ofctl("replace-flows", self._flows())
        self._remove(gone)
        if not is_needed:
            _vsctl(["--if-exists", "del-br", BRIDGE])
            self._instance = ""

    def differences(self) -> list[str]:
        """Say what the switch has otherwise than it was told."""
        if not self._ways or not _is_there():
            return [f"switch {BRIDGE} is missing"] if self._ways else []
        wanted = {*(way["port"] for way in self._ways.values()), *TUNNELS.values(), *self._wires} | self._trunk_ports()
        held = set(self._ports())
        found = [f"switch port {port} is missing" for port in sorted(wanted - held)]
        found += [f"switch port {port} is too many" for port in sorted(held - wanted)]
        if wanted - held:  # flows speak of ports by their names, and are made again with these
            return found
        with tempfile.NamedTemporaryFile("w", prefix="cumulo-flows-") as wanted_flows:  # this one reads no standard input
            wanted_flows.writelines(f"{each}\n" for each in self._flows())
            wanted_flows.flush()
            said = command.run([*_OFCTL[:-1], "diff-flows", _SOCKET, wanted_flows.name], timeout_s=_TIMEOUT_S, check=False)
        if said.code not in (0, 2):
            raise errors.CommandFailed(f"ovs-ofctl ended with {said.code}: {said.stderr.decode('utf-8', 'replace')[-300:]}")
        lines = said.stdout.decode().splitlines()
        return found + ([f"{len(lines)} flows of the switch differ, first {lines[0]}"] if lines else [])

    def _begin(self) -> None:
        now = _instance()
        if not now:
            raise errors.CommandFailed("Open vSwitch does not run on this host.")
        if now != self._instance:
            _vsctl(beginning(self._datapath, self._tunnel_address, self._wires))
            self._ways, self._carried = {}, None
            self._instance = now

    def _flows(self) -> list[str]:
        return sorted({*(each for way in self._ways.values() for each in flows(way)), *trunk_flows(self._carried or [])})

    def _trunk_ports(self) -> set[str]:
        return {name for each in self._carried or [] for name in (each.card, each.device)}

    def _remove(self, ports: Iterable[str]) -> None:
        words = [word for port in ports for word in ("--", "--if-exists", "del-port", BRIDGE, port)]
        if words:
            _vsctl(words[1:])

    def _ports(self) -> list[str]:
        return _vsctl(["list-ports", BRIDGE]).stdout.decode().split()


def _flow_count() -> int:
    said = command.run([*_OFCTL[:-1], "dump-aggregate", BRIDGE], timeout_s=_TIMEOUT_S).stdout.decode()
    return int(said.rpartition("flow_count=")[2])


def datapath(kernel_has_it: bool) -> str:
    """Which datapath the switch works with."""
    return "system" if kernel_has_it else "netdev"


def _is_there() -> bool:
    return bool(_instance()) and BRIDGE in _vsctl(["list-br"]).stdout.decode().split()


def _vsctl(words: list[str]) -> command.Result:
    return command.run(["ovs-vsctl", "--timeout=20", "--", *words], timeout_s=_TIMEOUT_S)


def _ofctl(verb: str, lines: Iterable[str]) -> None:
    command.run([*_OFCTL, verb, BRIDGE, "-"], timeout_s=_TIMEOUT_S, input="".join(f"{each}\n" for each in lines).encode())


def _instance() -> str:
    """The process that is the switch; empty when it does not run."""
    try:
        process = int(_RUNNING.read_text())
        began = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError, ValueError, IndexError):
        return ""
    return f"{process} {began}"
