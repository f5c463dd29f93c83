"""A server as a container: its domain XML for libvirt's LXC driver. Pure.

The format is libvirt's "LXC container driver" page. The root is the server's disk on a loop device of the container's own.
"""

import pathlib
import shlex
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from cumulo.compute.agent.driver import Facts
from cumulo.compute.agent.files import ServerFiles
from cumulo.compute.agent.libvirt.xml import Machine, card, properties_of, smbios

LXC = "lxc"
INIT = "/sbin/init"
# A loop device knows its file by a name of 63 bytes, libvirt refuses longer ones: its disk is linked to from here.
LINKS = pathlib.Path("/run/cumulo-lxc")


def container_xml(facts: Facts, machine: Machine) -> str:
    """Return the definition of a server's container."""
    domain = Element("domain", type=LXC)
    for name in ("name", "uuid"):
        SubElement(domain, name).text = facts["id"]
    SubElement(domain, "memory", unit="MiB").text = str(facts["flavor"]["memory_mib"])
    where = {"cpuset": machine.shared_processors} if machine.shared_processors else {}
    SubElement(domain, "vcpu", where).text = str(facts["flavor"]["vcpus"])
    smbios(domain, facts)  # nobody in it sees that; it says whose the domain is
    system = SubElement(domain, "os")
    SubElement(system, "type", arch="x86_64").text = "exe"
    program, *arguments = shlex.split(properties_of(facts).get("os_command_line") or INIT)
    SubElement(system, "init").text = program
    for argument in arguments:
        SubElement(system, "initarg").text = argument
    # Without it a container that has no card of its own would see the host's.
    SubElement(SubElement(domain, "features"), "privnet")
    devices = SubElement(domain, "devices")
    root = SubElement(devices, "filesystem", type="file", accessmode="passthrough")
    SubElement(root, "driver", type="loop", format="raw")
    SubElement(root, "source", file=str(LINKS / facts["id"]))
    SubElement(root, "target", dir="/")
    for port in facts.get("ports") or ():
        card(devices, port)
    SubElement(devices, "console", type="pty")
    ElementTree.indent(domain)
    return ElementTree.tostring(domain, encoding="unicode") + "\n"


def link(server_id: str, files: ServerFiles) -> None:
    """Have the disk be found by its short name; a start of the host forgets that, a start of the server makes it again."""
    LINKS.mkdir(mode=0o700, exist_ok=True)
    new = LINKS / f"{server_id}.new"
    new.unlink(missing_ok=True)
    new.symlink_to(files.disk)
    new.rename(LINKS / server_id)


def unlink(server_id: str) -> None:
    """Forget the short name."""
    (LINKS / server_id).unlink(missing_ok=True)
