"""The lab: hosts on one underlay and one provider wire, guests that are namespaces, and a control plane of rows.

    tunnels   bridge "underlay":  h1 192.0.2.1, h2 192.0.2.2, ...
    provider  bridge "provider":  eth1 of every host, and a machine outside with 203.0.113.254

Made in the network and mount namespace of whoever makes it; tests make one for that first.
"""

import concurrent.futures
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cumulo.common import names
from tests.lab.control import Control
from tests.lab.rows import Rows
from tests.lab.wire import Caller, serve

_HOLD = "mount -t tmpfs run /run && mkdir -p /run/netns /run/lock && hostname \"$0\" && echo held && exec sleep infinity"
_ROOT = str(pathlib.Path(__file__).parents[2])
OUTSIDE = "203.0.113.254"
_SWITCH = ("ovs-vswitchd", "--pidfile", "--detach", "--log-file=/run/openvswitch/switch.log")


def run(*argv: str, check: bool = True) -> str:
    """Run a program and return what it prints; its errors are in what is raised."""
    finished = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    if check and finished.returncode:
        raise AssertionError(f"{' '.join(argv)}: {finished.stdout}{finished.stderr}")
    return finished.stdout


def begin_switch(run_there: Callable[..., str], wire: str, bridge: str) -> None:
    """Start Open vSwitch on a host as an operator would, with the tunnels' wire in a bridge of it."""
    folder = "/run/openvswitch"
    run_there("mkdir", folder)
    run_there("ovsdb-tool", "create", f"{folder}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
    run_there("ovsdb-server", f"{folder}/conf.db", f"--remote=punix:{folder}/db.sock", "--pidfile", "--detach",
              f"--log-file={folder}/db.log")
    run_there("ovs-vsctl", "--no-wait", "init")
    run_there(*_SWITCH)
    card = json.loads(run_there("ip", "-json", "link", "show", wire))[0]["address"]
    run_there("ovs-vsctl", "--", "add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev",
              f"other_config:hwaddr=\"{card}\"", "--", "add-port", bridge, wire)
    # The kernel sees what comes in as well, and would answer it a second time.
    run_there("nft", "add table inet wire; add chain inet wire arrived { type filter hook input priority 0; };"
              f"add rule inet wire arrived iifname {wire} drop")
    run_there("sysctl", "-q", f"net.ipv4.conf.{wire}.arp_ignore=8")
    run_there("ip", "link", "set", bridge, "up")


class Host:
    """One host: the process that holds its namespaces, and its agent."""

    def __init__(self, lab: "Lab", name: str, number: int, mechanism: str = "linuxbridge") -> None:
        self.mechanism = mechanism
        self.lab, self.name, self.tunnel_address = lab, name, f"192.0.2.{number}"
        self._holder = subprocess.Popen(["unshare", "--net", "--mount", "--uts", "sh", "-c", _HOLD, name],
                                        stdout=subprocess.PIPE)
        assert self._holder.stdout is not None and self._holder.stdout.readline() == b"held\n"
        self.agent: subprocess.Popen[bytes] | None = None
        for wire, inside in (("underlay", "eth0"), ("provider", "eth1")):
            outside = f"{wire[:5]}-{name}"
            run("ip", "link", "add", outside, "type", "veth", "peer", "name", inside, "netns", str(self._holder.pid))
            run("ip", "link", "set", outside, "master", wire, "up")
            self.run("ip", "link", "set", inside, "up")
        self.run("ip", "link", "set", "lo", "up")
        if mechanism == "openvswitch":
            begin_switch(self.run, "eth0", "wire0")
        self.run("ip", "address", "add", f"{self.tunnel_address}/24", "dev", "wire0" if mechanism == "openvswitch" else "eth0")

    def start_switch(self) -> None:
        """Start a switch that was killed, once the one before it has let go of its file."""
        self.run("sh", "-c", f"for again in 1 2 3 4 5 6 7 8; do {' '.join(_SWITCH)} && exit 0; sleep 0.2; done; exit 1")

    def command(self, *argv: str) -> list[str]:
        """The command line that runs a program on this host."""
        return ["nsenter", f"--target={self._holder.pid}", "--net", "--mount", "--uts", *argv]

    def run(self, *argv: str, check: bool = True) -> str:
        """Run a program on this host."""
        return run(*self.command(*argv), check=check)

    def devices(self) -> list[str]:
        """The names of the host's devices."""
        return [each["ifname"] for each in json.loads(self.run("ip", "-json", "link"))]

    def start_agent(self) -> None:
        """Start the network agent, which takes a moment; what it makes stays when it is killed."""
        place = json.dumps({"tunnel_address": self.tunnel_address, "interfaces": {"physnet1": "eth1"},
                            "mechanism": self.mechanism})
        self.agent = subprocess.Popen(
            self.command(sys.executable, "-W", "ignore", "-m", "tests.lab.agent", str(self.lab.directory), self.name, place),
            stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": _ROOT})

    def wait_for_agent(self) -> None:
        """Wait until the agent answers."""
        assert self.agent is not None and self.agent.stdout is not None and self.agent.stdout.readline() == b"ready\n"

    def kill_agent(self) -> None:
        """Kill the agent as nobody expects."""
        if self.agent is not None:
            self.agent.kill()
            self.agent.wait()
            self.agent = None

    def ask(self, method: str) -> Any:
        """Ask the agent."""
        return Caller(str(self.lab.directory / f"agent.{self.name}")).call("network", method, {}, timeout_s=60)

    def end(self) -> None:
        """Remove the host with everything on it."""
        self.kill_agent()
        for pid in self.run("sh", "-c", "cat /run/*.pid /run/openvswitch/*.pid 2>/dev/null; true").split():
            os.kill(int(pid), signal.SIGKILL)
        self._holder.kill()
        self._holder.wait()


class Guest:
    """A namespace on a host with a port's card, plugged into the network's bridge as a hypervisor does it."""

    def __init__(self, host: Host, port: dict[str, Any]) -> None:
        self.host, self.port, self.name = host, port, f"g{port['id'][:8]}"
        tap = names.tap_name(port["id"])
        host.run("ip", "netns", "add", self.name)
        host.run("ip", "link", "add", tap, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        host.run("ip", "link", "set", tap, "master", names.bridge_name(port["network_id"]), "up")
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "link", "set", "eth0", "address", port["mac_address"], "mtu", "1400", "up")
        for fixed in port["fixed_ips"]:
            length, more = ("64", ["nodad"]) if ":" in fixed["ip_address"] else ("24", [])
            self.run("ip", "address", "add", f"{fixed['ip_address']}/{length}", "dev", "eth0", *more)

    @property
    def address(self) -> str:
        """The first address of the port."""
        return str(self.port["fixed_ips"][0]["ip_address"])

    def command(self, *argv: str) -> list[str]:
        """The command line that runs a program in the guest."""
        return self.host.command("nsenter", f"--net=/run/netns/{self.name}", *argv)

    def run(self, *argv: str, check: bool = True) -> str:
        """Run a program in the guest."""
        return run(*self.command(*argv), check=check)

    def leave_by(self, gateway: str) -> None:
        """Have a default route, as DHCP gives it."""
        self.run("ip", "route", "replace", "default", "via", gateway, "dev", "eth0")

    def reaches(self, address: str, *, wait_s: str = "1") -> bool:
        """Say whether an echo comes back."""
        argv = self.command("ping", "-n", "-c", "1", "-W", wait_s, address)
        return subprocess.run(argv, capture_output=True, check=False, timeout=30).returncode == 0


class Lab:
    """Hosts, wires, the control plane."""

    def __init__(self, directory: pathlib.Path, hosts: Sequence[str], control: "Control | Rows",
                 switched: Sequence[str]) -> None:
        self.directory, self.control = directory, control
        run("ip", "link", "set", "lo", "up")
        for wire in ("underlay", "provider"):
            run("ip", "link", "add", wire, "type", "bridge")
            run("ip", "link", "set", wire, "up")
        run("ip", "netns", "add", "outside")
        run("ip", "link", "add", "prov-outside", "type", "veth", "peer", "name", "eth0", "netns", "outside")
        run("ip", "link", "set", "prov-outside", "master", "provider", "up")
        self.outside("ip", "link", "set", "eth0", "up")
        self.outside("ip", "address", "add", f"{OUTSIDE}/24", "dev", "eth0")
        self.start_control()
        self.hosts = {name: Host(self, name, number, "openvswitch" if name in switched else "linuxbridge")
                      for number, name in enumerate(hosts, start=1)}
        if switched:
            offload = str(pathlib.Path(_ROOT, "tests", "lab", "offload.py"))
            self.outside(sys.executable, offload, "eth0")
            for host in self.hosts.values():
                host.run(sys.executable, offload, "eth0", "eth1")
        self.control.tunnel_addresses = {host.name: host.tunnel_address for host in self.hosts.values()}
        self.start_agents()

    def start_control(self) -> None:
        """Have the control plane answer."""
        path = self.directory / "control"
        path.unlink(missing_ok=True)
        self._server = serve(str(path), self.control.methods())

    def stop_control(self) -> None:
        """Have nobody answer agents any more."""
        self._server.shutdown()
        self._server.server_close()

    def start_agents(self) -> None:
        """Start the agent of every host anew."""
        for host in self.hosts.values():
            host.kill_agent()
            host.start_agent()
        for host in self.hosts.values():
            host.wait_for_agent()

    def outside(self, *argv: str, check: bool = True) -> str:
        """Run a program on the machine outside."""
        return run("nsenter", "--net=/run/netns/outside", *argv, check=check)

    def converge(self) -> None:
        """Have every host look as desired."""
        self._ask_all("converge")

    def differences(self) -> list[str]:
        """What the hosts find otherwise than it should be."""
        return [f"{name}: {said}" for name, found in self._ask_all("differences").items() for said in found]

    def _ask_all(self, method: str) -> dict[str, Any]:
        with concurrent.futures.ThreadPoolExecutor() as pool:
            return dict(zip(self.hosts, pool.map(lambda host: host.ask(method), self.hosts.values()), strict=True))

    def guest(self, port_id: str) -> Guest:
        """Start a guest with a port, on the host that the port is bound to."""
        port = self.control.ports[port_id]
        return Guest(self.hosts[port["binding_host_id"]], port)

    def end(self) -> None:
        """Remove everything."""
        self._server.shutdown()
        for host in self.hosts.values():
            host.end()


@contextlib.contextmanager
def lab(directory: str, *hosts: str, control: "Control | Rows | None" = None,
        switched: Sequence[str] = ()) -> Iterator[Lab]:
    """A lab for the time of a block; `switched` names the hosts with Open vSwitch."""
    made = Lab(pathlib.Path(directory), hosts, control or Control(), switched)
    try:
        yield made
    finally:
        made.end()
