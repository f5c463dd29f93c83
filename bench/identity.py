"""Identity's figures: logins, validations and lists over HTTP, validations inside of a process, queries of each.

    python -m bench.identity [--seconds 3] [--rounds 3] [--workers 2] [--only NAME ...]

Starts a PostgreSQL of its own and one cumulo-api with two workers in a temporary directory, and removes
them. Each figure stands beside the one it is held to: twenty times upstream's on a machine of this kind.
The clients share the machine with the API, and so may others. So beside each figure stand the load average,
the processor time that the API spent on a request, and how it compares to a bare server measured in turns with
it: two processes of the same HTTP server whose application answers with the same number of bytes and does nothing
else. The best of several rounds counts.
"""

import argparse
import collections
import contextlib
import dataclasses
import json
import multiprocessing
import os
import pathlib
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from cumulo.api import main as api_main
from cumulo.cloud import own_server, processes
from cumulo.cloud.postgresql import PostgreSQL
from cumulo.common import config
from cumulo.common.clock import Clock
from cumulo.common.db import migrate
from cumulo.common.db.engine import Database
from cumulo.common.ids import Ids
from cumulo.identity import bootstrap
from cumulo.identity.tokens import Validator

PASSWORD = "correct horse battery staple"
TIMES_UPSTREAM = 20
IN_PROCESS_GOAL = 10_000
CLIENTS = (1, 8)
TOKENS = 100  # distinct ones that the validations go through
START = "from cumulo.cloud.entry import api; api()"
BARE = """
import os, sys, eventlet, eventlet.wsgi
eventlet.monkey_patch()
port, workers, size = map(int, sys.argv[1:])
listener = eventlet.listen(("127.0.0.1", port))
body, headers = b"x" * size, [("Content-Type", "application/json"), ("Content-Length", str(size))]
def application(environ, start_response):
    start_response("200 OK", headers)
    return [body]
for _ in range(workers - 1):
    if not os.fork():
        eventlet.hubs.use_hub()
        break
eventlet.wsgi.server(listener, application, log_output=False, debug=False)
"""
BARE_BYTES = 3000  # about what a validation answers


@dataclasses.dataclass(frozen=True)
class Load:
    """A kind of request, the status it is answered with, and upstream's rates with 1 and 8 clients."""

    name: str
    request: Callable[["Cloud", int], bytes]
    status: int
    upstream: tuple[float, float]


@dataclasses.dataclass(frozen=True)
class Figures:
    """What one round came to; cpu_ms is what the API's processes spent on a request."""

    rate: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    load: float


class Service:
    """Processes that answer on a port: a parent and its children, or the first and those it forked."""

    def __init__(self, directory: pathlib.Path, name: str) -> None:
        self.port = own_server.free_port()
        self._directory = directory
        self._pid_file, self._log_file = directory / f"{name}.pid", directory / f"{name}.log"
        self._pid = 0

    def start(self, *arguments: str) -> None:
        """Start the program in the arguments and wait until something answers."""
        root = str(pathlib.Path(__file__).resolve().parents[1])
        self._pid = processes.start(
            [sys.executable, "-W", "ignore", "-c", *arguments], pid_file=self._pid_file, log_file=self._log_file,
            cwd=self._directory, environment={"PYTHONPATH": root})
        own_server.wait_ready("the server", self._answers, self._pid_file, self._log_file)

    def stop(self) -> None:
        """End every process."""
        children = self._children()
        processes.stop(self._pid_file)
        for child in children:
            with contextlib.suppress(ProcessLookupError):  # its parent has ended it
                os.kill(child, signal.SIGTERM)

    def cpu_s(self) -> float:
        """Return the processor seconds that the processes have used so far."""
        return sum(_cpu_s(pid) for pid in (self._pid, *self._children()))

    def _children(self) -> list[int]:
        if processes.running_pid(self._pid_file) is None:
            return []
        text = pathlib.Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text(encoding="ascii")
        return [int(pid) for pid in text.split()]

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/identity/v3", timeout=5).close()
        except OSError:
            return False
        return True


