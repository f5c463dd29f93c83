"""The network API's figures: creates a second, lists of many ports, members of a security group.

    python -m bench.network [--port 5900] [--count 200] [--rows 1000] [--clients 1 8]

Starts an embedded cloud without guests in a temporary directory and removes it. Each figure stands beside the one it is
held to: twenty times upstream's on a machine of this kind. The clients share the machine with the API, and so may others:
beside each figure stand the load average and the processor time that the API spent on a request.
"""

import argparse
import dataclasses
import http.client
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Any

from cumulo.cloud.client import Client

COMMAND = str(pathlib.Path(sys.executable).with_name("cumulo"))
# Creates a second and the median in milliseconds of one client after another, upstream; times twenty is the aim.
UPSTREAM = {"network": 13.0, "subnet": 13.0, "port": 6.0, "security group rule": 2.5}
TIMES_UPSTREAM = 20
LIST_UPSTREAM_MS = 770.0
"""GET /ports with 1,000 rows, upstream."""


@dataclasses.dataclass(frozen=True)
class Figure:
    """What a run of requests came to."""

    per_second: float
    median_ms: float
    slowest_hundredth_ms: float
    cpu_ms: float


class Cloud:
    """A cloud in a directory of its own, and an administrator of it."""

    def __init__(self, port: int) -> None:
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-bench-"))
        self._state, self.port = self.directory / "state", port
        self._run("up", "--fake-hypervisor", "--no-first-server", "--port", str(port))
        said = json.loads((self._state / "cloud.json").read_text())
        self.client = Client(f"http://127.0.0.1:{port}", said["admin_password"])
        self.token = _log_in(port, said["admin_password"])
        self._processes = [int(path.read_text().split()[0]) for path in (self._state / "run").glob("*.pid")]

    def close(self) -> None:
        """Remove it."""
        self._run("destroy", "--yes", check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    def cpu_s(self) -> float:
        """Return the processor seconds that its processes have had."""
        ticks = 0
        for process in self._processes:
            fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def _run(self, *arguments: str, check: bool = True) -> None:
        environment = os.environ | {"HOME": str(self.directory)}
        done = subprocess.run([COMMAND, *arguments, "--state-dir", str(self._state)], capture_output=True, text=True,
                              check=False, timeout=300, env=environment)
        if check and done.returncode:
            raise SystemExit(f"cumulo {arguments[0]} failed: {done.stdout}{done.stderr}")


def _log_in(port: int, password: str) -> str:
    domain = {"id": "default"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/identity/v3/auth/tokens", json.dumps({"auth": {
        "identity": {"methods": ["password"], "password": {
            "user": {"name": "admin", "domain": domain, "password": password}}},
        "scope": {"project": {"name": "admin", "domain": domain}}}}), {"Content-Type": "application/json"})
    return str(connection.getresponse().headers["X-Subject-Token"])


