"""What each fault costs the distributed cloud: `python -m bench.faults` prints the table.

One API, two schedulers, three hosts with two agents each, all real processes over a real RabbitMQ and PostgreSQL with
the options they have by default; only the hypervisor and the network are fake. For each fault 50 servers are asked for,
and while they are being built the fault strikes; then all 50 are deleted, and it strikes again. A killed process is
started again after a second, as systemd would. Clients send again what was cut or refused, with the same key.

    stuck    operations that never ended          error   servers in ERROR, or deletions that were taken back
    leaked   differences of tests/fixtures/agreement.py, once all has ended
    lost     servers that were accepted (202) and vanished
    settled  seconds from the fault until every operation had ended; `again` counts requests sent more than once
"""

import argparse
import concurrent.futures
import dataclasses
import json
import pathlib
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable

import sqlalchemy as sa

from cumulo.common.db.tables.compute import server
from tests.fixtures import agreement
from tests.fixtures.fleet import Fleet, Furniture, PatientClient, running, wait_for

SERVERS = "/compute/v2.1/servers"
CLIENTS = 8
DOWN_S = 10.0
STRIKES_AFTER_S = 1.0  # from the first request; a build takes about two seconds, so all stages are under way
SETTLE_S = 180.0
AGREE_S = 30.0
#: A hypervisor takes its time; without it everything would be over before a fault could strike.
DELAYS = {"delays": {"create": 1.0, "start": 0.5, "remove": 1.0}}


def kill(fleet: Fleet, *kinds: str, most: int = 1000) -> None:
    """kill -9 of the services of these kinds."""
    for service in fleet.named(*kinds)[:most]:
        service.send(signal.SIGKILL)


def broker_down(fleet: Fleet) -> None:
    """The broker is away."""
    fleet.broker.stop()
    time.sleep(DOWN_S)
    fleet.broker.start()


def database_down(fleet: Fleet) -> None:
    """The database is away."""
    fleet.postgresql.stop()
    time.sleep(DOWN_S)
    fleet.postgresql.start()


FAULTS: dict[str, Callable[[Fleet], None]] = {
    "none": lambda fleet: None,
    "kill -9 API": lambda fleet: kill(fleet, "api"),
    "kill -9 one scheduler": lambda fleet: kill(fleet, "scheduler", most=1),
    "kill -9 all schedulers": lambda fleet: kill(fleet, "scheduler"),
    "kill -9 a compute agent": lambda fleet: kill(fleet, "compute", most=1),
    "kill -9 a network agent": lambda fleet: kill(fleet, "network", most=1),
    "kill -9 all agents": lambda fleet: kill(fleet, "compute", "network"),
    f"broker down {DOWN_S:.0f} s": broker_down,
    f"database down {DOWN_S:.0f} s": database_down,
}


@dataclasses.dataclass(frozen=True)
class Line:
    """One fault in one phase."""

    fault: str
    phase: str
    stuck: int
    error: int
    leaked: int
    lost: int
    settled_s: float
    again: int
    details: list[str]

    def render(self) -> str:
        """One line of the table."""
        return (f"{self.fault:<26}{self.phase:<8}{self.stuck:>6}{self.error:>7}{self.leaked:>8}{self.lost:>6}"
                f"{self.settled_s:>9.1f}{self.again:>7}")


HEAD = f"{'fault':<26}{'phase':<8}{'stuck':>6}{'error':>7}{'leaked':>8}{'lost':>6}{'settled':>9}{'again':>7}"


def main() -> int:
    """Print the table; 1 unless every number that should be 0 is."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults")
    parser.add_argument("--servers", type=int, default=50)
    parser.add_argument("--fault", action="append", choices=sorted(FAULTS), help="only this one; may be repeated")
    parser.add_argument("--keep", action="store_true", help="keep the logs, and say where they are")
    arguments = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-faults-"))
    directory.chmod(0o711)
    fleet = Fleet(directory, hosts=3, restart_after_s=1.0)
    fleet.script.write_text(json.dumps(DELAYS), encoding="utf-8")
    lines: list[Line] = []
    print(HEAD, flush=True)
    with running(fleet):
        furniture = Furniture(fleet.client())
        for fault in arguments.fault or FAULTS:
            for line in strike(fleet, furniture, fault, arguments.servers):
                print(line.render(), *line.details[:5], sep="\n    ", flush=True)
                lines.append(line)
    is_clean = not any(line.stuck or line.error or line.leaked or line.lost for line in lines)
    if is_clean and not arguments.keep:
        shutil.rmtree(directory)
    else:
        print(f"logs: {directory}")
    return 0 if is_clean else 1


def strike(fleet: Fleet, furniture: Furniture, fault: str, count: int) -> list[Line]:
    """Both phases of one fault."""
    def create(client: PatientClient, number: int) -> str:
        return str(client.post(SERVERS, furniture.body(f"{fault}-{number}"))["server"]["id"])

    ids, settled_s, again = _under(fleet, fault, create, range(count))
    created = _judge(fleet, fault, "create", ids, settled_s, again)

    def delete(client: PatientClient, server_id: str) -> str:
        client.delete(f"{SERVERS}/{server_id}")
        return server_id

    ids, settled_s, again = _under(fleet, fault, delete, ids)
    return [created, _judge(fleet, fault, "delete", ids, settled_s, again)]


def _under(fleet: Fleet, fault: str, request: Callable[..., str], subjects: object) -> tuple[list[str], float, int]:
    """Send a request for each subject while the fault strikes; return ids, seconds to settle, repetitions."""
    clients = [fleet.client() for _ in range(CLIENTS)]
    work = list(subjects)  # type: ignore[call-overload]
    with concurrent.futures.ThreadPoolExecutor(CLIENTS + 1) as pool:
        shares = [pool.submit(lambda client, share: [request(client, each) for each in share], clients[number],
                              work[number::CLIENTS]) for number in range(CLIENTS)]
        time.sleep(STRIKES_AFTER_S)
        struck_at = time.monotonic()
        struck = pool.submit(FAULTS[fault], fleet)
        ids = [each for share in shares for each in share.result()]
        struck.result()
    try:
        wait_for(lambda: not agreement.unfinished(fleet), "an end", SETTLE_S)
    except TimeoutError:
        pass  # what has not ended is counted by whoever judges
    return ids, time.monotonic() - struck_at, sum(client.again for client in clients)


def _judge(fleet: Fleet, fault: str, phase: str, ids: list[str], settled_s: float, again: int) -> Line:
    stuck = agreement.unfinished(fleet)
    try:
        wait_for(lambda: not agreement.differences(fleet), "agreement", AGREE_S)
    except TimeoutError:
        pass  # likewise
    leaked = [each for each in agreement.differences(fleet) if each not in stuck]
    with fleet.database.read() as connection:
        rows = {row.id: row for row in connection.execute(sa.select(server.c.id, server.c.status, server.c.fault,
                                                                    server.c.deleted_at))}
    living = {each for each in ids if each in rows and rows[each].deleted_at is None}
    if phase == "create":
        wrong = [each for each in living if rows[each].status != "ACTIVE"]
        lost = len(ids) - len(living)
        extra = sum(row.deleted_at is None for row in rows.values()) - len(living)
        leaked += [f"{extra} servers nobody was told of"] if extra else []
    else:
        wrong, lost = sorted(living), 0
    details = [*stuck, *(f"{each}: {rows[each].status} {rows[each].fault}" for each in wrong), *leaked]
    return Line(fault, phase, len(stuck), len(wrong), len(leaked), lost, settled_s, again, details)


if __name__ == "__main__":
    sys.exit(main())
