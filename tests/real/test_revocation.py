"""Revoked is revoked, within a second, in every process: real API processes, a real database, no broker at all.

Two API services with two workers each stand for two hosts. Their bus is a port where nobody listens, so
nothing but the database and the memory that siblings share can tell one of what another has changed. What
counts is when a request was sent: one that is sent a second after the revocation was answered is refused,
however slow the machine is.
"""

import http.client
import json
import pathlib
import shutil
import sys
import time
import unittest
from typing import Any

from cumulo.api import main as api_main
from cumulo.cloud import own_server, processes
from cumulo.cloud.postgresql import PostgreSQL
from cumulo.common import config
from cumulo.common.clock import Clock
from cumulo.common.db import migrate
from cumulo.common.db.engine import Database
from cumulo.common.ids import Ids
from cumulo.identity import bootstrap
from tests.fixtures.rabbitmq import temporary_directory

PASSWORD = "correct horse battery staple"
START = "from cumulo.cloud.entry import api; api()"
BOUND_S = 1.0
ROOT = pathlib.Path(__file__).resolve().parents[2]


class Api:
    """One cumulo-api with two workers; each request goes over a connection of its own, and so to either."""

    def __init__(self, directory: pathlib.Path, database_url: str, name: str) -> None:
        self.port = own_server.free_port()
        self.file = directory / f"{name}.conf"
        nobody = own_server.free_port()
        self.file.write_text(
            f"[DEFAULT]\nstate_dir = {directory}\nhost = {name}\nbus_url = amqp://a:b@127.0.0.1:{nobody}//\n"
            f"[database]\nurl = {database_url}\n[api]\nport = {self.port}\nworkers = 2\n", encoding="utf-8")
        self._pid_file = directory / f"{name}.pid"
        self._log_file = directory / f"{name}.log"

    def start(self) -> None:
        """Start it and wait until it answers."""
        processes.start([sys.executable, "-c", START, "--config-file", str(self.file)], pid_file=self._pid_file,
                        log_file=self._log_file, cwd=self.file.parent, environment={"PYTHONPATH": str(ROOT)})
        own_server.wait_ready("cumulo-api", self._answers, self._pid_file, self._log_file)

    def stop(self) -> None:
        """End it."""
        processes.stop(self._pid_file)

    def request(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
        """Return status, headers and JSON of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body),
                               {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, answer.headers, json.loads(content) if content else None
        finally:
            connection.close()

    def status_of(self, token: str) -> int:
        """Ask with the token and return the status."""
        return self.request("GET", "/identity/v3/auth/tokens", X_Auth_Token=token, X_Subject_Token=token)[0]

    def _answers(self) -> bool:
        try:
            return self.request("GET", "/identity/v3")[0] == 200
        except OSError:
            return False


class RevocationTest(unittest.TestCase):
    """Two hosts, four processes."""

    def setUp(self) -> None:
        directory = temporary_directory("revocation")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        self.server = PostgreSQL(directory / "postgresql", own_server.free_port())
        self.addCleanup(self.server.stop)
        url = self.server.start()
        self.here, self.elsewhere = (Api(directory, url, name) for name in ("here", "elsewhere"))
        conf = config.load([str(self.here.file)], registrations=api_main.REGISTRATIONS)
        database = Database(url, Clock())
        migrate.upgrade(database)
        bootstrap.ensure(database, conf, Ids(), Clock(), admin_password=PASSWORD, public_url="http://cloud.example")
        database.close()
        for api in (self.here, self.elsewhere):
            self.addCleanup(api.stop)
            api.start()
        self.admin = self.log_in("admin", "admin")

    def log_in(self, name: str, project: str) -> str:
        domain = {"id": "default"}
        status, headers, body = self.here.request("POST", "/identity/v3/auth/tokens", {"auth": {
            "identity": {"methods": ["password"], "password": {
                "user": {"name": name, "domain": domain, "password": PASSWORD}}},
            "scope": {"project": {"name": project, "domain": domain}}}})
        self.assertEqual(201, status, body)
        return str(headers["X-Subject-Token"])

    def as_admin(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        status, _, answer = self.here.request(method, f"/identity/v3/{path}", body, X_Auth_Token=self.admin, **headers)
        self.assertLess(status, 300, answer)
        return answer

    def statuses(self, api: Api, token: str, since: float, seconds: float) -> list[tuple[float, int]]:
        """Ask again and again; return when each request was sent, in seconds since then, and its status."""
        found: list[tuple[float, int]] = []
        while (sent := time.monotonic() - since) < seconds:
            found.append((sent, api.status_of(token)))
        return found

    def test_every_kind_of_revocation(self) -> None:
        user = self.as_admin("POST", "users", {"user": {"name": "alice", "password": PASSWORD}})["user"]
        project = self.as_admin("POST", "projects", {"project": {"name": "alice"}})["project"]
        role = next(each for each in self.as_admin("GET", "roles")["roles"] if each["name"] == "member")
        grant = f"projects/{project['id']}/users/{user['id']}/roles/{role['id']}"
        person, place = f"users/{user['id']}", f"projects/{project['id']}"
        revocations: tuple[tuple[str, str, Any, tuple[str, str, Any] | None], ...] = (
            ("DELETE", "auth/tokens", None, None),
            ("DELETE", grant, None, ("PUT", grant, None)),
            ("PATCH", person, {"user": {"password": PASSWORD + "!"}},
             ("PATCH", person, {"user": {"password": PASSWORD}})),
            ("PATCH", person, {"user": {"enabled": False}}, ("PATCH", person, {"user": {"enabled": True}})),
            ("PATCH", place, {"project": {"enabled": False}}, ("PATCH", place, {"project": {"enabled": True}})))
        self.as_admin("PUT", grant)
        for method, path, body, back in revocations:
            with self.subTest(revocation=f"{method} {path} {body}"):
                token = self.log_in("alice", "alice")
                for api in (self.here, self.elsewhere):
                    self.assertEqual({200}, {api.status_of(token) for _ in range(8)})
                self.as_admin(method, path, body, X_Subject_Token=token)
                answered = time.monotonic()
                self.assertEqual({401}, {self.here.status_of(token) for _ in range(8)})
                late = [each for each in self.statuses(self.elsewhere, token, answered, BOUND_S + 0.5)
                        if each[0] >= BOUND_S]
                self.assertTrue(late)
                self.assertEqual({401}, {status for _, status in late}, late)
                if back:
                    self.as_admin(*back)

    def test_without_the_database_tokens_are_refused(self) -> None:
        for api in (self.here, self.elsewhere):
            self.assertEqual({200}, {api.status_of(self.admin) for _ in range(8)})
        self.server.stop()
        stopped = time.monotonic()
        seen = self.statuses(self.here, self.admin, stopped, BOUND_S + 0.5)
        self.assertLessEqual({status for _, status in seen}, {200, 503})
        self.assertEqual({503}, {status for sent, status in seen if sent >= BOUND_S}, seen)
        self.server.start()
        again = self.statuses(self.here, self.admin, time.monotonic(), 3.0)
        self.assertEqual({200}, {status for sent, status in again if sent >= 1.0}, again)
