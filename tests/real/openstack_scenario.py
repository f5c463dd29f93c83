"""Every action on servers by the real `openstack` client against real guests; after each, all who know the server agree.

    python -m tests.real.openstack_scenario          as root; some minutes; prints one line for each action

After every action the API, the database and libvirt must say the same of the server: its status, its power, its
processors and memory, how many disks and cards its definition has. After its deletion nothing may be left of it: no
domain, no files, no device, no lease, no claim, no port. The last line counts; the program ends with 1 where anything differed.
"""

import dataclasses
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from typing import Any

import libvirt

from tests.contract.client import Client, Cloud, Refused, client_python

WAIT_S = 150.0
#: What a domain is, by the status of its server: its state, and whether its memory is kept.
DOMAINS = {"ACTIVE": ("running", False), "RESCUE": ("running", False), "VERIFY_RESIZE": ("running", False), "PAUSED": ("paused", False),
           "SUSPENDED": ("off", True), "SHUTOFF": ("off", False), "SHELVED": ("off", False)}
STATES = {libvirt.VIR_DOMAIN_RUNNING: "running", libvirt.VIR_DOMAIN_PAUSED: "paused", libvirt.VIR_DOMAIN_SHUTOFF: "off"}
SETTINGS = "[compute_agent]\nstop_timeout_s = 20\ncpu_dedicated_set = 1\n[servers]\nservice_down_after_s = 60\n"


class Differs(Exception):
    """Somebody says something else."""


@dataclasses.dataclass(frozen=True)
class Action:
    """A command, and the status that the server is in afterwards; "" is none that changes. Refused: what the refusal says."""

    name: str
    command: str
    arguments: tuple[str, ...]
    status: str = ""
    refused: str | None = None


def act(name: str, command: str, *arguments: str, to: str = "", refused: str | None = None) -> Action:
    """Return an action; SERVER in its arguments is the server's name, and so is what else was made (see Things)."""
    return Action(name, command, arguments, to, refused)


ACTIONS = (
    act("soft reboot", "server reboot", "SERVER", "--wait", to="ACTIVE"),
    act("hard reboot", "server reboot", "--hard", "SERVER", to="ACTIVE"),
    act("stop", "server stop", "SERVER", to="SHUTOFF"), act("start", "server start", "SERVER", to="ACTIVE"),
    act("pause", "server pause", "SERVER", to="PAUSED"), act("unpause", "server unpause", "SERVER", to="ACTIVE"),
    act("suspend", "server suspend", "SERVER", to="SUSPENDED"), act("resume", "server resume", "SERVER", to="ACTIVE"),
    act("lock", "server lock", "--reason", "quiet", "SERVER", to="ACTIVE"), act("unlock", "server unlock", "SERVER", to="ACTIVE"),
    act("rename", "server set", "--property", "colour=blue", "--description", "seen", "SERVER", to="ACTIVE"),
    act("unset", "server unset", "--property", "colour", "SERVER", to="ACTIVE"),
    act("tag", "server set", "--tag", "one", "SERVER", to="ACTIVE"),
    act("add port", "server add port", "SERVER", "PORT", to="ACTIVE"),
    act("remove port", "server remove port", "SERVER", "PORT", to="ACTIVE"),
    act("add volume", "server add volume", "SERVER", "VOLUME", to="ACTIVE"),
    act("remove volume", "server remove volume", "SERVER", "VOLUME", to="ACTIVE"),
    act("add security group", "server add security group", "SERVER", "GROUP", to="ACTIVE"),
    act("remove security group", "server remove security group", "SERVER", "GROUP", to="ACTIVE"),
    act("console log", "console log show", "SERVER", to="ACTIVE"),
    act("image", "server image create", "SERVER", "--name", "IMAGE-MADE", "--wait", to="ACTIVE"),
    act("backup", "server backup create", "SERVER", "--name", "BACKUP-MADE", "--type", "daily", "--rotate", "1", "--wait", to="ACTIVE"),
    act("rescue", "server rescue", "SERVER", to="RESCUE"), act("unrescue", "server unrescue", "SERVER", to="ACTIVE"),
    act("rebuild", "server rebuild", "SERVER", "--image", "IMAGE", to="ACTIVE"),
    act("resize", "server resize", "SERVER", "--flavor", "LARGER", to="VERIFY_RESIZE"),
    act("revert", "server resize revert", "SERVER", to="ACTIVE"),
    act("resize again", "server resize", "SERVER", "--flavor", "LARGER", to="VERIFY_RESIZE"),
    act("confirm", "server resize confirm", "SERVER", to="ACTIVE"),
    act("to own processors", "server resize", "SERVER", "--flavor", "OWN", to="VERIFY_RESIZE"),
    act("confirm them", "server resize confirm", "SERVER", to="ACTIVE"),
    act("reboot keeps them", "server reboot", "--hard", "SERVER", to="ACTIVE"),
    act("shelve", "server shelve", "SERVER", "--offload", to="SHELVED_OFFLOADED"),
    act("unshelve", "server unshelve", "SERVER", to="ACTIVE"),
    act("set state", "server set", "--state", "error", "--auto-approve", "SERVER", to="ERROR"),
    act("reboot mends it", "server reboot", "--hard", "SERVER", to="ACTIVE"),
    act("migrate", "server migrate", "SERVER", to="ACTIVE"),  # there is one host: the operation ends undone
    act("live migration", "server migrate", "--live-migration", "SERVER", to="ACTIVE"),
    act("evacuate", "server evacuate", "SERVER", refused="still in use"),
    act("password", "server set", "--password", "Secret-123", "SERVER", to="ACTIVE"),  # the guest has no agent: nothing is changed
)


