"""Retries are free, shown: creates through a proxy that loses 30 % of the answers, counted at the end.

    python -m bench.idempotency [--creates 10000] [--clients 8] [--loss 0.3] [--seed 1] [--port 5950] [--kill-every 0]

Starts a distributed cloud with the fake hypervisor (PostgreSQL, RabbitMQ, four processes) in a
temporary directory. Several clients at once create networks, keypairs and servers through the proxy,
each with a key of its own, and send again with the same key until they have seen the answer. Then the
cloud's lists are compared with what was asked for: exactly one of each. At last it measures what a
key costs without the proxy, and removes the cloud. --kill-every S also kills the API (-9) every S
seconds and starts it again.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import dataclasses
import http.client
import itertools
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

from bench.lossy_proxy import LossyProxy
from cumulo.cloud import processes, services
from cumulo.cloud import state as states
from cumulo.cloud.client import Client
from cumulo.cloud.layout import Layout
from cumulo.cloud.refusal import Refusal

COMMAND = str(pathlib.Path(sys.executable).with_name("cumulo"))
NETWORKS, KEYPAIRS, SERVERS = "/network/v2.0/networks", "/compute/v2.1/os-keypairs", "/compute/v2.1/servers"
MIX = (NETWORKS, KEYPAIRS) * 4 + (NETWORKS, SERVERS)  # of ten creates five networks, four keypairs, one server
UNLIMITED = "\n[servers]\nquota_instances = -1\nquota_cores = -1\nquota_memory_mib = -1\nquota_key_pairs = -1\n"
INVENTORY = {"inventory": {"vcpus": 1_000_000, "memory_mib": 1_000_000_000, "disk_gib": 100_000_000}}
TIMEOUT_S = 60
ATTEMPTS = 200


@dataclasses.dataclass
class Tally:
    """What one client saw."""

    made: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    events: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)


class Retrier:
    """A client on one connection that sends again until it sees the answer."""

    def __init__(self, port: int, token: str, server: dict[str, Any]) -> None:
        self._port, self._token, self._server = port, token, server
        self._connection: http.client.HTTPConnection | None = None
        self.tally = Tally()

    def create(self, number: int) -> None:
        """Create the thing of this number."""
        path, name, key = MIX[number % len(MIX)], f"thing-{number:06}", str(uuid.uuid4())
        body = json.dumps(body_of(path, name, self._server)).encode()
        for attempt in range(ATTEMPTS):
            answer = self.send(path, body, key)
            if answer is not None:
                self.tally.made.append((path, answer))
                return
            time.sleep(min(0.01 * attempt, 0.5))
        raise SystemExit(f"no answer for {path} {name} after {ATTEMPTS} attempts")

    def send(self, path: str, body: bytes, key: str = "") -> str | None:
        """Return what the created thing is called, None where to send again."""
        headers = {"X-Auth-Token": self._token, "Content-Type": "application/json"}
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_S)
            self.tally.events["sent"] += 1
            self._connection.request("POST", path, body, headers | ({"Idempotency-Key": key} if key else {}))
            answer = self._connection.getresponse()
            content = answer.read()
        except (http.client.HTTPException, OSError):
            self.tally.events["no answer"] += 1
            self.close()
            return None
        return self._judge(path, answer, content)

    def _judge(self, path: str, answer: http.client.HTTPResponse, content: bytes) -> str | None:
        if answer.status in (200, 201, 202):
            self.tally.events["replayed"] += answer.getheader("Idempotency-Replayed") == "true"
            return name_of(path, json.loads(content))
        wait = answer.getheader("Retry-After")
        if wait is None:
            raise SystemExit(f"POST {path} was answered with {answer.status}: {content.decode()[:400]}")
        self.tally.events[f"{answer.status} with Retry-After"] += 1
        time.sleep(float(wait))
        return None

    def close(self) -> None:
        """Drop the connection."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def body_of(path: str, name: str, server: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a create."""
    if path == NETWORKS:
        return {"network": {"name": name}}
    return {"keypair": {"name": name}} if path == KEYPAIRS else {"server": server | {"name": name}}


def name_of(path: str, made: dict[str, Any]) -> str:
    """Return what a list shows of the created thing and of no other."""
    if path == KEYPAIRS:
        return str(made["keypair"]["name"])
    return str(made["network" if path == NETWORKS else "server"]["id"])


