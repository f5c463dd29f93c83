"""A program: has a device's kernel finish checksums itself, as a real card would have before anything is on a wire.

    offload.py INTERFACE...

Pairs of devices hand each other packets without checksums. What reads them past the kernel, as Open vSwitch's own
datapath does, takes them for broken.
"""

import array
import fcntl
import socket
import struct
import sys

_ETHTOOL, _TX_CHECKSUMS = 0x8946, 0x17  # SIOCETHTOOL, ETHTOOL_STXCSUM


def finish_checksums(device: str) -> None:
    """Turn the device's offload off."""
    wanted = array.array("B", struct.pack("=II", _TX_CHECKSUMS, 0))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        fcntl.ioctl(asking, _ETHTOOL, struct.pack("16sP", device.encode(), wanted.buffer_info()[0]))


def main() -> None:
    """Do it for each."""
    for device in sys.argv[1:]:
        finish_checksums(device)


if __name__ == "__main__":
    main()
