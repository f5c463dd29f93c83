"""The compute agent: runs the steps of operations on this host's servers and reports what the host has."""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

from cumulo.common import agent_program, log
from cumulo.common.host_lock import HostLock
from cumulo.common.image_files import ImageCache, http_source
from cumulo.common.image_upload import Upload, http_upload
from cumulo.common.operations.agent import StepServer, asking
from cumulo.common.rpc.server import Server
from cumulo.common.runtime import Runtime
from cumulo.common.volume_copies import target_of
from cumulo.compute.agent import files, host_cells, host_power, options, probe
from cumulo.compute.agent.console_relay import ConsoleRelay
from cumulo.compute.agent.driver import Driver, Facts
from cumulo.compute.agent.fake import FakeDriver
from cumulo.compute.agent.report import KIND, Reporter
from cumulo.compute.agent.steps import Steps

LOG = log.get(__name__)
REGISTRATIONS = (options,)
FACTS_TIMEOUT_S = 15.0
GIB, MIB = 1024 ** 3, 1024 ** 2
PURPOSES = {"iscsi": "iscsi", "rbd": "ceph"}
"""What the password of a connection of each kind is for, as libvirt is told."""


@dataclasses.dataclass
class Service:
    """A running agent."""

    lock: HostLock
    server: Server
    reporter: Reporter

    def stop(self) -> None:
        """Take no more steps, stop reporting and let another agent have the host. Servers keep running."""
        self.server.stop()
        self.reporter.stop()
        self.lock.release()


def start(runtime: Runtime, send_image: Upload | None = None) -> Service:
    """Serve this host in this process; raises Conflict when another agent does.

    send_image stands in for HTTP to the image service.
    """
    lock = HostLock(pathlib.Path(runtime.conf.state_dir), KIND, runtime.host)
    lock.take()
    try:
        server, reporter = serve(runtime, make_driver(runtime), send_image)
    except BaseException:
        lock.release()
        raise
    LOG.info("compute_agent_started", host=runtime.host, driver=runtime.conf.compute_agent.driver)
    return Service(lock, server, reporter)


def serve(runtime: Runtime, driver: Driver, send_image: Upload | None = None) -> tuple[Server, Reporter]:
    """Answer for this host through a driver and report what it has; whoever calls owns the host."""
    reporter = Reporter(runtime, driver, interval_s=runtime.conf.compute_agent.heartbeat_s)
    server = runtime.bus.serve(f"{KIND}.{runtime.host}", methods(runtime, driver, send_image))
    reporter.start()
    return server, reporter


def methods(runtime: Runtime, driver: Driver, send_image: Upload | None = None) -> dict[str, Callable[..., Any]]:
    """Return what the agent answers on the bus."""
    settings = runtime.conf.compute_agent

    def asking_for(method: str) -> Callable[[str], Facts]:
        def ask(server_id: str) -> Facts:
            facts: Facts = runtime.bus.call("scheduler", method, {"server_id": server_id}, timeout_s=FACTS_TIMEOUT_S)
            return facts

        return ask

    def open_volume(volume: Facts) -> Facts:
        return _opened(runtime, volume)

    def server_facts(server_id: str) -> Facts:
        facts = asking_for("server_facts")(server_id)
        return facts | {"volumes": [open_volume(each) for each in facts.get("volumes") or ()]}

    send = send_image or http_upload(settings.image_download_timeout_s)
    steps = Steps(driver, runtime.clock, server_facts, asking_for("upload_access"), send,
                  asking_for("migration_orders"), settings.stop_timeout_s, settings.stop_press_again_s, open_volume)
    consoles = ConsoleRelay(driver, runtime, listen=settings.console_listen, port=settings.console_port)
    return StepServer(steps.table(), runtime.clock, runtime.threads, asking(runtime.bus)).methods() | {
        "copy_volume": lambda call, server_id, volume_id, target, begin=False: driver.copy_volume(
            server_id, volume_id, target_of(target), begin).to_dict(),
        "stop_copying": lambda call, server_id, volume_id, target: driver.stop_copying(
            server_id, volume_id, pathlib.Path(target)),
        "console_log": lambda call, server_id, length=None: driver.console_log(server_id, length),
        "open_console": lambda call, server_id, kind: consoles.open(server_id, kind),
        "diagnostics": lambda call, server_id: driver.diagnostics(server_id),
        "interrupt": lambda call, server_id: driver.interrupt(server_id),
        "host_power": lambda call, action: host_power.act(action, is_allowed=settings.host_power),
        "holdings": lambda call: driver.holdings().to_dict(),
        "ping": lambda call: {"host": runtime.host},
        "ring": lambda call, what="", **facts: None,  # steps come to an agent by themselves: nothing to look up
    }