def main() -> None:
    """Start a cloud, measure, remove it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--creates", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--loss", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=5950)
    parser.add_argument("--kill-every", type=float, default=0.0)
    options = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-bench-"))
    directory.chmod(0o755)
    layout = Layout(directory / "state")
    environment = os.environ | {"HOME": str(directory), "XDG_CONFIG_HOME": str(directory)}  # for its clouds.yaml
    try:
        client = start(layout, options.port, environment)
        with killed(layout, options.kill_every) as kills:
            exact = lose_answers(client, options)
        print(f"the API was killed {len(kills)} times")
        cost_of_a_key(client)
    finally:
        # Not destroy, which would delete every server first: with the fake hypervisor nothing lies elsewhere.
        subprocess.run([COMMAND, "down", "--state-dir", str(layout.state_dir)], env=environment, check=True,
                       capture_output=True)
        shutil.rmtree(directory, ignore_errors=True)
    raise SystemExit(0 if exact else 1)


class Administrator(Client):
    """The administrator, whose token the retrying clients share."""

    def __init__(self, port: int, password: str) -> None:
        super().__init__(f"http://127.0.0.1:{port}", password)
        self.port = port

    def token(self) -> str:
        """Return a token."""
        self.log_in()
        return self._token


def start(layout: Layout, port: int, environment: dict[str, str]) -> Administrator:
    """Start a distributed cloud without quotas on a host without end; return its administrator."""
    up = subprocess.run([COMMAND, "up", "--distributed", "--fake-hypervisor", "--no-first-server", "--port", str(port),
                         "--state-dir", str(layout.state_dir)], env=environment, check=False, capture_output=True, text=True)
    if up.returncode:
        raise SystemExit(f"cumulo up failed: {up.stdout}{up.stderr}")
    state = states.read(layout)
    assert state is not None
    services.stop(layout, state)
    script = layout.state_dir / "fake-script.json"
    script.write_text(json.dumps(INVENTORY))
    with open(layout.config_file, "a", encoding="utf-8") as file:
        file.write(f"{UNLIMITED}\n[compute_agent]\nfake_script = {script}\n")
    services.start(layout, state)
    client = Administrator(port, state.admin_password)
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        try:
            hosts = client.get("/compute/v2.1/os-hypervisors/detail")["hypervisors"]
            if hosts and hosts[0]["vcpus"] == INVENTORY["inventory"]["vcpus"]:
                return client
        except Refusal as failure:
            if time.monotonic() > deadline:
                raise SystemExit(f"the cloud does not answer: {failure}") from failure
        time.sleep(0.5)


@contextlib.contextmanager
def killed(layout: Layout, every_s: float) -> Iterator[list[int]]:
    """Kill the API again and again, and start it again at once; give the pids it had."""
    state, pids, over = states.read(layout), [], threading.Event()
    assert state is not None

    def kill_forever() -> None:
        while not over.wait(every_s):
            pid = processes.running_pid(layout.pid_file("cumulo-api"))
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
                pids.append(pid)
                time.sleep(0.2)
            services.start(layout, state)

    killer = threading.Thread(target=kill_forever, daemon=True)
    if every_s:
        killer.start()
    try:
        yield pids
    finally:
        over.set()
        if every_s:
            killer.join()


def lose_answers(client: Administrator, options: argparse.Namespace) -> bool:
    """Create through the proxy, count, print; say whether there is exactly one of each."""
    server = server_body(client)
    token = client.token()
    before = {path: names_at(client, path) for path in (NETWORKS, KEYPAIRS, SERVERS)}
    numbers = itertools.count()
    with LossyProxy(server_port=client.port, loss=options.loss, seed=options.seed) as proxy:
        began = time.monotonic()

        def work() -> Tally:
            retrier = Retrier(proxy.port, token, server)
            while (number := next(numbers)) < options.creates:
                retrier.create(number)
            retrier.close()
            return retrier.tally

        with concurrent.futures.ThreadPoolExecutor(options.clients) as pool:
            tallies = [each.result() for each in [pool.submit(work) for _ in range(options.clients)]]
        took_s = time.monotonic() - began
        counts = proxy.counts()
    events = sum((each.events for each in tallies), collections.Counter())
    print(f"{options.creates} creates by {options.clients} clients in {took_s:.0f} s: {options.creates / took_s:.1f} "
          f"creates/s, {counts['requests'] / took_s:.1f} requests/s")
    print(f"requests that reached the server {counts.pop('requests')}; answers lost: {counts}")
    print(f"the clients saw: {dict(events)}")
    return is_exact(client, [each for tally in tallies for each in tally.made], before)


def is_exact(client: Client, made: list[tuple[str, str]], before: dict[str, list[str]]) -> bool:
    """Compare the cloud's lists with what the clients were told; print both."""
    exact = True
    for path, earlier in before.items():
        told = sorted(name for where, name in made if where == path)
        there = sorted((collections.Counter(names_at(client, path)) - collections.Counter(earlier)).elements())
        verdict = "exact" if told == there and len(set(told)) == len(told) else "WRONG"
        exact = exact and verdict == "exact"
        print(f"{path:<28} told of {len(told):6}, there are {len(there):6}: {verdict}")
    return exact


def names_at(client: Client, path: str) -> list[str]:
    """Return what a list shows, all its pages."""
    if path == KEYPAIRS:
        return [each["keypair"]["name"] for each in client.get(path)["keypairs"]]
    key, found = path.rsplit("/", 1)[1], []
    page = client.get(f"{path}?limit=1000")[key]
    while page:
        found += [each["id"] for each in page]
        page = client.get(f"{path}?limit=1000&marker={found[-1]}")[key]
    return found


def server_body(client: Client) -> dict[str, Any]:
    """Return the body of a small server on a network with room for all."""
    network = client.post(NETWORKS, {"network": {"name": "wide"}})["network"]["id"]
    client.post("/network/v2.0/subnets", {"subnet": {"network_id": network, "cidr": "10.64.0.0/12", "ip_version": 4}})
    image = client.get("/image/v2/images")["images"][0]["id"]
    flavor = client.get("/compute/v2.1/flavors")["flavors"][0]["id"]
    return {"imageRef": image, "flavorRef": flavor, "networks": [{"uuid": network}]}


def cost_of_a_key(client: Administrator) -> None:
    """Create networks with and without a key in turns, straight at the API; print what each took."""
    retrier = Retrier(client.port, client.token(), {})
    took_ms: dict[bool, list[float]] = {True: [], False: []}
    for number in range(1000):
        with_key = bool(number % 2)
        began = time.monotonic()
        made = retrier.send(NETWORKS, json.dumps({"network": {"name": f"cost-{number}"}}).encode(),
                            str(uuid.uuid4()) if with_key else "")
        took_ms[with_key].append((time.monotonic() - began) * 1000)
        assert made
    for with_key, figures in took_ms.items():
        print(f"a network {'with' if with_key else 'without'} a key: median {statistics.median(figures):.1f} ms")


if __name__ == "__main__":
    main()
