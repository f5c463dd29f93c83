"""Images in the database: making, finding, changing and deleting them, and who may see or change one.

An image travels as a dictionary of its columns with "tags" (a sorted list), "properties", "locations" (store and
name of its data, the oldest first) and "refused": locations of an image without data whose data was not what was said.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urldefrag

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.image import image as image_table
from cumulo.common.db.tables.image import (
    image_location,
    image_member,
    image_property,
    image_staging,
    image_tag,
    image_url,
)
from cumulo.common.flows import conflicts
from cumulo.common.operations import store as operations

Image = dict[str, Any]
HAS_DATA = ("active", "deactivated")
# Statements of every request, built once: that costs more than running them.
_BY_ID = sa.select(image_table).where(image_table.c.id == sa.bindparam("its_id"))
_ITS_IDS = sa.bindparam("its_ids", expanding=True)
_TAGS = sa.select(image_tag.c.image_id, image_tag.c.tag).where(image_tag.c.image_id.in_(_ITS_IDS))
_PROPERTIES = sa.select(image_property.c.image_id, image_property.c.name, image_property.c.value).where(
    image_property.c.image_id.in_(_ITS_IDS))
_PLACES = sa.select(image_location.c.image_id, image_location.c.store, image_location.c.name).where(
    image_location.c.image_id.in_(_ITS_IDS)).order_by(image_location.c.created_at, image_location.c.store)
_ON_WEB = sa.select(image_url.c.image_id, image_url.c.store, image_url.c.url, image_url.c.metadata).where(
    image_url.c.image_id.in_(_ITS_IDS)).order_by(image_url.c.position)
_CHANGEABLE = ("name", "owner", "visibility", "container_format", "disk_format", "min_disk", "min_ram",
               "protected", "os_hidden")


def not_found(image_id: str) -> errors.NotFound:
    """Return the error for an image that is not there, or that the caller may not know of."""
    return errors.NotFound(f"No image found with ID {image_id[:64]}")


def is_admin(context: Context) -> bool:
    """Say whether the caller sees and changes the images of all projects."""
    return context.is_admin or "admin" in context.roles


def create_image(connection: sa.Connection, now: float, image_id: str, owner: str | None, new: Image) -> None:
    """Insert a queued image; new is what attributes.new_image returned. Raises Conflict for an id in use.

    Runs in a write transaction.
    """
    if connection.execute(sa.select(image_table.c.id).where(image_table.c.id == image_id)).first():
        raise errors.Conflict(f"Image ID {image_id} already exists!")
    columns = {name: new[name] for name in _CHANGEABLE if name != "owner"}
    try:
        connection.execute(sa.insert(image_table).values(
            id=image_id, owner=owner, status="queued", created_at=now, updated_at=now, **columns))
    except sa.exc.IntegrityError as failure:  # somebody else made it since the look above
        raise errors.Conflict(f"Image ID {image_id} already exists!") from failure
    _insert_properties(connection, image_id, new["properties"])
    _insert_tags(connection, image_id, new["tags"])


def be_without_data(connection: sa.Connection, now: float, image_id: str) -> None:
    """Say that a new image is whole, although it has no data: what it names is elsewhere, as snapshots of volumes."""
    connection.execute(sa.update(image_table).where(image_table.c.id == image_id).values(
        status="active", size=0, updated_at=now))


def get_image(connection: sa.Connection, image_id: str, *, lock: bool = False) -> Image:
    """Return an image whoever may see it; lock keeps others from changing it in this transaction.

    Raises NotFound.
    """
    return _get(connection, image_id, lock=lock)


def is_for_others() -> sa.ColumnElement[bool]:
    """Say whether an image is meant for others than its owner, or to be kept: visible to them, or protected."""
    columns = image_table.c
    shared = sa.and_(columns.visibility == "shared", columns.id.in_(sa.select(image_member.c.image_id)))
    return sa.or_(columns.visibility.in_(("public", "community")), columns.protected.is_(True), shared)


def owned_by(connection: sa.Connection, project_id: str) -> list[Image]:
    """Return all images of a project with a lock."""
    query = sa.select(image_table).where(image_table.c.owner == project_id).order_by(image_table.c.id).with_for_update()
    return with_details(connection, [dict(row) for row in connection.execute(query).mappings()])


def owner_of(connection: sa.Connection, image_id: str) -> str | None:
    """Return the project that an image belongs to, None for no project and for no image."""
    return connection.execute(sa.select(image_table.c.owner).where(image_table.c.id == image_id)).scalar()


def get_described_image(connection: sa.Connection, image_id: str) -> Image:
    """Return an image whoever may see it, with its properties but neither tags nor places; raises NotFound."""
    row = connection.execute(_BY_ID, {"its_id": image_id}).mappings().first()
    if row is None:
        raise not_found(image_id)
    return dict(row, properties={name: value for _, name, value in connection.execute(_PROPERTIES, {"its_ids": [image_id]})})


def _get(connection: sa.Connection, image_id: str, *where: sa.ColumnElement[bool], lock: bool,
         hold: bool = False) -> Image:
    query = sa.select(image_table).where(image_table.c.id == image_id, *where)
    if lock or hold:
        query = query.with_for_update(read=hold)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise not_found(image_id)
    return with_details(connection, [dict(row)])[0]


def lock_images(connection: sa.Connection, ids: list[str]) -> None:
    """Lock images, whose rows everybody locks before those of staging, of operations and of projects' quotas."""
    query = sa.select(image_table.c.id).where(image_table.c.id.in_(ids)).order_by(image_table.c.id)
    connection.execute(query.with_for_update()).all()


