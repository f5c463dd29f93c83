"""Taking in data that waits on this host to be imported.

    queued -> uploading (a staging row without a size, committed) -> data under a temporary name
           -> durable under its final name -> the row has a size

The row names the data before the data exists, and goes before the data goes, so what no row names is rubbish at any
time. A process that receives says every few seconds that it lives; one that has not for LEASE_S has lost its stage.
"""

import contextlib
import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager

import sqlalchemy as sa

from cumulo.common import errors, log
from cumulo.common.clock import Clock
from cumulo.common.db.engine import Database
from cumulo.common.db.tables.image import image as image_table
from cumulo.common.db.tables.image import image_staging
from cumulo.common.ids import Ids
from cumulo.common.threads import Threads
from cumulo.image import quotas
from cumulo.image.images import lock_images, not_found
from cumulo.image.intake import LARGEST_CHUNK, Source
from cumulo.image.store.protocol import Part, Store
from cumulo.image.uploads import LEASE_S, RENEW_S

LOG = log.get(__name__)
S = image_staging.c


@dataclasses.dataclass(frozen=True)
class Stager:
    """What receiving needs of the outside world; staging is this host's.

    last_write, if any, opens the transaction that ends it, in place of database.write.
    """

    database: Database
    staging: Store
    clock: Clock
    ids: Ids
    threads: Threads
    host: str
    max_size: int
    limits: quotas.Limits = quotas.NONE
    room: int | None = None
    last_write: Callable[[], AbstractContextManager[sa.Connection]] | None = None

    def receive(self, image_id: str, source: Source, length: int | None) -> None:
        """Keep the data of a queued image on this host until it is imported.

        length is the number of bytes the caller promised, None if it promised none. Raises Conflict when the image is
        not queued, Gone when it was deleted meanwhile, TooLarge, and BadRequest when the data ends early. After an
        error the image is queued again and nothing of the data is left.
        """
        self._check_size(length or 0)
        name = self.ids.new_id()
        try:
            self._begin(image_id, name, length or 0)
            with contextlib.closing(self.staging.create(name)) as part:
                self._copy(image_id, name, source, length, part)
                self.threads.native(part.commit)
            self._finish(image_id, name, part.size)
        except BaseException as failure:  # a killed green thread too must not leave an image "uploading"
            if self._give_up(image_id, name) and isinstance(failure, errors.DatabaseUnavailable):
                return
            LOG.info("image_stage_failed", image=image_id, error=str(failure) or type(failure).__name__)
            if isinstance(failure, FileNotFoundError):  # removed by a DELETE of the image
                raise errors.Gone(f"Image {image_id} was deleted while its data was being staged.") from failure
            if isinstance(failure, OSError):
                LOG.error("image_staging_failed", place=self.staging.place, error=str(failure))
                raise errors.ServiceUnavailable("The data cannot be staged now.") from failure
            raise

    def _check_size(self, size: int) -> None:
        if size > self.max_size:
            raise errors.TooLarge(f"An image may have {self.max_size} bytes.")
        if self.room is not None and size > self.room:
            raise errors.TooLarge(
                f"You have exceeded your quota for resource {quotas.STAGED}: {self.room} bytes are left.")

    def _begin(self, image_id: str, name: str, length: int) -> None:
        with self.database.write() as connection:
            lock_images(connection, [image_id])
            self.limits.take(connection, image_count_uploading=1, image_stage_total=length)
            now = self.database.now(connection)
            columns = image_table.c
            begun = connection.execute(sa.update(image_table).where(
                columns.id == image_id, columns.status == "queued").values(status="uploading", updated_at=now))
            if not begun.rowcount:
                _refuse(connection, image_id)
            connection.execute(sa.insert(image_staging).values(
                image_id=image_id, name=name, host=self.host, size=None, renewed_at=now))

    def _copy(self, image_id: str, name: str, source: Source, length: int | None, part: Part) -> None:
        renewed = self.clock.monotonic()
        while length is None or part.size < length:
            chunk = _read(source, LARGEST_CHUNK if length is None else min(LARGEST_CHUNK, length - part.size))
            if not chunk:
                break
            self._check_size(part.size + len(chunk))
            self.threads.native(part.write, chunk)
            if self.clock.monotonic() - renewed >= RENEW_S:
                self._renew(image_id, name)
                renewed = self.clock.monotonic()
        if length is not None and part.size < length:
            raise errors.BadRequest(f"The data ended after {part.size} of {length} bytes.")

    def _renew(self, image_id: str, name: str) -> None:
        with self.database.write() as connection:
            renewed = connection.execute(_mine(image_id, name).values(renewed_at=self.database.now(connection)))
            if not renewed.rowcount:
                _refuse(connection, image_id)

    def _finish(self, image_id: str, name: str, size: int) -> None:
        with (self.last_write or self.database.write)() as connection:
            lock_images(connection, [image_id])
            self.limits.take(connection, image_stage_total=size)
            now = self.database.now(connection)
            connection.execute(sa.update(image_table).where(image_table.c.id == image_id).values(updated_at=now))
            if not connection.execute(_mine(image_id, name).values(size=size, renewed_at=now)).rowcount:
                _refuse(connection, image_id)

    def _give_up(self, image_id: str, name: str) -> bool:
        """Queue the image again and remove the data; True when it is staged after all: an answer of a commit was lost."""
        try:
            if self._abandon(image_id, name):
                return True
        except errors.DatabaseUnavailable:  # give_up_dead() and the host's agent do both later, as they do for the dead
            LOG.warning("image_stage_left_to_sweep", image=image_id, name=name)
            return False
        self.staging.delete(name)
        return False

    def _abandon(self, image_id: str, name: str) -> bool:
        with self.database.write() as connection:
            lock_images(connection, [image_id])
            dropped = connection.execute(sa.delete(image_staging).where(*_unfinished(image_id, name)))
            if dropped.rowcount:
                _queue_again(connection, self.database.now(connection), [image_id])
            whole = sa.select(S.name).where(S.image_id == image_id, S.name == name)
            return connection.execute(whole).first() is not None


