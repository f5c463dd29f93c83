"""Identity's figures: logins, validations and lists over HTTP, validations inside of a process, queries of each.

    python -m bench.identity [--seconds 3] [--rounds 3] [--workers 2] [--only NAME ...]

Starts a PostgreSQL of its own and one cumulo-api with two workers in a temporary directory, and removes
them. Each figure stands beside the one it is held to: twenty times upstream's on a machine of this kind.
The clients share the machine with the API, and so may others: the load average stands beside each figure,
and the processor time that the API spent on a request, which others disturb little, tells what a core
could do. The best of several rounds counts.
"""

import argparse
import dataclasses
import json
import multiprocessing
import os
import pathlib
import shutil
import socket
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import psycopg2
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


class Cloud:
    """A database and an API over it, with tokens of the administrator."""

    def __init__(self, directory: pathlib.Path, workers: int) -> None:
        self._directory = directory
        self._workers = workers
        self.server = PostgreSQL(directory / "postgresql", own_server.free_port())
        self.port = own_server.free_port()
        self._pid_file = directory / "api.pid"
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
        root = str(pathlib.Path(__file__).resolve().parents[1])
        self._pid = processes.start(
            [sys.executable, "-c", START, "--config-file", str(self._file)], pid_file=self._pid_file,
            log_file=self._directory / "api.log", cwd=self._directory, environment={"PYTHONPATH": root})
        self._wait()
        self.tokens = [self._token() for _ in range(TOKENS)]

    def stop(self) -> None:
        """Stop everything."""
        processes.stop(self._pid_file)
        self.server.stop()

    @property
    def url(self) -> str:
        """Return where the API answers."""
        return f"http://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """Return the processor seconds that the API's processes have used so far."""
        children = pathlib.Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text(encoding="ascii").split()
        return sum(_cpu_s(int(pid)) for pid in (self._pid, *children))

    def transactions(self) -> int:
        """Return how many transactions the database has ended."""
        url = sa.make_url(self.server.url())
        connection = psycopg2.connect(host=url.host, port=url.port, user=url.username, password=url.password,
                                      dbname=url.database)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = %s",
                               (url.database,))
                row = cursor.fetchone()
                assert row is not None
                return int(row[0])
        finally:
            connection.close()

    def _write_configuration(self, database_url: str) -> None:
        self._file = self._directory / "cumulo.conf"
        self._file.write_text(
            f"[DEFAULT]\nstate_dir = {self._directory}\nbus_url = memory://\n[database]\nurl = {database_url}\n"
            f"[api]\nport = {self.port}\nworkers = {self._workers}\npublic_url = {self.url}\n", encoding="utf-8")

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/identity/v3", timeout=5).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

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
        rounds = [_round(cloud, load, clients, options.seconds) for _ in range(options.rounds)]
        best = max(rounds, key=lambda each: each.rate)
        goal = upstream * TIMES_UPSTREAM
        least_cpu_ms = min(each.cpu_ms for each in rounds)
        print(f"{load.name:<10} clients={clients} rate={best.rate:.0f}/s p50={best.p50_ms:.2f}ms "
              f"p99={best.p99_ms:.2f}ms api_cpu={least_cpu_ms:.3f}ms ({1000 / least_cpu_ms:.0f}/s a core) "
              f"load={best.load:.1f} upstream={upstream:g}/s times={best.rate / upstream:.1f} "
              f"goal={goal:g}/s {_verdict(best.rate, goal)}", flush=True)


def _verdict(figure: float, goal: float) -> str:
    return "met" if figure >= goal else "MISSED"


def _round(cloud: Cloud, load: Load, clients: int, seconds: float) -> Figures:
    """Let so many clients send one request after the other, each on one connection; each is a process."""
    context = multiprocessing.get_context("fork")
    results: Any = context.SimpleQueue()
    cpu_s, began = cloud.cpu_s(), time.monotonic()
    senders = [context.Process(target=_send, args=(cloud, load, number, began + 0.3, seconds, results))
               for number in range(clients)]
    for sender in senders:
        sender.start()
    took_ms = sorted(each for _ in senders for each in results.get())
    for sender in senders:
        sender.join()
    cpu_ms = (cloud.cpu_s() - cpu_s) * 1000 / len(took_ms)
    return Figures(len(took_ms) / seconds, took_ms[len(took_ms) // 2], took_ms[len(took_ms) * 99 // 100], cpu_ms,
                   os.getloadavg()[0])


def _send(cloud: Cloud, load: Load, number: int, begin: float, seconds: float, results: Any) -> None:
    """Send until the time is over and report how many milliseconds each answer took."""
    took_ms: list[float] = []
    wanted = f"HTTP/1.1 {load.status} ".encode()
    requests = [load.request(cloud, number * 13 + each) for each in range(TOKENS)]
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=60) as connection:
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
    """Validate in this process for a while, counting statements; a rate per second of processor time."""
    database = Database(cloud.server.url(), Clock())
    statements = [0]
    sa.event.listen(database.engine, "before_cursor_execute", lambda *_: statements.__setitem__(0, statements[0] + 1))
    validator = Validator(cloud.conf, database, Clock())
    for token in cloud.tokens:
        validator.validate(token)
    best = 0.0
    for _ in range(options.rounds):
        done, statements[0] = 0, 0
        began, began_cpu = time.monotonic(), time.process_time()
        while time.monotonic() < began + options.seconds:
            for token in cloud.tokens:
                validator.validate(token)
            done += TOKENS
        best = max(best, done / (time.process_time() - began_cpu))
        print(f"in-process validations={done} statements={statements[0]} in {options.seconds:g} s", flush=True)
    print(f"in-process rate={best:.0f}/s a core load={os.getloadavg()[0]:.1f} goal={IN_PROCESS_GOAL}/s "
          f"{_verdict(best, IN_PROCESS_GOAL)}", flush=True)
    database.close()


if __name__ == "__main__":
    main()
