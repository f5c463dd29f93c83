"""Domains by server id: what libvirt is asked, one function per question.

Each takes an open connection and runs in a native thread (connection.py). A domain that is gone is
an answer, not an error; so is one that is already as it should be.
"""

import pathlib
from collections.abc import Callable
from xml.etree import ElementTree

import libvirt

from cumulo.common import errors
from cumulo.common.audit.holdings import HeldServer
from cumulo.compute.agent.driver import Power
from cumulo.compute.agent.libvirt.volumes import volume_of

_POWER = {
    libvirt.VIR_DOMAIN_RUNNING: Power.RUNNING, libvirt.VIR_DOMAIN_BLOCKED: Power.RUNNING,
    libvirt.VIR_DOMAIN_SHUTDOWN: Power.RUNNING,  # it is shutting down, but has not ended
    libvirt.VIR_DOMAIN_PAUSED: Power.PAUSED, libvirt.VIR_DOMAIN_PMSUSPENDED: Power.PAUSED,
}
_UNDEFINE = libvirt.VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | libvirt.VIR_DOMAIN_UNDEFINE_NVRAM
_GONE = libvirt.VIR_ERR_NO_DOMAIN
_NO_AGENT = (libvirt.VIR_ERR_AGENT_UNRESPONSIVE, libvirt.VIR_ERR_ARGUMENT_UNSUPPORTED, libvirt.VIR_ERR_OPERATION_INVALID,
             libvirt.VIR_ERR_AGENT_UNSYNCED, libvirt.VIR_ERR_INTERNAL_ERROR)
_NOT_AS_EXPECTED = libvirt.VIR_ERR_OPERATION_INVALID  # "domain is (not) running"


def find(connection: libvirt.virConnect, server_id: str) -> libvirt.virDomain | None:
    """Return a server's domain."""
    try:
        return connection.lookupByUUIDString(server_id)
    except libvirt.libvirtError as failure:
        if failure.get_error_code() == _GONE:
            return None
        raise


def power(connection: libvirt.virConnect, server_id: str) -> Power | None:
    """Return whether a server runs; None when there is no domain."""
    domain = find(connection, server_id)
    try:
        return None if domain is None else _power(domain)
    except libvirt.libvirtError as failure:
        if failure.get_error_code() == _GONE:
            return None
        raise


def servers(connection: libvirt.virConnect, manufacturer: str) -> dict[str, Power]:
    """Return the domains this cloud made, told by the manufacturer in their definition."""
    found = {}
    for domain in connection.listAllDomains():
        try:
            if _manufacturer(domain) == manufacturer:
                found[domain.UUIDString()] = _power(domain)
        except libvirt.libvirtError as failure:
            if failure.get_error_code() != _GONE:
                raise
    return found


def holdings(connection: libvirt.virConnect, manufacturer: str, directory: pathlib.Path) -> list[HeldServer]:
    """Return every domain that this cloud made, or that uses a file below the directory; without its files."""
    found = []
    for domain in connection.listAllDomains():
        try:
            if _manufacturer(domain) == manufacturer or _uses(domain, directory):
                found.append(_held(domain))
        except libvirt.libvirtError as failure:
            if failure.get_error_code() != _GONE:
                raise
    return found


def _held(domain: libvirt.virDomain) -> HeldServer:
    devices: list[str] = []
    volumes: list[str] = []
    if domain.isActive():
        definition = ElementTree.fromstring(domain.XMLDesc())
        devices = sorted(card.get("dev", "") for card in definition.findall("./devices/interface/target"))
        volumes = sorted(found for disk in definition.findall("./devices/disk") if (found := volume_of(disk)) is not None)
    return HeldServer(domain.UUIDString(), _power(domain).value, bool(domain.isPersistent()), devices=tuple(devices),
                      volumes=tuple(volumes))


