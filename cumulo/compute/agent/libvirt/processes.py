"""Hypervisor processes of this cloud's guests, found without libvirt: it may have lost sight of one.

libvirt starts QEMU with "-name guest=<domain>,..."; a guest is ours when it has a file of a server's
directory open by name.
"""

import collections
import os
import pathlib
import re

_GUEST = re.compile(rb"\0-name\0guest=([0-9A-Za-z_-]+),")


def guests(directory: pathlib.Path) -> dict[str, int]:
    """Return how many processes run each guest with files below the directory of servers."""
    found: collections.Counter[str] = collections.Counter()
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said = path.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
        guest = _GUEST.search(said)
        if guest is not None and b"%s/%s/" % (os.fsencode(directory), guest[1]) in said:
            found[guest[1].decode()] += 1
    return dict(found)
