"""The lab with real guests: hosts that are namespaces, each with its own libvirtd and agents, and one control plane.

    underlay 192.0.2.0/24:  h1 192.0.2.1, h2 192.0.2.2, ...   tunnels of networks, and moves of guests
    loopback of every host: the broker and the API, handed on from where they run (forward.py)

    python -m tests.lab.libvirt short        live migration under ping and writes: what the real suite runs
    python -m tests.lab.libvirt whole        also cold migration, resize, a floating address, evacuation of a killed host

Nothing is left of it when the command ends, however it ends: everything is below one process that takes all along.
"""

import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

from cumulo.cloud.client import wait_until
from cumulo.cloud.libvirtd import Libvirtd
from tests.fixtures.fleet import ROOT, Fleet, PatientClient
from tests.fixtures.rabbitmq import temporary_directory
from tests.lab.lab import Host, run

SERVERS = "/compute/v2.1/servers"
_PREPARE = "mkdir -p /run/netns && mount -t tmpfs netns /run/netns && exec \"$@\""
_LIBVIRTD = ("import sys, time; from tests.lab.libvirt import Libvirtd; "
             "print(Libvirtd(sys.argv[1], listen=sys.argv[2]).start(), flush=True); time.sleep(1e9)")
_PATIENCE_S = 240.0
_OPTIONS: dict[str, dict[str, object]] = {
    "servers": {"snapshot_format": "qcow2", "resize_on_same_host": False}, "scheduler": {"lease_s": 6}}


class Hypervisor(Host):
    """A host with a libvirtd, a compute agent and a network agent."""

    def __init__(self, lab: "LibvirtLab", name: str, number: int) -> None:
        super().__init__(lab, name, number)  # type: ignore[arg-type]
        self.state_dir = lab.directory / name
        self.state_dir.mkdir(mode=0o711)
        self.run("mount", "-t", "sysfs", "sysfs", "/sys")  # agents look for their own network's devices there
        self._lab = lab
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start everything that runs on the host."""
        for name, port in self._lab.served.items():
            self._python("-m", "tests.lab.forward", "in", str(self._lab.directory / f"{name}.sock"), str(port), says=b"ready")
        libvirt = self.state_dir / "libvirt"
        self.uri = self._python("-c", _LIBVIRTD, str(libvirt), self.tunnel_address, says=b"qemu")
        for kind in ("network", "compute"):
            file = self.state_dir / f"{kind}.conf"
            file.write_text(self._configuration())
            self._python("-c", f"from cumulo.cloud.entry import {kind}; {kind}()", "--config-file", str(file))

    def _python(self, *argv: str, says: bytes = b"") -> str:
        log = (self.state_dir / "services.log").open("ab")
        process = subprocess.Popen(self.command(sys.executable, "-W", "ignore", *argv), stderr=log,
                                   stdout=subprocess.PIPE if says else log, env=os.environ | {"PYTHONPATH": str(ROOT)})
        self.processes.append(process)
        line = process.stdout.readline() if process.stdout is not None else b""
        assert line.startswith(says), (self.name, argv, line)
        return line.decode().strip()

    def _configuration(self) -> str:
        sections: dict[str, dict[str, object]] = {
            "DEFAULT": {"host": self.name, "state_dir": self.state_dir, "bus_url": self._lab.fleet.configuration().bus_url},
            "compute_agent": {"virt_type": "qemu", "libvirt_uri": self.uri, "stop_timeout_s": 20,
                              "live_migration_uri": f"qemu+tcp://{self.tunnel_address}/system"},
            "network": {"tunnel_address": self.tunnel_address, "physical_interfaces": "physnet1:eth1"}}
        return "".join(f"[{section}]\n" + "".join(f"{name} = {value}\n" for name, value in values.items())
                       for section, values in sections.items())

    def domains(self) -> list[str]:
        """The guests that libvirt knows here, running or not."""
        return run("virsh", "-q", "-c", self.uri, "list", "--all", "--uuid").split()

    def console(self, server_id: str) -> str:
        """What a guest's console printed on this host."""
        file = self.state_dir / "servers" / server_id / "console.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def kill(self) -> None:
        """End the host as a power failure does: agents, daemons, guests, all at once."""
        if self._holder.poll() is not None:
            return
        own = os.readlink(f"/proc/{self._holder.pid}/ns/uts")
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if os.readlink(entry / "ns" / "uts") == own:
                    os.kill(int(entry.name), signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended meanwhile
        for process in self.processes:
            process.wait()


class LibvirtLab:
    """The hosts, and a control plane on a machine of its own."""

    def __init__(self, directory: pathlib.Path, hosts: int) -> None:
        self.directory = directory
        for wire in ("underlay", "provider"):
            run("ip", "link", "add", wire, "type", "bridge")
            run("ip", "link", "set", wire, "up")
        run("ip", "link", "set", "lo", "up")
        self.fleet = Fleet(directory, hosts=0, schedulers=1, options=_OPTIONS)
        self.fleet.start()
        self.client: PatientClient = self.fleet.client()
        self.served = {"api": self.fleet.port, "bus": urllib.parse.urlsplit(self.fleet.configuration().bus_url).port}
        self._forwards = [subprocess.Popen(
            [sys.executable, "-m", "tests.lab.forward", "out", str(directory / f"{name}.sock"), str(port)],
            stdout=subprocess.PIPE, cwd=ROOT) for name, port in self.served.items()]
        for each in self._forwards:
            assert each.stdout is not None and each.stdout.readline() == b"ready\n"
        self.hosts = {f"h{number}": Hypervisor(self, f"h{number}", number) for number in range(1, hosts + 1)}
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(Hypervisor.start, self.hosts.values()))
        wait_until(lambda: self._heard() == len(hosts_wanted(self.hosts)), "hosts that register", _PATIENCE_S, 0.3)

    def _heard(self) -> int:
        with self.fleet.database.read() as connection:
            return len(connection.exec_driver_sql(
                "SELECT host FROM service_status WHERE kind IN ('compute', 'network')").all())

    def wait(self, server_id: str, status: str) -> dict[str, Any]:
        """Return the server once it is settled in this status."""
        shown: dict[str, Any] = {}

        def is_so() -> bool:
            shown.update(self.client.get(f"{SERVERS}/{server_id}")["server"])
            assert status == "ERROR" or shown["status"] != "ERROR", shown["fault"]
            return bool(shown["status"] == status and shown["OS-EXT-STS:task_state"] is None)

        wait_until(is_so, f"{server_id} {status}", _PATIENCE_S, 0.1)
        return shown

    def host_of(self, server_id: str) -> Hypervisor:
        """Return the host that a server is on."""
        return self.hosts[self.client.get(f"{SERVERS}/{server_id}")["server"]["OS-EXT-SRV-ATTR:host"]]

    def end(self) -> None:
        """End everything."""
        for host in self.hosts.values():
            host.kill()
        self.fleet.close()
        for each in self._forwards:
            each.kill()


