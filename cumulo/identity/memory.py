"""What one process has read of the database under the newest generation it knows.

    generation      read from the database first, in a transaction of its own or at the start of the same one
    recall()        what was read under that very generation, if anything
    keep()          what has been read since

Whatever a token says or shows is changed together with the generation (revocations.py). So what was read
after a generation was seen is true for as long as that generation is the newest: whoever has just read it
and finds something here has what the database would say.
"""

from collections.abc import Hashable
from typing import Any

MOST = 10_000


class Memory:
    """Values by key, all of one generation."""

    def __init__(self) -> None:
        self._generation = -1
        self._values: dict[Hashable, Any] = {}

    def recall(self, generation: int, key: Hashable) -> Any:
        """Return what is kept of that generation under the key, or None."""
        return self._values.get(key) if generation == self._generation else None

    def keep(self, generation: int, key: Hashable, value: Any) -> None:
        """Keep a value that was read after the generation was; those of any other generation are dropped."""
        if generation != self._generation or len(self._values) >= MOST:
            self._values.clear()
            self._generation = generation
        self._values[key] = value
