"""Taking in the data of an image, and clearing up after a process that died while it did.

    queued -> saving (upload_id set, committed)  -> data under a temporary name -> inspected
           -> durable under its final name       -> active (a location names it)

The row names the data before the data exists, and is released before the data is removed. So
whatever file no row names is rubbish at any time, however old: sweep() may remove it while uploads
run in other processes. A process that uploads says every few seconds that it lives; one that has
not for LEASE_S has lost its upload, and every later write of it finds nothing to change.
"""

import contextlib
import dataclasses
import errno
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors, log
from cumulo.common.clock import Clock
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.image import image as image_table
from cumulo.common.db.tables.image import image_location
from cumulo.common.ids import Ids
from cumulo.common.threads import Threads
from cumulo.image import imports, inspect, quotas
from cumulo.image.images import forget_refused, lock_images, not_found
from cumulo.image.intake import HASH_ALGORITHM, Intake, Memory, Source
from cumulo.image.store.protocol import Part, Store, run
from cumulo.image.stores import Stores

LOG = log.get(__name__)
LEASE_S = 30.0
SWEEP_EVERY_S = 15.0
RENEW_S = 10.0


@dataclasses.dataclass(frozen=True)
class Uploader:
    """What an upload needs of the outside world.

    last_write, if any, opens the transaction that makes the image active, in place of database.write. limits are
    those of the image's owner, room the bytes they leave, None for any number: data that goes beyond is broken off.
    """

    database: Database
    store: Store
    clock: Clock
    ids: Ids
    threads: Threads
    max_size: int
    bounds: inspect.Bounds
    memory: Memory = dataclasses.field(default_factory=Memory)
    limits: quotas.Limits = quotas.NONE
    room: int | None = None
    last_write: Callable[[], AbstractContextManager[sa.Connection]] | None = None

    def receive(self, image: dict[str, Any], source: Source, length: int | None) -> None:
        """Store the data of a queued image and make it active.

        length is the number of bytes the caller promised, None if it promised none. Raises Conflict
        when the image is not queued, Gone when it was deleted meanwhile, TooLarge, and BadRequest
        when the data ends early or is not what it is called. After an error the image is queued
        again and nothing of the data is left.
        """
        _check_ready(image)
        self._check_size(length or 0)
        upload_id = self.ids.new_id()
        try:
            self._begin(image["id"], upload_id, length or 0)
            self._store(image, upload_id, source, length)
        except BaseException as failure:  # a killed green thread too must not leave an image "saving"
            if self._give_up(image["id"], upload_id) and isinstance(failure, errors.DatabaseUnavailable):
                return
            LOG.info("image_upload_failed", image=image["id"], error=str(failure) or type(failure).__name__)
            if isinstance(failure, OSError):
                raise self._explain(failure, image["id"]) from failure
            raise

    def _store(self, image: dict[str, Any], upload_id: str, source: Source, length: int | None) -> None:
        with contextlib.closing(self.store.create(upload_id)) as part:
            digests = self._copy(image["id"], upload_id, source, length, part)
            with self._renewing(image["id"], upload_id):
                virtual_size = inspect.inspect_image(
                    part.path, image["disk_format"], image["container_format"], self.bounds)
                run(self.threads, self.store, part.commit)
        self._finish(image["id"], upload_id, part.size, virtual_size, digests)

    def _give_up(self, image_id: str, upload_id: str) -> bool:
        """Release the image and remove the data; True when the upload is finished after all.

        A commit may count although its answer was lost: then the row names the data, which stays.
        """
        try:
            if self._abandon(image_id, upload_id):
                return True
        except errors.DatabaseUnavailable:  # sweep() does both later, as it does for the dead
            LOG.warning("image_upload_left_to_sweep", image=image_id, upload=upload_id)
            return False
        try:
            run(self.threads, self.store, self.store.delete, upload_id)
        except OSError:
            LOG.warning("image_upload_left_to_sweep", image=image_id, upload=upload_id)
        return False

    def _explain(self, failure: OSError, image_id: str) -> errors.CumuloError:
        """Errors of the request's body are errors of ours by now: what is left is the store's."""
        if isinstance(failure, FileNotFoundError):  # removed by a DELETE of the image or by a sweep
            return errors.Gone(f"Image {image_id} was deleted while its data was being uploaded.")
        LOG.error("image_store_failed", store=self.store.name, place=self.store.place, error=str(failure))
        if failure.errno in (errno.ENOSPC, errno.EDQUOT):
            return errors.TooLarge("The image store is full: it has no room for the data.")
        return errors.ServiceUnavailable("The image store cannot take the data now.")

    def _copy(self, image_id: str, upload_id: str, source: Source, length: int | None,
              part: Part) -> tuple[str, str]:
        intake, size, renewed = Intake(self.threads, part, self.memory), 0, self.clock.monotonic()
        try:
            while length is None or size < length:
                chunk = intake.read(source, None if length is None else length - size)
                if not chunk:
                    break
                size += len(chunk)
                self._check_size(size)
                intake.add(chunk)
                if self.clock.monotonic() - renewed >= RENEW_S:
                    self._renew(image_id, upload_id)
                    renewed = self.clock.monotonic()
            if length is not None and size < length:
                raise errors.BadRequest(f"The data ended after {size} of {length} bytes.")
            return intake.finish()
        finally:
            intake.stop()

    def _check_size(self, size: int) -> None:
        if size > self.max_size:
            raise errors.TooLarge(f"An image may have {self.max_size} bytes.")
        if self.room is not None and size > self.room:
            raise errors.TooLarge(
                f"You have exceeded your quota for resource {quotas.SIZE}: {self.room} bytes are left.")

    def _begin(self, image_id: str, upload_id: str, length: int) -> None:
        with self.database.write() as connection:
            lock_images(connection, [image_id])
            self.limits.take(connection, image_count_uploading=1, image_size_total=length)
            now = self.database.now(connection)
            columns = image_table.c
            free = sa.or_(columns.status == "queued",
                          sa.and_(columns.status == "saving", columns.upload_renewed_at < now - LEASE_S))
            begun = connection.execute(sa.update(image_table).where(columns.id == image_id, free).values(
                status="saving", upload_id=upload_id, upload_renewed_at=now, updated_at=now))
            if not begun.rowcount:
                _refuse(connection, image_id)

    def _renew(self, image_id: str, upload_id: str) -> None:
        with self.database.write() as connection:
            renewed = connection.execute(_mine(image_id, upload_id).values(
                upload_renewed_at=self.database.now(connection)))
            if not renewed.rowcount:
                _refuse(connection, image_id)

    @contextlib.contextmanager
    def _renewing(self, image_id: str, upload_id: str) -> Iterator[None]:
        """Say that the upload lives while something takes long."""
        done = self.threads.event()

        def renew() -> None:
            while not done.wait(RENEW_S):
                try:
                    self._renew(image_id, upload_id)
                except errors.DatabaseUnavailable:
                    continue
                except (errors.Conflict, errors.Gone):
                    return  # lost: the last write of the upload says so
        self.threads.spawn(renew, name="upload-renewal")
        try:
            yield
        finally:
            done.set()

    def _finish(self, image_id: str, upload_id: str, size: int, virtual_size: int | None,
                digests: tuple[str, str]) -> None:
        with (self.last_write or self.database.write)() as connection:
            lock_images(connection, [image_id])
            self.limits.take(connection, image_size_total=size)
            now = self.database.now(connection)
            finished = connection.execute(_mine(image_id, upload_id).values(
                status="active", upload_id=None, upload_renewed_at=None, size=size, virtual_size=virtual_size,
                checksum=digests[0], os_hash_algo=HASH_ALGORITHM, os_hash_value=digests[1], updated_at=now))
            if not finished.rowcount:
                _refuse(connection, image_id)
            forget_refused(connection, image_id)
            connection.execute(sa.insert(image_location).values(
                image_id=image_id, store=self.store.name, name=upload_id, created_at=now))

    def _abandon(self, image_id: str, upload_id: str) -> bool:
        """Queue the image again if this upload still has it; say whether it has become the image's data."""
        with self.database.write() as connection:
            connection.execute(_mine(image_id, upload_id).values(
                status="queued", upload_id=None, upload_renewed_at=None,
                updated_at=self.database.now(connection)))
            columns = image_location.c
            named = sa.select(columns.name).where(columns.image_id == image_id, columns.name == upload_id)
            return connection.execute(named).first() is not None