def get_visible_image(connection: sa.Connection, context: Context, image_id: str, *, lock: bool = False,
                      hold: bool = False) -> Image:
    """Return an image that the caller may see; raises NotFound.

    The database decides in the one statement: a hidden image costs exactly what a missing one does,
    and is never locked by a stranger. hold keeps it from being changed, but lets others hold it too.
    """
    return _get(connection, image_id, _is_visible(context), lock=lock, hold=hold)


def get_own_image(connection: sa.Connection, context: Context, image_id: str, *, lock: bool = True) -> Image:
    """Return an image that the caller may change; raises NotFound or, if it is seen at least, Forbidden."""
    image = get_visible_image(connection, context, image_id, lock=lock)
    if not is_owner(context, image):
        raise errors.Forbidden("Only the owner of an image may change it.")
    return image


def is_owner(context: Context, image: Image) -> bool:
    """Say whether the caller may change the image."""
    return is_admin(context) or (image["owner"] is not None and image["owner"] == context.project_id)


def _is_visible(context: Context) -> sa.ColumnElement[bool]:
    if is_admin(context):
        return sa.true()
    columns, project_id = image_table.c, context.project_id or ""  # no image is owned by or shared with ""
    invited = sa.select(image_member.c.image_id).where(image_member.c.member_id == project_id)
    return sa.or_(columns.visibility.in_(("public", "community")), columns.owner == project_id,
                  sa.and_(columns.visibility == "shared", columns.id.in_(invited)))


def with_details(connection: sa.Connection, images: Sequence[Image]) -> list[Image]:
    """Return the images with their tags, properties and locations, read in few statements however many they are."""
    found = {image["id"]: dict(image, tags=[], properties={}, locations=[], refused=[]) for image in images}
    if not found:
        return []
    its = {"its_ids": list(found)}
    for image_id, tag in connection.execute(_TAGS, its):
        found[image_id]["tags"].append(tag)
    for image_id, name, value in connection.execute(_PROPERTIES, its):
        found[image_id]["properties"][name] = value
    for image_id, store, name in connection.execute(_PLACES, its):
        found[image_id]["locations"].append({"store": store, "name": name})
    for image_id, store, url, words in connection.execute(_ON_WEB, its):
        kind = "locations" if found[image_id]["status"] in HAS_DATA else "refused"
        found[image_id][kind].append({"store": store, "name": urldefrag(url)[0], "url": url, "metadata": words})
    for image in found.values():
        image["tags"].sort()
    return list(found.values())


def save_changes(connection: sa.Connection, now: float, before: Image, after: Image) -> None:
    """Write what differs between an image read with a lock and its changed form. Sets after's updated_at."""
    after["updated_at"] = now
    columns = {name: after[name] for name in _CHANGEABLE}
    connection.execute(sa.update(image_table).where(image_table.c.id == before["id"]).values(updated_at=now, **columns))
    if before["properties"] != after["properties"]:
        connection.execute(sa.delete(image_property).where(image_property.c.image_id == before["id"]))
        _insert_properties(connection, before["id"], after["properties"])
    if before["tags"] != after["tags"]:
        connection.execute(sa.delete(image_tag).where(image_tag.c.image_id == before["id"]))
        _insert_tags(connection, before["id"], after["tags"])


