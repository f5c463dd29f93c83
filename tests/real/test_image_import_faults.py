"""Imports over real processes: the API and the image agent are killed while imports stand at every tenth of their way.

Eleven imports of one kind are held at once, the first before its first byte, the last before its end; one kill -9 finds
each of them at its own tenth. Every other one is deleted just before. What is left after that must be whole, and no byte
may be left of the others.
"""

import hashlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import unittest
from typing import Any

from cumulo.cloud import processes
from cumulo.image.store.file import FileStore
from tests.fixtures.agreement import audit_of
from tests.fixtures.fleet import CONTROL, ROOT, Fleet, running, wait_for
from tests.fixtures.rabbitmq import temporary_directory
from tests.fixtures.web_server import WebServer

IMAGES = "/image/v2/images"
TENTHS = range(11)
TENTH = 128 * 1024
SIZE = 10 * TENTH
DATA = os.urandom(SIZE)
SHA512 = hashlib.sha512(DATA).hexdigest()
START = "import eventlet; eventlet.monkey_patch(); "
API = START + ("from cumulo.image import uploads; uploads.LEASE_S = 3.0; uploads.RENEW_S = uploads.SWEEP_EVERY_S = 1.0; "
               "from cumulo.api.main import main; main()")
"""The API with leases that end soon, so that what is killed is cleared up within the patience of a test."""
AGENT = START + "from cumulo.image.agent.main import main; main()"
HOLDING_AGENT = START + f"""
import itertools, time
from cumulo.image import intake
from cumulo.image.store import file
intake.LARGEST_CHUNK = {TENTH}
numbers, begin, write = itertools.count(), file.Part.__init__, file.Part.write
def begin_held(self, directory, name):
    begin(self, directory, name)
    self.hold_at = next(numbers) * {TENTH} if directory.endswith("images") else None
def write_held(self, chunk):
    while self.size == self.hold_at:
        time.sleep(1)
    write(self, chunk)
def commit_held(self):
    while self.size == self.hold_at:
        time.sleep(1)
    commit(self)
commit = file.Part.commit
file.Part.__init__, file.Part.write, file.Part.commit = begin_held, write_held, commit_held
from cumulo.image.agent.main import main
main()
"""
"""The agent whose writes into the store stop: those of the first image before its first byte, and so on."""
QEMU_IMG = f"""#!{sys.executable}
import os, pathlib, sys, time
if sys.argv[1] != "convert" or "HOLD_CONVERSIONS" not in os.environ:
    os.execv({shutil.which("qemu-img")!r}, sys.argv)
held = pathlib.Path(os.environ["HOLD_CONVERSIONS"])
for number in range(11):
    try:
        (held / str(number)).mkdir()
        break
    except FileExistsError:
        continue
with open(sys.argv[-1], "r+b") as target:
    target.write(bytes({TENTH} * number))
(held / str(number) / "there").touch()
while True:
    time.sleep(1)
"""
"""A qemu-img that stops in its conversions, each at another tenth."""
OPTIONS: dict[str, dict[str, Any]] = {
    "DEFAULT": {"bus_silence_s": 1.5}, "scheduler": {"lease_s": 1.5, "poll_s": 0.3}}


