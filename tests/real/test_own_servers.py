"""The servers that `cumulo up --distributed` starts: PostgreSQL, MariaDB, RabbitMQ."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import tempfile
import unittest
from typing import Any

import amqp
import kombu
import sqlalchemy

from cumulo.cloud import own_server, processes
from cumulo.cloud.mariadb import MariaDB
from cumulo.cloud.postgresql import PostgreSQL
from cumulo.cloud.rabbitmq import RabbitMQ
from cumulo.cloud.refusal import Refusal
from tests.fixtures.rabbitmq import temporary_directory


class ServerTest(unittest.TestCase):
    """A directory and a port for each test."""

    def start(self, kind: Any) -> Any:
        self.directory = temporary_directory("server")
        self.addCleanup(shutil.rmtree, self.directory)
        self.port = own_server.free_port()
        server = kind(self.directory / "server", self.port)
        self.addCleanup(server.stop)
        server.start()
        self.assertTrue(server.is_running())
        return server

    def assert_listens_on_loopback_only(self, pid: int) -> None:
        inodes = set()
        for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            # A busy server closes files between the listing and the look; a socket that listens stays.
            with contextlib.suppress(FileNotFoundError):
                inodes.add(os.readlink(link))
        self.assertTrue(inodes)
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                self.assertTrue(fields[1].startswith("0100007F:"), line)

    def assert_unprivileged(self, pid: int) -> None:
        self.assertNotEqual(0, os.stat(f"/proc/{pid}").st_uid)


class DatabaseTest(ServerTest):
    """What was committed is there after a restart and after a kill."""

    def check(self, kind: Any) -> None:
        server = self.start(kind)
        self.assert_unprivileged(server.pid())
        self.assert_listens_on_loopback_only(server.pid())
        engine = sqlalchemy.create_engine(server.url(), pool_pre_ping=True)
        self.addCleanup(engine.dispose)
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("CREATE TABLE kept (name VARCHAR(20))"))
            connection.execute(sqlalchemy.text("INSERT INTO kept VALUES ('Ä'), ('ä')"))
        server.stop()
        self.assertFalse(server.is_running())
        self.assertEqual(server.url(), server.start())
        os.kill(server.pid(), signal.SIGKILL)
        self.assertTrue(processes.wait_gone(self.directory / "server" / f"{kind.__name__.lower()}.pid", 10))
        again = kind(self.directory / "server", self.port)
        again.start()
        with engine.begin() as connection:
            rows = connection.execute(sqlalchemy.text("SELECT name FROM kept WHERE name = 'ä'")).all()
        self.assertEqual([("ä",)], [tuple(row) for row in rows])

    def test_postgresql(self) -> None:
        self.check(PostgreSQL)

    def test_mariadb(self) -> None:
        self.check(MariaDB)

    def test_a_first_start_cut_short_is_begun_again(self) -> None:
        for kind in (PostgreSQL, MariaDB):
            with self.subTest(kind=kind.__name__):
                directory = temporary_directory("server")
                self.addCleanup(shutil.rmtree, directory)
                (directory / "server" / "data.new").mkdir(parents=True)
                (directory / "server" / "data.new" / "half").write_text("a file")
                server = kind(directory / "server", own_server.free_port())
                self.addCleanup(server.stop)
                server.start()
                self.assertFalse((directory / "server" / "data" / "half").exists())


class RabbitMQTest(ServerTest):
    """A broker that is alone."""

    def test_it_starts_stops_and_keeps_to_itself(self) -> None:
        server = self.start(RabbitMQ)
        pid = server.pid()
        self.assert_unprivileged(pid)
        self.assert_listens_on_loopback_only(pid)
        epmd = processes.running_pid(self.directory / "server" / "epmd.pid")
        self.assertIsNotNone(epmd)
        server.stop()
        self.assertFalse(server.is_running())
        for gone in (pid, epmd):
            self.assertIsNone(processes.start_time(gone))
        with socket.socket() as probe:
            self.assertNotEqual(0, probe.connect_ex(("127.0.0.1", self.port)))

    def test_only_its_password_lets_in(self) -> None:
        server = self.start(RabbitMQ)
        parsed = kombu.Connection(server.url())
        for user, password in (("guest", "guest"), (parsed.userid, "wrong")):
            with self.subTest(user=user), self.assertRaises(amqp.AccessRefused):
                amqp.Connection(parsed.host, user, password).connect()


class RefusalTest(unittest.TestCase):
    """What cannot work is refused with its reason."""

    @unittest.skipIf(os.geteuid() != 0, "only root changes users")
    def test_a_directory_the_server_cannot_reach_is_named(self) -> None:
        closed = tempfile.mkdtemp(prefix="cumulo-test-")
        self.addCleanup(shutil.rmtree, closed)
        with self.assertRaises(Refusal) as caught:
            PostgreSQL(pathlib.Path(closed) / "server", 1).start()
        self.assertIn(closed, str(caught.exception))

    def test_a_server_that_ends_is_refused_with_its_log(self) -> None:
        directory = temporary_directory("server")
        self.addCleanup(shutil.rmtree, directory)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            server = PostgreSQL(directory / "server", taken.getsockname()[1])
            self.addCleanup(server.stop)
            with self.assertRaises(Refusal) as caught:
                server.start()
        self.assertIn("in use", str(caught.exception))
