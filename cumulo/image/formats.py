"""Which disk format some data has, and whether it points outside itself: pure, from its first and last bytes.

A disk image from a stranger may name other files: a backing file, a data file, extents, a parent.
Opening it would read those files with the rights of this service. Such an image is refused here,
before any program opens it.
"""

import re
import struct

HEAD_BYTES = 65536
"""How much of the beginning decides: the mark of an ISO 9660 file system stands at 32769."""
TAIL_BYTES = 512
"""How much of the end decides: the footer of a VHD."""

RAW_LIKE = ("raw", "aki", "ari", "ami")
_QCOW2, _QED, _SPARSE_VMDK = b"QFI\xfb", b"QED\x00", b"KDMV"
_VMDK = (_SPARSE_VMDK, b"COWD", b"# Disk DescriptorFile")
_PLOOP = (b"WithoutFreeSpace", b"WithouFreSpacExt")
_TAR, _COMPRESSED = b"ustar", (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd", b"PK\x03\x04")
_VDI, _VHD, _VHDX, _ISO = b"\x7f\x10\xda\xbe", b"conectix", b"vhdxfile", b"CD001"
_KNOWN_QCOW2_FEATURES = 0b11011
"""Dirty, corrupt, compression type, extended entries; not bit 2, the external data file."""
_EXTENT = re.compile(r"^\s*(?:RW|RDONLY|NOACCESS)\s+\d+\s+(\w+)", re.MULTILINE)
_ONE_FILE_KINDS = ("monolithicSparse", "streamOptimized")


def detect(head: bytes, tail: bytes) -> tuple[str, ...]:
    """Return every format whose mark the data bears; raw when it bears none."""
    found = []
    if head.startswith(_QCOW2):
        found.append("qcow2")
    if head.startswith(_QED):
        found.append("qed")
    if head.startswith(_VMDK):
        found.append("vmdk")
    if head[0x40:0x44] == _VDI:
        found.append("vdi")
    if head.startswith(_VHD) or tail.startswith(_VHD):
        found.append("vhd")
    if head.startswith(_VHDX):
        found.append("vhdx")
    if head.startswith(_PLOOP):
        found.append("ploop")
    if head[32769:32774] == _ISO:
        found.append("iso")
    return tuple(found) or ("raw",)


def mismatch(declared: str, head: bytes, tail: bytes) -> str | None:
    """Return what is wrong with calling the data by the declared format, or None."""
    found = detect(head, tail)
    wanted = "raw" if declared in RAW_LIKE else declared
    if found == (wanted,):
        return None
    return f"The data is {' and '.join(found)}, not {declared}."


def is_wrapped(container: str) -> bool:
    """Say whether data in a container is something around a disk, whose own format only unpacking shows."""
    return container in ("ova", "docker", "compressed")


def wrapper_mismatch(container: str, head: bytes) -> str | None:
    """Return what is wrong with calling the data by such a container, or None."""
    is_tar, is_compressed = head[257:262] == _TAR, head.startswith(_COMPRESSED)
    if is_tar and container in ("ova", "docker") or is_compressed and container in ("docker", "compressed"):
        return None
    return f"The data is not of the container format {container}."


def hazard(declared: str, head: bytes, tail: bytes) -> str | None:
    """Return why data of this format must not be opened, or None. The declared format must match."""
    check = {"qcow2": _qcow2_hazard, "vmdk": _vmdk_hazard, "vdi": _vdi_hazard}.get(declared)
    if declared == "vhd":
        return _vhd_hazard(head, tail)
    if declared == "ploop" and len(head) < 64:
        return "The ploop header is cut short."
    return check(head) if check else None


def header_size(declared: str, head: bytes, tail: bytes) -> int | None:
    """Return the size in bytes of the disk that the header describes, None where it does not say."""
    if declared == "qcow2":
        return int(struct.unpack_from(">Q", head, 24)[0])
    if declared == "vmdk":
        return int(struct.unpack_from("<Q", head, 12)[0]) * 512
    if declared == "vdi":
        return int(struct.unpack_from("<Q", head, 0x170)[0])
    if declared == "vhd":
        return int(struct.unpack_from(">Q", tail, 48)[0])
    if declared == "ploop":
        # The older form has half the room for the size, and what follows it is not zero.
        size = struct.unpack_from("<Q" if head.startswith(_PLOOP[1]) else "<I", head, 36)[0]
        return int(size) * 512
    return None


def _qcow2_hazard(head: bytes) -> str | None:
    if len(head) < 72:
        return "The qcow2 header is cut short."
    version, backing_offset = struct.unpack_from(">IQ", head, 4)
    if version not in (2, 3):
        return f"qcow2 version {version} is not supported."
    if backing_offset:
        return "A qcow2 image with a backing file is not accepted."
    if struct.unpack_from(">I", head, 32)[0]:
        return "An encrypted qcow2 image is not accepted: nobody here has its key."
    if version == 2:
        return None
    if len(head) < 104:
        return "The qcow2 header is cut short."
    features = struct.unpack_from(">Q", head, 72)[0]
    if features & 0b100:
        return "A qcow2 image with an external data file is not accepted."
    if features & ~_KNOWN_QCOW2_FEATURES:
        return "The qcow2 image needs features that are not known here."
    return None


def _vmdk_hazard(head: bytes) -> str | None:
    if not head.startswith(_SPARSE_VMDK) or len(head) < 1024:
        return "Only a VMDK that holds its data in one sparse file is accepted."
    capacity, _, descriptor_at, descriptor_sectors = struct.unpack_from("<QQQQ", head, 12)
    # A capacity of 0 makes readers treat the file as a mere list of other files, and they look for
    # the parent at sector 1 wherever the header says that the descriptor is.
    if not capacity or descriptor_at != 1 or not 0 < descriptor_sectors <= 64:
        return "The VMDK has no descriptor where it belongs."
    text = head[512:512 + descriptor_sectors * 512].split(b"\x00", 1)[0].decode("latin-1")
    kind = re.search(r'^\s*createType\s*=\s*"?(\w+)"?', text, re.MULTILINE | re.IGNORECASE)
    if kind is None or kind[1] not in _ONE_FILE_KINDS or _EXTENT.findall(text) != ["SPARSE"]:
        return "Only a VMDK that holds its data in one sparse file is accepted."
    parent = re.search(r"^\s*parentCID\s*=\s*(\w+)", text, re.MULTILINE | re.IGNORECASE)
    if "parentfilenamehint" in text.lower() or (parent and parent[1].lower() != "ffffffff"):
        return "A VMDK with a parent is not accepted."
    return None


def _vdi_hazard(head: bytes) -> str | None:
    if len(head) < 0x178:
        return "The VDI header is cut short."
    if struct.unpack_from("<I", head, 0x4C)[0] not in (1, 2):
        return "Only a VDI of fixed or dynamic size without a parent is accepted."
    return None


def _vhd_hazard(head: bytes, tail: bytes) -> str | None:
    if not tail.startswith(_VHD) or len(tail) < TAIL_BYTES:
        return "The VHD has no whole footer."
    for part in (head, tail):
        if part.startswith(_VHD) and struct.unpack_from(">I", part, 60)[0] not in (2, 3):
            return "Only a VHD of fixed or dynamic size without a parent is accepted."
    return None
