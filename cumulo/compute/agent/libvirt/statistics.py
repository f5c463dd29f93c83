"""What libvirt counts of a running domain, in the words of the driver."""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import libvirt

from cumulo.common import errors

_STATES = {libvirt.VIR_DOMAIN_RUNNING: "running", libvirt.VIR_DOMAIN_BLOCKED: "running",
           libvirt.VIR_DOMAIN_PAUSED: "paused", libvirt.VIR_DOMAIN_SHUTDOWN: "shutdown",
           libvirt.VIR_DOMAIN_CRASHED: "crashed", libvirt.VIR_DOMAIN_PMSUSPENDED: "suspended"}
_WANTED = (libvirt.VIR_DOMAIN_STATS_STATE | libvirt.VIR_DOMAIN_STATS_VCPU | libvirt.VIR_DOMAIN_STATS_BALLOON
           | libvirt.VIR_DOMAIN_STATS_INTERFACE | libvirt.VIR_DOMAIN_STATS_BLOCK)
_CARD = {"rx_octets": "rx.bytes", "rx_packets": "rx.pkts", "rx_errors": "rx.errs", "rx_drop": "rx.drop",
         "tx_octets": "tx.bytes", "tx_packets": "tx.pkts", "tx_errors": "tx.errs", "tx_drop": "tx.drop"}
_DISK = {"read_bytes": "rd.bytes", "read_requests": "rd.reqs", "write_bytes": "wr.bytes", "write_requests": "wr.reqs",
         "errors_count": "errors"}
KIB_IN_MIB = 1024


def measure(connection: libvirt.virConnect, domain: libvirt.virDomain) -> dict[str, Any]:
    """Return what Driver.diagnostics promises; raises Conflict for a domain that is off."""
    if not domain.isActive():
        raise errors.Conflict("the guest is off", server_id=domain.name())
    if connection.getType() == "LXC":
        return _of_container(domain)
    ((_, counted),) = connection.domainListGetStats([domain], _WANTED)
    return read(counted, domain.XMLDesc())


def _of_container(domain: libvirt.virDomain) -> dict[str, Any]:
    """What is counted of a container: the time of all its processors together, and its memory."""
    state, maximum_kib, used_kib, _, time_ns = domain.info()
    return {"state": _STATES.get(state, "pending"), "hypervisor": "lxc", "hypervisor_os": "linux",
            "processors": [{"time_ns": time_ns}], "cards": [], "disks": [],
            "memory": {"maximum_mib": maximum_kib // KIB_IN_MIB, "used_mib": used_kib // KIB_IN_MIB}}


def read(counted: Mapping[str, Any], definition: str) -> dict[str, Any]:
    """Return libvirt's statistics of a domain (virConnectGetAllDomainStats names the keys) in the driver's words."""
    addresses = {target.get("dev"): mac.get("address") for card in ElementTree.fromstring(definition).findall(
        "./devices/interface") if (target := card.find("target")) is not None and (mac := card.find("mac")) is not None}
    cards = [{"device": counted[f"net.{number}.name"], "mac_address": addresses.get(counted[f"net.{number}.name"])}
             | {name: counted.get(f"net.{number}.{key}") for name, key in _CARD.items()}
             for number in range(counted.get("net.count", 0))]
    disks = [{"device": counted[f"block.{number}.name"]}
             | {name: counted.get(f"block.{number}.{key}") for name, key in _DISK.items()}
             for number in range(counted.get("block.count", 0))]
    current = counted.get("balloon.current")
    return {
        "state": _STATES.get(counted["state.state"], "pending"), "hypervisor": "qemu", "hypervisor_os": "linux",
        "processors": [{"time_ns": counted.get(f"vcpu.{number}.time")} for number in range(counted["vcpu.maximum"])],
        "memory": {"maximum_mib": counted["balloon.maximum"] // KIB_IN_MIB,
                   "used_mib": None if current is None else current // KIB_IN_MIB},
        "cards": cards, "disks": disks}