class Scenario:
    """A cloud with guests, the client, and what both made."""

    def __init__(self) -> None:
        self.cloud = RealCloud()
        self.client = Client(client_python(), self.cloud.home)
        self.libvirt = libvirt.open(self.cloud.setting("libvirt_uri"))
        self.things: dict[str, str] = {}
        self.failed: list[str] = []

    def close(self) -> None:
        """Remove everything."""
        self.client.close()
        self.libvirt.close()
        self.cloud.close()

    def run(self, actions: tuple[Action, ...]) -> None:
        """Make a server, do everything with it, and delete it."""
        self.prepare()
        self.attempt("create", self.create)
        for action in actions:
            self.attempt(action.name, lambda action=action: self.do(action))
        self.attempt("console page", self.console_page)
        self.attempt("delete", self.delete)

    def attempt(self, name: str, change: Callable[[], None]) -> None:
        """Do one thing, and say how it ended."""
        begun = time.monotonic()
        try:
            change()
            said = "agrees"
        except (Differs, Refused, AssertionError) as failure:
            said = f"DIFFERS: {str(failure)[:400]}"
            self.failed.append(name)
        print(f"{name:<24} {time.monotonic() - begun:6.1f} s  {said}", flush=True)

    def prepare(self) -> None:
        """Make what actions need."""
        show = self.client.show
        image = next(row for row in show("image list") if row["Status"] == "active")
        self.things = {"SERVER": "guest-of-all", "IMAGE": image["ID"], "GROUP": "scenario", "PORT": "", "VOLUME": "",
                       "LARGER": "larger", "OWN": "own"}
        for name, ram, more in (("small", 128, ()), ("larger", 192, ()), ("own", 192, ("--property", "hw:cpu_policy=dedicated"))):
            show("flavor create", "--ram", str(ram), "--disk", "1", "--vcpus", "1", name, *more)
        self.things["NETWORK"] = show("network create", "scenario")["id"]
        show("subnet create", "--network", "scenario", "--subnet-range", "10.77.0.0/24", "scenario")
        show("security group create", "scenario")
        self.things["PORT"] = show("port create", "--network", "scenario", "scenario-second")["id"]
        self.things["VOLUME"] = show("volume create", "--size", "1", "scenario")["id"]
        self.until(lambda: show("volume show", self.things["VOLUME"])["status"] == "available", "a volume")

    def create(self) -> None:
        """Build the server."""
        made = self.client.show("server create", "--image", self.things["IMAGE"], "--flavor", "small", "--network", "scenario",
                                "--config-drive", "True", self.things["SERVER"])
        self.things["ID"] = made["id"]
        self.settle("ACTIVE")

    def do(self, action: Action) -> None:
        """Run a command, wait until nothing is under way, and compare."""
        arguments = [self.things.get(each, each) for each in action.arguments]
        if action.refused is not None:
            said = self.client.refused(action.command, *arguments)
            if action.refused not in said:
                raise Differs(f"the refusal says {said}")
            return
        self.client.do(action.command, *arguments)
        self.settle(action.status)

    def console_page(self) -> None:
        """Fetch the page that a display is shown by."""
        url = self.client.show("console url show", self.things["SERVER"])["url"]
        with urllib.request.urlopen(url, timeout=10) as answer:
            page = answer.read().decode()
        if "noVNC" not in page or "is not installed here" in page:
            raise Differs(f"the page is {page[:200]}")

    def settle(self, status: str) -> None:
        """Wait for the status, and until nothing is under way; then everybody must agree."""
        self.until(lambda: self.rows("SELECT id FROM operation WHERE active_key = ?") == [], "an end of the operation")
        shown = self.client.show("server show", self.things["SERVER"])
        if shown["status"] != status:
            raise Differs(f"the API says {shown['status']}, not {status}: {shown.get('fault')}")
        (row,) = self.rows("SELECT status, vcpus, memory_mib, host, power_state FROM server WHERE id = ?")
        if row[0] != status:
            raise Differs(f"the database says {row[0]}")
        self.agree(status, row)

    def agree(self, status: str, row: Any) -> None:
        """Compare the domain with the rows."""
        domain = self.domain()
        claims = self.rows("SELECT host, vcpus, memory_mib, fit FROM claim WHERE server_id = ?")
        if status == "SHELVED_OFFLOADED":
            if domain is not None or claims or row[3] is not None:
                raise Differs(f"offloaded, but domain {domain}, claims {claims}, host {row[3]}")
            return
        if domain is None or [(claim[0], claim[1], claim[2]) for claim in claims] != [(row[3], row[1], row[2])]:
            raise Differs(f"domain {domain}, claims {claims}, row {tuple(row)}")
        found = STATES.get(domain.state()[0]), bool(domain.hasManagedSaveImage())
        if status in DOMAINS and found != DOMAINS[status]:
            raise Differs(f"the domain is {found}, the server {status}")
        text = domain.XMLDesc()
        (ports,), = self.rows("SELECT count(*) FROM port WHERE device_id = ?")
        (volumes,), = self.rows("SELECT count(*) FROM volume_attachment WHERE server_id = ? AND status = 'attached'")
        seen = (int(re.findall(r"<memory unit='KiB'>(\d+)", text)[0]) // 1024, domain.maxVcpus() if domain.isActive() else row[1],
                text.count("<interface "), len(re.findall(r"<serial>[0-9a-f-]{36}</serial>", text)))
        if seen != (row[2], row[1], ports, volumes):
            raise Differs(f"memory, processors, cards, volumes: the domain has {seen}, rows {(row[2], row[1], ports, volumes)}")
        pins = [[host for _, host in cell["pins"]] for cell in (json.loads(claims[0][3]) if claims[0][3] else {"cells": []})["cells"]]
        pinned = [[int(each)] for each in re.findall(r"<vcpupin vcpu='\d+' cpuset='(\d+)'/>", text)]
        if pins != pinned:
            raise Differs(f"own processors: the claim says {pins}, the domain {pinned}")

    def delete(self) -> None:
        """Delete the server, and look for anything that is left of it."""
        server_id = self.things["ID"]
        taps = [f"tap{row[0][:11]}" for row in self.rows("SELECT id FROM port WHERE device_id = ?")]
        cards = [row[0] for row in self.rows("SELECT mac_address FROM port WHERE device_id = ?")]
        self.client.do("server delete", self.things["SERVER"], "--wait")
        self.until(lambda: self.rows("SELECT id FROM operation WHERE active_key = ?") == [], "an end of the deletion")
        if self.domain() is not None:
            raise Differs("a domain is left")
        for table, column in (("claim", "server_id"), ("server_move", "server_id"), ("port", "device_id"), ("volume_attachment", "server_id")):
            if self.rows(f"SELECT * FROM {table} WHERE {column} = ?"):  # noqa: S608  (names of this program)
                raise Differs(f"rows of {table} are left")
        # What libvirt logged of the guest stays, as its own rotation has it.
        logs = self.cloud.state / "libvirt" / "log"
        left = [str(path) for path in self.cloud.state.rglob(f"*{server_id}*") if not path.is_relative_to(logs)]
        if left:
            raise Differs(f"files are left: {left}")
        devices = subprocess.run(["ip", "-o", "link"], check=True, capture_output=True, text=True).stdout
        if [tap for tap in taps if tap in devices]:
            raise Differs(f"devices of {taps} are left")
        self.until(lambda: not [path for path in self.cloud.state.rglob("*") if path.name in ("hosts", "leases") and path.is_file() and any(
            card in path.read_text(encoding="utf-8", errors="replace") for card in cards)], "leases of its cards to be gone", 30.0)

    def domain(self) -> Any:
        """Return the server's domain, or nothing."""
        try:
            return self.libvirt.lookupByUUIDString(self.things["ID"])
        except libvirt.libvirtError:
            return None

    def rows(self, query: str) -> list[Any]:
        """Return rows of the database that a query finds of the server."""
        connection = sqlite3.connect(f"file:{self.cloud.state / 'cumulo.sqlite'}?mode=ro", uri=True, timeout=30)
        try:
            return connection.execute(query, (self.things["ID"],)).fetchall()
        finally:
            connection.close()

    def until(self, is_so: Callable[[], bool], what: str, wait_s: float = WAIT_S) -> None:
        """Wait for something."""
        deadline = time.monotonic() + wait_s
        while not is_so():
            if time.monotonic() > deadline:
                raise Differs(f"no {what} within {wait_s:g} s")
            time.sleep(0.2)


