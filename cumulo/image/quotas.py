"""What a project may have of images and what it has, counted from the rows themselves.

The limits are registered in identity, by these names, and mean nothing until they are. Sizes are in MiB there and in
bytes here. Two requests of one project must not both find the last room: where a limit is in force, whoever takes
room first raises the generation of the project's row, and the second waits there and then counts what the first took.
Whoever locks an image as well does so before.

    image_count_total        images, also those without data
    image_size_total         data in all stores
    image_stage_total        data that waits to be imported, also what imports under way have fetched
    image_count_uploading    images that data is being sent to or imported for
"""

import dataclasses
from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.absent import insert_if_absent
from cumulo.common.db.tables.image import image, image_location, image_project, image_staging
from cumulo.common.db.tables.operations import operation

COUNT, SIZE, UPLOADING = "image_count_total", "image_size_total", "image_count_uploading"
STAGED = "image_stage_total"
RESOURCES = (SIZE, STAGED, COUNT, UPLOADING)
UNLIMITED = -1
MIB = 1024 * 1024
_IN_MIB = (SIZE, STAGED)
SERVICE_TYPE = "image"
"""The service that the limits are registered for."""
_UPLOADING = ("saving", "uploading", "importing")


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one project may have, by resource; -1 and what is not named are no limits."""

    project_id: str | None
    values: Mapping[str, int]

    def of(self, resource: str) -> int:
        """Return the limit in counts or bytes, -1 for none."""
        value = self.values.get(resource, UNLIMITED)
        return value if value == UNLIMITED or resource not in _IN_MIB else value * MIB

    def take(self, connection: sa.Connection, **wanted: int) -> None:
        """Raise TooLarge unless there is room for so much more of each resource.

        In the transaction that takes the room, before it writes it.
        """
        limited = {name: amount for name, amount in wanted.items() if self.of(name) != UNLIMITED}
        if self.project_id is None or not limited:
            return
        _take_turn(connection, self.project_id)
        for name, amount in limited.items():
            self._check(name, _used(connection, self.project_id, name), amount)

    def room(self, connection: sa.Connection, resource: str) -> int | None:
        """Return how much of a resource is left at this moment, None without a limit."""
        if self.project_id is None or self.of(resource) == UNLIMITED:
            return None
        return max(0, self.of(resource) - _used(connection, self.project_id, resource))

    def _check(self, resource: str, used: int, amount: int) -> None:
        if used + amount > self.of(resource):
            unit = MIB if resource in _IN_MIB else 1
            raise errors.TooLarge(
                f"You have exceeded your quota for resource {resource}: the limit is {self.of(resource) // unit}, "
                f"{-(-used // unit)} are used, {-(-amount // unit)} more were asked for.")


def usage(connection: sa.Connection, limits: Limits, resources: Iterable[str] = RESOURCES) -> dict[str, dict[str, int]]:
    """Return limit and usage of each resource in the units of the limits, a size rounded up."""
    found = {}
    for name in resources:
        used = 0 if limits.project_id is None else _used(connection, limits.project_id, name)
        found[name] = {"limit": limits.values.get(name, UNLIMITED), "usage": -(-used // (MIB if name in _IN_MIB else 1))}
    return found


def _used(connection: sa.Connection, project_id: str, resource: str) -> int:
    mine = image.c.owner == project_id
    if resource == COUNT:
        query = sa.select(sa.func.count()).select_from(image).where(mine)
    elif resource == UPLOADING:
        query = sa.select(sa.func.count()).select_from(image).where(mine, image.c.status.in_(_UPLOADING))
    elif resource == STAGED:
        fetched = sa.select(operation.c.state).join_from(operation, image, operation.c.resource_id == image.c.id).where(
            mine, operation.c.active_key.is_not(None), operation.c.flow == "import_image")
        staged = sa.select(sa.func.coalesce(sa.func.sum(image_staging.c.size), 0)).select_from(
            image.join(image_staging, image_staging.c.image_id == image.c.id)).where(mine)
        on_hosts = sum(int(state.get("fetched", 0)) for state in connection.execute(fetched).scalars())
        return on_hosts + int(connection.execute(staged).scalar_one())
    else:
        query = sa.select(sa.func.coalesce(sa.func.sum(image.c.size), 0)).select_from(
            image.join(image_location, image_location.c.image_id == image.c.id)).where(mine)
    return int(connection.execute(query).scalar_one())


def _take_turn(connection: sa.Connection, project_id: str) -> None:
    insert_if_absent(connection, image_project, {"project_id": project_id, "generation": 0})
    connection.execute(sa.update(image_project).where(image_project.c.project_id == project_id).values(
        generation=image_project.c.generation + 1))


NONE = Limits(None, {})
"""No limits at all."""
