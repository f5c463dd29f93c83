"""Deleting images: the rows first, in one transaction, then the data, so that no row ever names data that is gone.

    removal = removal.Removal()
    with database.write() as connection:
        removal.take(connection, image, request.context, seen=...)
    removal.finish(request)
"""

import dataclasses

import sqlalchemy as sa

from cumulo.api.image.stores.handlers import remove
from cumulo.api.wsgi.route import Request
from cumulo.common.context import Context
from cumulo.common.operations import store as operations
from cumulo.compute import servers
from cumulo.image import images, stages


@dataclasses.dataclass
class Removal:
    """What is left to do after the commit for images whose rows are gone."""

    _ids: list[str] = dataclasses.field(default_factory=list)
    _places: list[tuple[str | None, str]] = dataclasses.field(default_factory=list)
    _hosts: set[str] = dataclasses.field(default_factory=set)
    _was_busy: bool = False

    def take(self, connection: sa.Connection, image: images.Image, context: Context, *, seen: str | None) -> None:
        """Delete the row of an image read with a lock, and end its import.

        Raises Forbidden for a protected image, and Conflict where a server needs it, which names one of the project
        `seen` (None: of any) only.
        """
        servers.refuse_without_image(connection, image["id"], project_id=seen)
        staged_on = stages.host_of(connection, image["id"])
        self._ids.append(image["id"])
        self._places += images.delete_image(connection, image)
        if operations.cancel(connection, image["id"], context=context):
            self._was_busy = True
        elif staged_on:
            self._hosts.add(staged_on)

    def finish(self, request: Request) -> None:
        """Remove the data, and tell whoever else has some."""
        services = request.services
        if self._was_busy:
            request.ring("scheduler", "operation")
        for host in sorted(self._hosts):
            request.ring(f"image.{host}", "staging")
        for store, name in self._places:
            services.database.after_commit(remove, services, store, name)
        cache = services.image_cache
        if cache is not None:
            for image_id in self._ids:
                services.database.after_commit(cache.drop, image_id)
