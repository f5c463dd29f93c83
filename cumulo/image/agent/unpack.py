"""Taking imported data out of what it is wrapped in: gzip, bzip2, xz, zip, and the tar file of an OVA.

Nothing is ever unpacked under a name from inside: one body goes in, one comes out, as a stream of bounded chunks.
"""

import bz2
import contextlib
import gzip
import lzma
import tarfile
import xml.etree.ElementTree
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Any

from cumulo.common import errors

_MARKS = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\x00": "xz", b"PK\x03\x04": "zip"}
_MOST_OVF_BYTES = 1024 * 1024
# What these libraries raise for bad data: zipfile a NotImplementedError for ways of packing that it does not know, and a
# RuntimeError for what is encrypted; the others a ValueError here and there, for numbers that make no sense.
_FAULTS = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, ValueError,
           NotImplementedError, RuntimeError)


def compression(head: bytes) -> str | None:
    """Return how data that begins so is compressed, None if it is not."""
    return next((kind for mark, kind in _MARKS.items() if head.startswith(mark)), None)


@contextlib.contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn what the standard library says of bad data into a BadRequest."""
    try:
        yield
    except errors.CumuloError:
        raise
    except _FAULTS as failure:
        if isinstance(failure, OSError) and failure.errno:
            raise  # not the data's fault
        raise errors.BadRequest(f"The data cannot be unpacked as {what}: {failure or type(failure).__name__}.") from failure


@contextlib.contextmanager
def decompressed(path: str, kind: str) -> Iterator[IO[bytes]]:
    """Open the one body that a compressed file holds."""
    if kind == "zip":
        with zipfile.ZipFile(path) as archive:
            inside = [each for each in archive.infolist() if not each.is_dir()]
            if len(inside) != 1:
                raise errors.BadRequest(f"The zip file holds {len(inside)} files, not one.")
            with archive.open(inside[0]) as body:
                yield body
        return
    opener: Any = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}[kind]
    with opener(path, "rb") as body:
        yield body


@contextlib.contextmanager
def disk_of_ova(path: str) -> Iterator[IO[bytes]]:
    """Open the one disk of an OVA, which its OVF description names. The archive may be read once only, in order."""
    with tarfile.open(path, mode="r:") as archive:
        members = {each.name: each for each in archive if each.isreg()}
        descriptions = [each for name, each in members.items() if name.lower().endswith(".ovf")]
        if len(descriptions) != 1 or descriptions[0].size > _MOST_OVF_BYTES:
            raise errors.BadRequest("The OVA does not hold one OVF description.")
        described = archive.extractfile(descriptions[0])
        name = _disk_name(described.read() if described else b"")
        if name not in members:
            raise errors.BadRequest("The OVA does not hold the disk that its description names.")
        body = archive.extractfile(members[name])
        if body is None or members[name].sparse is not None:
            raise errors.BadRequest("The disk of the OVA cannot be read.")
        with body:
            yield body


def _disk_name(description: bytes) -> str:
    """The file that the description's one disk is in (DMTF DSP0243, sections 7.1 and 9.1)."""
    if b"<!DOCTYPE" in description or b"<!ENTITY" in description:
        raise errors.BadRequest("The OVF description declares a document type, which is not accepted.")
    try:
        root = xml.etree.ElementTree.fromstring(description)
    except xml.etree.ElementTree.ParseError as failure:
        raise errors.BadRequest("The OVF description is no XML.") from failure
    named = {_attribute(each, "id"): _attribute(each, "href") for each in _elements(root, "File")}
    disks = [named.get(_attribute(each, "fileRef"), "") for each in _elements(root, "Disk") if _attribute(each, "fileRef")]
    if len(disks) != 1 or not disks[0]:
        raise errors.BadRequest(f"The OVF description names {len(disks)} disks, not one.")
    return disks[0]


def _elements(root: xml.etree.ElementTree.Element, name: str) -> Iterator[xml.etree.ElementTree.Element]:
    return (each for each in root.iter() if each.tag.rpartition("}")[2] == name)


def _attribute(element: xml.etree.ElementTree.Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")
