"""Measurements of a guest as JSON, in both of their forms. Pure.

Measured is what a driver's `diagnostics` returns: times in nanoseconds, memory in MiB, counts since the guest began.
"""

from collections.abc import Mapping
from typing import Any

Measured = Mapping[str, Any]
_CARD = ("rx_octets", "rx_errors", "rx_drop", "rx_packets", "rx_rate", "tx_octets", "tx_errors", "tx_drop", "tx_packets",
         "tx_rate")
_DISK = ("read_bytes", "read_requests", "write_bytes", "write_requests", "errors_count")
_CARD_NAMES = {"rx": "rx_octets", "rx_errors": "rx_errors", "rx_drop": "rx_drop", "rx_packets": "rx_packets",
               "tx": "tx_octets", "tx_errors": "tx_errors", "tx_drop": "tx_drop", "tx_packets": "tx_packets"}
_DISK_NAMES = {"read": "read_bytes", "read_req": "read_requests", "write": "write_bytes", "write_req": "write_requests",
               "errors": "errors_count"}


def standard(measured: Measured, *, uptime_s: int | None, config_drive: bool) -> dict[str, Any]:
    """Return the form of 2.48; what was not measured is null."""
    memory, cards, disks = measured["memory"], measured["cards"], measured["disks"]
    return {
        "state": measured["state"], "driver": "libvirt", "hypervisor": measured["hypervisor"],
        "hypervisor_os": measured["hypervisor_os"], "uptime": uptime_s, "config_drive": config_drive,
        "num_cpus": len(measured["processors"]), "num_nics": len(cards), "num_disks": len(disks),
        "memory_details": {"maximum": memory["maximum_mib"], "used": memory["used_mib"]},
        "cpu_details": [{"id": number, "time": each["time_ns"], "utilisation": None}
                        for number, each in enumerate(measured["processors"])],
        "nic_details": [{"mac_address": card["mac_address"]} | {name: card.get(name) for name in _CARD} for card in cards],
        "disk_details": [{name: disk.get(name) for name in _DISK} for disk in disks]}


def named(measured: Measured) -> dict[str, Any]:
    """Return the form before 2.48: one flat object, each number with the device it is of; memory in KiB."""
    shown = {f"cpu{number}_time": each["time_ns"] for number, each in enumerate(measured["processors"])}
    shown["memory"] = measured["memory"]["maximum_mib"] * 1024
    if measured["memory"]["used_mib"] is not None:
        shown["memory-actual"] = measured["memory"]["used_mib"] * 1024
    for names, devices in ((_CARD_NAMES, measured["cards"]), (_DISK_NAMES, measured["disks"])):
        shown |= {f"{each['device']}_{name}": each.get(ours) for each in devices for name, ours in names.items()}
    return shown