def sweep(database: Database, stores: Stores, now: float) -> int:
    """Queue again what dead uploads left behind, remove data that no image names; return how many were removed.

    now is the database's time. Safe at any time, in any number of processes.
    """
    columns = image_table.c
    with database.write() as connection:
        connection.execute(sa.update(image_table).where(
            columns.status == "saving", columns.upload_renewed_at < now - LEASE_S,
        ).values(status="queued", upload_id=None, upload_renewed_at=None, updated_at=now))
    return sum(_sweep(database, store) for store in stores.all if store.writable)


def _sweep(database: Database, store: Store) -> int:
    """Remove what nobody names from one store; one that does not answer is swept another time."""
    try:
        # Names first, rows second: a row is there before its data, so data seen here has its row by now.
        names = store.names()
        with database.read() as connection:
            orphans = names - needed(connection, store.name)
        for name in sorted(orphans):
            store.delete(name)
            LOG.info("image_orphan_removed", store=store.name, name=name)
    except OSError as failure:
        LOG.warning("image_store_not_swept", store=store.name, error=failure)
        return 0
    return len(orphans)


def needed(connection: sa.Connection, store: str) -> set[str]:
    """Return the names of the data in a store that somebody has or is making; what is not named may be removed."""
    located = sa.select(image_location.c.name).where(image_location.c.store == store)
    uploading = sa.select(image_table.c.upload_id).where(image_table.c.upload_id.is_not(None))
    named = {name for query in (located, uploading) for name in connection.execute(query).scalars()}
    return named | imports.names_being_stored(connection)


def _check_ready(image: dict[str, Any]) -> None:
    for name in ("disk_format", "container_format"):
        if not image[name]:
            raise errors.BadRequest(f"Property {name} must be set prior to saving data.")


def _mine(image_id: str, upload_id: str) -> sa.Update:
    return sa.update(image_table).where(
        image_table.c.id == image_id, image_table.c.upload_id == upload_id, image_table.c.status == "saving")


def _refuse(connection: sa.Connection, image_id: str) -> None:
    status = connection.execute(sa.select(image_table.c.status).where(image_table.c.id == image_id)).scalar()
    if status is None:
        raise errors.Gone(not_found(image_id).message)
    raise errors.Conflict(f"Image {image_id} is {status}; data can be uploaded to a queued image only.")