def delete_image(connection: sa.Connection, image: Image) -> list[tuple[str | None, str]]:
    """Delete an image read with a lock; return the stores and names of its data, to be removed after the commit.

    No store means: whichever has it, for it is still being uploaded.

    A kill in between leaves data that nobody refers to, which the next sweep removes. Raises
    Forbidden for a protected image.
    """
    if image["protected"]:
        raise errors.Forbidden(f"Image {image['id']} is protected and cannot be deleted.")
    for table in (image_tag, image_property, image_member, image_location, image_url, image_staging):
        connection.execute(sa.delete(table).where(table.c.image_id == image["id"]))
    connection.execute(sa.delete(image_table).where(image_table.c.id == image["id"]))
    uploading = [(None, image["upload_id"])] if image["upload_id"] else []
    return [*((each["store"], each["name"]) for each in image["locations"]), *uploading]


def backups_of(connection: sa.Connection, server_id: str, backup_type: str) -> list[str]:
    """Return the ids of the whole images that a server was backed up to under this name, the newest first."""
    query = sa.select(image_table.c.id).where(image_table.c.status.in_(("active", "deactivated")))
    wanted = {"instance_uuid": server_id, "backup_type": backup_type, "image_type": "backup"}
    for name, value in wanted.items():
        has = sa.select(image_property.c.image_id).where(image_property.c.name == name, image_property.c.value == value)
        query = query.where(image_table.c.id.in_(has))
    order = image_table.c.created_at.desc(), image_table.c.id
    return list(connection.execute(query.order_by(*order)).scalars())


def forget_refused(connection: sa.Connection, image_id: str) -> None:
    """Forget the location that an image without data was refused: it gets data now."""
    connection.execute(sa.delete(image_url).where(image_url.c.image_id == image_id))


def remove_location(connection: sa.Connection, now: float, image: Image, store: str) -> str:
    """Forget that an image, read with a lock, is in a store; return the name of the data to be removed after the commit.

    Raises NotFound when it is not there, Forbidden for a protected image and for the only store that has it, and
    Conflict while an import of it is under way.
    """
    name = next((each["name"] for each in image["locations"] if each["store"] == store and "url" not in each), None)
    if name is None:
        raise errors.NotFound(f"Image {image['id']} is not in store {store[:64]!r}.")
    if image["protected"]:
        raise errors.Forbidden(f"Image {image['id']} is protected and cannot be deleted.")
    running = operations.active(connection, image["id"])
    if running is not None:
        raise conflicts.busy("image", image["id"], str(running["action"]))
    if len(image["locations"]) == 1:
        raise errors.Forbidden(f"Store {store} alone has the data of image {image['id']}; delete the image instead.")
    columns = image_location.c
    connection.execute(sa.delete(image_location).where(columns.image_id == image["id"], columns.store == store))
    touch(connection, now, image["id"])
    return str(name)


def set_active(connection: sa.Connection, now: float, image: Image, active: bool) -> None:
    """Forbid (active False) or allow again the download of an image that has data.

    Doing so twice is no error; raises Conflict for an image in another status.
    """
    wanted = "active" if active else "deactivated"
    if image["status"] == wanted:
        return
    changed = connection.execute(
        sa.update(image_table).values(status=wanted, updated_at=now).where(
            image_table.c.id == image["id"], image_table.c.status == ("deactivated" if active else "active")))
    if not changed.rowcount:
        raise errors.Conflict(f"Image {image['id']} is {image['status']}; only an image with data can change so.")


def touch(connection: sa.Connection, now: float, image_id: str) -> None:
    """Note that something about an image changed."""
    connection.execute(sa.update(image_table).where(image_table.c.id == image_id).values(updated_at=now))


def _insert_properties(connection: sa.Connection, image_id: str, properties: dict[str, str]) -> None:
    if properties:
        connection.execute(sa.insert(image_property), [
            {"image_id": image_id, "name": name, "value": value} for name, value in properties.items()])


def _insert_tags(connection: sa.Connection, image_id: str, tags: Iterable[str]) -> None:
    rows = [{"image_id": image_id, "tag": tag} for tag in tags]
    if rows:
        connection.execute(sa.insert(image_tag), rows)
