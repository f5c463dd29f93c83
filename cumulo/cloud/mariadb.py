"""A MariaDB server of our own: one directory, one port on loopback and a unix socket, a random password."""

import pathlib

import pymysql

from cumulo.cloud import own_server, processes
from cumulo.cloud.files import write_atomically
from cumulo.common import command

USER = "mysql"
NAME = "cumulo"  # of the account and of the database
INSTALL_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0

# Run by the server itself at every start. Names compare by their bytes, as in the other databases.
INITIAL_STATEMENTS = """\
CREATE DATABASE IF NOT EXISTS {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
CREATE USER IF NOT EXISTS '{name}'@'127.0.0.1' IDENTIFIED BY '{password}';
GRANT ALL ON {name}.* TO '{name}'@'127.0.0.1';
"""


class MariaDB:
    """Starts and stops the database server of a directory."""

    def __init__(self, directory: pathlib.Path | str, port: int) -> None:
        self._directory = pathlib.Path(directory)
        self._port = port
        self._pid_file = self._directory / "mariadb.pid"
        self._log_file = self._directory / "mariadb.log"

    def url(self) -> str:
        """Return the URL for SQLAlchemy, with its password."""
        password = own_server.password(self._directory)
        return f"mysql+pymysql://{NAME}:{password}@127.0.0.1:{self._port}/{NAME}?charset=utf8mb4"

    def is_running(self) -> bool:
        """Say whether our server's process runs."""
        return self.pid() is not None

    def pid(self) -> int | None:
        """Return the server's process id while it runs."""
        return processes.running_pid(self._pid_file)

    def start(self) -> str:
        """Start the server unless it runs, make account and database unless they are there, and return its URL."""
        own_server.prepare(self._directory, USER)
        if not self.is_running():
            data = self._data()
            processes.start([*own_server.as_user(USER), own_server.program("mariadbd", pathlib.Path("/usr/sbin/mariadbd")),
                             "--no-defaults", *self._options(data)],
                            pid_file=self._pid_file, log_file=self._log_file, cwd=data)
        own_server.wait_ready("MariaDB", self._answers, self._pid_file, self._log_file)
        return self.url()

    def stop(self) -> None:
        """End the server: sessions are cut, what was committed stays. Idempotent."""
        processes.stop(self._pid_file, timeout_s=STOP_TIMEOUT_S)

    def _options(self, data: pathlib.Path) -> list[str]:
        return [
            f"--datadir={data}", f"--socket={data}/mariadb.sock", f"--pid-file={data}/server.pid",
            f"--port={self._port}", "--bind-address=127.0.0.1", "--skip-name-resolve",
            f"--init-file={self._initial_statements()}", "--character-set-server=utf8mb4",
            "--default-time-zone=+00:00", "--max-connections=100",
        ]

    def _initial_statements(self) -> pathlib.Path:
        path = self._directory.resolve() / "init.sql"
        write_atomically(path, INITIAL_STATEMENTS.format(name=NAME, password=own_server.password(self._directory)))
        own_server.give(path, USER)
        return path

    def _data(self) -> pathlib.Path:
        """Return the data directory, made at the first start."""
        data = self._directory.resolve() / "data"
        if not data.exists():
            new = own_server.new_data_directory(self._directory.resolve(), USER)
            # "socket": the only administrator is the system's own root, over the unix socket.
            command.run([*own_server.as_user(USER), own_server.program("mariadb-install-db"), "--no-defaults",
                         f"--datadir={new}", "--skip-test-db", "--auth-root-authentication-method=socket"],
                        timeout_s=INSTALL_TIMEOUT_S)
            new.rename(data)
        return data

    def _answers(self) -> bool:
        try:
            pymysql.connect(host="127.0.0.1", port=self._port, user=NAME, database=NAME, connect_timeout=5,
                            password=own_server.password(self._directory)).close()
        except pymysql.OperationalError:
            return False
        return True