def _opened(runtime: Runtime, volume: Facts) -> Facts:
    """A volume with what it is opened with, which nobody writes down: who serves it tells its password, the scheduler its key."""
    connection, secrets = volume.get("connection") or {}, {}
    if connection.get("auth"):
        asked = {"backend": connection["backend"], "volume_id": volume["id"]}
        said = runtime.bus.call(f"volume.{connection['host']}", "export_secret", asked, timeout_s=FACTS_TIMEOUT_S)
        secrets[PURPOSES[connection["kind"]]] = said["password"]
    if connection.get("encryption"):
        said = runtime.bus.call("scheduler", "volume_encryption", {"volume_id": volume["id"], "with_key": True},
                                timeout_s=FACTS_TIMEOUT_S)
        secrets["luks"] = said["passphrase"]
    return volume | {"secrets": secrets} if secrets else volume


def make_driver(runtime: Runtime) -> Driver:
    """Return the driver the configuration names."""
    settings, state_dir = runtime.conf.compute_agent, pathlib.Path(runtime.conf.state_dir)
    if settings.driver == "fake":
        return FakeDriver(state_dir / f"fake-servers.{runtime.host}.json", runtime.clock, runtime.threads,
                          host=runtime.host, script=settings.fake_script, shares=_shares(runtime))
    return _libvirt_driver(runtime, state_dir)


def _libvirt_driver(runtime: Runtime, state_dir: pathlib.Path) -> Driver:
    # Imported only here: a machine with the fake driver needs no libvirt.
    from cumulo.compute.agent.libvirt.connection import Connection
    from cumulo.compute.agent.libvirt.driver import LibvirtDriver
    from cumulo.compute.agent.libvirt.xml import Machine

    settings = runtime.conf.compute_agent
    images = ImageCache(files.images_directory(state_dir), runtime.threads,
                        http_source(settings.image_download_timeout_s))
    images.sweep()
    uri = settings.libvirt_uri.replace("qemu", "lxc", 1) if settings.virt_type == "lxc" else settings.libvirt_uri
    connection, shares = Connection(uri, runtime.threads), _shares(runtime)
    if (settings.cpu_mode == "custom") is not bool(settings.cpu_model):
        raise ValueError("[compute_agent] cpu_mode custom and cpu_model go together")
    machine = Machine(_virt_type(settings.virt_type), settings.machine_type, settings.cpu_mode, settings.disk_cache,
                      settings.emulation_cache_mib, settings.graphics, settings.cpu_model, tuple(settings.cpu_features),
                      host_cells.configured(shares))
    return LibvirtDriver(
        state_dir, connection, images, machine, runtime.clock, shares=shares,
        live_migration_uri=settings.live_migration_uri, image_cache_bytes=settings.image_cache_gib * GIB, console_log_bytes=settings.console_log_mib * MIB)


def _shares(runtime: Runtime) -> host_cells.Shares:
    settings = runtime.conf.compute_agent
    return host_cells.shares(settings.cpu_dedicated_set, settings.cpu_shared_set, settings.pci_devices)


def _virt_type(configured: str) -> str:
    if configured != "auto":
        return configured
    verdict = probe.probe()
    LOG.info("kvm_probed", works=verdict.works, reason=verdict.reason)
    return verdict.virt_type


def main() -> None:
    """Run the agent: cumulo-compute --config-file FILE."""
    agent_program.run(KIND, "The compute agent of a host.", REGISTRATIONS, start)