class Cloud:
    """A database and an API over it, with tokens of the administrator; and a bare server."""

    def __init__(self, directory: pathlib.Path, workers: int) -> None:
        self._directory = directory
        self._workers = workers
        self.server = PostgreSQL(directory / "postgresql", own_server.free_port())
        self.api, self.bare = Service(directory, "api"), Service(directory, "bare")
        self.tokens: list[str] = []

    def start(self) -> None:
        """Start everything and log in."""
        url = self.server.start()
        self._write_configuration(url)
        self.conf = config.load([str(self._file)], registrations=api_main.REGISTRATIONS)
        database = Database(url, Clock())
        migrate.upgrade(database)
        bootstrap.ensure(database, self.conf, Ids(), Clock(), admin_password=PASSWORD, public_url=self.url)
        database.close()
        self.api.start(START, "--config-file", str(self._file))
        self.bare.start(BARE, str(self.bare.port), str(self._workers), str(BARE_BYTES))
        self.tokens = [self._token() for _ in range(TOKENS)]

    def stop(self) -> None:
        """Stop everything."""
        self.bare.stop()
        self.api.stop()
        self.server.stop()

    @property
    def url(self) -> str:
        """Return where the API answers."""
        return f"http://127.0.0.1:{self.api.port}"

    def _write_configuration(self, database_url: str) -> None:
        self._file = self._directory / "cumulo.conf"
        self._file.write_text(
            f"[DEFAULT]\nstate_dir = {self._directory}\nbus_url = memory://\n[database]\nurl = {database_url}\n"
            f"[api]\nport = {self.api.port}\nworkers = {self._workers}\npublic_url = {self.url}\n", encoding="utf-8")

    def _token(self) -> str:
        request = urllib.request.Request(f"{self.url}/identity/v3/auth/tokens", data=_credentials(), method="POST",
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(answer.headers["X-Subject-Token"])


def _login(cloud: Cloud, number: int) -> bytes:
    return _post("/identity/v3/auth/tokens", _credentials())


def _validation(cloud: Cloud, number: int) -> bytes:
    token = cloud.tokens[number % TOKENS]
    return _get("/identity/v3/auth/tokens", f"X-Auth-Token: {cloud.tokens[0]}", f"X-Subject-Token: {token}")


def _projects(cloud: Cloud, number: int) -> bytes:
    return _get("/identity/v3/projects", f"X-Auth-Token: {cloud.tokens[number % TOKENS]}")


BARE_LOAD = Load("bare", _validation, 200, (0, 0))
LOADS = (Load("login", _login, 201, (4, 8)), Load("validation", _validation, 200, (239, 401)),
         Load("projects", _projects, 200, (88, 173)))


def main() -> None:
    """Measure and print."""
    options = _options()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-bench-"))
    directory.chmod(0o755)
    cloud = Cloud(directory, options.workers)
    try:
        cloud.start()
        for load in LOADS:
            if not options.only or load.name in options.only:
                _over_http(cloud, load, options)
        if not options.only or "in-process" in options.only:
            _in_process(cloud, options)
    finally:
        cloud.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each, of which the best counts")
    parser.add_argument("--workers", type=int, default=2, help="processes of the API")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME",
                        help="login, validation, projects, in-process; all where none is named")
    return parser.parse_args()


def _over_http(cloud: Cloud, load: Load, options: argparse.Namespace) -> None:
    for clients, upstream in zip(CLIENTS, load.upstream, strict=True):
        # In turns: whatever else the machine does then disturbs both alike.
        rounds = [(_round(cloud, cloud.bare, BARE_LOAD, clients, options.seconds),
                   _round(cloud, cloud.api, load, clients, options.seconds)) for _ in range(options.rounds)]
        bare, best = (max((each[which] for each in rounds), key=lambda each: each.rate) for which in (0, 1))
        goal = upstream * TIMES_UPSTREAM
        cpu_ms = min(each.cpu_ms for _, each in rounds)
        print(f"{load.name:<10} clients={clients} rate={best.rate:.0f}/s p50={best.p50_ms:.2f}ms "
              f"p99={best.p99_ms:.2f}ms api_cpu={cpu_ms:.3f}ms ({1000 / cpu_ms:.0f}/s a core) bare={bare.rate:.0f}/s "
              f"of_bare={best.rate / bare.rate:.2f} load={best.load:.1f} upstream={upstream:g}/s "
              f"times={best.rate / upstream:.1f} goal={goal:g}/s {_verdict(best.rate, goal)}", flush=True)


