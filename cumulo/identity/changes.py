"""How one process tells the others of its host, without a message, that it has just changed something.

The processes that serve one port are forked from one parent and share eight bytes of memory. Whoever has
committed a change writes a number there that nobody has written before; whoever is about to answer reads
it, which costs nothing, and asks the database when it is not the number of the last time. So what one
worker revokes is refused by its siblings at once; other hosts learn it within revocation_refresh_s.
"""

import mmap

BYTES = 8


class Changes:
    """The shared number; make it before forking."""

    def __init__(self) -> None:
        self._memory = memoryview(mmap.mmap(-1, BYTES)).cast("Q")  # eight aligned bytes are written in one go

    @property
    def latest(self) -> int:
        """Return the number of the latest change."""
        return self._memory[0]

    def mark(self, random: bytes) -> None:
        """Say that something has changed, with eight random bytes.

        Counting up would take two steps, and two processes doing so at once would lose one of the changes.
        """
        self._memory[0] = int.from_bytes(random)
