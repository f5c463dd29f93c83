"""The clients `openstack` and `glance`, installed by pip into an environment of their own, and a cloud to talk to.

    client = lent()                                         one client and one cloud for the whole process
    client.show("project create", "one")                    a dictionary, or a list of them
    client.do("project delete", "one")
    client.refused("project show", "one")                   what it says on its way out
    client.show("token issue", as_user=client.user(...))
    client.glance("image-show", image_id)                   the rows of the table that it prints

CUMULO_OPENSTACK_PYTHON names the Python of a client that is installed already.
"""

import atexit
import functools
import json
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest
from typing import Any

VERSION, GLANCE_VERSION = "10.5.0", "4.13.0"
ROOT = pathlib.Path(__file__).resolve().parents[2]
_VENV = ROOT / ".client-venv"
_START_S = 120


# Two stores, and a web server of the tests that images may be downloaded from, or stay at.
_SETTINGS = """
[identity]
password_hash_rounds = 4
[image]
enabled_stores = file:file, fast:file, web:http
import_methods = glance-direct, web-download, copy-image, glance-download
web_ports = {web_port}
web_allowed_networks = 127.0.0.1/32
[image_store_web]
allowed_urls = http://127.0.0.1:{web_port}/
"""


class Refused(Exception):
    """The client ended with an error; the text is what it said."""


class Client:
    """Runs commands of the client as the administrator, or as somebody else."""

    def __init__(self, python: str, home: pathlib.Path) -> None:
        self.used: set[str] = set()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        environment |= {"XDG_CONFIG_HOME": str(home), "HOME": str(home), "PYTHONWARNINGS": "ignore"}
        self._process = subprocess.Popen(
            [python, str(pathlib.Path(__file__).with_name("driver.py"))], cwd=home, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        known = {api: {name.replace("_", " ") for name in names} for api, names in self._read().items()}
        self.commands, self.image_commands = known["identity.v3"], known["image.v2"]
        self.glance_user: dict[str, str] = {}

    def close(self) -> None:
        """End the client."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.wait(10)

    def show(self, command: str, *arguments: str, as_user: dict[str, str] | None = None) -> Any:
        """Run a command that prints a table, and return what is in it; for one thing, by names of one form."""
        found = json.loads(self._run(command, [*arguments, "-f", "json"], as_user))
        return found if isinstance(found, list) else {
            name.lower().replace(" ", "_"): value for name, value in found.items()}

    def do(self, command: str, *arguments: str, as_user: dict[str, str] | None = None) -> str:
        """Run a command that prints no table; return what it says."""
        return self._run(command, list(arguments), as_user)

    def refused(self, command: str, *arguments: str, as_user: dict[str, str] | None = None) -> str:
        """Run a command that must fail; return what it says."""
        try:
            text = self._run(command, list(arguments), as_user)
        except Refused as refusal:
            return str(refusal)
        raise AssertionError(f"openstack {command} {' '.join(arguments)} was done: {text}")

    def names(self, command: str, *arguments: str, column: str = "Name", as_user: dict[str, str] | None = None) -> Any:
        """Return one column of a list."""
        return [row[column] for row in self.show(command, *arguments, as_user=as_user)]

    def glance(self, *arguments: str, as_user: dict[str, str] | None = None) -> list[list[str]]:
        """Run a command of `glance` and return the cells of the table that it prints, without its head."""
        text = self._send("glance", list(arguments), self.glance_user if as_user is None else as_user)
        rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines()
                if line.startswith("|")]
        return [[cell.strip("| ") for cell in row] for row in rows[1:]]

    def glance_call(self, method: str, *arguments: Any) -> Any:
        """Call a method of glanceclient's images, for what its program has no command for; return what it returns."""
        return json.loads(self._send("glanceclient", [method, json.dumps(arguments)], self.glance_user))

    def glance_refused(self, *arguments: str, as_user: dict[str, str] | None = None) -> str:
        """Run a command of `glance` that must fail; return what it says."""
        try:
            self.glance(*arguments, as_user=as_user)
        except Refused as refusal:
            return str(refusal)
        raise AssertionError(f"glance {' '.join(arguments)} was done")

    def _run(self, command: str, arguments: list[str], as_user: dict[str, str] | None) -> str:
        self.used.add(command)
        return self._send("openstack", [*command.split(), *arguments],
                          {"OS_CLOUD": "cumulo"} if as_user is None else as_user)

    def _send(self, program: str, argv: list[str], environment: dict[str, str]) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"program": program, "argv": argv, "env": environment}) + "\n")
        self._process.stdin.flush()
        answer = self._read()
        if answer["code"]:
            raise Refused(f"{program} {' '.join(argv)}: {answer['code']}: {answer['out']}{answer['err']}")
        return str(answer["out"] or answer["err"])

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"the client has ended with {self._process.poll()}")
        return json.loads(line)


