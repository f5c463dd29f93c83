"""Telling formats apart, and the images that point outside themselves."""

import random
import struct
import unittest

from cumulo.image import formats


def qcow2(version: int = 3, backing: int = 0, features: int = 0, size: int = 1 << 30) -> bytes:
    """Return the header of a qcow2 image."""
    head = struct.pack(">4sIQIIQ", b"QFI\xfb", version, backing, 0, 16, size)
    return head.ljust(72, b"\x00") + struct.pack(">Q", features) + bytes(24)


def vmdk(capacity: int = 8192, at: int = 1, kind: str = "monolithicSparse", parent: str = "ffffffff",
         more: str = "", extents: str = 'RW 8192 SPARSE "x.vmdk"') -> bytes:
    """Return the header and descriptor of a sparse VMDK."""
    head = struct.pack("<4sIIQQQQ", b"KDMV", 1, 3, capacity, 128, at, 20).ljust(512, b"\x00")
    text = f'# Disk DescriptorFile\nparentCID={parent}\ncreateType="{kind}"\n{more}\n{extents}\n'
    return head + text.encode().ljust(20 * 512, b"\x00")


def vdi(kind: int = 1) -> bytes:
    """Return the header of a VDI."""
    return bytes(0x40) + b"\x7f\x10\xda\xbe" + bytes(8) + struct.pack("<I", kind) + bytes(0x120) + \
        struct.pack("<Q", 4096) + bytes(64)


def ploop(mark: bytes = b"WithouFreSpacExt", sectors: int = 2048) -> bytes:
    """Return the header of a ploop image."""
    return mark + bytes(20) + struct.pack("<Q", sectors) + bytes(84)


def tar() -> bytes:
    """Return the beginning of a tar archive."""
    return b"disk.ovf".ljust(257, b"\x00") + b"ustar\x0000" + bytes(248)


def vhd(kind: int = 3) -> bytes:
    """Return the footer of a VHD."""
    return (b"conectix".ljust(48, b"\x00") + struct.pack(">Q", 8192)).ljust(60, b"\x00") + \
        struct.pack(">I", kind).ljust(452, b"\x00")


class DetectTest(unittest.TestCase):
    """The marks of formats."""

    def test_each_mark(self) -> None:
        iso = bytes(32769) + b"CD001" + bytes(100)
        for expected, head, tail in (
                ("qcow2", qcow2(), b""), ("qed", b"QED\x00", b""), ("vmdk", vmdk(), b""), ("vdi", vdi(), b""),
                ("vmdk", b"# Disk DescriptorFile\n", b""), ("vhd", bytes(512), vhd()), ("vhd", vhd(), b""),
                ("vhdx", b"vhdxfile", b""), ("iso", iso, b""), ("ploop", ploop(), b""),
                ("ploop", ploop(b"WithoutFreeSpace"), b""), ("raw", b"", b""), ("raw", b"anything", b"")):
            self.assertEqual((expected,), formats.detect(head, tail))

    def test_declared_and_found_must_agree(self) -> None:
        for declared in ("raw", "aki", "ari", "ami"):
            self.assertIsNone(formats.mismatch(declared, b"data", b"data"))
            self.assertIn("qcow2", formats.mismatch(declared, qcow2(), b"") or "")
        self.assertIn("raw", formats.mismatch("qcow2", b"data", b"") or "")
        # Two marks at once are an attempt to be one thing here and another thing elsewhere.
        self.assertIsNotNone(formats.mismatch("qcow2", qcow2(), vhd()))


class WrapperTest(unittest.TestCase):
    """Containers around a disk."""

    def test_what_each_may_be(self) -> None:
        gzip, zstd = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
        for container, head, sound in (
                ("ova", tar(), True), ("ova", gzip, False), ("ova", qcow2(), False), ("ova", b"", False),
                ("docker", tar(), True), ("docker", gzip, True), ("docker", qcow2(), False),
                ("compressed", gzip, True), ("compressed", zstd, True), ("compressed", b"BZh9", True),
                ("compressed", tar(), False), ("compressed", qcow2(), False)):
            self.assertTrue(formats.is_wrapped(container))
            self.assertEqual(sound, formats.wrapper_mismatch(container, head) is None, (container, head[:4]))
        for container in ("bare", "ovf", "aki", "ari", "ami"):
            self.assertFalse(formats.is_wrapped(container))


