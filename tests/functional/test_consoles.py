"""Consoles: the URL of one, its page, and the websocket behind it, spoken to as a browser does."""

import base64
import os
import queue
import socket
import struct
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

import eventlet
import eventlet.wsgi

from cumulo.common import errors
from cumulo.identity import seals
from tests.fixtures.whole_cloud import V
from tests.functional.test_server_life import LifeCase, at


class Browser:
    """A websocket's client (RFC 6455) by hand: the status line, then frames."""

    def __init__(self, address: tuple[str, int], path: str) -> None:
        self._socket = socket.create_connection(address, timeout=4)
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall((f"GET /{path.lstrip('/')} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: "
                              f"Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Protocol: binary\r\n\r\n").encode())
        head = b""
        while b"\r\n\r\n" not in head and (byte := self._socket.recv(1)):
            head += byte
        self.head = head.decode()
        self.status = int(self.head.split()[1])

    def say(self, data: bytes) -> None:
        """Send a masked frame of at most 125 bytes."""
        mask = os.urandom(4)
        self._socket.sendall(bytes((0x82, 0x80 | len(data))) + mask + bytes(
            each ^ mask[number % 4] for number, each in enumerate(data)))

    def hear(self) -> bytes:
        """Return the content of the next frame, nothing when there is none."""
        head = self._exactly(2)
        if not head or head[0] & 15 == 8:
            return b""
        length = head[1] & 127
        if length == 126:
            (length,) = struct.unpack(">H", self._exactly(2))
        return self._exactly(length)

    def _exactly(self, length: int) -> bytes:
        found = b""
        while len(found) < length and (more := self._socket.recv(length - len(found))):
            found += more
        return found

    def close(self) -> None:
        """Go away without a word."""
        self._socket.close()


