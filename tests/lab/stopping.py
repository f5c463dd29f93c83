"""The netlink program, ended by force before the nth change that it is about to make, or right after it.

Started in the place of netlink/main.py: the file named by CUMULO_LAB_STOP says how many changes may still be made, and
counts down; at 0 the program dies. Nothing of it is in the program itself.
"""

import os
import pathlib
import signal
import sys
from collections.abc import Callable
from typing import Any

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from cumulo.network.agent.netlink.main import answer_all  # noqa: E402
from cumulo.network.agent.netlink.space import Actor  # noqa: E402


class Stopping(Actor):
    """Dies when the count is used up."""

    def __init__(self, path: pathlib.Path) -> None:
        super().__init__()
        self._path = path

    def change(self, what: str, do: Callable[[], Any]) -> None:
        """Make a change, or die; the last one that may be made is made, and its maker dies after it."""
        left = int(self._path.read_text())
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        do()
        self._path.write_text(str(left - 1))


def main() -> None:
    """Serve."""
    path = os.environ.get("CUMULO_LAB_STOP")
    answer_all(Stopping(pathlib.Path(path)) if path else Actor())


if __name__ == "__main__":
    main()
