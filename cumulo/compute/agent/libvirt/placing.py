"""A guest's own processors, memory and devices of its host as elements of its domain XML. Pure.

The format is libvirt's "Domain XML format" page: CPU Tuning, NUMA Node Tuning, Memory Backing, Host device assignment.
"""

import re
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from cumulo.common import errors
from cumulo.compute import cpu_lists
from cumulo.compute.agent.driver import Facts
from cumulo.compute.fits import Fit, fit

_ADDRESS = re.compile(r"([0-9a-f]{4}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])")


def fit_of(facts: Facts, *, needs: bool) -> Fit | None:
    """Return what the server has for itself; raises Conflict where it needs something and nothing was given to it."""
    given = fit(facts.get("fit"))
    if needs and given is None:
        raise errors.Conflict("the server has no processors, pages or devices of its own on this host: it has to be migrated",
                              server_id=facts["id"])
    return given


def tune(domain: Element, given: Fit | None, shared: str) -> None:
    """Say where a guest runs and where its memory is; shared are the processors of guests that say nothing of it."""
    processors = domain.find("vcpu")
    if processors is None:
        return
    processors.attrib.pop("cpuset", None)
    if shared:
        processors.set("cpuset", shared)
    for name in ("cputune", "numatune", "memoryBacking"):
        for element in domain.findall(name):
            domain.remove(element)
    if given is not None and given.cells:
        at = list(domain).index(processors) + 1
        for number, element in enumerate(filter(None, (_pages(given), _pins(given, shared), _memory(given)))):
            domain.insert(at + number, element)


def _pins(given: Fit, shared: str) -> Element | None:
    tuned, everything = Element("cputune"), set()
    for cell in given.cells:
        own = dict(cell.pins)
        for cpu in cell.cpus:
            on = {own[cpu]} if cpu in own else set(cell.floats)
            everything |= on
            SubElement(tuned, "vcpupin", vcpu=str(cpu), cpuset=cpu_lists.write(on))
    # The emulator's own work stays off other guests' processors.
    SubElement(tuned, "emulatorpin", cpuset=cpu_lists.write(given.emulator) or shared or cpu_lists.write(everything))
    return tuned


def _memory(given: Fit) -> Element | None:
    tuned = Element("numatune")
    SubElement(tuned, "memory", mode="strict", nodeset=cpu_lists.write(cell.host_cell for cell in given.cells))
    for number, cell in enumerate(given.cells):
        SubElement(tuned, "memnode", cellid=str(number), mode="strict", nodeset=str(cell.host_cell))
    return tuned


def _pages(given: Fit) -> Element | None:
    backing = Element("memoryBacking")
    pages = SubElement(backing, "hugepages")
    for number, cell in enumerate(given.cells):
        if (cell.page_kib or 0) > 4:
            SubElement(pages, "page", size=str(cell.page_kib), unit="KiB", nodeset=str(number))
    return backing if len(pages) else None


def guest_cells(processor: Element, given: Fit | None) -> None:
    """Show a guest its cells."""
    if given is not None and given.cells:
        shown = SubElement(processor, "numa")
        for number, cell in enumerate(given.cells):
            SubElement(shown, "cell", id=str(number), cpus=cpu_lists.write(cell.cpus), memory=str(cell.memory_mib), unit="MiB")


def host_devices(devices: Element, given: Fit | None) -> None:
    """Give a guest devices of its host; libvirt takes them from the host's own driver and gives them back."""
    for address, _ in given.devices if given is not None else ():
        parts = _ADDRESS.fullmatch(address)
        if parts is None:
            raise errors.InternalError(f"{address} is no address of a PCI device")
        device = SubElement(devices, "hostdev", mode="subsystem", type="pci", managed="yes")
        domain, bus, slot, function = (f"0x{part}" for part in parts.groups())
        SubElement(SubElement(device, "source"), "address", domain=domain, bus=bus, slot=slot, function=function)


def placed_anew(description: str, given: Fit | None, shared: str) -> str:
    """Return a domain's description for another host, on which it has other processors and memory."""
    domain = ElementTree.fromstring(description)
    tune(domain, given, shared)
    return ElementTree.tostring(domain, encoding="unicode")
