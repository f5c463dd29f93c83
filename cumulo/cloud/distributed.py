"""The servers of the distributed cloud that are ours: RabbitMQ, and PostgreSQL or MariaDB.

Each lives in a directory below the state directory, listens on loopback on a port that was free
when the cloud was made, and is left out where --bus or --database names one that is there already.
"""

import urllib.parse

from cumulo.cloud import ports
from cumulo.cloud.layout import Layout
from cumulo.cloud.mariadb import MariaDB
from cumulo.cloud.postgresql import PostgreSQL
from cumulo.cloud.rabbitmq import RabbitMQ
from cumulo.cloud.state import State

_PORTS = {"rabbitmq": 5673, "postgresql": 5433, "mariadb": 3307}


def start_bus(layout: Layout, state: State) -> str:
    """Return the URL of the broker, started when it is ours."""
    if not state.distributed:
        return "memory://"
    return state.bus or RabbitMQ(layout.state_dir / "rabbitmq", _port(state, "rabbitmq")).start()


def start_database(layout: Layout, state: State) -> str:
    """Return the URL of the database, started when it is ours."""
    if not state.distributed:
        return f"sqlite:///{layout.state_dir / 'cumulo.sqlite'}"
    kind = own_database(state)
    if kind == "postgresql":
        return PostgreSQL(layout.state_dir / kind, _port(state, kind)).start()
    if kind == "mariadb":
        return MariaDB(layout.state_dir / kind, _port(state, kind)).start()
    return state.database


def stop(layout: Layout, state: State) -> None:
    """Stop the servers that are ours."""
    for kind, server in (("rabbitmq", RabbitMQ), ("postgresql", PostgreSQL), ("mariadb", MariaDB)):
        if kind in state.ports:
            server(layout.state_dir / kind, state.ports[kind]).stop()


def own_database(state: State) -> str:
    """Return which database of our own the cloud runs on, "" when a URL names somebody else's.

    A URL without a host and user ("mysql+pymysql://", "postgresql://") asks for one of our own.
    """
    if not state.database:
        return "postgresql"
    url = urllib.parse.urlsplit(state.database)
    if url.netloc:
        return ""
    return {"mysql": "mariadb", "mariadb": "mariadb", "postgresql": "postgresql"}.get(url.scheme.partition("+")[0], "")


def _port(state: State, kind: str) -> int:
    if kind not in state.ports:
        state.ports[kind] = ports.free_port(_PORTS[kind])
    return state.ports[kind]
