"""The compute API's figures: servers from request to ACTIVE, deletes, lists, memory, and what a boot costs.

    python -m bench.compute [--count 100] [--large 0] [--hosts 4] [--clients 10] [--others 100000]      as root

A distributed cloud of real processes over PostgreSQL and RabbitMQ, with fake hypervisors and networks, in a temporary
directory. Clients share the machine with it, and so may others: what compares between runs is the processor time, which
is printed for each kind of process. Beside the figures stand what they are held to.
"""

import argparse
import concurrent.futures
import dataclasses
import http.client
import json
import os
import pathlib
import shutil
import tempfile
import time
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.compute import server
from tests.fixtures.fleet import PASSWORD, Fleet, Furniture

SERVERS = "/compute/v2.1/servers"
GOALS = {"boots a second": 100.0, "page of 1,000 in ms": 50.0, "MiB of a compute agent": 30.0}
PATIENCE_S = 300.0
OTHER_PROJECT = "0" * 32


@dataclasses.dataclass(frozen=True)
class Cost:
    """Processor seconds by kind of process."""

    seconds: dict[str, float]

    def since(self, before: "Cost") -> "Cost":
        """What was used in between."""
        return Cost({kind: used - before.seconds.get(kind, 0.0) for kind, used in self.seconds.items()})

    def each(self, count: int) -> str:
        """Milliseconds for each of so many, all together and by kind."""
        parts = ", ".join(f"{kind} {used / count * 1000:.1f}" for kind, used in sorted(
            self.seconds.items(), key=lambda item: -item[1]) if used / count >= 0.0001)
        return f"{sum(self.seconds.values()) / count * 1000:.1f} ms of a processor each ({parts})"


class Asker:
    """One connection to the API that is kept open."""

    def __init__(self, fleet: Fleet, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", fleet.port, timeout=120)
        self._headers = {"X-Auth-Token": token, "Content-Type": "application/json",
                         "OpenStack-API-Version": "compute 2.96"}

    def ask(self, method: str, path: str, body: Any = None) -> bytes:
        """Send a request that must succeed and return the body of its answer."""
        self._connection.request(method, path, None if body is None else json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path} was answered with {answer.status}: {content[:300]!r}")
        return content


class Bench:
    """A running cloud and what is measured on it."""

    def __init__(self, fleet: Fleet, furniture: Furniture, clients: int) -> None:
        self.fleet, self.furniture, self.clients = fleet, furniture, clients
        self.token = _log_in(fleet)

    def asker(self) -> Asker:
        """A new connection."""
        return Asker(self.fleet, self.token)

    def boot(self, count: int, *, port: bool) -> list[str]:
        """Ask for servers, several clients at once, and wait until all of them are ACTIVE; print what that came to."""
        networks: Any = [{"uuid": self.furniture.network_id}] if port else "none"
        wanted = {"server": {"name": "bench", "imageRef": self.furniture.image_id, "flavorRef": self.furniture.flavor_id,
                             "networks": networks}}
        before, began = self.cost(), time.time()
        times = self._together(count, lambda asker, _: asker.ask("POST", SERVERS, wanted))
        asked_s = time.time() - began
        rows = self._settled("BUILD")
        rows = [row for row in rows if row.created_at >= began - 1]
        failed = [row for row in rows if row.status != "ACTIVE"]
        took = sorted(row.launched_at - row.created_at for row in rows if row.launched_at)
        rate = count / (max(row.launched_at for row in rows) - min(row.created_at for row in rows))
        print(f"{count} boots {'with a port' if port else 'without   '}: {rate:6.1f} a second to ACTIVE, p50 {_at(took, .5):.2f} s, "
              f"p99 {_at(took, .99):.2f} s; POST {count / asked_s:.1f} a second, p50 {_at(times, .5) * 1000:.0f} ms; "
              f"{len(failed)} failed   goal {GOALS['boots a second']:g} a second", flush=True)
        print(f"    {self.cost().since(before).each(count)}; load {os.getloadavg()[0]:.1f}", flush=True)
        return [row.id for row in rows]

    def delete(self, server_ids: list[str]) -> None:
        """Delete servers and wait until they are gone."""
        before, began = self.cost(), time.time()
        self._together(len(server_ids), lambda asker, number: asker.ask("DELETE", f"{SERVERS}/{server_ids[number]}"))
        while self._count(server.c.id.in_(server_ids), server.c.deleted_at.is_(None)):
            time.sleep(0.05)
        took = time.time() - began
        print(f"{len(server_ids)} deletes: {len(server_ids) / took:.1f} a second\n"
              f"    {self.cost().since(before).each(len(server_ids))}", flush=True)

    def lists(self, others: int) -> None:
        """Pages of servers, and one server, with many servers of another project beside them."""
        self.boot(1, port=True)
        self._copies(1000, None)
        self._copies(others, OTHER_PROJECT)
        asker = self.asker()
        for rows in (10, 100, 1000):
            self._repeat(f"GET /servers/detail, {rows} rows", lambda: asker.ask("GET", f"{SERVERS}/detail?limit={rows}"))  # noqa: B023
        one = json.loads(asker.ask("GET", f"{SERVERS}?limit=1"))["servers"][0]["id"]
        self._repeat("GET /servers/{id}", lambda: asker.ask("GET", f"{SERVERS}/{one}"), times=100)

    def memory(self) -> None:
        """What each kind of process takes, shared pages divided."""
        found: dict[str, list[float]] = {}
        for kind, process in self._processes():
            found.setdefault(kind, []).append(_pss_mib(process))
        for kind, sizes in sorted(found.items()):
            print(f"memory of {kind:<11} {sum(sizes):7.1f} MiB in {len(sizes)}, the largest {max(sizes):.1f}")
        print(f"    a copy from the nursery shares its imports with the others; goal of a compute agent "
              f"{GOALS['MiB of a compute agent']:g} MiB, resident {max(_rss_mib(p) for k, p in self._processes() if k == 'compute'):.1f} MiB")

    def cost(self) -> Cost:
        """What the cloud's processes have used so far."""
        found: dict[str, float] = {}
        for kind, process in self._processes():
            found[kind] = found.get(kind, 0.0) + _cpu_s(process)
        return Cost(found)

    def _processes(self) -> Iterable[tuple[str, int]]:
        for name, service in self.fleet.services.items():
            if service.process is not None:
                yield name.partition(".")[0], service.process
        for kind, root in (("PostgreSQL", "postgresql"), ("RabbitMQ", "rabbitmq")):
            for process in _tree(str(self.fleet.directory / root)):
                yield kind, process

    def _together(self, count: int, one: Any) -> list[float]:
        """Do something so many times, on as many connections as there are clients; return how long each took."""
        askers = [self.asker() for _ in range(self.clients)]

        def work(client: int) -> list[float]:
            times = []
            for number in range(client, count, self.clients):
                began = time.perf_counter()
                one(askers[client], number)
                times.append(time.perf_counter() - began)
            return times

        with concurrent.futures.ThreadPoolExecutor(self.clients) as pool:
            return sorted(each for times in pool.map(work, range(self.clients)) for each in times)

    def _repeat(self, what: str, one: Any, times: int = 10) -> None:
        before, took = self.cost(), []
        for _ in range(times):
            began = time.perf_counter()
            one()
            took.append(time.perf_counter() - began)
        print(f"{what:<32} best {min(took) * 1000:6.1f} ms, p50 {_at(sorted(took), .5) * 1000:6.1f} ms; "
              f"{self.cost().since(before).each(times)}", flush=True)

    def _settled(self, status: str) -> list[Any]:
        deadline = time.time() + PATIENCE_S
        while self._count(server.c.status == status):
            if time.time() > deadline:
                raise SystemExit(f"servers are still {status} after {PATIENCE_S:.0f} s")
            time.sleep(0.05)
        columns = (server.c.id, server.c.status, server.c.created_at, server.c.launched_at)
        with self.fleet.database.read() as connection:
            return list(connection.execute(sa.select(*columns).where(server.c.deleted_at.is_(None))))

    def _count(self, *where: Any) -> int:
        with self.fleet.database.read() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(server).where(*where)).scalar_one()

    def _copies(self, count: int, project_id: str | None) -> None:
        """Copy the newest server's row so many times, into another project where one is named."""
        if not count:
            return
        names = [column.name for column in server.c if column.name not in ("id", "project_id")]
        project = f"'{project_id}'" if project_id else "project_id"
        with self.fleet.database.write() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO server (id, project_id, {', '.join(names)}) SELECT gen_random_uuid(), {project}, "
                f"{', '.join(names)} FROM (SELECT * FROM server WHERE deleted_at IS NULL ORDER BY created_at DESC LIMIT 1) "
                f"AS newest, generate_series(1, {int(count)})")
            connection.exec_driver_sql("ANALYZE server")


