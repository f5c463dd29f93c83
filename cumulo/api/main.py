"""The API service: every REST surface on one port, in one process or several."""

import argparse
import dataclasses
import os
import signal
import socket
import sys
from typing import Any

import eventlet
import eventlet.wsgi

from cumulo.api import deploy, families, options
from cumulo.api.services import Services
from cumulo.api.wsgi.policy import Policy
from cumulo.common import config, errors, log
from cumulo.common.db.engine import Database
from cumulo.common.rpc.server import Server
from cumulo.common.runtime import Runtime
from cumulo.compute import options as compute_options
from cumulo.identity import options as identity_options
from cumulo.identity.changes import Changes
from cumulo.identity.tokens import Validator
from cumulo.image import options as image_options
from cumulo.image import prefetch, protections, stages, stores, uploads
from cumulo.image.cache import ImageCache
from cumulo.image.store.file import FileStore
from cumulo.network import options as network_options
from cumulo.volume import options as volume_options

GIB = 1024**3
CACHE_EVERY_S = 2.0
LOG = log.get(__name__)
REGISTRATIONS = (options, identity_options, image_options, network_options, compute_options,
                 volume_options)
RULES = families.rules()


@dataclasses.dataclass
class Service:
    """The running API of a process."""

    listener: socket.socket
    greenlet: Any
    keepers: list[Any]
    answers: Server
    admin_listener: socket.socket | None = None
    admin_greenlets: list[Any] = dataclasses.field(default_factory=list)

    def stop(self) -> None:
        """Take no more requests and close the port."""
        self.answers.stop()
        for keeper in self.keepers:
            keeper.kill()
        self.greenlet.kill()
        self.listener.close()
        for greenlet in self.admin_greenlets:
            greenlet.kill()
        if self.admin_listener is not None:
            self.admin_listener.close()


def make_services(runtime: Runtime, database: Database, tokens: Validator | None = None) -> Services:
    """Return what the handlers of a process use; raises ValueError for a configuration that makes no sense."""
    protections.of(runtime.conf)
    return Services(
        conf=runtime.conf, database=database, bus=runtime.bus, clock=runtime.clock, ids=runtime.ids,
        threads=runtime.threads,
        tokens=tokens or Validator(runtime.conf, database, runtime.clock, runtime.ids),
        policy=Policy(runtime.conf, RULES, runtime.clock),
        image_stores=stores.make(runtime.conf), image_cache=make_cache(runtime),
        image_staging=FileStore(image_options.staging_dir(runtime.conf), "staging"))


def make_cache(runtime: Runtime) -> ImageCache | None:
    """Return the cache of images, if the configuration wants one."""
    limit = runtime.conf.image.cache_gib * GIB
    return ImageCache(image_options.cache_dir(runtime.conf), limit, runtime.clock, runtime.threads) if limit else None


def listen(conf: Any) -> socket.socket:
    """Open the port the configuration names."""
    return eventlet.listen((conf.api.listen, conf.api.port), backlog=1024, reuse_addr=True)


def listen_admin(conf: Any) -> socket.socket | None:
    """Open the admin port, if the configuration names one."""
    return eventlet.listen((conf.api.listen, conf.api.admin_port), backlog=1024,
                           reuse_addr=True) if conf.api.admin_port else None


def start(runtime: Runtime, database: Database, listener: socket.socket | None = None,
          changes: Changes | None = None, admin_listener: socket.socket | None = None) -> Service:
    """Serve every API in this process; changes are shared with the other processes that serve the listener."""
    conf = runtime.conf
    validator = Validator(conf, database, runtime.clock, runtime.ids, changes)
    services = make_services(runtime, database, validator)
    application = deploy.load(services, conf.api.paste_config)
    opened, admin = listener or listen(conf), admin_listener or listen_admin(conf)
    greenlet = eventlet.spawn(eventlet.wsgi.server, opened, application, **_how(conf))
    admins = [] if admin is None else [
        eventlet.spawn(eventlet.wsgi.server, admin, at_the_root(application), **_how(conf))]
    LOG.info("api_started", address=conf.api.listen, port=opened.getsockname()[1], process=os.getpid())
    answers = runtime.bus.serve("image", image_answers(services))
    keepers = [eventlet.spawn(keep_swept, services), eventlet.spawn(validator.keep_fresh),
               eventlet.spawn(keep_cached, services)]
    return Service(opened, greenlet, keepers, answers, admin, admins)


