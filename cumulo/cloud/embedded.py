"""The embedded cloud: every service in one process, over SQLite and a bus that never leaves it.

    cumulo-embedded --config-file FILE --control-socket PATH

Services start in the order in which they need one another and stop in the opposite one. The process
answers the `cumulo` command on the control socket, because nobody else can reach its bus.
"""

import argparse
import pathlib
import signal
from typing import Any, Protocol

from cumulo.api import main as api
from cumulo.cloud import audit, control, health
from cumulo.cloud.options_all import PARTS
from cumulo.common import config, log
from cumulo.common.db.engine import Database
from cumulo.common.runtime import Runtime
from cumulo.compute.agent import main as compute
from cumulo.image.agent import main as image
from cumulo.network.agent import main as network
from cumulo.scheduler import main as scheduler
from cumulo.volume.agent import main as volume

LOG = log.get(__name__)


class Stoppable(Protocol):
    """A running service."""

    def stop(self) -> None:
        """End it."""


def main() -> None:
    """Run until a signal to end comes."""
    parser = argparse.ArgumentParser(prog="cumulo-embedded")
    parser.add_argument("--config-file", required=True)
    parser.add_argument("--control-socket", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    conf = config.load([arguments.config_file], registrations=PARTS)
    log.setup(conf)
    runtime = Runtime.create(conf, identity=f"cumulo.{conf.host}")
    database = Database(conf.database.url, runtime.clock, pool_size=conf.database.pool_size,
                        max_overflow=conf.database.max_overflow)
    ended = runtime.threads.event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    services = start(runtime, database, arguments.control_socket)
    LOG.info("cloud_started", host=conf.host, port=conf.api.port)
    ended.wait()
    stop(services, runtime, database)


def start(runtime: Runtime, database: Database, control_socket: pathlib.Path) -> list[Stoppable]:
    """Start every service; returns them in the order of their start."""
    services: list[Stoppable] = [scheduler.start(runtime, database)]
    services.append(network.start(runtime))
    services.append(compute.start(runtime))
    services.append(image.start(runtime))
    services.append(volume.start(runtime))
    services.append(api.start(runtime, database))
    answers = {
        "health": lambda: health.gather(runtime, database),
        "audit": lambda: audit.report(database),
        "audit-now": lambda: audit.report_now(runtime, database),
    }
    services.append(control.listen(control_socket, answers, runtime.threads))
    return services


def stop(services: list[Any], runtime: Runtime, database: Database) -> None:
    """Stop in the opposite order; what does not stop cleanly must not keep the others from it."""
    for service in reversed(services):
        try:
            service.stop()
        except Exception:
            LOG.exception("service_did_not_stop", service=type(service).__module__)
    runtime.bus.close()
    database.close()
    LOG.info("cloud_stopped", host=runtime.host)
