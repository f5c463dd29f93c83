"""A PostgreSQL server of our own: one directory, one port on loopback and a unix socket, a random password."""

import os
import pathlib
import signal

import psycopg2
import psycopg2.errors

from cumulo.cloud import own_server, processes
from cumulo.cloud.files import write_atomically
from cumulo.common import command

USER = "postgres"
NAME = "cumulo"  # of the account and of the database
INITDB_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0
_VERSIONS = pathlib.Path("/usr/lib/postgresql")

CONFIGURATION = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{socket_directory}'
password_encryption = 'scram-sha-256'
max_connections = 100
timezone = 'UTC'
log_timezone = 'UTC'
"""


class PostgreSQL:
    """Starts and stops the database server of a directory."""

    def __init__(self, directory: pathlib.Path | str, port: int) -> None:
        self._directory = pathlib.Path(directory)
        self._port = port
        self._pid_file = self._directory / "postgresql.pid"
        self._log_file = self._directory / "postgresql.log"

    def url(self) -> str:
        """Return the URL for SQLAlchemy, with its password."""
        return f"postgresql+psycopg2://{NAME}:{own_server.password(self._directory)}@127.0.0.1:{self._port}/{NAME}"

    def is_running(self) -> bool:
        """Say whether our server's process runs."""
        return self.pid() is not None

    def pid(self) -> int | None:
        """Return the server's process id while it runs."""
        return processes.running_pid(self._pid_file)

    def start(self) -> str:
        """Start the server unless it runs, make the database unless it is there, and return its URL."""
        own_server.prepare(self._directory, USER)
        if not self.is_running():
            data = self._data()
            processes.start([*own_server.as_user(USER), _program("postgres", data), "-D", str(data)],
                            pid_file=self._pid_file, log_file=self._log_file, cwd=data)
        own_server.wait_ready("PostgreSQL", self._answers, self._pid_file, self._log_file)
        self._make_database()
        return self.url()

    def stop(self) -> None:
        """End the server: sessions are cut, what was committed stays. Idempotent."""
        pid = self.pid()
        if pid is not None:
            # SIGTERM would wait for every client to leave of its own accord.
            os.kill(pid, signal.SIGINT)
            processes.wait_gone(self._pid_file, STOP_TIMEOUT_S)
        processes.stop(self._pid_file)

    def _data(self) -> pathlib.Path:
        """Return the data directory, made at the first start; its configuration is written at every start."""
        data = self._directory.resolve() / "data"
        if not data.exists():
            self._initialize(data)
        configuration = data / "postgresql.conf"
        write_atomically(configuration, CONFIGURATION.format(port=self._port, socket_directory=data))
        own_server.give(configuration, USER)
        return data

    def _initialize(self, data: pathlib.Path) -> None:
        new = own_server.new_data_directory(self._directory.resolve(), USER)
        # initdb reads its password from a file of the user's own.
        password_file = self._directory / "initial-password"
        write_atomically(password_file, own_server.password(self._directory) + "\n")
        own_server.give(password_file, USER)
        try:
            command.run(
                [*own_server.as_user(USER), _program("initdb", data), "-D", str(new), "--username", NAME,
                 "--pwfile", str(password_file.resolve()), "--auth", "scram-sha-256", "--encoding", "UTF8",
                 "--locale", "C.UTF-8"],
                timeout_s=INITDB_TIMEOUT_S)
        finally:
            password_file.unlink()
        new.rename(data)

    def _answers(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def _make_database(self) -> None:
        connection = self._connect("postgres")
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (NAME,))
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {NAME}")
        except psycopg2.errors.DuplicateDatabase:
            return  # another `up` was a moment faster
        finally:
            connection.close()

    def _connect(self, database: str) -> "psycopg2.extensions.connection":
        return psycopg2.connect(host="127.0.0.1", port=self._port, user=NAME, dbname=database, connect_timeout=5,
                                password=own_server.password(self._directory))


def _program(name: str, data: pathlib.Path) -> str:
    """Return a program of the version that made the data, or of the newest one installed."""
    made_by = data / "PG_VERSION"
    if made_by.exists():
        version = made_by.read_text(encoding="ascii").strip()
        return own_server.program(f"{name} of PostgreSQL {version}", _VERSIONS / version / "bin" / name)
    newest = sorted(_VERSIONS.glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]), reverse=True)
    return own_server.program(name, *newest)