def _verdict(figure: float, goal: float) -> str:
    return "met" if figure >= goal else "MISSED"


def _round(cloud: Cloud, service: Service, load: Load, clients: int, seconds: float) -> Figures:
    """Let so many clients send one request after the other, each on one connection; each is a process."""
    context = multiprocessing.get_context("fork")
    results: Any = context.SimpleQueue()
    cpu_s, began = service.cpu_s(), time.monotonic()
    senders = [context.Process(target=_send, args=(cloud, service.port, load, number, began + 0.3, seconds, results))
               for number in range(clients)]
    for sender in senders:
        sender.start()
    took_ms = sorted(each for _ in senders for each in results.get())
    for sender in senders:
        sender.join()
    cpu_ms = (service.cpu_s() - cpu_s) * 1000 / len(took_ms)
    return Figures(len(took_ms) / seconds, took_ms[len(took_ms) // 2], took_ms[len(took_ms) * 99 // 100], cpu_ms,
                   os.getloadavg()[0])


def _send(cloud: Cloud, port: int, load: Load, number: int, begin: float, seconds: float, results: Any) -> None:
    """Send until the time is over and report how many milliseconds each answer took."""
    took_ms: list[float] = []
    wanted = f"HTTP/1.1 {load.status} ".encode()
    requests = [load.request(cloud, number * 13 + each) for each in range(TOKENS)]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _exchange(connection, requests[0], wanted)  # connecting is no part of it
        time.sleep(max(0.0, begin - time.monotonic()))
        while (now := time.monotonic()) < begin + seconds:
            _exchange(connection, requests[len(took_ms) % TOKENS], wanted)
            took_ms.append((time.monotonic() - now) * 1000)
    results.put(took_ms)


def _exchange(connection: socket.socket, request: bytes, wanted: bytes) -> None:
    """Send a request and read its answer; does as little as an HTTP client can."""
    connection.sendall(request)
    answer = connection.recv(65536)
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(wanted), answer[:500]
    left = int(head.lower().partition(b"\r\ncontent-length:")[2].split(b"\r\n", 1)[0]) - len(body)
    while left > 0:
        left -= len(connection.recv(65536))


def _credentials() -> bytes:
    domain = {"id": "default"}
    user = {"name": "admin", "domain": domain, "password": PASSWORD}
    return json.dumps({"auth": {"identity": {"methods": ["password"], "password": {"user": user}},
                                "scope": {"project": {"name": "admin", "domain": domain}}}}).encode()


def _get(path: str, *headers: str) -> bytes:
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *headers, "", "")).encode()


def _post(path: str, body: bytes) -> bytes:
    head = (f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json",
            f"Content-Length: {len(body)}", "", "")
    return "\r\n".join(head).encode() + body


def _cpu_s(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _in_process(cloud: Cloud, options: argparse.Namespace) -> None:
    """Validate in this process, whose other thread asks ahead; a rate per second of the thread's processor time."""
    database = Database(cloud.server.url(), Clock())
    asked_by: collections.Counter[int] = collections.Counter()
    sa.event.listen(database.engine, "before_cursor_execute", lambda *_: asked_by.update([threading.get_ident()]))
    validator = Validator(cloud.conf, database, Clock())
    threading.Thread(target=validator.keep_fresh, daemon=True).start()
    for token in cloud.tokens:
        validator.validate(token)
    best = 0.0
    for _ in range(options.rounds):
        done = 0
        asked_by.clear()
        began, began_cpu = time.monotonic(), time.thread_time()
        while time.monotonic() < began + options.seconds:
            for token in cloud.tokens:
                validator.validate(token)
            done += TOKENS
        best = max(best, done / (time.thread_time() - began_cpu))
        mine = asked_by.pop(threading.get_ident(), 0)
        print(f"in-process validations={done} statements={mine} beside_them={sum(asked_by.values())} "
              f"in {options.seconds:g} s", flush=True)
    print(f"in-process rate={best:.0f}/s a core load={os.getloadavg()[0]:.1f} goal={IN_PROCESS_GOAL}/s "
          f"{_verdict(best, IN_PROCESS_GOAL)}", flush=True)


if __name__ == "__main__":
    main()