def give_up_dead(database: Database, now: float) -> int:
    """Queue again the images whose data was being received by a process that died; return how many.

    now is the database's time. What is left of the data, the agent of its host removes.
    """
    with database.write() as connection:
        dead = sa.select(S.image_id).where(S.size.is_(None), S.renewed_at < now - LEASE_S).order_by(S.image_id)
        suspects = list(connection.execute(dead).scalars())
        if not suspects:
            return 0
        lock_images(connection, suspects)
        images = list(connection.execute(dead.where(S.image_id.in_(suspects))).scalars())
        connection.execute(sa.delete(image_staging).where(S.image_id.in_(images)))
        _queue_again(connection, now, images)
    return len(images)


def host_of(connection: sa.Connection, image_id: str) -> str | None:
    """Return the host on which data of an image is staged or being staged, None for no host."""
    return connection.execute(sa.select(S.host).where(S.image_id == image_id)).scalar()


def _queue_again(connection: sa.Connection, now: float, images: list[str]) -> None:
    columns = image_table.c
    connection.execute(sa.update(image_table).where(columns.id.in_(images), columns.status == "uploading").values(
        status="queued", updated_at=now))


def _read(source: Source, size: int) -> bytes:
    try:
        return source.read(size)
    except (OSError, ValueError) as failure:  # the connection broke, or its chunks make no sense
        raise errors.BadRequest("The data ended early.") from failure


def _unfinished(image_id: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    return S.image_id == image_id, S.name == name, S.size.is_(None)


def _mine(image_id: str, name: str) -> sa.Update:
    return sa.update(image_staging).where(*_unfinished(image_id, name))


def _refuse(connection: sa.Connection, image_id: str) -> None:
    status = connection.execute(sa.select(image_table.c.status).where(image_table.c.id == image_id)).scalar()
    if status is None:
        raise errors.Gone(not_found(image_id).message)
    raise errors.Conflict(f"Image {image_id} is {status}; data can be staged for a queued image only.")