def _at(ordered: list[float], part: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def _log_in(fleet: Fleet) -> str:
    domain = {"id": "default"}
    connection = http.client.HTTPConnection("127.0.0.1", fleet.port, timeout=60)
    connection.request("POST", "/identity/v3/auth/tokens", json.dumps({"auth": {
        "identity": {"methods": ["password"], "password": {
            "user": {"name": "admin", "domain": domain, "password": PASSWORD}}},
        "scope": {"project": {"name": "admin", "domain": domain}}}}), {"Content-Type": "application/json"})
    return str(connection.getresponse().headers["X-Subject-Token"])


def _tree(word: str) -> list[int]:
    """The processes whose command line names a directory, and all below them."""
    parents: dict[int, int] = {}
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if word.encode() in (path / "cmdline").read_bytes():
                found.append(int(path.name))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
    return [process for process in parents if _is_below(process, set(found), parents)]


def _is_below(process: int, roots: set[int], parents: dict[int, int]) -> bool:
    while process:
        if process in roots:
            return True
        process = parents.get(process, 0)
    return False


def _cpu_s(process: int) -> float:
    try:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pss_mib(process: int) -> float:
    rollup = pathlib.Path(f"/proc/{process}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024


def _rss_mib(process: int) -> float:
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")) / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--large", type=int, default=0, help="boots of a second, larger round; 0 for none")
    parser.add_argument("--hosts", type=int, default=4)
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--others", type=int, default=100_000, help="servers of another project beside the listed ones")
    options = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-bench-"))
    directory.chmod(0o755)
    fleet = Fleet(directory, hosts=options.hosts, schedulers=1)
    try:
        fleet.start()
        bench = Bench(fleet, Furniture(fleet.client()), options.clients)
        bench.delete(bench.boot(options.clients, port=True))  # everything is warm from here on
        for count in (options.count, options.large):
            for port in (False, True) if count else ():
                bench.delete(bench.boot(count, port=port))
        bench.memory()
        bench.lists(options.others)
    finally:
        fleet.close()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