def hosts_wanted(hosts: dict[str, Hypervisor]) -> list[tuple[str, str]]:
    """The agents that are to be heard."""
    return [(host, kind) for host in hosts for kind in ("compute", "network")]


def guest_image() -> pathlib.Path:
    """Return the directory of the guest image's parts, which are built where they are not there yet."""
    built = pathlib.Path(os.environ.get("CUMULO_LAB_IMAGE") or pathlib.Path.home() / ".cache" / "cumulo-lab-image")
    if not (built / "guest.qcow2").exists():
        built.mkdir(parents=True, exist_ok=True)
        subprocess.run([ROOT / "etc" / "build-guest-image", built / "guest.qcow2"], check=True,
                       capture_output=True, env={**os.environ, "KERNEL_OUT": str(built)})
    return built


def main() -> None:
    """Make the lab in namespaces of its own, tell a story in it, remove it; --inside is what runs in them."""
    story = sys.argv[-1]
    if "--inside" not in sys.argv:
        guest_image()
        argv = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", _PREPARE,
                "sh", sys.executable, "-W", "ignore", "-m", "tests.lab.libvirt", "--inside", story]
        sys.exit(subprocess.run(argv, cwd=ROOT, check=False).returncode)
    _bury_the_dead()
    tell(story)


def _bury_the_dead() -> None:
    """Go on in a child; the first process of the namespace waits for every other: libvirtd looks whether guests have ended."""
    child = os.fork()
    while child:
        ended, status = os.wait()
        if ended == child:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def tell(story: str) -> None:
    """Make the lab, tell the story in it, remove it."""
    from tests.lab import libvirt_stories

    stories: dict[str, Callable[[LibvirtLab], dict[str, Any]]] = libvirt_stories.STORIES
    directory = temporary_directory("lab")
    began = time.monotonic()
    lab: LibvirtLab | None = None
    try:
        lab = LibvirtLab(directory, 3)
        print(f"lab: 3 hosts after {time.monotonic() - began:.1f} s", flush=True)
        print(json.dumps(stories[story](lab), indent=1), flush=True)
        print(f"told in {time.monotonic() - began:.1f} s", flush=True)
    finally:
        if lab is not None:
            lab.end()
        if "CUMULO_LAB_KEEP" not in os.environ:
            shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