class Cloud:
    """A cloud without virtual machines, started as a person starts it, with a directory and a port of its own."""

    settings = _SETTINGS
    up: tuple[str, ...] = ("up", "--fake-hypervisor", "--no-first-server")
    end: tuple[str, ...] = ("down",)
    start_s = _START_S

    def __init__(self) -> None:
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-contract-"))
        self.state = self.home / "state"
        self.state.mkdir()
        self.web_port = _free_port()
        (self.state / "local.conf").write_text(self.settings.format(web_port=self.web_port), encoding="ascii")
        try:
            self._command(*self.up, "--port", str(_free_port()))
        except BaseException:
            self.close()
            raise
        known = json.loads((self.state / "cloud.json").read_text(encoding="utf-8"))
        self.password = str(known["admin_password"])
        self.auth_url = f"http://127.0.0.1:{known['port']}/identity/v3"

    def close(self) -> None:
        """Stop it and remove everything."""
        try:
            self._command(*self.end)
        finally:
            shutil.rmtree(self.home, ignore_errors=True)

    def user(self, name: str, password: str, project: str = "", **more: str) -> dict[str, str]:
        """Return the environment with which the client is that user of the default domain."""
        environment = {"OS_AUTH_URL": self.auth_url, "OS_USERNAME": name, "OS_PASSWORD": password,
                       "OS_USER_DOMAIN_ID": "default", "OS_IDENTITY_API_VERSION": "3"}
        if project:
            environment |= {"OS_PROJECT_NAME": project, "OS_PROJECT_DOMAIN_ID": "default"}
        return environment | more

    def program(self, credential_id: str, secret: str) -> dict[str, str]:
        """Return the environment with which the client logs in by an application credential."""
        return {"OS_AUTH_URL": self.auth_url, "OS_AUTH_TYPE": "v3applicationcredential",
                "OS_APPLICATION_CREDENTIAL_ID": credential_id, "OS_APPLICATION_CREDENTIAL_SECRET": secret,
                "OS_IDENTITY_API_VERSION": "3"}

    def _command(self, *arguments: str) -> None:
        environment = os.environ | {"XDG_CONFIG_HOME": str(self.home), "HOME": str(self.home),
                                    "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-m", "cumulo.cloud.main", *arguments, "--state-dir", str(self.state)], cwd=ROOT,
            env=environment, check=False, capture_output=True, text=True, timeout=self.start_s)
        if done.returncode:
            raise AssertionError(f"cumulo {' '.join(arguments)}: {done.stdout}{done.stderr}")


class ContractCase(unittest.TestCase):
    """A case with the client and the cloud."""

    client: Client
    cloud: Cloud

    @classmethod
    def setUpClass(cls) -> None:
        cls.cloud, cls.client = lent()

    def name(self, word: str) -> str:
        """Return a name that no other test uses."""
        return f"{word}-{secrets.token_hex(3)}"


@functools.cache
def lent() -> tuple[Cloud, Client]:
    """Return the process's one cloud and client; skips where the client cannot be installed."""
    python = client_python()
    cloud = Cloud()
    atexit.register(cloud.close)
    client = Client(python, cloud.home)
    client.glance_user = cloud.user("admin", cloud.password, "admin")
    atexit.register(client.close)
    return cloud, client


def client_python() -> str:
    """Return a Python that has the clients, installing them the first time."""
    given = os.environ.get("CUMULO_OPENSTACK_PYTHON")
    if given:
        return given
    python, done = _VENV / "bin" / "python", _VENV / f"installed-{VERSION}-{GLANCE_VERSION}"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(_VENV)], check=True)
        installed = subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", f"python-openstackclient=={VERSION}", "oauthlib",
             f"python-glanceclient=={GLANCE_VERSION}"], check=False, capture_output=True, text=True)
        if installed.returncode:
            raise unittest.SkipTest(f"the openstack client cannot be installed: {installed.stderr[-500:]}")
        done.touch()
    return str(python)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
