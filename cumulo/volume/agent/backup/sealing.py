"""Blobs as a target keeps them: compressed with zstd, and sealed with AES-256-GCM where there is a key.

    1                      a zstd frame
    2 key-id nonce         the same, encrypted: 8 bytes that name the key, 12 that are used once, then the ciphertext

A sealed blob is bound to its name: one that was put in another's place does not open. Every key of the file opens, the
first one seals, so a new key is a new first line.
"""

import hashlib
import pathlib
import re
from collections.abc import Callable, Mapping

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cumulo.common import errors

PLAIN, ENCRYPTED = b"\x01", b"\x02"
_ID_BYTES, _NONCE_BYTES, _TAG_BYTES = 8, 12, 16
_KEY = re.compile(r"[0-9a-fA-F]{64}")


class Damaged(errors.CumuloError):
    """What a target gave is not what was given to it."""

    status, code, title = 409, "backup_damaged", "Conflict"


class Sealer:
    """Seals and opens blobs; keys by their ids, the first one is used for new blobs."""

    def __init__(self, keys: Mapping[bytes, bytes], level: int, random_bytes: Callable[[int], bytes]) -> None:
        self._keys = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._own = next(iter(keys), None)
        self._level = level
        self._random_bytes = random_bytes

    def seal(self, name: str, data: bytes) -> bytes:
        """Return a blob as it is to be kept under a name."""
        packed = zstandard.ZstdCompressor(level=self._level).compress(data)
        if self._own is None:
            return PLAIN + packed
        nonce = self._random_bytes(_NONCE_BYTES)
        return ENCRYPTED + self._own + nonce + self._keys[self._own].encrypt(nonce, packed, name.encode())

    def open(self, name: str, blob: bytes, most_bytes: int) -> bytes:
        """Return what was sealed under a name; raises Damaged, also for what would be larger than it may be."""
        packed = blob[1:]
        if blob[:1] == ENCRYPTED:
            packed = self._decrypted(name, packed)
        elif blob[:1] != PLAIN:
            raise Damaged(f"{name} is damaged: it is of no known form.")
        try:
            if not 0 <= zstandard.frame_content_size(packed) <= most_bytes:
                raise Damaged(f"{name} is damaged: it has a size that it cannot have.")
            return zstandard.ZstdDecompressor().decompress(packed)
        except zstandard.ZstdError as failure:
            raise Damaged(f"{name} is damaged: it does not unpack.") from failure

    def _decrypted(self, name: str, sealed: bytes) -> bytes:
        key_id, nonce, rest = sealed[:_ID_BYTES], sealed[_ID_BYTES:_ID_BYTES + _NONCE_BYTES], sealed[_ID_BYTES + _NONCE_BYTES:]
        if key_id not in self._keys:
            raise errors.Conflict(f"{name} is sealed with the key {key_id.hex()}, which [backup] key_file does not hold.")
        if len(rest) < _TAG_BYTES:
            raise Damaged(f"{name} is damaged: it is too short.")
        try:
            return self._keys[key_id].decrypt(nonce, rest, name.encode())
        except InvalidTag as failure:
            raise Damaged(f"{name} is damaged: its seal is broken.") from failure


def read_keys(path: str) -> dict[bytes, bytes]:
    """Return the keys of a file by their ids, none for no file; raises ValueError without saying what it holds."""
    if not path:
        return {}
    lines = [line.strip() for line in pathlib.Path(path).read_text(encoding="ascii").splitlines()]
    wanted = [line for line in lines if line and not line.startswith("#")]
    if not wanted or not all(_KEY.fullmatch(line) for line in wanted):
        raise ValueError(f"[backup] key_file: {path} must hold keys of 64 hexadecimal digits, one a line")
    keys = [bytes.fromhex(line) for line in wanted]
    return {key_id(each): each for each in keys}


def key_id(key: bytes) -> bytes:
    """Return what names a key, and tells nothing about it."""
    return hashlib.sha256(b"cumulo backup key " + key).digest()[:_ID_BYTES]
