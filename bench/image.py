"""Figures of image data: upload, download, and what the API process needs for many transfers at once.

    python -m bench.image [--mib 1024] [--rounds 3] [--directory DIR] [--transfers 16] [--only NAME ...]

Starts one cumulo-api over SQLite in a temporary directory, a static file server, and the smallest programs that move
the same bytes. All are measured in turns in the same run, for a machine is never twice the same; the best round of
each counts, and each of ours stands beside those as a ratio. Clients are processes of their own on the same machine.
"""

import argparse
import contextlib
import hashlib
import http.client
import json
import multiprocessing
import os
import pathlib
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.identity import PASSWORD, START, Service
from cumulo.api import main as api_main
from cumulo.common import config
from cumulo.common.clock import Clock
from cumulo.common.db import migrate
from cumulo.common.db.engine import Database
from cumulo.common.ids import Ids
from cumulo.identity import bootstrap

MIB = 1024 * 1024
BLOCK = MIB
_ZEROS = bytes(MIB)
UPLOAD_GOAL = 400.0
MEMORY_GOAL_MIB = 32.0


class Api:
    """A cumulo-api and a token of its administrator."""

    def __init__(self, directory: pathlib.Path, program: str = START, settings: str = "") -> None:
        self._directory = directory
        self._settings = settings
        self._program = program
        self._service = Service(directory, "api")
        self.port = self._service.port
        self.token = ""

    @property
    def pid(self) -> int:
        """Return its process."""
        return self._service._pid

    def start(self) -> None:
        """Start it over an empty database and log in."""
        file, url = self._directory / "cumulo.conf", f"sqlite:///{self._directory}/cumulo.sqlite"
        file.write_text(
            f"[DEFAULT]\nstate_dir = {self._directory}\nbus_url = memory://\n[database]\nurl = {url}\n[api]\n"
            f"port = {self.port}\npublic_url = http://127.0.0.1:{self.port}\n{self._settings}", encoding="utf-8")
        conf = config.load([str(file)], registrations=api_main.REGISTRATIONS)
        database = Database(url, Clock())
        migrate.upgrade(database)
        bootstrap.ensure(database, conf, Ids(), Clock(), admin_password=PASSWORD,
                         public_url=f"http://127.0.0.1:{self.port}")
        database.close()
        self.start_again()
        user = {"name": "admin", "domain": {"id": "default"}, "password": PASSWORD}
        scope = {"project": {"name": "admin", "domain": {"id": "default"}}}
        answer, _ = self.ask("POST", "/identity/v3/auth/tokens", {
            "auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}})
        self.token = str(answer.getheader("X-Subject-Token"))

    def start_again(self) -> None:
        """Start it over what is there."""
        self._service.start(self._program, "--config-file", str(self._directory / "cumulo.conf"))

    def stop(self) -> None:
        """End it."""
        self._service.stop()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[http.client.HTTPResponse, Any]:
        """Send a small request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, None if body is None else json.dumps(body), {
            "Content-Type": "application/json", "X-Auth-Token": self.token})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {text!r}")
        return answer, json.loads(text) if text else None

    def new_image(self) -> str:
        """Make an image without data; return its path."""
        image = self.ask("POST", "/image/v2/images", {"disk_format": "raw", "container_format": "bare"})[1]
        return f"/image/v2/images/{image['id']}"

    def cpu_s(self) -> float:
        """Return the processor seconds it has used."""
        return self._service.cpu_s()

    def anonymous_mib(self) -> float:
        """Return the memory that is the process's own."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(status.partition("RssAnon:")[2].split()[0]) / 1024


def main() -> None:
    """Measure and print."""
    options = _options()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-bench-image-", dir=options.directory))
    api = Api(directory)
    try:
        api.start()
        data = directory / "data"
        _fill(data, options.mib)
        best = _rounds(api, data, directory, options)
        _report(best, options.mib)
        if not options.only:
            _memory(api, data, options)
    finally:
        api.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=1024, help="size of the image")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--transfers", type=int, default=16, help="transfers at once while memory is watched")
    parser.add_argument("--directory", help="where everything is written; the default is the system's")
    parser.add_argument("--only", nargs="*", default=[], help="measure only these, and no memory")
    return parser.parse_args()


def _fill(path: pathlib.Path, mib: int) -> None:
    """Write what does not compress, and read it once so that it is in the kernel's cache."""
    block = os.urandom(MIB)
    with path.open("wb") as file:
        for number in range(mib):
            file.write(number.to_bytes(8, "big") + block[8:])
        file.flush()
        os.fsync(file.fileno())


def _warm(path: pathlib.Path, mib: int) -> None:
    """Let nobody pay for what was before: write back what is dirty, and take memory for as many bytes once.

    A virtual machine gives memory back to its host when it is free for a while, and getting it again is slow.
    """
    os.sync()
    with path.open("wb", buffering=0) as file:
        for _ in range(mib):
            file.write(_ZEROS)
    path.unlink()


def _own_cpu_s() -> float:
    """Return the processor seconds of this process and of those it started and saw ending."""
    return sum(os.times()[:4])


Measure = Callable[[], float]


def _rounds(api: Api, data: pathlib.Path, directory: pathlib.Path, options: argparse.Namespace) -> dict[str, float]:
    target = directory / "target"
    image = api.new_image()
    measures: dict[str, Measure] = {
        "plain copy": lambda: _copy(data, target, False),
        "copy and fsync": lambda: _copy(data, target, True),
        "both hashes, one after the other": lambda: _hashes(data),
        "bare socket upload": lambda: _bare_upload(data, target, False),
        "bare upload and fsync": lambda: _bare_upload(data, target, True),
        "upload": lambda: _upload_once(api, data),
        "bare sendfile loop": lambda: _bare_download(data),
        "static file server": lambda: _static_download(directory, data),
        "download": lambda: _download(api.port, f"{image}/file", api.token, data.stat().st_size),
    }
    if not options.only or "download" in options.only:
        _upload(api, image, data)
    best: dict[str, float] = {}
    for _ in range(options.rounds):
        for name, measure in measures.items():
            if not options.only or name in options.only:
                _warm(target, options.mib)
                used = api.cpu_s(), _own_cpu_s()
                rate = options.mib / measure()
                best[name] = max(best.get(name, 0.0), rate)
                spent = [(now - then) * 1024 / options.mib for now, then in zip((api.cpu_s(), _own_cpu_s()), used)]
                print(f"    {name:<34}{rate:8.0f} MiB/s   processor s/GiB: API {spent[0]:.2f}, others {spent[1]:.2f};  "
                      f"load {os.getloadavg()[0]:.1f}", flush=True)
    return best


def _report(best: dict[str, float], mib: int) -> None:
    print(f"\nbest of each, {mib} MiB")
    for name, rate in best.items():
        ratios = [f"{rate / best[other]:.2f} of {other}" for other in _BESIDE.get(name, ()) if other in best]
        goal = f"  goal {UPLOAD_GOAL:.0f}" if name == "upload" else ""
        print(f"  {name:<34}{rate:8.0f} MiB/s{goal}  {', '.join(ratios)}")


_BESIDE = {"upload": ("plain copy", "copy and fsync", "bare socket upload", "bare upload and fsync",
                      "both hashes, one after the other"),
           "download": ("bare sendfile loop", "static file server", "plain copy")}


def _timed(work: Callable[[], Any]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _copy(source: pathlib.Path, target: pathlib.Path, sync: bool) -> float:
    def work() -> None:
        with source.open("rb", buffering=0) as reading, target.open("wb", buffering=0) as writing:
            while block := reading.read(BLOCK):
                writing.write(block)
            if sync:
                os.fsync(writing.fileno())
    try:
        return _timed(work)
    finally:
        target.unlink()


def _hashes(source: pathlib.Path) -> float:
    def work() -> None:
        digests = hashlib.md5(usedforsecurity=False), hashlib.sha512()
        with source.open("rb", buffering=0) as reading:
            while block := reading.read(BLOCK):
                for digest in digests:
                    digest.update(block)
    return _timed(work)


@contextlib.contextmanager
def _server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Let a process of its own serve one connection; give its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    process = multiprocessing.get_context("fork").Process(target=_serve_one, args=(listener, serve))
    process.start()
    port = listener.getsockname()[1]
    listener.close()
    try:
        yield port
    finally:
        process.join(60)
        if process.exitcode != 0:
            raise SystemExit(f"a bare server ended with {process.exitcode}")


def _serve_one(listener: socket.socket, serve: Callable[[socket.socket], None]) -> None:
    connection, _ = listener.accept()
    with connection:
        serve(connection)


def _bare_upload(data: pathlib.Path, target: pathlib.Path, sync: bool) -> float:
    def serve(connection: socket.socket) -> None:
        buffer = bytearray(BLOCK)
        view = memoryview(buffer)
        with target.open("wb", buffering=0) as file:
            while count := connection.recv_into(buffer):
                file.write(view[:count])
            if sync:
                os.fsync(file.fileno())
        connection.sendall(b"x")

    def work(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection, data.open("rb") as file:
            connection.sendfile(file)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)
    with _server(serve) as port:
        took = _timed(lambda: work(port))
    target.unlink()
    return took


def _bare_download(data: pathlib.Path) -> float:
    def serve(connection: socket.socket) -> None:
        connection.recv(1)
        with data.open("rb") as file:
            size, sent = os.fstat(file.fileno()).st_size, 0
            while sent < size:
                sent += os.sendfile(connection.fileno(), file.fileno(), sent, size - sent)

    def work(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"x")
            _drain(connection, data.stat().st_size)
    with _server(serve) as port:
        return _timed(lambda: work(port))


def _drain(connection: socket.socket, left: int) -> None:
    buffer = bytearray(BLOCK)
    while left:
        count = connection.recv_into(buffer)
        if not count:
            raise SystemExit(f"{left} bytes are missing")
        left -= count


def _static_download(directory: pathlib.Path, data: pathlib.Path) -> float:
    service = Service(directory, "static")
    program = ("import sys; from functools import partial; from http.server import *; ThreadingHTTPServer(('127.0.0.1', "
               "int(sys.argv[1])), partial(SimpleHTTPRequestHandler, directory=sys.argv[2])).serve_forever()")
    service._answers = lambda: _listens(service.port)  # type: ignore[method-assign]
    service.start(program, str(service.port), str(directory))
    try:
        return _download(service.port, f"/{data.name}", "", data.stat().st_size)
    finally:
        service.stop()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _upload(api: Api, path: str, data: pathlib.Path) -> float:
    """Send a file as the data of an image; the client only hands it from the cache to the socket."""
    size = data.stat().st_size

    def work() -> None:
        with socket.create_connection(("127.0.0.1", api.port)) as connection, data.open("rb") as file:
            connection.sendall(_head("PUT", f"{path}/file", api.token, size))
            connection.sendfile(file)
            _expect(connection, b"204")
    took = _timed(work)
    if not path.endswith("/file") and api.ask("GET", path)[1]["size"] != size:
        raise SystemExit("the image is not what was sent")
    return took


def _upload_once(api: Api, data: pathlib.Path) -> float:
    image = api.new_image()
    try:
        return _upload(api, image, data)
    finally:
        api.ask("DELETE", image)


def _download(port: int, path: str, token: str, size: int) -> float:
    def work() -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(_head("GET", path, token, None))
            _drain(connection, size - len(_expect(connection, b"200")))
    return _timed(work)


def _head(method: str, path: str, token: str, size: int | None) -> bytes:
    body = "" if size is None else f"Content-Type: application/octet-stream\r\nContent-Length: {size}\r\n"
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: {token}\r\n{body}\r\n".encode()


def _expect(connection: socket.socket, status: bytes) -> bytes:
    """Read the headers of an answer; return what of the body came with them."""
    said = b""
    while b"\r\n\r\n" not in said:
        more = connection.recv(65536)
        if not more:
            raise SystemExit(f"the answer broke off: {said!r}")
        said += more
    if said.split(b" ", 2)[1] != status:
        raise SystemExit(f"the answer is {said[:500]!r}")
    return said.partition(b"\r\n\r\n")[2]


def _memory(api: Api, data: pathlib.Path, options: argparse.Namespace) -> None:
    """Watch the process while half of the transfers go up and half come down."""
    small = data.with_name("small")
    _fill(small, 64)
    image = api.new_image()
    _upload(api, image, small)
    _watch(api, small, image, 2)  # what the first transfers leave behind is there once: threads, imports
    time.sleep(1)
    idle = api.anonymous_mib()
    peak, took = _watch(api, small, image, options.transfers)
    print(f"\nmemory: idle {idle:.1f} MiB, {peak - idle:+.1f} MiB at most with {options.transfers} transfers at once "
          f"(goal {MEMORY_GOAL_MIB:.0f}), {options.transfers * 64 / took:.0f} MiB/s together")
    if peak - idle > MEMORY_GOAL_MIB:
        sys.exit("the memory is not flat")


def _watch(api: Api, small: pathlib.Path, image: str, count: int) -> tuple[float, float]:
    context = multiprocessing.get_context("fork")
    up = [context.Process(target=_upload, args=(api, api.new_image(), small)) for _ in range(count // 2)]
    down = [context.Process(target=_download, args=(api.port, f"{image}/file", api.token, small.stat().st_size))
            for _ in range(count - count // 2)]
    highest, done = 0.0, threading.Event()

    def look() -> None:
        nonlocal highest
        while not done.wait(0.02):
            highest = max(highest, api.anonymous_mib())
    looking = threading.Thread(target=look)
    began = time.monotonic()
    for process in (*up, *down):
        process.start()
    looking.start()
    for process in (*up, *down):
        process.join()
    took = time.monotonic() - began
    done.set()
    looking.join()
    if any(process.exitcode for process in (*up, *down)):
        raise SystemExit("a transfer failed")
    return highest, took


if __name__ == "__main__":
    main()
