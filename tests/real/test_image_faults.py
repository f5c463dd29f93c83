"""Image data over real connections to a real API process: cut, lied about, killed at each tenth, and on a full disk."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import unittest
from collections.abc import Callable

from bench.image import MIB, Api
from cumulo.common.clock import Clock
from cumulo.common.db.engine import Database
from cumulo.image.store.file import FileStore
from cumulo.scheduler.audit.differences import differences_now
from tests.fixtures.rabbitmq import temporary_directory

PROGRAM = ("import eventlet; eventlet.monkey_patch(); from cumulo.image import uploads; uploads.LEASE_S = 3.0; "
           "uploads.RENEW_S = uploads.SWEEP_EVERY_S = 1.0; from cumulo.api.main import main; main()")
"""The API with leases that end soon, so that what is killed is cleared up within the patience of a test."""
SIZE = 4 * MIB
DATA = os.urandom(SIZE)
TENTHS = range(11)


class ImageFaults(unittest.TestCase):
    """One API for all tests: each ends with nothing half made and the same process."""

    api: Api
    directory: pathlib.Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.directory = temporary_directory("image-faults")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.api = Api(cls.directory, PROGRAM)
        cls.addClassCleanup(lambda: cls.api.stop())
        cls.api.start()

    def setUp(self) -> None:
        self.store = FileStore(str(self.directory / "images"))

    def begin(self, image: str, length: int | None) -> socket.socket:
        """Open a connection and send the head of an upload; no length means chunks."""
        connection = socket.create_connection(("127.0.0.1", self.api.port), 20)
        self.addCleanup(connection.close)
        size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        connection.sendall((f"PUT {image}/file HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: {self.api.token}\r\n"
                            f"Content-Type: application/octet-stream\r\n{size}\r\n\r\n").encode())
        return connection

    def answer(self, connection: socket.socket) -> tuple[int, bytes]:
        """The status and the body of an answer."""
        said = b""
        while b"\r\n\r\n" not in said:
            more = connection.recv(65536)
            self.assertTrue(more, f"no answer came: {said!r}")
            said += more
        return int(said.split(b" ", 2)[1]), said.partition(b"\r\n\r\n")[2]

    def status(self, image: str) -> str:
        """The status of an image."""
        return str(self.api.ask("GET", image)[1]["status"])

    def wait(self, question: Callable[[], bool], what: str, seconds: float = 20) -> None:
        """Ask until the answer is yes."""
        end = time.monotonic() + seconds
        while not question():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.1)

    def assert_nothing_left(self, *images: str) -> None:
        """All of them wait for data, nothing of which is there, and the audit agrees."""
        self.wait(lambda: not self.store.names() and all(self.status(image) == "queued" for image in images),
                  f"{self.store.names()} is left, or an image is not queued")
        database = Database(f"sqlite:///{self.directory}/cumulo.sqlite", Clock())
        try:
            said = {"image": {"stores": {"file": self.store.holdings().to_dict()}}}
            self.assertEqual([], [str(each) for each in differences_now(database, said)])
        finally:
            database.close()

    def upload_well(self, image: str) -> None:
        """Upload all of it, look at it, and delete the image."""
        connection = self.begin(image, SIZE)
        connection.sendall(DATA)
        self.assertEqual(204, self.answer(connection)[0])
        self.assertEqual(("active", SIZE), (self.status(image), self.store.usage()))
        self.api.ask("DELETE", image)

    def test_a_connection_that_is_cut_at_every_tenth(self) -> None:
        images = []
        for tenth in TENTHS[:-1]:
            for length in (SIZE, None):
                images.append(self.api.new_image())
                connection = self.begin(images[-1], length)
                part = DATA[:SIZE * tenth // 10]
                connection.sendall(part if length else b"%x\r\n%b" % (SIZE, part))
                if tenth % 2:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
                connection.close()
        self.assert_nothing_left(*images)
        self.upload_well(images[0])

    def test_a_length_that_is_not_the_bodys(self) -> None:
        image = self.api.new_image()
        connection = self.begin(image, SIZE + 1)
        connection.sendall(DATA)
        connection.shutdown(socket.SHUT_WR)
        status, body = self.answer(connection)
        self.assertEqual((400, f"The data ended after {SIZE} of {SIZE + 1} bytes."), (status, json.loads(body)["error"]["message"]))
        self.assert_nothing_left(image)
        connection = self.begin(image, SIZE - 1000)
        connection.sendall(DATA)  # what is too much is the next request, and none
        self.assertEqual(204, self.answer(connection)[0])
        self.assertEqual(SIZE - 1000, self.api.ask("GET", image)[1]["size"])
        self.api.ask("DELETE", image)
        self.assert_nothing_left()

    def test_chunks_that_make_no_sense(self) -> None:
        for nonsense in (b"xyz\r\n", b"-5\r\nabcde\r\n", b"5\r\nab"):
            image = self.api.new_image()
            connection = self.begin(image, None)
            connection.sendall(b"3\r\nabc\r\n" + nonsense)
            connection.shutdown(socket.SHUT_WR)
            self.assertEqual(400, self.answer(connection)[0])
            self.assert_nothing_left(image)

    def test_a_download_that_is_cut_holds_nothing(self) -> None:
        image = self.api.new_image()
        connection = self.begin(image, SIZE)
        connection.sendall(DATA)
        self.answer(connection)
        before = len(os.listdir(f"/proc/{self.api.pid}/fd"))
        for tenth in TENTHS:
            connection = self.download(image)
            got = 0
            while got < SIZE * tenth // 10:
                got += len(connection.recv(65536))
            connection.close()
        self.wait(lambda: len(os.listdir(f"/proc/{self.api.pid}/fd")) <= before, "files are left open")
        self.api.ask("DELETE", image)

    def download(self, image: str) -> socket.socket:
        """Ask for the data."""
        connection = socket.create_connection(("127.0.0.1", self.api.port), 20)
        self.addCleanup(connection.close)
        connection.sendall(f"GET {image}/file HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: {self.api.token}\r\n\r\n".encode())
        return connection

    def test_data_that_was_cut_in_the_store_ends_the_connection(self) -> None:
        for kept in (SIZE // 2, 1000, 0):
            image = self.api.new_image()
            connection = self.begin(image, SIZE)
            connection.sendall(DATA)
            self.answer(connection)
            name, = self.store.names()
            os.truncate(self.store.path(name), kept)
            connection, got = self.download(image), 0
            while more := connection.recv(65536):
                got += len(more)
            self.assertLess(got, kept + 2000)
            self.api.ask("DELETE", image)

    def test_the_api_is_killed_at_every_tenth_of_an_upload(self) -> None:
        images = [self.api.new_image() for _ in TENTHS]
        for tenth, image in zip(TENTHS, images, strict=True):
            # The last one has all of its bytes but the end, so that it cannot be finished.
            self.begin(image, SIZE + 1).sendall(DATA[:SIZE * tenth // 10])
        self.wait(lambda: self.store.usage() >= SIZE, "the data does not arrive")
        self.assertEqual({"saving"}, {self.status(image) for image in images})
        self.kill()
        self.assertTrue(self.store.names())
        self.api.start_again()
        self.assert_nothing_left(*images)
        self.upload_well(images[-1])

    def kill(self) -> None:
        """End the API as it stands."""
        os.kill(self.api.pid, signal.SIGKILL)
        self.wait(lambda: not pathlib.Path(f"/proc/{self.api.pid}/exe").exists(), "it does not end")

    def test_the_api_is_killed_while_it_makes_data_durable(self) -> None:
        for number in range(4):
            image = self.api.new_image()
            self.begin(image, SIZE).sendall(DATA)
            time.sleep(0.005 * number)
            self.kill()
            self.api.start_again()
            self.wait(lambda: self.status(image) != "saving", "it is stuck")  # noqa: B023
            if self.status(image) == "active":
                self.assertEqual(SIZE, self.store.usage())
            self.api.ask("DELETE", image)
            self.assert_nothing_left()

    def test_the_api_is_killed_while_it_deletes(self) -> None:
        for number in range(4):
            image = self.api.new_image()
            connection = self.begin(image, SIZE)
            connection.sendall(DATA)
            self.assertEqual(204, self.answer(connection)[0])
            connection.sendall(f"DELETE {image} HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: {self.api.token}\r\n\r\n".encode())
            time.sleep(0.005 * number)
            self.kill()
            self.api.start_again()
            listed = self.api.ask("GET", "/image/v2/images?limit=1000")[1]["images"]
            if any(each["id"] in image for each in listed):
                self.assertEqual(("active", SIZE), (self.status(image), self.store.usage()))
                self.api.ask("DELETE", image)
            self.assert_nothing_left()

    @unittest.skipUnless(os.getuid() == 0, "mounts a file system")
    def test_a_disk_that_is_full_in_the_middle(self) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE // 2}", "tmpfs", self.store.directory], check=True)
        try:
            for length in (SIZE, None):
                image = self.api.new_image()
                connection = self.begin(image, length)
                connection.sendall(DATA if length else b"%x\r\n%b\r\n0\r\n\r\n" % (SIZE, DATA))
                status, body = self.answer(connection)
                self.assertEqual((413, True), (status, b"full" in body))
                self.assert_nothing_left(image)
        finally:
            subprocess.run(["umount", self.store.directory], check=True)
        self.upload_well(image)


if __name__ == "__main__":
    unittest.main()