def _uses(domain: libvirt.virDomain, directory: pathlib.Path) -> bool:
    definition = ElementTree.fromstring(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    sources = (source.get("file", "") for kind in ("disk", "filesystem") for source in definition.findall(f"./devices/{kind}/source"))
    return any(pathlib.PurePath(source).is_relative_to(directory) for source in sources)


def define(connection: libvirt.virConnect, xml: str) -> None:
    """Make or replace a definition; a running domain takes it at its next start."""
    connection.defineXML(xml)


def start(connection: libvirt.virConnect, server_id: str) -> None:
    """Start a domain unless it runs."""
    domain = connection.lookupByUUIDString(server_id)
    try:
        domain.create()
    except libvirt.libvirtError as failure:
        if failure.get_error_code() != _NOT_AS_EXPECTED or not domain.isActive():
            raise


def pause(connection: libvirt.virConnect, server_id: str) -> None:
    """Stop the processors of a running domain."""
    known(connection, server_id).suspend()


def unpause(connection: libvirt.virConnect, server_id: str) -> None:
    """Let the processors of a domain go on."""
    known(connection, server_id).resume()


def suspend(connection: libvirt.virConnect, server_id: str) -> None:
    """Save a running domain's memory and end it."""
    domain = known(connection, server_id)
    refuse_copied(domain)
    _unless_off(domain, domain.managedSave)


def plug_card(connection: libvirt.virConnect, server_id: str, device: str, xml: str) -> None:
    """Put a card into a domain that runs, unless it has it."""
    domain = known(connection, server_id)
    if domain.isActive() and _card(domain, device) is None:
        domain.attachDeviceFlags(xml, libvirt.VIR_DOMAIN_AFFECT_LIVE)


def plug_disk(connection: libvirt.virConnect, server_id: str, volume_id: str, xml: Callable[[set[str]], str]) -> None:
    """Put a volume into a domain that runs, unless it has it; xml makes its definition, given the names that are taken."""
    domain = known(connection, server_id)
    if domain.isActive() and disk(domain, volume_id) is None:
        taken = {each.get("dev", "") for each in ElementTree.fromstring(domain.XMLDesc()).findall("./devices/disk/target")}
        domain.attachDeviceFlags(xml(taken), libvirt.VIR_DOMAIN_AFFECT_LIVE)


def unplug_disk(connection: libvirt.virConnect, server_id: str, volume_id: str) -> bool:
    """Ask a domain that runs to let go of a volume; say whether it has it no more."""
    return _let_go(connection, server_id, lambda domain: disk(domain, volume_id))


def disk(domain: libvirt.virDomain, volume_id: str) -> ElementTree.Element | None:
    """Return the disk that shows a volume in the definition of a domain that runs."""
    disks = ElementTree.fromstring(domain.XMLDesc()).findall("./devices/disk")
    return next((each for each in disks if volume_of(each) == volume_id), None)


def refuse_copied(domain: libvirt.virDomain) -> None:
    """Raise Retry while a volume of a domain is being copied (mirror.py): QEMU would refuse what is to be done."""
    for each in ElementTree.fromstring(domain.XMLDesc()).findall("./devices/disk"):
        _refuse_copied(each)


def _refuse_copied(part: ElementTree.Element) -> None:
    if part.find("mirror") is not None:
        raise errors.Retry("the volume is being copied")


def unplug_card(connection: libvirt.virConnect, server_id: str, device: str) -> bool:
    """Ask a domain that runs to let go of a card; say whether it has none of that device any more."""
    return _let_go(connection, server_id, lambda domain: _card(domain, device))


def _let_go(connection: libvirt.virConnect, server_id: str,
            part_of: Callable[[libvirt.virDomain], ElementTree.Element | None]) -> bool:
    domain = find(connection, server_id)
    part = part_of(domain) if domain is not None and domain.isActive() else None
    if domain is None or part is None:
        return True
    _refuse_copied(part)
    try:
        domain.detachDeviceFlags(ElementTree.tostring(part, encoding="unicode"), libvirt.VIR_DOMAIN_AFFECT_LIVE)
    except libvirt.libvirtError as failure:
        # It has been asked already and is still thinking, or it has just let go.
        if failure.get_error_code() not in (_GONE, _NOT_AS_EXPECTED, libvirt.VIR_ERR_DEVICE_MISSING,
                                            libvirt.VIR_ERR_OPERATION_FAILED, libvirt.VIR_ERR_INTERNAL_ERROR):
            raise
    return not domain.isActive() or part_of(domain) is None


def _card(domain: libvirt.virDomain, device: str) -> ElementTree.Element | None:
    cards = ElementTree.fromstring(domain.XMLDesc()).findall("./devices/interface")
    return next((card for card in cards if (target := card.find("target")) is not None
                 and target.get("dev") == device), None)


def set_password(connection: libvirt.virConnect, server_id: str, user: str, password: str) -> None:
    """Have the agent in a guest set a user's password; raises NotFound and Conflict."""
    try:
        known(connection, server_id).setUserPassword(user, password)
    except libvirt.libvirtError as failure:
        if failure.get_error_code() in _NO_AGENT:
            raise errors.Conflict("no agent in the guest sets passwords (image property hw_qemu_guest_agent)",
                                  server_id=server_id) from failure
        raise


def interrupt(connection: libvirt.virConnect, server_id: str) -> None:
    """Send the processors of a domain that runs an interrupt that nothing masks; raises NotFound and Conflict."""
    domain = known(connection, server_id)
    try:
        domain.injectNMI()
    except libvirt.libvirtError as failure:
        if failure.get_error_code() == _NOT_AS_EXPECTED:
            raise errors.Conflict("the guest is off", server_id=server_id) from failure
        raise


def press_power_button(connection: libvirt.virConnect, server_id: str) -> None:
    """Press the ACPI power button of a domain that runs."""
    domain = find(connection, server_id)
    if domain is not None:
        button = libvirt.VIR_DOMAIN_SHUTDOWN_SIGNAL if is_lxc(connection) else libvirt.VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN
        _unless_off(domain, lambda: domain.shutdownFlags(button))


def cut_power(connection: libvirt.virConnect, server_id: str) -> None:
    """End a domain's process if there is one, and forget its saved memory."""
    domain = find(connection, server_id)
    if domain is not None:
        _unless_off(domain, domain.destroy)
        if domain.hasManagedSaveImage():
            domain.managedSaveRemove()


def undefine(connection: libvirt.virConnect, server_id: str) -> None:
    """Forget a domain that is off."""
    domain = find(connection, server_id)
    if domain is None:
        return
    try:
        domain.undefineFlags(0 if is_lxc(connection) else _UNDEFINE)
    except libvirt.libvirtError as failure:
        if failure.get_error_code() != _GONE:
            raise


def is_lxc(connection: libvirt.virConnect) -> bool:
    """Say whether the domains of a connection are containers."""
    return bool(connection.getType() == "LXC")


def _power(domain: libvirt.virDomain) -> Power:
    found = _POWER.get(domain.state()[0], Power.OFF)
    return Power.SAVED if found is Power.OFF and domain.hasManagedSaveImage() else found


def known(connection: libvirt.virConnect, server_id: str) -> libvirt.virDomain:
    """Return the domain of a server; raises NotFound."""
    domain = find(connection, server_id)
    if domain is None:
        raise errors.NotFound("this host has no such server", server_id=server_id)
    return domain


def _manufacturer(domain: libvirt.virDomain) -> str | None:
    definition = ElementTree.fromstring(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    return definition.findtext("./sysinfo/system/entry[@name='manufacturer']")


def _unless_off(domain: libvirt.virDomain, act) -> None:  # type: ignore[no-untyped-def]
    try:
        act()
    except libvirt.libvirtError as failure:
        code = failure.get_error_code()
        if code == _GONE or (code == _NOT_AS_EXPECTED and not domain.isActive()):
            return
        raise
