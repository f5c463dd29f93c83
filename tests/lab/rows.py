"""The lab's other control plane: a database, what the scheduler answers from it, and its keeper of gateways.

Everything that a change of rows leads to is the product's here, up to packets; only the bus is the lab's wire. A host
that was lost answers nobody: whoever asks it waits for as long as it would over a real bus.
"""

import pathlib
import time
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import config, errors
from cumulo.common.clock import Clock
from cumulo.common.db.tables.compute import service_status
from cumulo.common.ids import Ids
from cumulo.common.runtime import Runtime
from cumulo.common.threads import Threads
from cumulo.network import desired, hosts, networks, ports, routers, subnets
from cumulo.scheduler import main
from cumulo.scheduler.gateways import GatewayKeeper
from tests.fixtures.database import temporary_database
from tests.lab.wire import Caller

IDS, CLOCK, THREADS = Ids(), Clock(), Threads()


class LabBus:
    """Reaches the agents of the lab's hosts; both kinds of agents live and die with their host."""

    def __init__(self, directory: pathlib.Path) -> None:
        self._directory = directory
        self.lost: set[str] = set()

    def call(self, target: str, method: str, arguments: dict[str, Any], *, timeout_s: float = 30) -> Any:
        host = target.partition(".")[2]
        if host in self.lost:
            time.sleep(timeout_s)
            raise errors.DeadlineExceeded(f"{target} does not answer.")
        return Caller(str(self._directory / f"agent.{host}")).call(target, method, {}, timeout_s=timeout_s)

    def cast(self, target: str, method: str, arguments: dict[str, Any]) -> None:
        if target.partition(".")[2] not in self.lost:
            THREADS.spawn(self.call, target, method, arguments)


class Rows:
    """A database, and what agents ask about it; `wired` names the hosts that reach the outside."""

    def __init__(self, directory: str, *wired: str) -> None:
        self._wired = wired
        self.database = temporary_database()
        self.bus = LabBus(pathlib.Path(directory))
        conf = config.load([], registrations=main.REGISTRATIONS)
        self.keeper = GatewayKeeper(Runtime(conf, CLOCK, THREADS, IDS, self.bus, "control"), self.database)  # type: ignore[arg-type]
        self.stopping = THREADS.event()
        self._tunnel_addresses: Mapping[str, str] = {}

    @property
    def tunnel_addresses(self) -> Mapping[str, str]:
        """Where the tunnels of each host end."""
        return self._tunnel_addresses

    @tunnel_addresses.setter
    def tunnel_addresses(self, addresses: Mapping[str, str]) -> None:
        """Register the hosts."""
        self._tunnel_addresses = addresses
        with self.database.write() as connection:
            for host, address in addresses.items():
                hosts.register(connection, 1.0, host, {"tunnel_address": address, "types": [],
                                                        "wired": ["physnet1"] if host in self._wired else []})
                for kind in ("network", "compute"):
                    connection.execute(sa.insert(service_status).values(
                        id=IDS.new_id(), host=host, kind=kind, started_at=1.0, last_seen=1.0, facts={}))

    def methods(self) -> dict[str, Callable[..., Any]]:
        """What is answered at the scheduler."""
        return {"network_desired": self._desired, "network_applied": self._applied, "metadata_for": self._metadata,
                "gateway_silent": lambda host, tunnel_address: self.keeper.gateway_silent(None, host, tunnel_address)}

    def keep_gateways(self) -> None:
        """Look after gateways from now on."""
        THREADS.spawn(self.keeper.run_forever, self.stopping)

    def network(self, subnet: Mapping[str, Any], **values: Any) -> str:
        """Make a network with a subnet; return its id."""
        with self.database.write() as connection:
            made = str(networks.create_network(connection, IDS, 1.0, project_id="p", default_mtu=1400, values=values)["id"])
            subnets.create_subnet(connection, IDS, 1.0, project_id="p", network_id=made, values={"ip_version": 4, **subnet})
        return made

    def router(self, inside: str, external: str) -> str:
        """Make a router between a network and the outside; return its id."""
        with self.database.write() as connection:
            made = routers.create_router(connection, IDS, 1.0, project_id="p", values={"name": "r"})
            door, = networks.subnets_of(connection, [inside])
            routers.add_subnet(connection, IDS, 1.0, made, dict(door))
            routers.set_gateway(connection, IDS, 1.0, made["id"], network_id=external, enable_snat=True, wanted=None)
        return str(made["id"])

    def led_out_by(self, router_id: str) -> tuple[str, str]:
        """The router's gateway host, and the one that stands by."""
        with self.database.read() as connection:
            row = routers.get_router(connection, router_id)
        return row["gateway_host"], row["standby_host"]

    def port(self, network_id: str, **values: Any) -> dict[str, Any]:
        """Make a port; return it."""
        with self.database.write() as connection:
            made = ports.insert_port(connection, IDS, 1.0, project_id="p", network_id=network_id, wanted=None, groups=(),
                                     values=values)
            return dict(ports.get_port(connection, made["id"]))

    def _desired(self, host: str, since_revision: int, known: Any) -> dict[str, Any]:
        self._reach(host)
        with self.database.read() as connection:
            return desired.desired(connection, host, since_revision, known)

    def _applied(self, host: str, revision: int) -> None:
        self._reach(host)
        with self.database.write() as connection:
            desired.applied(connection, CLOCK.now(), host, revision)

    def _reach(self, host: str) -> None:
        if host in self.bus.lost:
            raise errors.ServiceUnavailable(f"Nothing of {host} gets through.")

    def _metadata(self, network_id: str, address: str) -> dict[str, Any]:
        raise LookupError(f"no server at {address} of {network_id}")