@unittest.skipUnless(shutil.which("qemu-img"), "needs qemu-img")
class ImportFaults(unittest.TestCase):
    """One cloud for all tests, whose API and image agent the tests start and kill."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.directory = temporary_directory("import-faults")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.web = WebServer()
        cls.addClassCleanup(cls.web.close)
        options = OPTIONS | {"image": {"web_ports": cls.web.port, "web_allowed_networks": "127.0.0.1/32", "agent_heartbeat_s": 1}}
        cls.fleet = cls.enterClassContext(running(Fleet(cls.directory, hosts=0, schedulers=1, options=options)))
        cls.client = cls.fleet.client()
        for name in ("api", f"image.{CONTROL}"):
            cls.fleet.services.pop(name).end()
        cls.bin = cls.directory / "bin"
        cls.bin.mkdir()
        (cls.bin / "qemu-img").write_text(QEMU_IMG, encoding="utf-8")
        (cls.bin / "qemu-img").chmod(0o755)

    def setUp(self) -> None:
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.addCleanup(self.kill, "api", "agent")
        self.start("api", API)
        self.store = FileStore(str(self.fleet.directory / CONTROL / "images"))
        self.staging = FileStore(str(self.fleet.directory / CONTROL / "staging"))

    def start(self, what: str, program: str, **environment: str) -> None:
        """Start the API or the agent."""
        file = self.fleet.directory / ("api.conf" if what == "api" else f"image.{CONTROL}.conf")
        more = environment | {"PYTHONPATH": str(ROOT), "PATH": f"{self.bin}:{os.environ['PATH']}"}
        with open(self.directory / f"{what}.out", "ab") as log:
            self.running[what] = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-c", program, "--config-file", str(file)], env=os.environ | more,
                stdout=log, stderr=log)

    def kill(self, *names: str) -> None:
        """End processes as they stand."""
        for name in names:
            self.running[name].send_signal(signal.SIGKILL) if name in self.running else None
        for name in names:
            if name in self.running:
                self.running.pop(name).wait()

    def new_image(self) -> str:
        """Make an image without data; return its path."""
        made = self.client.post(IMAGES, {"name": "one", "disk_format": "raw", "container_format": "bare"})
        return f"{IMAGES}/{made['id']}"

    def staged(self) -> str:
        """Make an image with staged data; return its path."""
        image = self.new_image()
        self.client.upload(f"{image}/stage", DATA)
        return image

    def ask(self, image: str, method: dict[str, str]) -> None:
        """Ask for an import."""
        self.client.post(f"{image}/import", {"method": method})

    def die_and_recover(self, images: list[str], digest: str = SHA512, agent: str = AGENT) -> None:
        """Delete every other image, kill both processes, start them, and see that all ends well."""
        for image in images[::2]:
            self.client.delete(image)
        self.kill("agent", "api")
        self.start("api", API)
        self.start("agent", agent)
        kept = images[1::2]
        wait_for(lambda: all(self.client.get(image)["status"] == "active" for image in kept), "imports that end", 60)
        for image in kept:
            found = self.client.get(image)
            self.assertEqual((digest, ""), (found["os_hash_value"], found["os_glance_failed_import"]))
        self.assertFalse([image for image in images[::2] if self.client.has(image)])
        self.assert_agrees(len(kept))
        for image in kept:
            self.client.delete(image)
        self.assert_agrees(0)

    def assert_agrees(self, count: int) -> None:
        """So many images' data is stored, nothing is staged, and the audit finds nothing."""
        wait_for(lambda: not self.staging.names() and len(self.store.names()) == count and not audit_of(self.fleet),
                 f"a store with the data of {count} images, and of nobody else", 40, 0.5)

    def test_at_every_tenth_of_staging_downloading_and_storing(self) -> None:
        """All three at once, for starting processes again is what takes time here."""
        self.start("agent", HOLDING_AGENT)
        stores, downloads, stages = self.held_stores(), self.held_downloads(), self.held_stages()
        for image in stages[::2]:
            self.client.delete(image)
        self.die_and_recover(stores + downloads)
        kept = stages[1::2]
        wait_for(lambda: all(self.client.get(image)["status"] == "queued" for image in kept), "stages that are given up", 30)
        self.client.upload(f"{kept[0]}/stage", DATA)
        self.ask(kept[0], {"name": "glance-direct"})
        wait_for(lambda: self.client.get(kept[0])["status"] == "active", "an import of what was staged again", 30)
        for image in kept:
            self.client.delete(image)
        self.assert_agrees(0)

    def held_stores(self) -> list[str]:
        """Images whose staged data is on its way into the store."""
        images = [self.staged() for _ in TENTHS]
        for image in images:
            self.ask(image, {"name": "glance-direct"})
        wait_for(lambda: sizes(self.store) == [TENTH * tenth for tenth in TENTHS], "parts of every tenth", 30)
        return images

    def held_downloads(self) -> list[str]:
        """Images that are being downloaded."""
        reached = [threading.Event() for _ in TENTHS]
        done = threading.Event()
        self.addCleanup(done.set)

        def held(tenth: int) -> Any:
            def answer(handler: Any) -> None:
                handler.send_response(200)
                handler.send_header("Content-Length", str(SIZE))
                handler.end_headers()
                if reached[tenth].is_set():
                    handler.wfile.write(DATA)
                    return
                handler.wfile.write(DATA[:TENTH * tenth])
                handler.wfile.flush()
                reached[tenth].set()
                done.wait(60)
            return answer

        self.web.bodies |= {f"/{tenth}": held(tenth) for tenth in TENTHS}
        images = [self.new_image() for _ in TENTHS]
        for tenth, image in enumerate(images):
            self.ask(image, {"name": "web-download", "uri": f"{self.web.url}/{tenth}"})
        wait_for(lambda: all(each.is_set() for each in reached), "downloads that stand at every tenth", 30)
        return images

    def held_stages(self) -> list[str]:
        """Images whose data the API is receiving, to be imported."""
        token = self.token()
        images = [self.new_image() for _ in TENTHS]
        for tenth, image in enumerate(images):
            connection = socket.create_connection(("127.0.0.1", self.fleet.port), 20)
            self.addCleanup(connection.close)
            connection.sendall((f"PUT {image}/stage HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: {token}\r\n"
                                f"Content-Type: application/octet-stream\r\nContent-Length: {SIZE + 1}\r\n\r\n").encode())
            connection.sendall(DATA[:TENTH * tenth])
        wait_for(lambda: all(self.client.get(image)["status"] == "uploading" for image in images), "stages that begin", 30)
        return images

    def test_at_every_tenth_of_a_conversion(self) -> None:
        held = self.directory / "held"
        held.mkdir()
        converting = "import sys; sys.argv += ['--config-file', sys.argv[-1] + '.more']; " + AGENT
        file = self.fleet.directory / f"image.{CONTROL}.conf"
        pathlib.Path(f"{file}.more").write_text("[image]\nconvert_to = qcow2\n", encoding="utf-8")
        self.start("agent", converting, HOLD_CONVERSIONS=str(held))
        images = [self.staged() for _ in TENTHS]
        for image in images:
            self.ask(image, {"name": "glance-direct"})
        wait_for(lambda: all((held / str(tenth) / "there").exists() for tenth in TENTHS), "conversions at every tenth", 30)
        orphans = [pid for pid in children(self.running["agent"].pid)]
        self.assertEqual(len(TENTHS), len(orphans))
        wanted = self.directory / "wanted.qcow2"
        (self.directory / "raw").write_bytes(DATA)
        subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", self.directory / "raw", wanted], check=True)
        self.die_and_recover(images, hashlib.sha512(wanted.read_bytes()).hexdigest(), converting)
        self.assertFalse([pid for pid in orphans if processes.start_time(pid) is not None], "programs outlive their agent")

    def token(self) -> str:
        """Return a token of the administrator."""
        self.client.get(IMAGES)
        return str(self.client._client._token)


def sizes(store: FileStore) -> list[int]:
    """The sizes of all data in a store, whole or in part."""
    paths = pathlib.Path(store.directory).glob("*")
    return sorted(path.stat().st_size for path in paths)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = pathlib.Path(f"/proc/{pid}/task").glob("*/children")
    return [int(each) for path in found for each in path.read_text(encoding="ascii").split()]


if __name__ == "__main__":
    unittest.main()
