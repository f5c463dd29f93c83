"""Image data through a real API process: ranges by sendfile, slow clients, connections that are used again, S3."""

import http.client
import os
import shutil
import socket
import time
import unittest

from bench.image import MIB, Api
from tests.fixtures.rabbitmq import temporary_directory
from tests.fixtures.s3 import BUCKET, S3Server

SIZE = 9 * MIB + 12345
DATA = os.urandom(SIZE)


class Transfers(unittest.TestCase):
    """One API with a store on its disk and one on S3."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.s3 = S3Server()
        cls.addClassCleanup(cls.s3.stop)
        cls.directory = temporary_directory("image-transfers")
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.api = Api(cls.directory, settings=(
            "[image]\nenabled_stores = file:file, far:s3\n[image_store_far]\n"
            f"endpoint = {cls.s3.url}\nbucket = {BUCKET}\naccess_key = test\nsecret_key = test\n"))
        cls.addClassCleanup(cls.api.stop)
        cls.api.start()

    def setUp(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.api.port, timeout=30)
        self.addCleanup(self.connection.close)

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
        """Send a request over the test's one connection."""
        self.connection.request(method, path, body, {"X-Auth-Token": self.api.token, **headers})
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def image(self, store: str = "file", body: object = DATA, **headers: str) -> str:
        """An image with the data; its path."""
        path = self.api.new_image()
        kind = {"Content-Type": "application/octet-stream", "X-Image-Meta-Store": store}
        self.assertEqual((204, b""), self.ask("PUT", f"{path}/file", body, **kind, **headers))
        return path

    def test_every_range_over_one_connection(self) -> None:
        path = self.image()
        for first, last in ((0, SIZE - 1), (0, 0), (1, 65536), (65535, 65536), (65536, 65536 + 3), (MIB + 7, SIZE - 2),
                            (SIZE - 1, SIZE - 1)):
            status, body = self.ask("GET", f"{path}/file", Range=f"bytes={first}-{last}")
            self.assertEqual((206, True), (status, body == DATA[first:last + 1]), (first, last))
        self.assertEqual((200, DATA), self.ask("GET", f"{path}/file"))
        self.assertEqual((200, b""), self.ask("HEAD", f"{path}/file"))
        self.assertEqual(416, self.ask("GET", f"{path}/file", Range=f"bytes={SIZE}-")[0])
        self.assertEqual(204, self.ask("DELETE", path)[0])

    def test_in_chunks_and_after_a_go_on(self) -> None:
        path = self.image(body=(DATA[start:start + 70_001] for start in range(0, SIZE, 70_001)))
        self.assertEqual(DATA, self.ask("GET", f"{path}/file")[1])
        path = self.api.new_image()
        with socket.create_connection(("127.0.0.1", self.api.port), 30) as connection:
            connection.sendall((f"PUT {path}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {self.api.token}\r\nExpect: 100-continue"
                                f"\r\nContent-Type: application/octet-stream\r\nContent-Length: {SIZE}\r\n\r\n").encode())
            self.assertIn(b" 100 ", connection.recv(1000))
            connection.sendall(DATA)
            self.assertIn(b" 204 ", connection.recv(1000))
        self.assertEqual(DATA, self.ask("GET", f"{path}/file")[1])

    def test_slow_clients_hold_nobody_up(self) -> None:
        path = self.image()
        slow = []
        for _ in range(30):  # more than there are native threads
            connection = socket.create_connection(("127.0.0.1", self.api.port), 30)
            self.addCleanup(connection.close)
            connection.sendall(f"GET {path}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {self.api.token}\r\n\r\n".encode())
            slow.append(connection)
        for connection in slow:
            connection.recv(100)
        began = time.monotonic()
        self.assertEqual(DATA, self.ask("GET", f"{path}/file")[1])
        self.assertLess(time.monotonic() - began, 10)
        got = slow[0].recv(1000)
        while len(got) < SIZE:
            more = slow[0].recv(1 << 20)
            self.assertTrue(more)
            got += more
        self.assertTrue(got.endswith(DATA[-1000:]))

    def test_a_body_that_trickles_in(self) -> None:
        path = self.api.new_image()
        with socket.create_connection(("127.0.0.1", self.api.port), 30) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall((f"PUT {path}/file HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {self.api.token}\r\n"
                                f"Content-Type: application/octet-stream\r\nContent-Length: {MIB}\r\n\r\n").encode())
            for start in range(0, MIB, 40_000):
                connection.sendall(DATA[start:min(start + 40_000, MIB)])
                time.sleep(0.01)
            self.assertIn(b" 204 ", connection.recv(1000))
            # The connection is as it was: what is short is heard.
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {self.api.token}\r\n\r\n".encode())
            self.assertIn(b" 200 ", connection.recv(1000))
        self.assertEqual(DATA[:MIB], self.ask("GET", f"{path}/file")[1])

    def test_s3_and_the_copy_of_it(self) -> None:
        path = self.image("far")
        self.assertEqual(1, len(self.s3.keys()))
        self.assertEqual([], os.listdir(self.directory / "spool-far"))
        self.assertEqual(DATA[5:77], self.ask("GET", f"{path}/file", Range="bytes=5-76")[1])
        self.assertEqual(DATA, self.ask("GET", f"{path}/file")[1])
        self.s3.client.delete_object(Bucket=BUCKET, Key=self.s3.keys()[0])
        self.assertEqual(DATA, self.ask("GET", f"{path}/file")[1], "read from the copy alone")
        self.assertEqual(DATA[MIB:], self.ask("GET", f"{path}/file", Range=f"bytes={MIB}-")[1])
        shown, = self.api.ask("GET", "/image/v2/cache")[1]["cached_images"]
        self.assertEqual((2, SIZE), (shown["hits"], shown["size"]))
        self.assertEqual(204, self.ask("DELETE", path)[0])
        self.assertEqual([], self.api.ask("GET", "/image/v2/cache")[1]["cached_images"])

    def test_a_copy_on_demand(self) -> None:
        path = self.image("far")
        image_id = path.rpartition("/")[2]
        self.assertEqual(202, self.ask("PUT", f"/image/v2/cache/{image_id}")[0])
        end = time.monotonic() + 20
        while not (cached := self.api.ask("GET", "/image/v2/cache")[1]["cached_images"]):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)
        self.assertEqual(image_id, cached[0]["image_id"])
        self.ask("DELETE", path)
        self.assertEqual([], self.s3.keys())


if __name__ == "__main__":
    unittest.main()
