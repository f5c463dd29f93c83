"""The volume agent of a host: runs the steps of operations on its volumes, and says what its backends have."""

import dataclasses
import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from cumulo.common import agent_program, errors, log
from cumulo.common.audit.holdings import BackendHoldings
from cumulo.common.host_lock import HostLock
from cumulo.common.image_files import ImageCache, Source, http_source
from cumulo.common.image_upload import Upload, http_upload
from cumulo.common.operations.agent import StepServer, asking
from cumulo.common.rpc.server import Server
from cumulo.common.runtime import Runtime
from cumulo.volume import options
from cumulo.volume.agent import wanted
from cumulo.volume.agent.backend import Backend
from cumulo.volume.agent.backup.service import holdings, make_steps, make_vault
from cumulo.volume.agent.backup.sweeper import Sweeper
from cumulo.volume.agent.backup.vault import Vault
from cumulo.volume.agent.ceph import Pool
from cumulo.volume.agent.exports.fake import FakeExports
from cumulo.volume.agent.exports.interface import Exports
from cumulo.volume.agent.exports.iscsi import IscsiTarget
from cumulo.volume.agent.exports.keeper import Keeper
from cumulo.volume.agent.exports.nbd import NbdTarget, Place
from cumulo.volume.agent.exports.records import Records
from cumulo.volume.agent.exports.served import ServedExports
from cumulo.volume.agent.fake import FakeBackend
from cumulo.volume.agent.file import FileBackend
from cumulo.volume.agent.forms import RawForm
from cumulo.volume.agent.moments import Moments
from cumulo.volume.agent.moving import Outlet
from cumulo.volume.agent.qcow2 import Qcow2Form
from cumulo.volume.agent.rbd import RbdBackend
from cumulo.volume.agent.steps import Images, Steps
from cumulo.volume.agent.turns import Turns

LOG = log.get(__name__)
REGISTRATIONS = (options,)
KIND = "volume"
TIMEOUT_S = 5.0
IMAGE_TIMEOUT_S = 15.0
CHUNK_TIMEOUT_S = 60.0
COPY_TIMEOUT_S = 30.0
GIB = 1024**3


@dataclasses.dataclass
class Service:
    """A running agent."""

    server: Server
    stopping: Any
    exports: Mapping[str, Exports]
    lock: HostLock | None = None

    def stop(self) -> None:
        """Take no more steps and let another agent have the host."""
        self.stopping.set()
        self.server.stop()
        if self.lock is not None:
            self.lock.release()


def start(runtime: Runtime, source: Source | None = None, send_image: Upload | None = None) -> Service:
    """Serve this host in this process; raises Conflict when another agent does.

    source and send_image stand in for HTTP to the image service.
    """
    lock = HostLock(pathlib.Path(runtime.conf.state_dir), KIND, runtime.host)
    lock.take()
    try:
        images = ImageCache(options.image_directory(runtime.conf), runtime.threads,
                            source or http_source(runtime.conf.volume.image_download_timeout_s))
        images.sweep()
        exports = make_exports(runtime)
        service = serve(runtime, make_backends(runtime, exports), exports, images,
                        send_image or http_upload(runtime.conf.volume.image_download_timeout_s), make_vault(runtime))
    except BaseException:
        lock.release()
        raise
    service.lock = lock
    LOG.info("volume_agent_started", host=runtime.host)
    return service


def serve(runtime: Runtime, backends: Mapping[str, Backend], exports: Mapping[str, Exports], images: Images,
          send_image: Upload, vault: Vault) -> Service:
    """Answer for this host and report what it has; whoever calls owns the host."""
    turns = Turns(runtime.threads)
    keeper = Keeper(runtime, backends, exports, turns, lambda: _needed(runtime))
    server = runtime.bus.serve(f"{KIND}.{runtime.host}", methods(
        runtime, backends, exports, turns, images, send_image, vault) | {"ring": lambda call, what="", **facts: keeper.wake()})
    service = Service(server, runtime.threads.event(), exports)
    runtime.threads.spawn(_report_forever, runtime, backends, exports, service.stopping, name="volume-report")
    runtime.threads.spawn(Sweeper(runtime, vault).run_forever, service.stopping, name="backup-sweep")
    if exports:
        runtime.threads.spawn(keeper.run_forever, service.stopping, name="volume-exports")
    return service