def _how(conf: Any) -> dict[str, Any]:
    """Return how requests are served; names of headers go out as they are, which saves spelling them anew each time."""
    return {"log": _Quiet(), "log_output": False, "max_size": conf.api.max_connections, "debug": False,
            "socket_timeout": conf.api.idle_timeout_s, "capitalize_response_headers": False}


def at_the_root(application: Any) -> Any:
    """Return the application with the identity API at the root too, as old clients look for it on the admin port."""
    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ.get("PATH_INFO", "")
        if path.partition("/v")[0] == "" and path[2:3].isdigit():
            environ["PATH_INFO"] = f"/identity{path}"
        return application(environ, start_response)
    return answer


def image_answers(services: Services) -> dict[str, Any]:
    """Return what this process tells of the image stores, which all API processes share."""
    return {"holdings": lambda call: services.image_stores.holdings(),
            "ping": lambda call: {"host": services.conf.host}}


def sweep(services: Services) -> None:
    """Remove image data that a kill left behind, and queue again the images whose upload or stage died."""
    with services.database.read() as connection:
        now = services.database.now(connection)
    stages.give_up_dead(services.database, now)
    uploads.sweep(services.database, services.image_stores, now)


def keep_cached(services: Services) -> None:
    """Make the copies of images that are wanted, now and ever again, and drop those of deleted images."""
    while services.image_cache is not None:
        try:
            prefetch.tend(services.database, services.image_stores, services.image_cache)
        except errors.DatabaseUnavailable as error:  # the next round tries again
            LOG.warning("image_cache_postponed", reason=error)
        except Exception:
            LOG.exception("image_cache_failed")
        services.clock.sleep(CACHE_EVERY_S)


def keep_swept(services: Services) -> None:
    """Sweep now and ever again: an upload counts as dead only when its lease has run out."""
    while True:
        try:
            sweep(services)
        except errors.DatabaseUnavailable as error:  # the next round tries again
            LOG.warning("image_sweep_postponed", reason=error)
        except Exception:
            LOG.exception("image_sweep_failed")
        services.clock.sleep(uploads.SWEEP_EVERY_S)


class _Quiet:
    """Takes the server's own lines: requests are logged by the framework, with their ids."""

    def write(self, text: str) -> None:
        LOG.debug("wsgi", text=text.strip())

    def flush(self) -> None:
        """Nothing is kept back."""


def main() -> None:
    """Run the service: cumulo-api --config-file FILE."""
    parser = argparse.ArgumentParser(prog="cumulo-api")
    parser.add_argument("--config-file", action="append", default=[])
    conf = config.load(parser.parse_args().config_file, registrations=REGISTRATIONS)
    log.setup(conf)
    listener, admin, changes = listen(conf), listen_admin(conf), Changes()
    if conf.api.workers == 1:
        _work(conf, listener, changes, admin)
    else:
        _supervise(conf, listener, changes, admin)


def _work(conf: Any, listener: socket.socket, changes: Changes, admin: socket.socket | None) -> None:
    runtime = Runtime.create(conf, identity=f"api.{conf.host}.{os.getpid()}")
    database = Database(conf.database.url, runtime.clock, pool_size=conf.database.pool_size,
                        max_overflow=conf.database.max_overflow)
    service = start(runtime, database, listener, changes, admin)
    signal.signal(signal.SIGTERM, lambda *_: service.stop())
    service.greenlet.wait()
    runtime.bus.close()


def _supervise(conf: Any, listener: socket.socket, changes: Changes, admin: socket.socket | None) -> None:
    """Keep the workers running: one that ends is started again; SIGTERM ends all."""
    workers: set[int] = set()
    stopping = False

    def stop(*_: Any) -> None:
        nonlocal stopping
        stopping = True
        for worker in workers:
            os.kill(worker, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    while not stopping or workers:
        while not stopping and len(workers) < conf.api.workers:
            workers.add(_fork(conf, listener, changes, admin))
        try:
            ended, status = os.waitpid(-1, 0)
        except (InterruptedError, ChildProcessError):
            continue
        workers.discard(ended)
        LOG.warning("api_worker_ended", process=ended, status=status)


def _fork(conf: Any, listener: socket.socket, changes: Changes, admin: socket.socket | None) -> int:
    process = os.fork()
    if process:
        return process
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    eventlet.hubs.use_hub()
    _work(conf, listener, changes, admin)
    sys.exit(0)
