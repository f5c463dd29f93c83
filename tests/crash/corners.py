"""What neither flows nor requests pass by themselves: rare messages, long steps, orderly ends, long and bad uploads."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import sqlalchemy as sa

from cumulo.common.db.tables.network_router import router
from tests.crash.plan import DIE
from tests.crash.storm import SERVERS, Storm
from tests.crash.tour import Tour
from tests.fixtures.fleet import CONTROL, ROOT

#: The arguments of methods that somebody must ask for here; one that is missing fails the suite as not hit.
ARGUMENTS = {"ping": {}, "holdings": {}, "ring": {"what": "look"}, "metadata_for": {"network_id": "n", "address": "a"},
             "gateway_silent": {"host": "h1", "tunnel_address": "192.0.2.99"}, "staging_needed": {"host": CONTROL}, "import_wanted": {"image_id": "i"}, "volume_image": {"volume_id": "v"},
             "volume_move": {"volume_id": "v"}, "strangers": {"backend": "fake"}, "volume_map": {"backend": "fake", "volume_id": "v"},
             "volume_users": {"volume_id": "v"},
             "copy_volume": {"server_id": "none", "volume_id": "v", "target": "t"},
             "stop_copying": {"server_id": "none", "volume_id": "v", "target": "t"},
             "volume_chunk": {"backend": "fake", "volume_id": "v", "number": 0},
             "work_wanted": {"resource_id": "r"}, "backups_needed": {"locations": ["b"]},
             "diagnostics": {"server_id": "none"}, "interrupt": {"server_id": "none"}, "open_console": {"server_id": "none", "kind": "serial"}, "host_power": {"action": "none"},
             "keep_guest_password": {"network_id": "n", "address": "a", "password": "p"}}
TRIES = 40
SLOW_S = 2.5  # longer than the 2 s between two percents, and than a third of the lease
UPLOAD_PAUSE_S = 11.0  # an upload says every 10 s that it lives
MIB = 1024 * 1024
NETWORK = "/network/v2.0"
GATEWAY_PLACED_S = 20.0  # a scheduler looks every 5 s, and one that died starts first


def visit(storm: Storm, tour: Tour) -> None:
    """Pass all of them."""
    _ask(storm)
    _take_long(storm)
    _upload(storm, tour)
    _lose_a_gateway(storm)


def _ask(storm: Storm) -> None:
    """Ask every role what it serves, one method after another, until every side of it has died once."""
    host = storm.fleet.hosts[0]
    for role, methods in storm.plan.served().items():
        target = f"{role}.{host}" if role in ("compute", "network") else f"{role}.{CONTROL}" if role in (
            "image", "volume") else role
        for method in methods:
            if method not in ARGUMENTS:
                continue
            for _ in range(TRIES):
                answered = _answers(storm, target, method)
                if answered and not _waits(storm, f"message {role}.{method} "):
                    break
    storm.fleet.wait_ready()


def _answers(storm: Storm, target: str, method: str) -> bool:
    command = [sys.executable, "-W", "ignore", "-m", "tests.crash.asker", str(storm.fleet.directory / "api.conf"),
               target, method, json.dumps(ARGUMENTS[method])]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **storm.plan.environment}, check=False,
                          capture_output=True, timeout=120)
    return done.returncode == 0


def _waits(storm: Storm, text: str) -> bool:
    return any(text in each for each in storm.plan.waiting(DIE))


def _take_long(storm: Storm) -> None:
    """Build servers slowly, so that percents are shown and leases renewed, and end schedulers in the middle of it."""
    storm.fleet.script.write_text(json.dumps({"delays": {"create": SLOW_S}}), encoding="utf-8")
    for _ in range(TRIES):
        if not any(_waits(storm, name) for name in ("Runner._show_percent", "Runner.renew", "Runner.stop")):
            break
        server_id = storm.create(f"slow-{time.monotonic_ns()}")
        time.sleep(SLOW_S / 2)
        if not _waits(storm, "Runner._show_percent"):
            for service in storm.fleet.named("scheduler"):
                service.send(signal.SIGTERM)
        storm.settle("a slow build")
        storm.client.delete(f"{SERVERS}/{server_id}")
        storm.settle("deleting what was built slowly")
    storm.fleet.script.write_text("{}", encoding="utf-8")


def _upload(storm: Storm, tour: Tour) -> None:
    """Upload what is not what it is called, and upload slowly."""
    for number in range(6):
        if _waits(storm, "Uploader._abandon"):
            tour.upload(f"bad-{number}", "qcow2", b"no image at all")
        if _waits(storm, "Uploader._renew"):
            tour.upload(f"slow-{number}", "raw", _slowly())
        if _waits(storm, "Stager._abandon"):
            tour.upload(f"bad-staged-{number}", "raw", _cut_off(), way="stage")
        if _waits(storm, "Stager._renew"):
            tour.upload(f"slow-staged-{number}", "raw", _slowly(), way="stage")
    tour.forget_images("bad-", "slow-")


def _lose_a_gateway(storm: Storm) -> None:
    """Take the host of a router's gateway out of its row, so that a scheduler chooses one anew."""
    made = storm.client.post(f"{NETWORK}/networks", {"network": {"name": "lost", "router:external": True}})["network"]["id"]
    storm.client.post(f"{NETWORK}/subnets", {"subnet": {"network_id": made, "ip_version": 4, "cidr": "10.250.0.0/24"}})
    router_id = storm.client.post(f"{NETWORK}/routers", {"router": {
        "name": "lost", "external_gateway_info": {"network_id": made}}})["router"]["id"]
    is_it = router.c.id == router_id
    for _ in range(TRIES):
        if not _waits(storm, "GatewayKeeper._move"):
            break
        with storm.fleet.database.write() as connection:
            connection.execute(sa.update(router).where(is_it).values(gateway_host=""))
        deadline = time.monotonic() + GATEWAY_PLACED_S
        while time.monotonic() < deadline and not _gateway(storm, router_id):
            time.sleep(0.2)
    storm.client.delete(f"{NETWORK}/routers/{router_id}")
    storm.client.delete(f"{NETWORK}/networks/{made}")


def _gateway(storm: Storm, router_id: str) -> str:
    with storm.fleet.database.read() as connection:
        return str(connection.execute(sa.select(router.c.gateway_host).where(router.c.id == router_id)).scalar_one())


def _cut_off() -> Iterator[bytes]:
    yield b"x" * MIB
    raise OSError("the sender has gone")


def _slowly() -> Iterator[bytes]:
    for _ in range(2):
        yield b"x" * MIB
        time.sleep(UPLOAD_PAUSE_S)
