"""A RabbitMQ server of our own: one directory, one port on loopback, its own name service (epmd).

It shares nothing with a RabbitMQ of the distribution: node name, data, cookie and epmd are its own.
"""

import pathlib
import socket

import amqp

from cumulo.cloud import own_server, processes
from cumulo.cloud.files import write_atomically

USER = "rabbitmq"
SCRIPT = pathlib.Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
ACCOUNT = "cumulo"

# The default buffers take 3.9 MiB a connection, these 90 KiB.
CONFIGURATION = """\
listeners.tcp.1 = 127.0.0.1:{port}
tcp_listen_options.sndbuf = 16384
tcp_listen_options.recbuf = 16384
tcp_listen_options.nodelay = true
default_user = {account}
default_pass = {password}
default_permissions.configure = .*
default_permissions.read = .*
default_permissions.write = .*
loopback_users = none
log.file.level = warning
"""


class RabbitMQ:
    """Starts and stops the broker of a directory; the objects keep nothing that the directory does not hold."""

    def __init__(self, directory: pathlib.Path | str, port: int) -> None:
        self._directory = pathlib.Path(directory)
        self._port = port
        self._pid_file = self._directory / "rabbitmq.pid"
        self._epmd_pid_file = self._directory / "epmd.pid"
        self._log_file = self._directory / "start.log"

    def url(self) -> str:
        """Return the URL for clients, with its password."""
        return f"amqp://{ACCOUNT}:{own_server.password(self._directory)}@127.0.0.1:{self._port}//"

    def is_running(self) -> bool:
        """Say whether our broker's process runs."""
        return processes.running_pid(self._pid_file) is not None

    def pid(self) -> int | None:
        """Return the broker's process id while it runs."""
        return processes.running_pid(self._pid_file)

    def start(self) -> str:
        """Start the broker unless it runs, wait until it answers, and return its URL."""
        own_server.prepare(self._directory, USER)
        if not self.is_running():
            self._write_files()
            environment = self._environment(self._start_epmd())
            program = own_server.program("rabbitmq-server", SCRIPT)
            processes.start([*own_server.as_user(USER), program], pid_file=self._pid_file, log_file=self._log_file,
                            cwd=self._directory, environment=environment)
        own_server.wait_ready("RabbitMQ", self._answers, self._pid_file, self._log_file)
        return self.url()

    def stop(self) -> None:
        """End the broker and its epmd. Idempotent."""
        processes.stop(self._pid_file)
        processes.stop(self._epmd_pid_file)

    def _write_files(self) -> None:
        content = CONFIGURATION.format(port=self._port, account=ACCOUNT, password=own_server.password(self._directory))
        for name, text in (("rabbitmq.conf", content), ("enabled_plugins", "[].\n"), ("rabbitmq-env.conf", "")):
            path = self._directory / name
            write_atomically(path, text)
            own_server.give(path, USER)

    def _start_epmd(self) -> int:
        """Start the name service on a free port and return the port; one left by a killed broker is replaced.

        Started here and not by the broker, which would detach it and leave it behind for good.
        """
        processes.stop(self._epmd_pid_file)
        port = own_server.free_port()
        processes.start([*own_server.as_user(USER), "epmd", "-port", str(port), "-address", "127.0.0.1"],
                        pid_file=self._epmd_pid_file, log_file=self._log_file, cwd=self._directory)
        own_server.wait_ready("epmd", lambda: _listens(port), self._epmd_pid_file, self._log_file)
        return port

    def _environment(self, epmd_port: int) -> dict[str, str]:
        directory = self._directory.resolve()
        data = own_server.data_directory(directory, USER)
        return {
            "HOME": str(data),  # where Erlang keeps its cookie
            "ERL_EPMD_PORT": str(epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"cumulo{self._port}@localhost",
            "RABBITMQ_DIST_PORT": str(own_server.free_port()),
            "RABBITMQ_CONF_ENV_FILE": f"{directory}/rabbitmq-env.conf",
            "RABBITMQ_CONFIG_FILE": f"{directory}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{directory}/enabled_plugins",
            "RABBITMQ_MNESIA_BASE": f"{data}/mnesia",
            "RABBITMQ_LOG_BASE": f"{data}/log",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            # Makes the start script become the server instead of its parent, so that our pid is the server's.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def _answers(self) -> bool:
        """Say whether a client may log in: the port opens a moment before the broker is ready."""
        try:
            connection = amqp.Connection(f"127.0.0.1:{self._port}", userid=ACCOUNT,
                                         password=own_server.password(self._directory), connect_timeout=5)
            connection.connect()
            connection.close()
        except (OSError, amqp.AMQPError):
            return False
        return True


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
