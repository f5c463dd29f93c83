"""Image data as objects of an S3 bucket.

Data is written into a file of this host first, where it can be inspected, and goes to the bucket as a whole when it is
committed. An object appears under its key when all of it has arrived; what a killed process had sent of one is found
among the bucket's unfinished uploads, and is data in part like the files are.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from cumulo.common import s3
from cumulo.common.audit.holdings import StoreHoldings
from cumulo.image.store.file import FileStore

try:
    from boto3.s3.transfer import TransferConfig
except ImportError:  # said by make_client: no other store needs it
    TransferConfig = None

_MOST_PARTS = 9000
_LEAST_PART = 16 * 1024 * 1024


class S3Store:
    """The objects of a bucket whose keys begin with a prefix; spool is where data is until it is whole."""

    kind = "s3"
    writable = True
    local = False

    def __init__(self, name: str, client: Any, bucket: str, prefix: str, spool: FileStore) -> None:
        self.name = name
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._spool = spool

    @property
    def place(self) -> str:
        """Return the bucket and the prefix."""
        return f"s3://{self._bucket}/{self._prefix}"

    def create(self, name: str) -> "S3Part":
        """Begin to store data; raises FileExistsError when the name is being written already."""
        return S3Part(self, self._spool, name)

    def open(self, name: str, first: int = 0) -> "S3Stream":
        """Open an object from a byte on; raises FileNotFoundError."""
        more = {"Range": f"bytes={first}-"} if first else {}
        return S3Stream(s3.ask(self._client.get_object, Bucket=self._bucket, Key=self._key(name), **more)["Body"])

    def path(self, name: str) -> None:
        """Return None: no file of this host holds an object."""

    def size(self, name: str) -> int:
        """Return the bytes of an object; raises FileNotFoundError."""
        return int(s3.ask(self._client.head_object, Bucket=self._bucket, Key=self._key(name))["ContentLength"])

    def delete(self, name: str) -> None:
        """Remove an object, what has been sent of it, and its file here."""
        self._spool.delete(name)
        for key, upload in self._unfinished(self._key(name)):
            if key == self._key(name):
                with contextlib.suppress(FileNotFoundError):
                    s3.ask(self._client.abort_multipart_upload, Bucket=self._bucket, Key=key, UploadId=upload)
        s3.ask(self._client.delete_object, Bucket=self._bucket, Key=self._key(name))

    def names(self) -> set[str]:
        """Return the names of all objects, of those in part, and of the files of this host."""
        held = self.holdings()
        return {*held.whole, *held.partial}

    def holdings(self) -> StoreHoldings:
        """Return the names of whole objects, and of what is on its way into one."""
        partial = self._spool.names() | {self._name(key) for key, _ in self._unfinished(self._prefix)}
        return StoreHoldings(tuple(sorted(self._name(each["Key"]) for each in self._objects())), tuple(sorted(partial)))

    def usage(self) -> int:
        """Return the bytes of all objects."""
        return sum(int(each["Size"]) for each in self._objects())

    def send(self, path: str, name: str) -> None:
        """Make a file an object."""
        part = max(_LEAST_PART, os.path.getsize(path) // _MOST_PARTS + 1)
        transfer = TransferConfig(multipart_threshold=part, multipart_chunksize=part, use_threads=False)
        s3.ask(self._client.upload_file, path, self._bucket, self._key(name), Config=transfer)

    def _key(self, name: str) -> str:
        return self._prefix + name

    def _name(self, key: str) -> str:
        return key.removeprefix(self._prefix)

    def _objects(self) -> Iterator[Any]:
        yield from self._pages("list_objects_v2", "Contents", self._prefix)

    def _unfinished(self, prefix: str) -> list[tuple[str, str]]:
        return [(str(each["Key"]), str(each["UploadId"]))
                for each in self._pages("list_multipart_uploads", "Uploads", prefix)]

    def _pages(self, what: str, member: str, prefix: str) -> Iterator[Any]:
        return s3.entries(self._client, what, member, Bucket=self._bucket, Prefix=prefix)


class S3Part:
    """Data on its way into an object, in a file of this host."""

    def __init__(self, store: S3Store, spool: FileStore, name: str) -> None:
        self._store = store
        self._spool = spool
        self._name = name
        self._part = spool.create(name)
        self.path = self._part.path

    @property
    def size(self) -> int:
        """Return the bytes that have been written."""
        return self._part.size

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append a chunk to the file."""
        self._part.write(chunk)

    def commit(self) -> None:
        """Send the file to the bucket, which answers when the object is durable, and remove it here."""
        self._part.close()
        self._store.send(self.path, self._name)
        self._spool.delete(self._name)

    def close(self) -> None:
        """Write no more; the file is still there."""
        self._part.close()


class S3Stream:
    """An object being read."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def read(self, size: int) -> bytes:
        """Return up to so many bytes, nothing at the end; raises OSError when the object ends early."""
        with s3.told():
            return bytes(self._body.read(size))

    def close(self) -> None:
        """Read no more."""
        self._body.close()