class RealCloud(Cloud):
    """The same with guests under libvirt."""

    settings, up, end = SETTINGS, ("up", "--no-first-server"), ("destroy", "--yes")
    start_s = 400

    def setting(self, name: str) -> str:
        """Return a setting as `up` has written it."""
        found = re.search(rf"^{name} = (.*)$", (self.state / "cumulo.conf").read_text(encoding="utf-8"), re.MULTILINE)
        return found[1] if found else ""


def main() -> int:
    """Run everything."""
    if os.geteuid():
        print("guests and networks need root", file=sys.stderr)
        return 2
    libvirt.registerErrorHandler(lambda context, error: None, None)
    wanted = tuple(each for each in ACTIONS if not sys.argv[1:] or each.name in sys.argv[1:])
    scenario = Scenario()
    try:
        scenario.run(wanted)
        said = subprocess.run([sys.executable, "-m", "cumulo.cloud.main", "audit", "--now", "--state-dir", str(scenario.cloud.state)],
                              check=False, capture_output=True, text=True, cwd=pathlib.Path(__file__).parents[2])
        print(f"audit: {said.stdout.strip()[-200:]}")
        print(f"{len(wanted) + 3} actions, {len(scenario.failed)} differ: {', '.join(scenario.failed) or 'none'}")
    finally:
        scenario.close()
    return 1 if scenario.failed else 0


if __name__ == "__main__":
    sys.exit(main())