def methods(runtime: Runtime, backends: Mapping[str, Backend], exports: Mapping[str, Exports], turns: Turns, images: Images,
            send_image: Upload, vault: Vault) -> dict[str, Callable[..., Any]]:
    """Return what the agent answers on the bus."""
    def asking_for(method: str, name: str) -> Callable[[str], Any]:
        return lambda its_id: runtime.bus.call("scheduler", method, {name: its_id}, timeout_s=IMAGE_TIMEOUT_S)

    def encryption_of(volume_id: str, with_key: bool) -> Mapping[str, Any]:
        return _encryption(runtime, volume_id, with_key)

    def ask_agent(host: str, method: str, arguments: Mapping[str, Any]) -> Any:
        return runtime.bus.call(f"{KIND}.{host}", method, dict(arguments), timeout_s=CHUNK_TIMEOUT_S)

    def ask_compute(host: str, method: str, arguments: Mapping[str, Any]) -> Any:
        return runtime.bus.call(f"compute.{host}", method, dict(arguments), timeout_s=COPY_TIMEOUT_S)

    moments = Moments(exports, asking_for("volume_users", "volume_id"), ask_compute, wanted.asking(runtime), runtime.clock)
    backup_steps, held = make_steps(runtime, backends, vault, (
        lambda state, call: steps.snap(state, call), lambda state, call: steps.drop_snap(state, call)), encryption_of), holdings(vault)
    steps = Steps(backends, exports, moments, turns, images, backup_steps.restore, asking_for("volume_image", "volume_id"),
                  asking_for("upload_access", "server_id"), lambda attachment_id: _needed(runtime, attachment_id),
                  encryption_of, send_image, ask_agent, runtime.threads, options.image_directory(runtime.conf), runtime.host,
                  runtime.conf.volume.image_cache_gib * GIB)
    return StepServer(steps.table() | backup_steps.table(), runtime.clock, runtime.threads, asking(runtime.bus)).methods() | {
        "holdings": lambda call: {"backends": {name: _holdings(each, exports.get(name)).to_dict()
                                               for name, each in backends.items()}, "backups": held()},
        **Outlet(backends, asking_for("volume_move", "volume_id"), runtime.clock, runtime.threads).methods(),
        "strangers": lambda call, backend: _strangers(backends, backend),
        "connect_volume": lambda call, backend, volume_id, host: _connect(runtime, steps, exports, backend, volume_id, host),
        "disconnect_volume": lambda call, backend, volume_id, attachment_id: steps.withdraw(
            _named(runtime, backend, volume_id) | {"attachment_id": attachment_id}, call),
        "export_secret": lambda call, backend, volume_id: _secret(backends, exports, backend, volume_id),
        "ping": lambda call: {"host": runtime.host},
    }


def make_backends(runtime: Runtime, exports: Mapping[str, Exports]) -> dict[str, Backend]:
    """Return the backends that the configuration names; raises ValueError for what makes no sense."""
    return {name: _make(runtime, name, kind, exports.get(name)) for name, kind in options.backends(runtime.conf)}


def make_exports(runtime: Runtime) -> dict[str, Exports]:
    """Return the exports of those of them that are exported; raises ValueError for what makes no sense."""
    made = {name: _make_exports(runtime, name, kind) for name, kind in options.backends(runtime.conf)}
    return {name: each for name, each in made.items() if each is not None}


def _make_exports(runtime: Runtime, name: str, kind: str) -> Exports | None:
    state_dir = pathlib.Path(runtime.conf.state_dir)
    if kind == "fake":
        return FakeExports(state_dir / f"fake-exports.{runtime.host}.{name}.json", runtime.threads)
    if kind == "rbd":
        return None
    told, how = options.told(runtime.conf, name), options.export_of(runtime.conf, name)
    if how == options.LOCAL:
        return None
    directory = state_dir / "volume-exports" / name
    place = Place(told.export_address, told.export_port or options.PORTS[how], told.export_listen)
    target = IscsiTarget(directory, place, runtime.clock) if how == options.ISCSI else NbdTarget(
        directory, place, runtime.clock, tls_directory=told.export_tls_directory)
    return ServedExports(target, Records(directory / "wanted"), runtime.ids, runtime.threads)


def _needed(runtime: Runtime, without: str | None = None) -> Any:
    return runtime.bus.call("scheduler", "exports_needed", {"host": runtime.host, "without": without}, timeout_s=TIMEOUT_S)


def _encryption(runtime: Runtime, volume_id: str, with_key: bool) -> Any:
    asked = {"volume_id": volume_id, "with_key": with_key}
    return runtime.bus.call("scheduler", "volume_encryption", asked, timeout_s=TIMEOUT_S)


