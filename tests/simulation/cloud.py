"""A whole cloud in one thread: two of each central service, hosts with their agents, and the bus between.

Every service is the real one, started through the same functions as by its program; what differs
is what its Runtime is made of. What costs time to make and holds no state of a run (configuration,
WSGI applications, compiled SQL) is made once per operating-system process.
"""

import dataclasses
import functools
import os
import pathlib
import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from typing import Any

import orjson
import webob

from cumulo.api import deploy, families
from cumulo.api import main as api
from cumulo.api.services import Services
from cumulo.cloud.options_all import PARTS
from cumulo.common import config, errors
from cumulo.common.rpc.bus import Bus
from cumulo.common.runtime import Runtime
from cumulo.common import image_upload
from cumulo.compute.agent import main as compute
from cumulo.identity.tokens import Validator
from cumulo.image.agent import main as image
from cumulo.image.imports import METHODS
from cumulo.image.stores import Stores
from cumulo.network.agent import main as network
from cumulo.scheduler import main as scheduler
from cumulo.volume.agent import main as volume
from cumulo.volume.agent.backup.service import make_vault
from tests.simulation.database import SimDatabase, Store
from tests.simulation.copies import SimTarget
from tests.simulation.disks import NAME, SimBackend, SimExports, SimImages
from tests.simulation.hosts import (
    ROOMY,
    TIGHT,
    Hosts,
    SimComputeDriver,
    SimNetworkDriver,
    SimRemote,
    SimStore,
    SimWeb,
    SimWebStore,
)
from tests.simulation.kernel import Kernel, Process
from tests.simulation.runtime import SimClock, SimIds, SimThread, SimThreads
from tests.simulation.transport import Broker, SimTransport
from tests.simulation.weather import Weather

