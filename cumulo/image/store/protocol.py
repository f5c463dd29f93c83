"""What every store of image data offers, whatever it stands on.

A name is an id that this cloud made, never text from a user; a store that only reads is given what it reads by
an administrator. Data under its name is whole; data in part belongs to a writer that runs or to one that died.

    part = store.create(name); part.write(chunk) ...; part.commit()    or part.close(); store.delete(name)
    with contextlib.closing(store.open(name, first)) as stream: stream.read(size) ...

What goes wrong is an OSError: FileNotFoundError for data that is not there, FileExistsError for a name that is
being written, and any other for a store that cannot do it now.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from cumulo.common.audit.holdings import StoreHoldings
from cumulo.common.s3 import StoreFailed as StoreFailed
from cumulo.common.threads import Threads

Answer = TypeVar("Answer")


class Part(Protocol):
    """Data being written; it stands in a file of this host until it is committed, so that it can be inspected."""

    path: str

    @property
    def size(self) -> int:
        """Return the bytes that have been written."""

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append a chunk."""

    def commit(self) -> None:
        """Make the data durable under its name."""

    def close(self) -> None:
        """Write no more; what is not committed is still in part."""


class Stream(Protocol):
    """Stored data being read; fileno() belongs to local files alone."""

    def read(self, size: int) -> bytes:
        """Return up to so many bytes, nothing at the end."""

    def close(self) -> None:
        """Read no more."""


class Store(Protocol):
    """One place for data; name is what the cloud calls it. A local one waits for disks, another for the network."""

    name: str
    kind: str
    writable: bool
    local: bool

    @property
    def place(self) -> str:
        """Return where it is, for the log: a directory, a bucket."""

    def create(self, name: str) -> Part:
        """Begin to store data; raises FileExistsError when the name is being written already."""

    def open(self, name: str, first: int = 0) -> Stream:
        """Open whole data for reading from a byte on; raises FileNotFoundError."""

    def path(self, name: str) -> str | None:
        """Return the file of this host that holds whole data, None where there is none to read."""

    def size(self, name: str) -> int:
        """Return the bytes of whole data; raises FileNotFoundError."""

    def delete(self, name: str) -> None:
        """Remove data, whole or in part. What is gone already is no error."""

    def names(self) -> set[str]:
        """Return the names of all data that may be removed when nobody needs it, whole or in part."""

    def holdings(self) -> StoreHoldings | None:
        """Return the names of whole data and of data in part, None where nobody can list them."""

    def usage(self) -> int | None:
        """Return the bytes that its data takes, None where nobody can tell."""


def run(threads: Threads, store: Store, call: Callable[..., Answer], *arguments: Any) -> Answer:
    """Make a call of a store where it holds nobody up.

    What waits for a disk does so in a native thread. What waits for the network lets others run by itself, and its
    connections may not be passed from one native thread to another.
    """
    return threads.native(call, *arguments) if store.local else call(*arguments)
