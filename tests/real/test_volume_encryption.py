"""The format of encrypted volumes, as qemu-img writes it and QEMU reads it."""

import os
import pathlib
import tempfile
import unittest

from cumulo.common import command, errors
from cumulo.common.threads import Threads
from cumulo.volume.agent import luks
from cumulo.volume.agent.file import FileBackend

ONE, TWO = (f"{number}0000000-0000-4000-8000-000000000000" for number in (1, 2))
GIB = 1024**3
CIPHERS = (("aes-xts-plain64", 256), ("aes-xts-plain64", 512), ("aes-cbc-plain64", 256))


def encryption(cipher: str = "aes-xts-plain64", bits: int = 256, passphrase: str = "known to its volume alone") -> luks.Encryption:
    """Return how a volume is encrypted."""
    return {"format": "luks", "cipher": cipher, "bits": bits, "passphrase": passphrase}


class LuksTest(unittest.TestCase):
    """Volumes of a file backend."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory(prefix="cumulo-luks-test-")
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.backend = FileBackend(self.directory / "volumes", Threads(), name="file")

    def reads(self, path: pathlib.Path, pattern: int, count: str, how: luks.Encryption) -> bool:
        """Say whether a guest reads so many bytes of a pattern at the beginning of a volume."""
        opened = f"driver=luks,key-secret=key,file.filename={path}"
        argv = ["qemu-io", "--object", "secret,id=key,file=/dev/stdin", "--image-opts", opened, "-c", f"read -P {pattern} 0 {count}"]
        return command.run(argv, timeout_s=30, input=how["passphrase"].encode(), check=False).code == 0

    def test_the_format_takes_no_more_than_the_volume_has(self) -> None:
        for number, (cipher, bits) in enumerate(CIPHERS):
            volume_id = f"{number}{ONE[1:]}"
            self.backend.create(volume_id, 1)
            path, how = self.backend.path(volume_id), encryption(cipher, bits)
            luks.prepare(path, how)
            written = path.read_bytes()[:luks.header_bytes(how)]
            luks.prepare(path, how)
            self.assertEqual(written, path.read_bytes()[:len(written)], "it has the format, and is left alone")
            self.assertEqual((GIB, GIB - luks.header_bytes(how)), (path.stat().st_size, luks.payload_bytes(path, how)))
            self.assertEqual({volume_id: 1}, {key: size for key, size in self.backend.holdings().volumes if key == volume_id})

    def test_an_image_is_encrypted_and_copies_open_with_its_key(self) -> None:
        image, how = self.directory / "image.raw", encryption()
        image.write_bytes(b"\x07" * (1 << 20))
        self.backend.create(ONE, 1)
        path = self.backend.path(ONE)
        luks.prepare(path, how)
        for _ in range(2):
            luks.fill(path, how, image, "raw")
        self.assertTrue(self.reads(path, 7, "1M", how))
        self.assertFalse(self.reads(path, 7, "1M", encryption(passphrase="a stranger's")))
        self.assertEqual([False, True], [luks.is_anothers(path, each) for each in (how, encryption(passphrase="a stranger's"))])
        self.assertRaises(errors.CommandFailed, luks.is_anothers, image, how)
        self.assertNotIn(b"\x07" * 64, path.read_bytes()[:4 << 20])
        self.backend.clone(TWO, ONE, 2)
        self.assertTrue(self.reads(self.backend.path(TWO), 7, "1M", how))
        self.assertEqual(2 * GIB - luks.header_bytes(how), luks.payload_bytes(self.backend.path(TWO), how))
        os.truncate(image, GIB)
        self.assertRaisesRegex(errors.BadRequest, "some MiB", luks.fill, path, how, image, "raw")


if __name__ == "__main__":
    unittest.main()
