"""An agent's process: small, and looking up names without standing still."""

import subprocess
import sys
import unittest

_PROGRAM = """
import time, threading
from cumulo.cloud import entry
entry._patch()
import socket, sys
import cumulo.compute.agent.main
slow, beats = [], []
threading.Thread(target=lambda: slow.append(socket.getaddrinfo("localhost", 80)), daemon=True).start()
while not slow and len(beats) < 500:
    beats.append(1)
    time.sleep(0.01)
listener = socket.create_server(("127.0.0.1", 0))
socket.create_connection(("localhost", listener.getsockname()[1])).close()
print(bool(slow), "dns" in sys.modules, "cryptography" in sys.modules, "sqlalchemy" in sys.modules)
"""


class EntryTest(unittest.TestCase):
    """_patch"""

    def test_agents_carry_no_resolver(self) -> None:
        done = subprocess.run([sys.executable, "-W", "ignore", "-c", _PROGRAM], capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual("True False False False\n", done.stdout, done.stderr)
