"""Looking at data that is read and not kept: of all of it only the ends stay, which tell what format it has."""

from cumulo.image import inspect
from cumulo.image.formats import HEAD_BYTES, TAIL_BYTES


class Ends:
    """Takes data like a part of a store does, and remembers its first and last bytes."""

    path = ""

    def __init__(self) -> None:
        self.size = 0
        self.head = self.tail = b""

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Look at a chunk."""
        if len(self.head) < HEAD_BYTES:
            self.head += bytes(chunk[:HEAD_BYTES - len(self.head)])
        self.tail = (self.tail + bytes(chunk[-TAIL_BYTES:]))[-TAIL_BYTES:]
        self.size += len(chunk)

    def commit(self) -> None:
        """Nothing is kept, so nothing is made durable."""

    def close(self) -> None:
        """Nothing is held."""

    def virtual_size(self, disk_format: str, container_format: str, bounds: inspect.Bounds) -> int | None:
        """Return the virtual size as far as the ends tell; raises BadRequest as inspect_image() does."""
        return inspect.inspect_ends((self.head, self.tail, self.size), disk_format, container_format, bounds)
