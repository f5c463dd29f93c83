"""The scheduler service: runs operations and answers agents, alone in its process or inside the embedded cloud."""

import eventlet

if __name__ == "__main__":
    eventlet.monkey_patch()

import argparse
import dataclasses
import signal
from typing import Any

from cumulo.common import config, errors, log
from cumulo.common.db.engine import Database
from cumulo.common.rpc.server import Server
from cumulo.common.runtime import Runtime
from cumulo.compute import options as compute_options
from cumulo.identity import options as identity_options
from cumulo.image import options as image_options
from cumulo.network import options as network_options
from cumulo.scheduler import options
from cumulo.scheduler.answers import Answers
from cumulo.scheduler.audit import options as audit_options
from cumulo.scheduler.audit.auditor import Auditor
from cumulo.scheduler.fences import Returns
from cumulo.scheduler.gateways import GatewayKeeper
from cumulo.scheduler.heartbeats import Heartbeats
from cumulo.scheduler.reclaimer import Reclaimer
from cumulo.scheduler.runner import Runner
from cumulo.scheduler.sweeper import Sweeper
from cumulo.volume import options as volume_options
from cumulo.volume.key_manager import KeyManager, store_of

LOG = log.get(__name__)
REGISTRATIONS = (options, audit_options, identity_options, image_options, network_options, compute_options,
                 volume_options)

BEAT_S = 5.0


@dataclasses.dataclass
class Service:
    """The running scheduler of a process."""

    runner: Runner
    server: Server
    auditor: Auditor
    stopping: Any  # an event: ends the thread that says this service lives

    def stop(self) -> None:
        """Take no more work, and let go of what runs."""
        self.stopping.set()
        self.server.stop()
        self.auditor.stop()
        self.runner.stop()


def start(runtime: Runtime, database: Database) -> Service:
    """Run operations and answer agents in this process, in threads of its own."""
    runner = Runner(runtime, database)
    heartbeats = Heartbeats(runtime, database)
    volume_keys = KeyManager(database, runtime.conf, runtime.ids, store_of(runtime.conf))
    answers, gateways = Answers(runtime, database, runner, heartbeats, volume_keys), GatewayKeeper(runtime, database)
    auditor = Auditor(runtime, database)
    stopping = runtime.threads.event()
    server = runtime.bus.serve("scheduler", answers.methods() | {"gateway_silent": gateways.gateway_silent})
    runtime.threads.spawn(runner.run_forever, name="runner")
    runtime.threads.spawn(runner.renew_forever, name="leases")
    runtime.threads.spawn(auditor.run_forever, name="audit")
    runtime.threads.spawn(_beat_forever, runtime, heartbeats, stopping, name="heartbeat")
    runtime.threads.spawn(gateways.run_forever, stopping, name="gateways")
    runtime.threads.spawn(Sweeper(database, volume_keys).run_forever, stopping, name="sweeper")
    runtime.threads.spawn(Returns(runtime, database).run_forever, stopping, name="returns")
    runtime.threads.spawn(Reclaimer(runtime, database).run_forever, stopping, name="reclaimer")
    LOG.info("scheduler_started", host=runtime.host)
    return Service(runner, server, auditor, stopping)


def _beat_forever(runtime: Runtime, heartbeats: Heartbeats, stopping: Any) -> None:
    restarted = True
    while not stopping.is_set():
        try:
            heartbeats.heard(runtime.host, "scheduler", runtime.bus.state(), restarted=restarted)
            restarted = False
        except (errors.DatabaseUnavailable, errors.Retry) as error:
            LOG.warning("heartbeat_not_written", reason=error)
        stopping.wait(BEAT_S)


def main() -> None:
    """Run the service: cumulo-scheduler --config-file FILE."""
    eventlet.monkey_patch()
    parser = argparse.ArgumentParser(prog="cumulo-scheduler", description="Runs the operations of the cloud.")
    parser.add_argument("--config-file", action="append", default=[], help="configuration file; may be repeated")
    conf = config.load(parser.parse_args().config_file, registrations=REGISTRATIONS)
    log.setup(conf)
    runtime = Runtime.create(conf, identity=f"scheduler.{conf.host}")
    database = Database(
        conf.database.url, runtime.clock, pool_size=conf.database.pool_size, max_overflow=conf.database.max_overflow
    )
    ended = runtime.threads.event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    service = start(runtime, database)
    ended.wait()
    service.stop()
    runtime.bus.close()
    LOG.info("scheduler_stopped", host=runtime.host)


if __name__ == "__main__":
    main()
