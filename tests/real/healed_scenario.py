"""A program: what somebody takes from a host behind its agent's back is made again. Started by test_network_lab.

One host without guests, its driver and nothing around it: with Linux bridges, and with Open vSwitch where that is there.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
from typing import Any

from bench import network_hosts
from cumulo.common import names
from cumulo.common.threads import Threads
from cumulo.network.agent.bridge import Devices
from cumulo.network.agent.converge import Converger
from cumulo.network.agent.kernel import LINUXBRIDGE, OPENVSWITCH, Place
from cumulo.network.agent.wanted import Wanted
from tests.lab.lab import run

WAY, BRIDGE = names.tunnel_name(network_hosts.NETWORK), names.bridge_name(network_hosts.NETWORK)
BROKEN = {
    LINUXBRIDGE: (("ip", "link", "set", WAY, "nomaster"), ("ip", "link", "set", WAY, "down"), ("ip", "link", "del", WAY),
                  ("ip", "link", "set", BRIDGE, "down"), ("ip", "link", "del", BRIDGE)),
    OPENVSWITCH: (("ip", "link", "set", WAY, "nomaster"), ("ovs-vsctl", "del-port", "cumulo", WAY),
                  ("ovs-ofctl", "-O", "OpenFlow14", "--names", "del-flows", "cumulo", "in_port=cumulo-vxlan"),
                  ("ovs-vsctl", "del-port", "cumulo", "cumulo-vxlan"), ("ovs-vsctl", "del-br", "cumulo"),
                  ("ip", "link", "del", BRIDGE))}


class Scheduler:
    """A control plane that wants one thing, and says it once."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted

    def call(self, target: str, method: str, arguments: dict[str, Any], *, timeout_s: float = 30) -> Any:
        """Answer the agent."""
        if method != "network_desired":
            return None
        full = not arguments["since_revision"]
        parts = {part: list(getattr(self._wanted, part).values()) if full else [] for part in ("networks", "groups", "prefixes", "routers")}
        return {"revision": 1, "full": full, "removed": {}} | parts


def check(mechanism: str) -> None:
    """Everything that is broken is seen by the comparison, made again by the next run, and nothing differs then."""
    wanted = network_hosts.host(6)
    del wanted.networks[network_hosts.OUTSIDE]
    with tempfile.TemporaryDirectory() as directory:
        driver = network_hosts.made_driver(pathlib.Path(directory), Devices(Place("127.0.0.1", mechanism=mechanism)))
        converger = Converger(Scheduler(wanted), "h", driver, Threads(), 5)
        converger.run_once()
        assert converger.holdings().differences == (), converger.holdings().differences
        for argv in BROKEN[mechanism]:
            run(*argv)
            assert converger.holdings().differences, argv
            converger.run_once()
            assert converger.holdings().differences == (), (argv, converger.holdings().differences)
        run("ip", "link", "del", BRIDGE)


def begin_switch() -> None:
    """Start Open vSwitch here."""
    folder = "/run/openvswitch"
    os.makedirs(folder)
    run("ovsdb-tool", "create", f"{folder}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
    run("ovsdb-server", f"{folder}/conf.db", f"--remote=punix:{folder}/db.sock", "--pidfile", "--detach", f"--log-file={folder}/db.log")
    run("ovs-vsctl", "--no-wait", "init")
    run("ovs-vswitchd", "--pidfile", "--detach", f"--log-file={folder}/switch.log")


def main() -> None:
    """Tell the whole story."""
    subprocess.run(["mount", "-t", "tmpfs", "run", "/run"], check=True)
    os.makedirs("/run/netns")
    run("ip", "link", "set", "lo", "up")
    check(LINUXBRIDGE)
    if shutil.which("ovs-vswitchd"):
        run("ip", "link", "del", WAY, check=False)
        begin_switch()
        check(OPENVSWITCH)


if __name__ == "__main__":
    main()
