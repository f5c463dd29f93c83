"""PCI devices of hosts that guests get: what aliases mean, and which devices a flavor asks for. Pure.

    [servers] pci_alias            what a flavor may name: NAME=VENDOR:PRODUCT[:TYPE[:POLICY]]
    [compute_agent] pci_devices    which of its own a host gives away: VENDOR:PRODUCT[@ADDRESS]
    pci_passthrough:alias          a flavor's extra spec: NAME:COUNT, several with commas

VENDOR, PRODUCT and ADDRESS are as lspci -n -D prints them, and may have * in them.
"""

import dataclasses
import fnmatch
import re
from collections.abc import Iterable, Mapping
from typing import Any

from cumulo.common import errors
from cumulo.compute import fits

TYPES = ("type-PCI", "type-PF", "type-VF")
LEGACY, PREFERRED, REQUIRED, SOCKET = "legacy", "preferred", "required", "socket"
POLICIES = (LEGACY, PREFERRED, REQUIRED, SOCKET)
MOST_OF_ALIAS = 64
_ID = r"([0-9a-f]{4}|\*)"
_ALIAS = re.compile(rf"([^=:,]{{1,64}})={_ID}:{_ID}(?::({'|'.join(TYPES)}|\*))?(?::({'|'.join(POLICIES)}))?")
_GIVEN = re.compile(rf"{_ID}:{_ID}(?:@([0-9a-f:.*]+))?")


@dataclasses.dataclass(frozen=True)
class Alias:
    """A kind of device that flavors name."""

    name: str
    vendor_id: str = "*"
    product_id: str = "*"
    type: str = "*"
    policy: str = LEGACY

    def means(self, device: fits.Device) -> bool:
        """Say whether a device is of this kind."""
        return all(fnmatch.fnmatchcase(found, wanted) for found, wanted in (
            (device.vendor_id, self.vendor_id), (device.product_id, self.product_id), (device.type, self.type)))


@dataclasses.dataclass(frozen=True)
class Given:
    """Devices that a host gives away."""

    vendor_id: str
    product_id: str
    address: str = "*"

    def means(self, device: fits.Device) -> bool:
        """Say whether a device is among them."""
        return all(fnmatch.fnmatchcase(found, wanted) for found, wanted in (
            (device.vendor_id, self.vendor_id), (device.product_id, self.product_id), (device.address, self.address)))


@dataclasses.dataclass(frozen=True)
class Wish:
    """How many devices of an alias a guest wants, and how near: legacy is in its cells where the device has one."""

    alias: Alias
    count: int
    policy: str


def aliases(texts: Iterable[str]) -> dict[str, Alias]:
    """Read the option; raises ValueError for what it cannot read."""
    found = {}
    for text in texts:
        said = _ALIAS.fullmatch(text)
        if said is None:
            raise ValueError(f"[servers] pci_alias: {text!r} is not NAME=VENDOR:PRODUCT[:TYPE[:POLICY]]")
        found[said[1]] = Alias(said[1], said[2], said[3], said[4] or "*", said[5] or LEGACY)
    return found


def given(texts: Iterable[str]) -> tuple[Given, ...]:
    """Read which devices a host gives away; raises ValueError for what it cannot read."""
    found = []
    for text in texts:
        said = _GIVEN.fullmatch(text)
        if said is None:
            raise ValueError(f"[compute_agent] pci_devices: {text!r} is not VENDOR:PRODUCT[@ADDRESS]")
        found.append(Given(said[1], said[2], said[3] or "*"))
    return tuple(found)


def has_devices(flavor: Mapping[str, Any]) -> bool:
    """Say whether servers of a flavor have devices of their hosts."""
    return bool((flavor.get("extra_specs") or {}).get("pci_passthrough:alias"))


def wishes(flavor: Mapping[str, Any], properties: Mapping[str, Any] | None, known: Mapping[str, Alias]) -> tuple[Wish, ...]:
    """Return the devices that a server wants; raises BadRequest for an alias that is not known, or too many."""
    extra = flavor.get("extra_specs") or {}
    policy = extra.get("hw:pci_numa_affinity_policy", (properties or {}).get("hw_pci_numa_affinity_policy"))
    if policy is not None and policy not in POLICIES:
        raise errors.BadRequest(f"hw:pci_numa_affinity_policy is {str(policy)[:64]!r}: it can be {', '.join(POLICIES)}.")
    found = []
    for part in filter(None, extra.get("pci_passthrough:alias", "").split(",")):
        name, _, count = part.strip().rpartition(":")
        alias = known.get(name)
        if alias is None:
            raise errors.BadRequest(f"PCI alias {name[:64]} is not defined (pci_passthrough:alias).")
        if not 0 < int(count[:9]) <= MOST_OF_ALIAS:
            raise errors.BadRequest(f"A guest gets 1 to {MOST_OF_ALIAS} devices of a PCI alias, not {count[:64]}.")
        found.append(Wish(alias, int(count), policy or alias.policy))
    return tuple(found)
