"""The image agent of a host: runs the steps of imports, keeps the host's staging directory, and says that it lives."""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

from cumulo.common import agent_program, errors, log
from cumulo.common.host_lock import HostLock
from cumulo.common.operations.agent import StepServer, asking
from cumulo.common.rpc.server import Server
from cumulo.common.runtime import Runtime
from cumulo.image import options, stores
from cumulo.image.agent.remote import Access, Images, RemoteImages
from cumulo.image.agent.steps import Opener, Steps
from cumulo.image.agent.sweeper import Sweeper
from cumulo.image.agent.web import Web
from cumulo.image.agent.workshop import Workshop
from cumulo.image.inspect import Bounds
from cumulo.image.store.file import FileStore
from cumulo.image.stores import Stores

LOG = log.get(__name__)
REGISTRATIONS = (options,)
KIND = "image"
TIMEOUT_S = 5.0
GIB = 1024**3


@dataclasses.dataclass(frozen=True)
class World:
    """What an agent works on: the stores, this host's staging directory, the web, and image services elsewhere."""

    stores: Stores
    staging: FileStore
    web: Opener
    remote: Images


@dataclasses.dataclass
class Service:
    """A running agent."""

    server: Server
    sweeper: Sweeper
    stopping: Any
    lock: HostLock | None = None

    def stop(self) -> None:
        """Take no more steps and let another agent have the host."""
        self.stopping.set()
        self.sweeper.stop()
        self.server.stop()
        if self.lock is not None:
            self.lock.release()


def start(runtime: Runtime) -> Service:
    """Serve this host in this process; raises Conflict when another agent does."""
    conf = runtime.conf
    lock = HostLock(pathlib.Path(conf.state_dir), KIND, runtime.host)
    lock.take()
    try:
        service = serve(runtime, World(
            stores.make(conf), FileStore(options.staging_dir(conf), "staging"),
            Web(options.web_rules(conf), conf.image.web_timeout_s),
            RemoteImages(conf.image.remote_hosts, conf.image.web_timeout_s, conf.image.remote_ca_file)))
    except BaseException:
        lock.release()
        raise
    service.lock = lock
    LOG.info("image_agent_started", host=runtime.host)
    return service


def serve(runtime: Runtime, world: World) -> Service:
    """Answer for this host and report that it is there; whoever calls owns the host."""
    sweeper = Sweeper(runtime, world.staging)
    server = runtime.bus.serve(f"{KIND}.{runtime.host}", methods(runtime, world, sweeper))
    service = Service(server, sweeper, runtime.threads.event())
    runtime.threads.spawn(sweeper.run_forever, name="image-staging-sweep")
    runtime.threads.spawn(_beat_forever, runtime, service.stopping, name="image-heartbeat")
    return service


def methods(runtime: Runtime, world: World, sweeper: Sweeper) -> dict[str, Callable[..., Any]]:
    """Return what the agent answers on the bus."""
    def ring(call: Any, what: str = "", **facts: Any) -> None:
        sweeper.wake()

    steps = _steps(runtime, world)
    return StepServer(steps.table(), runtime.clock, runtime.threads, asking(runtime.bus)).methods() | {
        "holdings": lambda call: world.staging.holdings().to_dict(),
        "ping": lambda call: {"host": runtime.host},
        "ring": ring,
    }


def _steps(runtime: Runtime, world: World) -> Steps:
    image = runtime.conf.image
    workshop = Workshop(
        world.staging, runtime.threads,
        Bounds(image.inspection_timeout_s, image.inspection_memory_mib, image.format_enforcement,
               image.max_size_gib * GIB),
        max_size=image.max_size_gib * GIB, convert_to=image.convert_to, decompress=image.decompress,
        conversion_memory_mib=image.conversion_memory_mib)

    def is_wanted(image_id: str) -> bool:
        """Whether to go on: also when nobody answers, for a lost answer must not undo hours of work."""
        try:
            return bool(runtime.bus.call("scheduler", "import_wanted", {"image_id": image_id}, timeout_s=TIMEOUT_S))
        except errors.CumuloError as failure:
            LOG.warning("import_not_confirmed", image=image_id, reason=failure.message)
            return True

    def remote_access(image_id: str) -> Access:
        access: Access = runtime.bus.call("scheduler", "remote_images", {"image_id": image_id}, timeout_s=TIMEOUT_S)
        return access

    return Steps(world.stores, world.staging, world.web, world.remote, workshop, runtime.clock, runtime.threads,
                 is_wanted, remote_access, tuple(image.remote_properties), image.max_size_gib * GIB)


def _beat_forever(runtime: Runtime, stopping: Any) -> None:
    registered = False
    while not stopping.is_set():
        arguments: dict[str, Any] = {"host": runtime.host, "kind": KIND}
        try:
            if not registered:
                runtime.bus.call("scheduler", "register_host", arguments, timeout_s=TIMEOUT_S)
                registered = True
            runtime.bus.call("scheduler", "heartbeat", arguments | {"state": runtime.bus.state()}, timeout_s=TIMEOUT_S)
        except errors.CumuloError as failure:
            LOG.warning("heartbeat_lost", host=runtime.host, error=failure.message)
        stopping.wait(runtime.conf.image.agent_heartbeat_s)


def main() -> None:
    """Run the agent: cumulo-image --config-file FILE."""
    agent_program.run(KIND, "The image agent of a host.", REGISTRATIONS, start)


if __name__ == "__main__":
    main()