class Asker:
    """One connection."""

    def __init__(self, cloud: Cloud, base: str = "/network/v2.0") -> None:
        self._base = base
        self._connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=60)
        self._headers = {"X-Auth-Token": cloud.token, "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request that must succeed and return its JSON."""
        self._connection.request(method, f"{self._base}{path}", None if body is None else json.dumps(body),
                                 self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path} was answered with {answer.status}: {content[:300]!r}")
        return json.loads(content) if content else None


def measured(cloud: Cloud, clients: int, count: int, one: Callable[[Asker, int], object],
             base: str = "/network/v2.0") -> Figure:
    """Have so many clients do it so many times together."""
    times: list[float] = []
    numbers = itertools.count()

    def work() -> None:
        asker = Asker(cloud, base)
        while (number := next(numbers)) < count:
            began = time.perf_counter()
            one(asker, number)
            times.append(time.perf_counter() - began)

    threads = [threading.Thread(target=work) for _ in range(clients)]
    cpu, began = cloud.cpu_s(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    ordered = sorted(times)
    return Figure(len(times) / took, ordered[len(ordered) // 2] * 1000, ordered[int(len(ordered) * 0.99)] * 1000,
                  (cloud.cpu_s() - cpu) / len(times) * 1000)


def creates(cloud: Cloud, clients: int, count: int) -> None:
    """Networks, subnets, ports and rules, one kind after another."""
    asker = Asker(cloud)
    made: list[str] = []
    report("network", clients, measured(cloud, clients, count, lambda each, number: made.append(
        each.ask("POST", "/networks", {"network": {"name": f"n{number}"}})["network"]["id"])))
    report("subnet", clients, measured(cloud, clients, count, lambda each, number: each.ask("POST", "/subnets", {
        "subnet": {"network_id": made[number], "ip_version": 4, "cidr": "10.0.0.0/24"}})))
    wide = _wide_network(asker)
    report("port", clients, measured(cloud, clients, count, lambda each, number: each.ask(
        "POST", "/ports", {"port": {"network_id": wide}})))
    group = asker.ask("POST", "/security-groups", {"security_group": {"name": f"bench-{clients}"}})["security_group"]["id"]
    report("security group rule", clients, measured(cloud, clients, count, lambda each, number: each.ask(
        "POST", "/security-group-rules", {"security_group_rule": {
            "security_group_id": group, "direction": "ingress", "protocol": "tcp", "port_range_min": number + 1,
            "port_range_max": number + 1}})))


def lists(cloud: Cloud, rows: int) -> None:
    """GET /ports of a network with so many, and a rule of the group that all of them are in."""
    asker = Asker(cloud)
    wide = _wide_network(asker)
    began = time.perf_counter()
    for start in range(0, rows, 100):
        body = {"ports": [{"network_id": wide}] * min(100, rows - start)}
        asker.ask("POST", "/ports", body)
    print(f"{rows} ports in hundreds: {rows / (time.perf_counter() - began):.0f} a second")
    times = []
    for _ in range(5):
        began = time.perf_counter()
        found = asker.ask("GET", f"/ports?network_id={wide}")["ports"]
        times.append((time.perf_counter() - began) * 1000)
    aim = LIST_UPSTREAM_MS * rows / 1000 / TIMES_UPSTREAM
    print(f"GET /ports, {len(found)} rows: best {min(times):.0f} ms, median {sorted(times)[2]:.0f} ms   aim {aim:.0f} ms: "
          f"{'met' if min(times) <= aim else 'MISSED'}")
    default = asker.ask("GET", "/security-groups?name=default")["security_groups"][0]["id"]
    began = time.perf_counter()
    asker.ask("POST", "/security-group-rules", {"security_group_rule": {
        "security_group_id": default, "direction": "ingress", "protocol": "tcp", "port_range_min": 7, "port_range_max": 7}})
    print(f"a rule for a group with {rows} members and more: {(time.perf_counter() - began) * 1000:.0f} ms")


def report(what: str, clients: int, figure: Figure) -> None:
    """Print a figure beside its aim."""
    aim = UPSTREAM[what] * TIMES_UPSTREAM
    print(f"{what:<20} {clients} client{'s' if clients > 1 else ' '} {figure.per_second:7.1f} a second   p50 {figure.median_ms:6.1f} "
          f"ms   p99 {figure.slowest_hundredth_ms:6.1f} ms   API {figure.cpu_ms:5.2f} ms of a processor   aim {aim:g} a second: "
          f"{'met' if figure.per_second >= aim else 'MISSED'}   load {os.getloadavg()[0]:.1f}", flush=True)


def _wide_network(asker: Asker) -> str:
    made = asker.ask("POST", "/networks", {"network": {"name": "wide"}})["network"]["id"]
    asker.ask("POST", "/subnets", {"subnet": {"network_id": made, "ip_version": 4, "cidr": "10.0.0.0/16"}})
    return str(made)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=5900)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000])
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    options = parser.parse_args()
    cloud = Cloud(options.port)
    try:
        project = cloud.client.get("/identity/v3/projects?name=admin")["projects"][0]["id"]
        every = ("network", "subnet", "port", "security_group", "security_group_rule")
        cloud.client.request("PUT", f"/network/v2.0/quotas/{project}", {"quota": dict.fromkeys(every, -1)})
        for clients in options.clients:
            creates(cloud, clients, options.count)
        for rows in options.rows:
            lists(cloud, rows)
    finally:
        cloud.close()


if __name__ == "__main__":
    main()