class Consoles(LifeCase):
    """One cloud whose API listens on a port."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        ready: queue.Queue[tuple[str, int]] = queue.Queue()
        threading.Thread(target=cls.serve, args=(ready,), daemon=True).start()
        cls.address = ready.get(timeout=10)
        cls.server_id = cls.cloud.boot()

    @classmethod
    def serve(cls, ready: "queue.Queue[tuple[str, int]]") -> None:
        """Serve the API in a thread of its own, which is green inside."""
        listener = eventlet.listen(("127.0.0.1", 0))
        ready.put(listener.getsockname())
        eventlet.wsgi.server(listener, cls.cloud.application, log_output=False)

    def console(self, protocol: str, kind: str, **options: Any) -> Any:
        """Ask for a console."""
        return self.cloud.post(f"{V}/servers/{self.server_id}/remote-consoles", {"remote_console": {
            "protocol": protocol, "type": kind}}, headers=at(options.pop("version", "2.8")), **options)

    def socket_path(self, url: str) -> str:
        """Return the path of the websocket that a page of noVNC connects to."""
        return parse_qs(urlsplit(url).query)["path"][0]

    def test_display(self) -> None:
        made = self.console("vnc", "novnc").json["remote_console"]
        self.assertEqual(("vnc", "novnc"), (made["protocol"], made["type"]))
        page = self.cloud.request("GET", made["url"].partition("5000")[2], token=None)
        self.assertEqual((200, True), (page.status_int, "noVNC" in page.text and "</html>" in page.text))
        browser = Browser(self.address, self.socket_path(made["url"]))
        self.addCleanup(browser.close)
        self.assertEqual(101, browser.status, browser.head)
        self.assertIn("Sec-WebSocket-Protocol: binary", browser.head)
        self.assertEqual(b"RFB 003.008\n", browser.hear())
        browser.say(b"RFB 003.008\n")
        self.assertEqual(b"\1\1", browser.hear())
        browser.say(b"\1")
        self.assertEqual(bytes(4), browser.hear())
        browser.say(b"\1")
        self.assertEqual(b"one", browser.hear()[24:])
        browser.say(struct.pack(">BBHHHH", 3, 0, 0, 0, 64, 48))
        self.assertEqual(16 + 4 * 64 * 48, len(browser.hear()))

    def test_serial_line(self) -> None:
        made = self.console("serial", "serial").json["remote_console"]
        self.assertTrue(made["url"].startswith("ws://"), made)
        browser = Browser(self.address, made["url"].partition("5000/")[2])
        self.addCleanup(browser.close)
        self.assertEqual(b"one login: ", browser.hear())
        browser.say(b"root\r")
        self.assertEqual(b"root\r", browser.hear())

    def test_bad_tokens(self) -> None:
        path = self.socket_path(self.console("vnc", "novnc").json["remote_console"]["url"])
        other = seals.seal(self.cloud.conf, self.cloud.runtime.clock.now(), "another purpose", {}, 60)
        late = seals.seal(self.cloud.conf, self.cloud.runtime.clock.now() - 100, "console",
                          {"server_id": self.server_id, "kind": "novnc"}, 60)
        for wrong in (path.replace("token=", "token=bad"), "console/websockify", "console/websockify?token=",
                      f"console/websockify?token={other}", f"console/websockify?token={late}",
                      f"console/websockify?token={self.cloud.token()}"):
            browser = Browser(self.address, wrong)
            self.assertEqual((403, b""), (browser.status, browser.hear()), wrong)
            browser.close()
        proof = parse_qs(path.partition("?")[2])["token"][0]
        self.assertEqual(401, self.cloud.request("GET", f"{V}/servers", token=proof).status_int)
        with self.assertRaises(errors.NotFound):
            seals.unseal(self.cloud.conf, self.cloud.runtime.clock.now(), "console", "x" * 3000)

    def test_old_actions(self) -> None:
        path = f"{V}/servers/{self.server_id}/action"
        for name, kind, status in (("VNC", "novnc", 200), ("SPICE", "spice-html5", 200), ("Serial", "serial", 200),
                                   ("RDP", "rdp-html5", 400), ("VNC", "xvpvnc", 400)):
            answers = [self.cloud.post(path, {f"os-get{name}Console": {"type": kind}}, headers=at(each))
                       for each in ("2.5", "2.6")]
            self.assertEqual([status, 400], [each.status_int for each in answers], kind)
            self.assertIn(kind, answers[0].text)

    def test_refusals(self) -> None:
        for protocol, kind, version in (("mks", "webmks", "2.7"), ("mks", "webmks", "2.8"), ("vnc", "spice-html5", "2.8"),
                                        ("spice", "spice-direct", "2.98"), ("spice", "spice-direct", "2.99"),
                                        ("rdp", "rdp-html5", "2.8")):
            self.assertEqual(400, self.console(protocol, kind, version=version).status_int, (kind, version))
        self.assertEqual(404, self.console("vnc", "novnc", version="2.5").status_int)
        bob = self.cloud.make_user("bob")
        self.assertEqual(404, self.console("vnc", "novnc", token=bob).status_int)
        off = self.cloud.boot()
        self.cloud.act(off, {"os-stop": None}, "SHUTOFF")
        asked = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
        self.assertEqual(409, self.cloud.post(f"{V}/servers/{off}/remote-consoles", asked, headers=at("2.8")).status_int)
        self.cloud.remove(off)

    def test_token_tells_where(self) -> None:
        path = self.socket_path(self.console("vnc", "novnc").json["remote_console"]["url"])
        where = f"{V}/os-console-auth-tokens/{parse_qs(path.partition('?')[2])['token'][0]}"
        shown = self.cloud.get(where, headers=at("2.31")).json["console"]
        self.assertEqual((self.server_id, "127.0.0.1", False), (shown["instance_uuid"], shown["host"], "tls_port" in shown))
        self.assertIn("tls_port", self.cloud.get(where, headers=at("2.99")).json["console"])
        self.assertEqual([401, 404], [self.cloud.get(where, headers=at("2.30")).status_int,
                                      self.cloud.get(f"{V}/os-console-auth-tokens/x", headers=at("2.31")).status_int])
        self.assertEqual(403, self.cloud.get(where, headers=at("2.31"), token=self.cloud.make_user("eve")).status_int)

    def test_files(self) -> None:
        for path in ("/console/../../etc/passwd", "/console/%2e%2e/%2e%2e/etc/passwd", "/console/none.js", "/console/"):
            self.assertEqual(404, self.cloud.request("GET", path, token=None).status_int, path)
        self.assertEqual(405, self.cloud.request("POST", "/console/vnc_lite.html", token=None).status_int)
