"""With green threads, a program that was watched failed after one second, and one that took too long said so strangely.

An import whose conversion took longer than a second came to nothing: eventlet's copy of subprocess raises a TimeoutExpired
that is not the library's, so nobody caught it.
"""

import subprocess
import sys
import unittest

PROGRAM = """
import eventlet
eventlet.monkey_patch()
from cumulo.common import command, errors
ticks = []
command.run(["sleep", "1.3"], timeout_s=20, meanwhile=lambda: ticks.append(1))
assert ticks == [1], ticks
try:
    command.run(["sleep", "20"], timeout_s=0.1)
except errors.CommandFailed as failure:
    assert "within 0.1 s" in failure.message
    print("as it should")
"""


class CommandTest(unittest.TestCase):
    """Programs that are run where threads are green, as all services do."""

    def test_time_is_told(self) -> None:
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", PROGRAM], capture_output=True, text=True, check=False)
        self.assertEqual(("as it should", ""), (done.stdout.strip(), done.stderr))


if __name__ == "__main__":
    unittest.main()
