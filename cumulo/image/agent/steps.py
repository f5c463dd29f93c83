"""The steps an image agent runs: fetch, convert, store; and hash, for data that stays elsewhere. Look, then make it so.

Everything they make bears a name from the operation's state, so a repeated run replaces what an earlier one left, and
an undo removes whatever there is. A step that takes long asks now and then whether anybody still wants it.
"""

import contextlib
import dataclasses
import errno
import os
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from cumulo.common import errors, log
from cumulo.common.clock import Clock
from cumulo.common.operations.agent import StepFunction
from cumulo.common.operations.step import State
from cumulo.common.threads import Threads
from cumulo.image import attributes
from cumulo.image.agent.reading import Ends
from cumulo.image.agent.remote import Access, Images
from cumulo.image.agent.web import Download
from cumulo.image.agent.workshop import Check, Workshop
from cumulo.image.intake import HASH_ALGORITHM, HASHES, Intake
from cumulo.image.store.file import FileStore
from cumulo.image.store.protocol import Part, Store, Stream, run
from cumulo.image.stores import Stores

LOG = log.get(__name__)
CHUNK_BYTES = 1024 * 1024
ASK_EVERY_S = 5.0


class Opener(Protocol):
    """What opens URIs."""

    def open(self, uri: str) -> Download:
        """Return the body that a URI leads to; raises BadRequest."""