class BrokenHeaders(unittest.TestCase):
    """Headers that end anywhere or hold anything: they are judged, whatever they are."""

    def test_every_length_and_many_changes(self) -> None:
        chance = random.Random(11)
        made = {"qcow2": qcow2(), "vmdk": vmdk(), "vdi": vdi(), "vhd": vhd(), "ploop": ploop(), "vhdx": b"vhdxfile" + bytes(900)}
        for declared, whole in made.items():
            heads = [whole[:length] for length in range(0, min(len(whole), 1100), 3)]
            for _ in range(300):
                changed = bytearray(whole)
                for _ in range(chance.randint(1, 8)):
                    changed[chance.randrange(min(len(changed), 1100))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
                heads.append(bytes(changed))
            for head in heads:
                tail = head[-formats.TAIL_BYTES:]
                if formats.mismatch(declared, head, tail) is None and formats.hazard(declared, head, tail) is None:
                    size = formats.header_size(declared, head, tail)
                    self.assertTrue(size is None or size >= 0)


class HazardTest(unittest.TestCase):
    """Images that must not be opened."""

    def test_sound_images(self) -> None:
        for declared, head, tail in (("qcow2", qcow2(), b""), ("qcow2", qcow2(version=2), b""), ("vmdk", vmdk(), b""),
                                     ("qcow2", qcow2(features=0b1000), b""), ("vdi", vdi(), b""),
                                     ("vmdk", vmdk(kind="streamOptimized"), b""), ("vhd", b"", vhd()),
                                     ("raw", b"x", b"x"), ("vhdx", b"vhdxfile", b"")):
            self.assertIsNone(formats.hazard(declared, head, tail), declared)

    def test_hostile_images(self) -> None:
        for declared, head, tail in (
                ("qcow2", qcow2(backing=112), b""), ("qcow2", qcow2(version=2, backing=72), b""),
                ("qcow2", qcow2(features=0b100), b""), ("qcow2", qcow2(features=1 << 40), b""),
                ("qcow2", qcow2(version=4), b""), ("qcow2", qcow2()[:50], b""), ("qcow2", qcow2()[:90], b""),
                ("vmdk", vmdk(capacity=0), b""), ("vmdk", vmdk(at=2), b""), ("vmdk", vmdk(parent="12345678"), b""),
                ("vmdk", vmdk(more='parentFileNameHint="/etc/passwd"'), b""), ("vmdk", vmdk(kind="vmfs"), b""),
                ("vmdk", vmdk(extents='RW 8192 FLAT "/etc/passwd" 0'), b""), ("vmdk", b"# Disk DescriptorFile", b""),
                ("vmdk", vmdk(extents='RW 1 SPARSE "a"\nRW 1 SPARSE "b"'), b""), ("vmdk", vmdk()[:600], b""),
                ("vdi", vdi(kind=4), b""), ("vdi", vdi()[:0x50], b""),
                ("vhd", b"", vhd(kind=4)), ("vhd", vhd(kind=4), vhd()), ("vhd", vhd(), b""), ("vhd", b"", b"conectix"),
                ("qcow2", qcow2()[:32] + b"\0\0\0\2" + qcow2()[36:], b""), ("ploop", ploop()[:40], b"")):
            self.assertIsNotNone(formats.hazard(declared, head, tail), (declared, head[:80]))

    def test_sizes_in_headers(self) -> None:
        for expected, declared, head, tail in ((1 << 30, "qcow2", qcow2(), b""), (8192 * 512, "vmdk", vmdk(), b""),
                                               (8192, "vhd", b"", vhd()), (4096, "vdi", vdi(), b""),
                                               (None, "vhdx", b"vhdxfile", b""), (2048 * 512, "ploop", ploop(), b""),
                                               (2048 * 512, "ploop", ploop(b"WithoutFreeSpace", 2048 | 7 << 32), b"")):
            self.assertEqual(expected, formats.header_size(declared, head, tail))
