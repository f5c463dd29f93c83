"""Volumes that guests' QEMU decrypts: their format, written inside the file that a backend has made.

The format's header takes some MiB of the volume, so its guest sees that much less than its size. The passphrase goes to
qemu-img by its standard input. It is random, so it needs no slow hash that would make guessing dear; but qemu-img measures
how fast the hash is by a clock of some milliseconds, and fails where it sees no time pass: SHA-512 takes several of them
on processors that have an instruction for SHA-256, on which one try of six failed.
"""

import json
import pathlib
from collections.abc import Mapping
from typing import Any

from cumulo.common import command, errors
from cumulo.common.image_files import CONVERT_LIMITS, inspect

TIMEOUT_S = 60.0
FILL_TIMEOUT_S = 6 * 3600
_HASH_MS = 10
_BUSY, _TRIES = "accurate CPU usage", 5
_WRONG = "Invalid password"
_COPIES, _STRIPES, _SECTOR, _ALIGNMENT = 8, 4000, 512, 8

Encryption = Mapping[str, Any]
"""{"format", "cipher", "bits", "passphrase"}: what the scheduler tells of a volume that is being made."""


def prepare(path: pathlib.Path, encryption: Encryption) -> None:
    """Give the format to a file that holds nothing yet, unless it has it and this passphrase opens it."""
    if _opens(path, encryption):
        return
    size = path.stat().st_size
    for _ in range(_TRIES):
        if _create(path, encryption, size - header_bytes(encryption)):
            break
    else:
        raise errors.Retry("the host is too busy for qemu-img to measure its speed")
    if path.stat().st_size != size:
        raise errors.InternalError("the encrypted volume has another size than it was to have")


def _create(path: pathlib.Path, encryption: Encryption, payload: int) -> bool:
    """Write the format's header; False where qemu-img could not measure how fast the host hashes, as on busy ones."""
    try:
        _run(encryption, "create", "-q", "-f", "luks", "-o", _options(encryption), str(path), str(payload))
    except errors.CommandFailed as failure:
        if _BUSY in failure.message:
            return False
        raise
    return True


def fill(path: pathlib.Path, encryption: Encryption, image: pathlib.Path, disk_format: str) -> None:
    """Write the disk in a file into a volume that has the format; raises BadRequest for one that is larger."""
    if inspect(image, disk_format)["virtual-size"] > payload_bytes(path, encryption):
        raise errors.BadRequest("the image's disk is larger than the volume, of which some MiB are for its encryption")
    _run(encryption, "convert", "-n", "-f", disk_format, "--target-image-opts", str(image), _opened(path),
         timeout_s=FILL_TIMEOUT_S, limits=CONVERT_LIMITS)


def header_bytes(encryption: Encryption) -> int:
    """Return what the format's header takes: eight copies of the key, each spread over 4000 stripes; pure."""
    key_bytes = int(encryption["bits"]) // 8
    copy_sectors = -(-key_bytes * _STRIPES // _SECTOR)
    aligned = -(-copy_sectors // _ALIGNMENT) * _ALIGNMENT
    return (_COPIES * aligned + _ALIGNMENT) * _SECTOR


def payload_bytes(path: pathlib.Path, encryption: Encryption) -> int:
    """Return what a guest sees of a volume; raises CommandFailed where it has no such format."""
    return int(json.loads(_run(encryption, "info", "--output=json", "--image-opts", _opened(path)))["virtual-size"])


def is_anothers(path: pathlib.Path, encryption: Encryption) -> bool:
    """Say whether a volume with the format opens with another passphrase; raises CommandFailed where that is not known."""
    try:
        _unlock(path, encryption)
    except errors.CommandFailed as failure:
        if _WRONG in failure.message:
            return True
        raise
    return False


def _opens(path: pathlib.Path, encryption: Encryption) -> bool:
    try:
        _unlock(path, encryption)
    except errors.CommandFailed:
        return False
    return True


def _unlock(path: pathlib.Path, encryption: Encryption) -> None:
    """Open a volume as those do who read it: "info" takes any passphrase."""
    _run(encryption, "map", "--output=json", "--max-length=512", "--image-opts", _opened(path))


def _run(encryption: Encryption, name: str, *arguments: str, timeout_s: float = TIMEOUT_S,
         limits: command.Limits | None = None) -> bytes:
    argv = ["qemu-img", name, "--object", "secret,id=key,file=/dev/stdin", *arguments]
    return command.run(argv, timeout_s=timeout_s, input=encryption["passphrase"].encode(), limits=limits).stdout


def _opened(path: pathlib.Path) -> str:
    return f"driver=luks,key-secret=key,file.driver=file,file.filename={str(path).replace(',', ',,')}"


def _options(encryption: Encryption) -> str:
    _, mode, generator = encryption["cipher"].split("-")
    bits = encryption["bits"] // 2 if mode == "xts" else encryption["bits"]  # which has two keys
    return (f"key-secret=key,cipher-alg=aes-{bits},cipher-mode={mode},ivgen-alg={generator},"
            f"hash-alg=sha512,iter-time={_HASH_MS}")
