"""What a host has in its cells, and its PCI devices, by libvirt's "Capabilities" and "Node device" XML. Pure."""

from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from cumulo.compute import cpu_lists
from cumulo.compute.fits import Device, HostCell


def cells(capabilities: str) -> list[HostCell]:
    """Return the cells of a host, all processors shared; none where libvirt knows of none."""
    return [_cell(each) for each in ElementTree.fromstring(capabilities).findall("./host/topology/cells/cell")]


def _cell(cell: Element) -> HostCell:
    processors = cell.findall("./cpus/cpu")
    cores = {cpu_lists.read(each.get("siblings", "")) for each in processors}
    return HostCell(
        id=int(cell.get("id", "0")), socket=int(processors[0].get("socket_id", "0")) if processors else 0,
        shared=frozenset(int(each.get("id", "0")) for each in processors), dedicated=frozenset(),
        cores=tuple(sorted((core for core in cores if len(core) > 1), key=min)),
        pages={int(each.get("size", "4")): int(each.text or 0) for each in cell.findall("pages")})


def devices(descriptions: Iterable[str]) -> list[Device]:
    """Return the PCI devices that node devices describe."""
    found = (_device(ElementTree.fromstring(each)) for each in descriptions)
    return sorted((each for each in found if each is not None), key=lambda each: each.address)


def _device(described: Element) -> Device | None:
    pci = described.find("./capability[@type='pci']")
    if pci is None:
        return None
    node, physical = pci.find("numa"), pci.find("./capability[@type='phys_function']/address")
    functions = pci.find("./capability[@type='virt_functions']")
    kind = "type-VF" if physical is not None else "type-PF" if functions is not None else "type-PCI"
    return Device(
        address=_address({name: pci.findtext(name) or "0" for name in ("domain", "bus", "slot", "function")}),
        vendor_id=_id(pci.find("vendor")), product_id=_id(pci.find("product")), type=kind,
        cell=None if node is None else int(node.get("node", "0")), parent=None if physical is None else _address(physical.attrib))


def _address(parts: dict[str, str]) -> str:
    domain, bus, slot, function = (int(parts.get(name, "0"), 0) for name in ("domain", "bus", "slot", "function"))
    return f"{domain:04x}:{bus:02x}:{slot:02x}.{function:x}"


def _id(named: Element | None) -> str:
    return f"{int(named.get('id', '0'), 0):04x}" if named is not None else "0000"
