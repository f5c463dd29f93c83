"""Which extra specs of flavors mean something to this API, and what they may say. Pure.

A name in a namespace of the API's own must be one of those below, with a value that fits; every other namespace is
the administrator's, for aggregates to be matched with, and may hold anything.
"""

import re
from collections.abc import Mapping

from cumulo.common import errors

_FLAG = r"(?i:true|false|yes|no|on|off|1|0|t|f|y|n)"
_NUMBER = r"[0-9]{1,10}"
_LEAST_ONE = r"[1-9][0-9]{0,9}"
_CPU_LIST = r"\^?[0-9]+(-[0-9]+)?(,\^?[0-9]+(-[0-9]+)?)*"
_ANY = r".+"
_QUOTA = ("cpu_shares", "cpu_period", "cpu_quota", "memory_limit", "memory_reservation", "memory_shares_share",
          "disk_io_limit", "disk_io_reservation", "disk_io_shares_share", "vif_limit", "vif_reservation",
          "vif_shares_share", *(f"disk_{way}_{unit}_sec" for way in ("read", "write", "total") for unit in ("bytes", "iops")),
          *(f"vif_{way}_{kind}" for way in ("inbound", "outbound") for kind in ("average", "peak", "burst")))

_VALUES: dict[str, str] = {
    "hw:cpu_policy": r"dedicated|shared|mixed", "hw:cpu_thread_policy": r"prefer|isolate|require",
    "hw:cpu_dedicated_mask": _CPU_LIST, "hw:cpu_realtime": _FLAG, "hw:cpu_realtime_mask": _CPU_LIST,
    "hw:cpu_sockets": _LEAST_ONE, "hw:cpu_cores": _LEAST_ONE, "hw:cpu_threads": _LEAST_ONE,
    "hw:cpu_max_sockets": _LEAST_ONE, "hw:cpu_max_cores": _LEAST_ONE, "hw:cpu_max_threads": _LEAST_ONE,
    "hw:emulator_threads_policy": r"isolate|share", "hw:numa_nodes": _LEAST_ONE,
    r"hw:numa_cpus\.[0-9]{1,3}": _CPU_LIST, r"hw:numa_mem\.[0-9]{1,3}": _LEAST_ONE,
    "hw:mem_page_size": r"(?i:small|large|any)|[0-9]+ ?(?i:[kmg]i?b?)?", "hw:mem_encryption": _FLAG,
    "hw:mem_encryption_model": r"amd-sev|amd-sev-es", "hw:locked_memory": _FLAG, "hw:hide_hypervisor_id": _FLAG,
    "hw:boot_menu": _FLAG, "hw:vif_multiqueue_enabled": _FLAG, "hw:tpm_version": r"1\.2|2\.0",
    "hw:tpm_model": r"tpm-tis|tpm-crb", "hw:tpm_secret_security": r"user|host|deployment",
    "hw:watchdog_action": r"none|pause|poweroff|reset|disabled", "hw:serial_port_count": _NUMBER,
    "hw:maxphysaddr_mode": r"passthrough|emulate", "hw:maxphysaddr_bits": _LEAST_ONE, "hw:max_shares": _NUMBER,
    "hw:pci_numa_affinity_policy": r"required|preferred|legacy|socket", "hw:pmem": _ANY, "hw:viommu_model": r"intel|smmuv3|virtio|auto",
    "hw:virtio_packed_ring": _FLAG, "hw:sound_model": r"sb16|es1370|pcspk|ac97|ich6|ich9|usb|virtio",
    "hw:usb_model": r"piix3-uhci|piix4-uhci|ehci|ich9-ehci1|vt82c686b-uhci|pci-ohci|nec-xhci|qemu-xhci|none",
    "hw:redirected_usb_ports": _NUMBER, "hw_rng:allowed": _FLAG, "hw_rng:rate_bytes": _NUMBER,
    "hw_rng:rate_period": _NUMBER, "hw_video:ram_max_mb": _NUMBER, "os:secure_boot": r"required|disabled|optional",
    "os:monitors": _LEAST_ONE, "os:vbmc": _FLAG, "pci_passthrough:alias": r"[^:,]+:[0-9]+(,[^:,]+:[0-9]+)*",
    "accel:device_profile": _ANY, **{f"quota:{name}": _NUMBER for name in _QUOTA},
    **{f"quota:{name}_level": r"high|normal|low|custom" for name in (
        "cpu_shares", "memory_shares", "disk_io_shares", "vif_shares")},
    r"resources[0-9A-Za-z_-]*:[A-Z0-9_]+": _NUMBER, r"trait[0-9A-Za-z_-]*:[A-Z0-9_]+": r"required|forbidden",
    "group_policy": r"isolate|none",
}
_KNOWN = [(re.compile(name), re.compile(value)) for name, value in _VALUES.items()]
_OWN = re.compile(r"(hw|hw_rng|hw_video|os|quota|pci_passthrough|accel|(resources|trait)[0-9A-Za-z_-]*):.*")


def check(specs: Mapping[str, str]) -> None:
    """Raise BadRequest for a spec of the API's own namespaces that it does not know, or whose value it cannot read."""
    for name, value in specs.items():
        meaning = next((values for names, values in _KNOWN if names.fullmatch(name)), None)
        if meaning is None and _OWN.fullmatch(name):
            raise errors.BadRequest(f"Validation failed; extra spec '{name}' does not appear to be a valid extra spec.")
        if meaning is not None and not meaning.fullmatch(value):
            raise errors.BadRequest(f"Validation failed; '{value[:64]}' is not a value of the extra spec '{name}'.")
