"""What drivers can do with servers: each declares it here, refuses the rest, and tells it with its host's inventory.

    python -m cumulo.compute.agent.support > doc/support-matrix.md      the page that a test compares
"""

import sys

from cumulo.common import errors

FEATURES = {
    "build": "Build, start, stop, reboot, delete",
    "pause": "Pause and unpause",
    "suspend": "Suspend and resume",
    "rescue": "Rescue and unrescue",
    "rebuild": "Rebuild",
    "resize": "Resize; migrate while off; shelve",
    "live_migrate": "Migrate while running",
    "snapshot": "Save as an image while off",
    "live_snapshot": "Save as an image while running",
    "cards": "Give and take network cards while running",
    "volumes": "Volumes",
    "config_drive": "Config drive",
    "password": "Change the administrator's password (with an agent in the guest)",
    "interrupt": "Interrupt that nothing masks, for a dump of the guest's kernel",
    "console_log": "Console log",
    "serial": "Serial console",
    "display": "Display (VNC, SPICE)",
    "diagnostics": "Diagnostics",
    "machine": "Machine types, firmware, TPM, watchdog, buses",
    "own_processors": "Own processors, large pages, cells",
    "devices": "PCI devices of the host",
}
QEMU = frozenset(FEATURES)
LXC = frozenset({"build", "pause", "rebuild", "resize", "snapshot", "serial", "diagnostics"})
FAKE = frozenset(FEATURES)
DRIVERS = (("libvirt, QEMU or KVM", QEMU), ("libvirt, LXC", LXC), ("fake", FAKE))
_HEAD = """# What each driver can do

Written by `python -m cumulo.compute.agent.support`, from what the drivers declare
(`cumulo/compute/agent/support.py`). What a driver has not, it refuses: the action fails and the
server stays what it was. The fake driver runs nothing; it goes through every action as if it did.
"""
_TAIL = """
## Containers

`[compute_agent] virt_type = lxc` runs servers as containers, by Debian's package `libvirt-daemon-driver-lxc`. An image is
one file system without partitions, raw or qcow2, with an `/sbin/init` (or what its property `os_command_line` names); a
container has it on a loop device of its own and can reach none but its own network devices. It is as large as the image
made it, whatever the flavor says. **A container's root is not shut in as a guest's is**: it has the host's kernel and no
user namespace of its own. Give containers to people whom you would let log in to the host.
"""


def require(supported: frozenset[str], feature: str) -> None:
    """Raise Conflict for what a driver has not."""
    if feature not in supported:
        raise errors.Conflict(f"this host's hypervisor cannot do that: {FEATURES[feature].lower()}", feature=feature)


def page() -> str:
    """Return the matrix as a page."""
    rows = [("", *(name for name, _ in DRIVERS)), tuple("---" for _ in range(len(DRIVERS) + 1))]
    rows += [(words, *("yes" if feature in has else "no" for _, has in DRIVERS)) for feature, words in FEATURES.items()]
    return _HEAD + "\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows) + _TAIL


if __name__ == "__main__":
    sys.stdout.write(page())