@dataclasses.dataclass(frozen=True)
class Steps:
    """The steps of one agent; is_wanted asks the scheduler whether an image's import still goes on.

    remote_access asks it how to open the other region's image service, remote_properties are the beginnings of the names
    of what is copied from there.
    """

    stores: Stores
    staging: FileStore
    web: Opener
    remote: Images
    workshop: Workshop
    clock: Clock
    threads: Threads
    is_wanted: Callable[[str], bool]
    remote_access: Callable[[str], Access]
    remote_properties: tuple[str, ...]
    max_size: int

    def table(self) -> dict[str, tuple[StepFunction, StepFunction]]:
        """Return the steps by name, each with its undo."""
        return {
            "fetch": (self.fetch, self.discard),
            "convert": (self.convert, self.discard_made),
            "store": (self.store, self.remove),
            "hash": (self.hash, self.leave),
        }

    def fetch(self, state: State, call: Any) -> State:
        """Have the data on this host, whole."""
        with self._room():
            if state["method"] == "glance-download":
                return self._fetch_remote(state, self._check(state, call))
            if state["method"] == "web-download":
                return self._download(state, self._check(state, call))
            if not self._has(state["staged"]):
                raise errors.NotFound("The staged data is not on its host any more.")
        return {}

    def discard(self, state: State, call: Any) -> State:
        """Leave nothing of the data on this host."""
        with self._room():
            self.workshop.clear(state["staged"])
            self.staging.delete(state["staged"])
        return {"sealed_token": ""} if "sealed_token" in state else {}

    def convert(self, state: State, call: Any) -> State:
        """Make the data what goes into stores."""
        with self._room():
            made = self.workshop.make(
                state["staged"], state["disk_format"], state["container_format"], self._check(state, call))
        return dataclasses.asdict(made) | {"size": os.path.getsize(self.staging.path(made.ready))}

    def discard_made(self, state: State, call: Any) -> State:
        """Leave nothing on this host of what was made of the data."""
        with self._room():
            self.workshop.clear(state["staged"])
        return {}

    def store(self, state: State, call: Any) -> State:
        """Put the data into every store that is asked for; what is said of it is what was read."""
        stored: list[str] = []
        failed: list[str] = []
        said: State = {}
        for number, name in enumerate(state["stores"]):
            check = self._check(state, call, number, len(state["stores"]))
            try:
                said = self._store(state, self.stores.writable(name), check)
                stored.append(name)
            except (OSError, errors.BadRequest) as failure:
                LOG.warning("image_not_stored", image=state["image_id"], store=name, error=failure)
                failed.append(name)  # what is left of it there is removed with the others, or swept away
        if not stored or (failed and state["all_must_succeed"]):
            raise errors.RemoteError(f"The data could not be put into {', '.join(failed)}.")
        return said | {"stored": stored, "failed": failed}

    def remove(self, state: State, call: Any) -> State:
        """Leave nothing of the data in any store that was asked for."""
        try:
            for name in state["stores"]:
                self.stores.delete(self.threads, name, state["name"])
        except OSError as failure:
            raise errors.Retry(f"A store does not let go of the data: {failure}") from failure
        return {}

    def hash(self, state: State, call: Any) -> State:
        """Read the data at a URL and say what it is; where nobody is to read it, what its server and the client say."""
        store, check = self.stores.named(state["stores"][0]), self._check(state, call)
        try:
            size = run(self.threads, store, store.size, state["name"])
            self._check_size(size)
            if not state["is_read"]:
                return {"size": size, "virtual_size": None, **_said(state)}
            with contextlib.closing(run(self.threads, store, store.open, state["name"])) as stream:
                return self._read(state, stream, lambda done: check(100.0 * done / max(size, 1)))
        except OSError as failure:
            raise errors.BadRequest(f"The data cannot be read from its URL: {failure}.") from failure

    def leave(self, state: State, call: Any) -> State:
        """Nothing: data that was read is where it was."""
        return {}

    def _read(self, state: State, stream: Stream, check: Check) -> State:
        ends, said = Ends(), _said(state)
        algorithm = said["os_hash_algo"] or HASH_ALGORITHM

        def look(size: float) -> None:
            self._check_size(int(size))
            check(size)

        md5, digest = self._copy(stream, ends, look, algorithm)
        if said["os_hash_value"] not in (None, digest):
            raise errors.BadRequest(f"The data is not what was said of it: its {algorithm} differs.")
        virtual_size = ends.virtual_size(state["disk_format"], state["container_format"], self.workshop.bounds)
        return {"size": ends.size, "virtual_size": virtual_size, "checksum": md5, "os_hash_algo": algorithm,
                "os_hash_value": digest}

    def _check_size(self, size: int, room: int | None = None) -> None:
        if size > self.max_size:
            raise errors.TooLarge(f"An image may have {self.max_size} bytes.")
        if room is not None and size > room:
            raise errors.TooLarge(f"The quotas leave room for {room} bytes.")

    def _download(self, state: State, check: Check) -> State:
        if self._has(state["staged"]):
            return {"fetched": self.staging.size(state["staged"])}
        self.staging.delete(state["staged"])
        with contextlib.closing(self.web.open(state["uri"])) as body, \
                contextlib.closing(self.staging.create(state["staged"])) as part:
            while chunk := _received(body):
                self._check_size(max(part.size + len(chunk), body.size or 0), state.get("room"))
                self.threads.native(part.write, chunk)
                check(100.0 * part.size / body.size if body.size else 0.0)
            self.threads.native(part.commit)
            return {"fetched": part.size}

    def _fetch_remote(self, state: State, check: Check) -> State:
        """Have the data of another region's image, and say what it is; nobody needs the token any more then."""
        access = self.remote_access(state["image_id"])
        image = self.remote.show(access, state["remote_id"])
        algorithm = image.get("os_hash_algo")
        if image.get("status") != "active" or not isinstance(image.get("size"), int) or algorithm not in HASHES:
            raise errors.BadRequest("The other region's image is not active, or does not say what its data is.")
        self._check_size(image["size"], state.get("room"))
        if not self._has(state["staged"]):
            self.staging.delete(state["staged"])
            with contextlib.closing(self.remote.open(access, state["remote_id"])) as body, \
                    contextlib.closing(self.staging.create(state["staged"])) as part:
                _, digest = self._copy(body, part, lambda size: check(100.0 * size / max(image["size"], 1)), algorithm)
                if (part.size, digest) != (image["size"], image["os_hash_value"]):
                    raise errors.BadRequest("The data of the other region's image is not what it is said to be.")
                self.threads.native(part.commit)
        formats = {name: attributes.check_value(name, image.get(name)) for name in ("disk_format", "container_format")}
        return formats | {"properties": attributes.copied(image, self.remote_properties), "sealed_token": "",
                          "fetched": image["size"]}

    def _has(self, name: str) -> bool:
        try:
            self.staging.open(name).close()
        except FileNotFoundError:
            return False
        return True

    def _store(self, state: State, store: Store, check: Check) -> State:
        """Copy the data into one store and say what it is; a copy must be what its image says that it is."""
        run(self.threads, store, store.delete, state["name"])
        with contextlib.closing(self._source(state)) as stream, \
                contextlib.closing(run(self.threads, store, store.create, state["name"])) as part:
            algorithm = state.get("os_hash_algo") or HASH_ALGORITHM
            md5, digest = self._copy(stream, part, lambda size: check(100.0 * size / max(state["size"], 1)), algorithm)
            if state.get("os_hash_value") not in (None, digest):
                raise errors.BadRequest(f"The data is damaged: its {algorithm} differs.")
            run(self.threads, store, part.commit)
            return {"size": part.size, "checksum": md5, "os_hash_value": digest}

    def _copy(self, stream: Stream, part: Part, check: Check, algorithm: str) -> tuple[str, str]:
        intake = Intake(self.threads, part, self.stores.memory, algorithm)
        size = 0
        try:
            while chunk := intake.read(stream):
                size += len(chunk)
                intake.add(chunk)
                check(size)
            return intake.finish()
        finally:
            intake.stop()

    def _source(self, state: State) -> Stream:
        if "source" not in state:
            return self.staging.open(state["ready"])
        place = self.stores.best(state["source"])
        if place is None:
            raise errors.BadRequest("The store that the image is in is not there.")
        return place[0].open(place[1])

    def _check(self, state: State, call: Any, number: int = 0, count: int = 1) -> Check:
        """Return what a long step calls after each chunk: it reports percents and asks whether to go on."""
        asked_at = self.clock.monotonic()

        def check(percent: float) -> None:
            nonlocal asked_at
            now = self.clock.monotonic()
            if now - asked_at < ASK_EVERY_S:
                return
            asked_at = now
            call.progress({"percent": round((number * 100 + percent) / count)})
            if not self.is_wanted(state["image_id"]):
                raise errors.Gone("The import was given up.")

        return check

    @contextlib.contextmanager
    def _room(self) -> Iterator[None]:
        """Tell a full or broken disk of this host from what is wrong with the data."""
        try:
            yield
        except OSError as failure:
            LOG.error("image_staging_failed", place=self.staging.place, error=str(failure))
            reason = "has no room left" if failure.errno in (errno.ENOSPC, errno.EDQUOT) else "cannot keep the data"
            raise errors.RemoteError(f"The host of the import {reason}.") from failure


def _said(state: State) -> State:
    """What a client said of the data at a URL, nothing of what it did not say."""
    return {name: state["validation"].get(name) for name in ("checksum", "os_hash_algo", "os_hash_value")}


def _received(body: Download) -> bytes:
    try:
        return body.read(CHUNK_BYTES)
    except OSError as failure:
        raise errors.BadRequest(f"The download broke off: {failure}.") from failure