def _holdings(backend: Backend, exports: Exports | None) -> BackendHoldings:
    return dataclasses.replace(backend.holdings(), exports=None if exports is None else exports.held())


def _strangers(backends: Mapping[str, Backend], backend: str) -> list[dict[str, Any]]:
    if backend not in backends:
        raise errors.NotFound("this host has no such backend", backend=backend)
    return [dataclasses.asdict(each) for each in backends[backend].strangers()]


def _secret(backends: Mapping[str, Backend], exports: Mapping[str, Exports], backend: str, volume_id: str) -> dict[str, Any]:
    if backend not in backends:
        raise errors.NotFound("this host has no such backend", backend=backend)
    return (exports.get(backend) or backends[backend]).secret(volume_id)


def _connect(runtime: Runtime, steps: Steps, exports: Mapping[str, Exports], backend: str, volume_id: str, host: str) -> dict[str, Any]:
    """Serve a volume for a user who is no server, and say how that opens it: {"connection", "secret"}."""
    opened = steps.export(_named(runtime, backend, volume_id) | {"host": host}, None)["connection"]
    if opened.get("auth") and backend not in exports:
        raise errors.Conflict("Only servers of this cloud open such volumes: what opens one opens all of its backend.")
    return {"connection": opened, "secret": exports[backend].secret(volume_id) if backend in exports else {}}


def _named(runtime: Runtime, backend: str, volume_id: str) -> dict[str, Any]:
    return {"backend": f"{runtime.host}@{backend}", "volume_id": volume_id}


def _make(runtime: Runtime, name: str, kind: str, exports: Exports | None) -> Backend:
    told = options.told(runtime.conf, name)
    known_as = told.volume_backend_name or name
    if kind == "fake":
        path = pathlib.Path(runtime.conf.state_dir) / f"fake-volumes.{runtime.host}.{name}.json"
        return FakeBackend(path, runtime.clock, runtime.threads, name=known_as, total_gib=told.total_gib, script=told.script,
                           is_instant=told.instant)
    if kind == "rbd":
        return RbdBackend(Pool(told.pool, told.user, told.conf), runtime.clock, runtime.threads, name=known_as)
    is_qcow2 = options.format_of(runtime.conf, name) == options.QCOW2
    return FileBackend(options.directory(runtime.conf, name), runtime.threads, name=known_as, is_shared=told.shared,
                       form=Qcow2Form(runtime.threads) if is_qcow2 else RawForm(), closed=exports.closed if exports and is_qcow2 else None)


def _report_forever(runtime: Runtime, backends: Mapping[str, Backend], exports: Mapping[str, Exports], stopping: Any) -> None:
    registered = False
    while not stopping.is_set():
        try:
            registered = _report(runtime, backends, exports, registered)
        except (errors.CumuloError, OSError) as failure:
            LOG.warning("heartbeat_lost", host=runtime.host, error=str(failure))
        stopping.wait(runtime.conf.volume.agent_heartbeat_s)


def _report(runtime: Runtime, backends: Mapping[str, Backend], exports: Mapping[str, Exports], registered: bool) -> bool:
    """Register if the scheduler does not know this host's backends yet, then give a sign of life; say whether it does."""
    capacities = {name: each.capacity() for name, each in backends.items()}
    arguments: dict[str, Any] = {"host": runtime.host, "kind": KIND}
    if not registered:
        zone = runtime.conf.volume.availability_zone
        inventory = {name: {"total_gib": capacities[name].total_gib,
                            "capabilities": each.capabilities() | _exported(exports.get(name)) | {"availability_zone": zone}}
                     for name, each in backends.items()}
        _send(runtime, "register_host", arguments | {"inventory": {"backends": inventory}})
    said = {name: {"free_gib": each.free_gib} for name, each in capacities.items()}
    answer = _send(runtime, "heartbeat", arguments | {"state": runtime.bus.state(), "backends": said})
    return bool(answer["registered"])


def _exported(exports: Exports | None) -> dict[str, Any]:
    return {} if exports is None else exports.capabilities()


def _send(runtime: Runtime, method: str, arguments: dict[str, Any]) -> Any:
    return runtime.bus.call("scheduler", method, arguments, timeout_s=TIMEOUT_S)


def main() -> None:
    """Run the agent: cumulo-volume --config-file FILE."""
    agent_program.run(KIND, "The volume agent of a host.", REGISTRATIONS, start)


if __name__ == "__main__":
    main()