CONTROLLERS = ("ctl1", "ctl2")
STORES = ("file", "fast")
WEB = "http://example.org/stored/"
"""What the store that only reads may read, with a number of bytes behind it."""
API_TIMEOUT_S = 60.0


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a client got for a request."""

    status: int
    body: Any
    headers: dict[str, str]
    size: int = 0


class Cloud:
    """The processes of one run."""

    def __init__(self, kernel: Kernel, store: Store, seed: str, hosts: Sequence[str], *,
                 is_tight: bool = False) -> None:
        self.kernel = kernel
        self.store = store
        self.seed = seed
        self.weather = Weather(kernel, seed)
        self.weather.on_death = self._died
        self.broker = Broker(kernel, self.weather)
        self.hosts = Hosts(hosts, TIGHT if is_tight else ROOMY)
        self.clock_offset_s: dict[str, float] = {}
        self.processes: dict[str, Process] = {}
        self.say: Callable[[str], None] = lambda line: None
        self._incarnations: dict[str, int] = {}
        self._random = random.Random(f"cloud {seed}")
        self._wanted: dict[str, str] = {f"api.{host}": host for host in CONTROLLERS}
        self._wanted |= {f"scheduler.{host}": host for host in CONTROLLERS}
        self._wanted |= {f"image.{host}": host for host in CONTROLLERS}
        self._wanted |= {f"{kind}.{host}": host for host in hosts for kind in ("compute", "network", "volume")}
        self.client = Process("client", "client")

    def start_all(self) -> None:
        """Start every service that does not run."""
        for name in self._wanted:
            self.start(name)

    @property
    def names(self) -> list[str]:
        """Every service."""
        return list(self._wanted)

    def start(self, name: str) -> None:
        """Start a service, as its unit would."""
        running = self.processes.get(name)
        if running is not None and running.alive:
            return
        process = self.processes[name] = Process(name, self._wanted[name])
        self._incarnations[name] = self._incarnations.get(name, 0) + 1
        begin = {"api": self._api, "scheduler": self._scheduler, "compute": self._compute, "network": self._network,
                 "image": self._image, "volume": self._volume}
        kind = name.split(".")[0]
        self.kernel.spawn(process, lambda: begin[kind](process), "main")

    def kill(self, name: str) -> None:
        """End a service as kill -9 does."""
        process = self.processes[name]
        if process.alive:
            self.kernel.kill(process)

    def database(self) -> SimDatabase:
        """Return a way to the database for a process."""
        return SimDatabase(self.kernel, self.weather, self.store)

    def _died(self, process: Process, where: str) -> None:
        """A process met its death at a boundary; its unit starts it again a moment later."""
        self.say(f"killed {process.name} at: {where}")
        self.restart_after(process.name, self.weather.between(0.5, 4.0))
        process.alive = False
        self.kernel.spawn(self.broker.process, lambda: self.kernel.kill(process), "reaper")

    def restart_after(self, name: str, delay_s: float) -> None:
        """Start a service again in a while."""
        def later() -> None:
            self.kernel.wait(delay_s)
            self.start(name)

        self.kernel.spawn(self.broker.process, later, "unit")

    def _runtime(self, process: Process) -> Runtime:
        host, kernel = process.host, self.kernel
        clock = SimClock(kernel, lambda: self.clock_offset_s.get(host, 0.0))
        threads = SimThreads(kernel, process)
        ids = SimIds(f"{self.seed} {process.name} {self._incarnations[process.name]}")
        bus = Bus("", identity=process.name, clock=clock, threads=threads, ids=ids,
                  transport=SimTransport(self.broker, process))
        return Runtime(_conf(host), clock, threads, ids, bus, host)

    def _scheduler(self, process: Process) -> None:
        scheduler.start(self._runtime(process), self.database())

    def _compute(self, process: Process) -> None:
        driver = SimComputeDriver(self.kernel, self.weather, self.hosts, self.hosts.by_name[process.host])
        compute.serve(self._runtime(process), driver, self._send_image)

    def _send_image(self, access: Any, file: Any, progress: Any) -> None:
        """Stand in for HTTP between agents and the image service."""
        answer = self.request("PUT", "/image" + access["url"].partition("/image")[2], file.read(), {
            "X-Auth-Token": access["token"], "Content-Type": "application/octet-stream"})
        if answer is None:
            raise errors.Retry("the image service does not answer")
        image_upload.check(answer.status, str(answer.body))

    def _network(self, process: Process) -> None:
        driver = SimNetworkDriver(self.kernel, self.weather, self.hosts.by_name[process.host])
        network.serve(self._runtime(process), driver)

    def _image(self, process: Process) -> None:
        image.serve(self._runtime(process), image.World(
            self._stores(breaks=True), self._staging(process.host), SimWeb(self.kernel, self.weather),
            SimRemote(self.kernel, self.weather)))

    def _stores(self, *, breaks: bool = False) -> Stores:
        return Stores.of(*(SimStore(self.kernel, self.weather, image_directory(name), name) for name in STORES),
                         SimWebStore(self.kernel, self.weather, WEB, breaks=breaks))

    def _volume(self, process: Process) -> None:
        held, runtime = self.hosts.by_name[process.host].disks, self._runtime(process)
        held.directory = pathlib.Path(_state_directory(), "disks", str(held.number))
        held.directory.mkdir(parents=True, exist_ok=True)
        volume.serve(runtime, {
            NAME: SimBackend(self.kernel, self.weather, process.host, held)}, {
                NAME: SimExports(self.kernel, self.weather, held)}, SimImages(self), self._send_image,
            make_vault(runtime, SimTarget(self.kernel, self.weather, self.hosts.backups)))

    def _staging(self, host: str) -> SimStore:
        return SimStore(self.kernel, self.weather, staging_directory(host), "staging", full="staging")

    def _api(self, process: Process) -> None:
        runtime = self._runtime(process)
        services = _application(process.name)[0]
        services.database, services.bus, services.clock = self.database(), runtime.bus, runtime.clock
        services.ids, services.threads = runtime.ids, runtime.threads
        services.tokens = Validator(runtime.conf, services.database, runtime.clock, runtime.ids)
        services.image_stores = self._stores()
        services.image_staging = self._staging(process.host)
        runtime.bus.serve("image", api.image_answers(services))
        runtime.threads.spawn(api.keep_swept, services, name="sweeper")
        runtime.threads.spawn(services.tokens.keep_fresh, name="watcher")

    def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer | None:
        """Send a request to one of the APIs; None when no answer came."""
        alive = [name for name, each in self.processes.items() if name.startswith("api.") and each.alive]
        if not alive:
            return None
        name = alive[int(self._random.random() * len(alive))]
        raw = webob.Request.blank(path, method=method, headers=headers or {})
        if body is not None:
            raw.body = body if isinstance(body, bytes) else orjson.dumps(body)
            raw.content_type = (headers or {}).get("Content-Type", "application/json")
        answers: list[Answer] = []

        def serve() -> None:
            response = raw.get_response(_application(name)[1])
            size = len(response.body)  # reads what is streamed, to its end
            is_json = response.content_type == "application/json" and size
            answers.append(Answer(response.status_int, response.json if is_json else None, dict(response.headers), size))

        SimThread(self.kernel, self.kernel.spawn(self.processes[name], serve, "request")).join(API_TIMEOUT_S)
        return None if not answers or self.weather.happens("answer lost") else answers[0]


@functools.cache
def _conf(host: str) -> Any:
    conf = config.load([], registrations=PARTS)
    conf.set_override("host", host)
    conf.set_override("state_dir", _state_directory())
    conf.set_override("password_hash_rounds", 4, group="identity")
    conf.set_override("snapshot_format", "raw", group="servers")  # no program looks into it
    conf.set_override("import_methods", list(METHODS), group="image")
    conf.set_override("enabled_stores", [f"{name}:file" for name in STORES], group="image")
    for name in ("quota_volumes", "quota_gigabytes", "quota_snapshots", "quota_backups", "quota_backup_gigabytes"):
        conf.set_override(name, -1, group="volume")
    # A guest that ignores its button must not outlast the minute a run is given.
    conf.set_override("stop_timeout_s", 10, group="compute_agent")
    return conf


@functools.cache
def make_state_directory() -> str:
    """Return where a run and the processes it is spread over keep what must be files."""
    memory = "/dev/shm"  # nothing here outlives the run, so it need not reach a disk
    return tempfile.mkdtemp(prefix="cumulo-simulation-", dir=memory if os.access(memory, os.W_OK) else None)


def clean_up() -> None:
    """Remove what the run kept on disk."""
    shutil.rmtree(make_state_directory(), ignore_errors=True)


def _state_directory() -> str:
    return os.path.join(make_state_directory(), str(os.getpid()))


def image_directory(name: str = STORES[0]) -> str:
    """Where an image store of the runs is."""
    return os.path.join(_state_directory(), f"images-{name}")


def staging_directory(host: str) -> str:
    """Where a controller keeps data that waits to be imported."""
    return os.path.join(_state_directory(), f"staging-{host}")


def conf_of(host: str) -> Any:
    """The configuration of a host's services."""
    return _conf(host)


_APPLICATIONS: dict[str, tuple[Services, Any]] = {}


def _application(name: str) -> tuple[Services, Any]:
    if name not in _APPLICATIONS:
        services = Services(conf=_conf(name.split(".")[1]), database=None, bus=None, clock=None, ids=None,  # type: ignore[arg-type]
                            threads=None, tokens=None, policy=api.Policy(_conf(name.split(".")[1]), families.rules()),  # type: ignore[arg-type]
                            image_stores=None, image_staging=None)  # type: ignore[arg-type]
        _APPLICATIONS[name] = (services, deploy.load(services))
    return _APPLICATIONS[name]
