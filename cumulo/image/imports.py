"""Imports in the database: beginning one, what its end means for the image, and which data is under way.

An import is an operation (flows import_image, copy_image and add_location). Its state names all data that it makes
before any of it is made, so whatever no row and no operation names is rubbish at any time, in stores as on hosts.

    queued     -> importing   web-download, glance-download       importing -> active    published
    queued     -> importing   add-location: data stays elsewhere  importing -> queued    undone, whatever was wrong
    uploading  -> importing   glance-direct
    active     -> active      copy-image

What clients look at meanwhile are two properties: os_glance_importing_to_stores and os_glance_failed_import.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.context import Context
from cumulo.common.db.tables.compute import service_status
from cumulo.common.db.tables.image import image as image_table
from cumulo.common.db.tables.image import image_location, image_property, image_staging, image_url
from cumulo.common.db.tables.operations import operation
from cumulo.common.ids import Ids
from cumulo.common.operations import store as operations
from cumulo.common.operations.step import State
from cumulo.image import attributes, protections, quotas
from cumulo.image.images import Image, forget_refused, not_found
from cumulo.image.protections import Protections
from cumulo.image.quotas import Limits

GLANCE_DIRECT, WEB_DOWNLOAD, COPY_IMAGE = "glance-direct", "web-download", "copy-image"
GLANCE_DOWNLOAD = "glance-download"
METHODS = (GLANCE_DIRECT, WEB_DOWNLOAD, COPY_IMAGE, GLANCE_DOWNLOAD)
ADD_LOCATION = "add-location"
"""Not a method of import: the locations of an image have a route of their own."""
FLOWS = ("import_image", "copy_image", "add_location")
_FLOW_OF = {COPY_IMAGE: "copy_image", ADD_LOCATION: "add_location"}
IMPORTING_TO, FAILED = "os_glance_importing_to_stores", "os_glance_failed_import"
MOST_TASKS = 1000
_BEGINS_WITH = {GLANCE_DIRECT: "uploading", COPY_IMAGE: "active"}


@dataclasses.dataclass(frozen=True)
class Wish:
    """What an import shall do; task is what a task of it shows: its type and input. source is where the data comes from.

    It goes into the operation's state as it is: uri for web-download, for glance-download and a location what their
    flows' pages say.
    """

    method: str
    stores: tuple[str, ...]
    all_must_succeed: bool = True
    source: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    action: str = ""
    task: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Rules:
    """What an image may become by its import."""

    limits: Limits = quotas.NONE
    protections: Protections = protections.NONE
    bounds: attributes.Bounds = dataclasses.field(default_factory=attributes.Bounds)


@dataclasses.dataclass(frozen=True)
class Place:
    """Where, by when, and how much: the host whose agent works (for data that is not staged anywhere), the deadline,
    and what the image's owner may have.
    """

    host: str
    deadline_s: float
    limits: Limits = quotas.NONE


def methods(conf: Any) -> list[str]:
    """Return the methods that the configuration allows."""
    return [each for each in METHODS if each in conf.image.import_methods]


def choose_host(connection: sa.Connection, now: float, own: str, *, silent_s: float) -> str:
    """Return the host whose image agent shall work: one's own if it is heard, else the one heard last."""
    columns = service_status.c
    heard = connection.execute(sa.select(columns.host).where(
        columns.kind == "image", columns.last_seen > now - silent_s).order_by(columns.last_seen.desc(), columns.host))
    hosts = list(heard.scalars())
    return own if own in hosts or not hosts else hosts[0]


def begin(connection: sa.Connection, ids: Ids, now: float, image: Image, wish: Wish, place: Place,
          context: Context) -> str:
    """Create the operation of an import of an image read with a lock, and return its id.

    Raises Conflict when the image is in another state than the method begins with, or is busy, and TooLarge beyond a
    limit, as far as the size of the data is known.
    """
    _check(image, wish)
    room = _take_room(connection, image, wish, place.limits)
    state: State = {
        "image_id": image["id"], "method": wish.method, "host": place.host, "name": ids.new_id(),
        "room": room, "stores": list(wish.stores), "all_must_succeed": wish.all_must_succeed, "task": dict(wish.task)}
    if wish.method == COPY_IMAGE:
        state |= {"source": image["locations"]} | {name: image[name] for name in ("size", "os_hash_algo", "os_hash_value")}
    else:
        state |= {"disk_format": image["disk_format"], "container_format": image["container_format"]}
        state |= _staged(connection, ids, image, wish)
    operation_id = operations.create(
        connection, ids, now, flow=_FLOW_OF.get(wish.method, "import_image"),
        resource_type="image", resource_id=image["id"], state=state, context=context, action=wish.action or wish.method,
        deadline_s=place.deadline_s)
    changed = {"updated_at": now} | ({} if wish.method == COPY_IMAGE else {"status": "importing"})
    connection.execute(sa.update(image_table).where(image_table.c.id == image["id"]).values(changed))
    _tell(connection, image["id"], importing=wish.stores, failed=())
    return operation_id


def _check(image: Image, wish: Wish) -> None:
    for name in ("disk_format", "container_format"):
        if wish.method != COPY_IMAGE and not image[name]:
            raise errors.BadRequest(f"Property {name} must be set prior to importing data.")
    needed = _BEGINS_WITH.get(wish.method, "queued")
    if image["status"] != needed:
        raise errors.Conflict(
            f"Image {image['id']} is {image['status']}; the import method {wish.method} needs one that is {needed}.")
    there = {each["store"] for each in image["locations"]}
    if wish.method == COPY_IMAGE and there & set(wish.stores):
        raise errors.Conflict(f"Image {image['id']} is in store {min(there & set(wish.stores))} already.")


def _take_room(connection: sa.Connection, image: Image, wish: Wish, limits: Limits) -> int | None:
    """See that the project has room for the data; return how many bytes of data may be fetched, None for any number."""
    if wish.method == COPY_IMAGE:
        limits.take(connection, image_size_total=image["size"] * len(wish.stores))
    elif wish.method == GLANCE_DIRECT:
        size = connection.execute(sa.select(image_staging.c.size).where(image_staging.c.image_id == image["id"])).scalar()
        limits.take(connection, image_size_total=(size or 0) * len(wish.stores))
    elif wish.method == ADD_LOCATION:  # what is not stored takes no room
        limits.take(connection, image_count_uploading=1)
    else:
        limits.take(connection, image_count_uploading=1, image_stage_total=1, image_size_total=len(wish.stores))
        stored, staged = limits.room(connection, quotas.SIZE), limits.room(connection, quotas.STAGED)
        return min((each for each in (staged, None if stored is None else stored // len(wish.stores)) if each is not None),
                   default=None)
    return None


def _staged(connection: sa.Connection, ids: Ids, image: Image, wish: Wish) -> State:
    if wish.method == ADD_LOCATION:
        return dict(wish.source)
    if wish.method in (WEB_DOWNLOAD, GLANCE_DOWNLOAD):
        return {**wish.source, "staged": ids.new_id()}
    row = connection.execute(sa.select(image_staging).where(image_staging.c.image_id == image["id"])).mappings().first()
    if row is None or row["size"] is None:
        raise errors.Conflict(f"The data of image {image['id']} is still being staged.")
    return {"host": row["host"], "staged": row["name"]}


def publish(connection: sa.Connection, now: float, state: State, rules: Rules) -> None:
    """Give the image the data that the steps before have put into stores; may be repeated.

    Raises Gone when the image was deleted, Conflict when a store has other data of it by now, TooLarge where the
    project's room is taken by now, and Forbidden or TooLarge for properties that came along and may not be the image's.
    """
    image_id = state["image_id"]
    status = connection.execute(sa.select(image_table.c.status).where(image_table.c.id == image_id)).scalar()
    if status is None:
        raise errors.Gone(not_found(image_id).message)
    values: dict[str, Any] = {"updated_at": now}
    if state["method"] != COPY_IMAGE:
        forget_refused(connection, image_id)
        names = ("size", "checksum", "os_hash_value", "disk_format", "container_format", "virtual_size")
        values |= {"status": "active", "os_hash_algo": "sha512"} | {name: state[name] for name in names}
    connection.execute(sa.update(image_table).where(image_table.c.id == image_id).values(values))
    _locate(connection, now, image_id, state, rules.limits)
    _take_properties(connection, image_id, state, rules)
    _forget_staged(connection, image_id)
    _tell(connection, image_id, importing=(), failed=state["failed"])


def _take_properties(connection: sa.Connection, image_id: str, state: State, rules: Rules) -> None:
    """Give the image the properties that were copied with the data, as far as its importer might set them himself."""
    copied = state.get("properties") or {}
    if not copied:
        return
    columns = image_property.c
    held = sa.select(columns.name, columns.value).where(columns.image_id == image_id)
    before = dict(connection.execute(held).all())
    after = before | copied
    rules.protections.check_change(before, after, state["roles"])
    attributes.check_bounds({"properties": after, "tags": []}, rules.bounds)
    connection.execute(sa.delete(image_property).where(columns.image_id == image_id, columns.name.in_(copied)))
    connection.execute(sa.insert(image_property), [
        {"image_id": image_id, "name": name, "value": value} for name, value in copied.items()])


def locate(connection: sa.Connection, now: float, state: State) -> None:
    """Make an image of data that stays at a URL, as the steps before have found it; may be repeated.

    Raises Gone when the image was deleted.
    """
    image_id = state["image_id"]
    names = ("size", "virtual_size", "checksum", "os_hash_algo", "os_hash_value")
    found = connection.execute(sa.update(image_table).where(image_table.c.id == image_id).values(
        status="active", updated_at=now, **{name: state[name] for name in names}))
    if not found.rowcount:
        raise errors.Gone(not_found(image_id).message)
    _name_url(connection, now, state)
    _tell(connection, image_id, importing=(), failed=())


def _name_url(connection: sa.Connection, now: float, state: State) -> None:
    """Write down a location; one of an image without data is one that it was refused."""
    forget_refused(connection, state["image_id"])
    connection.execute(sa.insert(image_url).values(
        image_id=state["image_id"], position=0, store=state["stores"][0], url=state["url"], metadata=state["metadata"],
        created_at=now))


def _locate(connection: sa.Connection, now: float, image_id: str, state: State, limits: Limits) -> None:
    columns = image_location.c
    there = dict(connection.execute(sa.select(columns.store, columns.name).where(columns.image_id == image_id)).all())
    limits.take(connection, image_size_total=state["size"] * sum(store not in there for store in state["stored"]))
    for store in state["stored"]:
        if store not in there:
            connection.execute(sa.insert(image_location).values(
                image_id=image_id, store=store, name=state["name"], created_at=now))
        elif there[store] != state["name"]:
            raise errors.Conflict(f"Image {image_id} is in store {store} already.")


def withdraw(connection: sa.Connection, now: float, state: State) -> None:
    """Leave the image as it was before an import that came to nothing; without effect on one that was deleted."""
    image_id = state["image_id"]
    row = image_table.c
    if connection.execute(sa.select(row.id).where(row.id == image_id)).first() is None:
        return
    connection.execute(sa.update(image_table).where(row.id == image_id, row.status == "importing").values(
        status="queued", updated_at=now))
    if state["method"] == ADD_LOCATION:
        _name_url(connection, now, state)
    _forget_staged(connection, image_id)
    _tell(connection, image_id, importing=(), failed=state["stores"])


def _forget_staged(connection: sa.Connection, image_id: str) -> None:
    connection.execute(sa.delete(image_staging).where(image_staging.c.image_id == image_id))


def _tell(connection: sa.Connection, image_id: str, *, importing: Sequence[str], failed: Sequence[str]) -> None:
    values = {IMPORTING_TO: ",".join(importing), FAILED: ",".join(failed)}
    columns = image_property.c
    connection.execute(sa.delete(image_property).where(columns.image_id == image_id, columns.name.in_(values)))
    connection.execute(sa.insert(image_property), [
        {"image_id": image_id, "name": name, "value": value} for name, value in values.items()])


def states_under_way(connection: sa.Connection) -> list[State]:
    """Return the states of the imports that have not ended; what they name is needed."""
    query = sa.select(operation.c.state).where(operation.c.active_key.is_not(None), operation.c.flow.in_(FLOWS))
    return list(connection.execute(query).scalars())


def names_being_stored(connection: sa.Connection) -> set[str]:
    """Return the names that imports under way give to data in stores."""
    return {state["name"] for state in states_under_way(connection)}


def staged_names(connection: sa.Connection, host: str) -> set[str]:
    """Return the names of the data on a host that somebody needs; what is made of it there bears the name too."""
    rows = connection.execute(sa.select(image_staging.c.name).where(image_staging.c.host == host))
    under_way = (state for state in states_under_way(connection) if state["host"] == host and "staged" in state)
    return {*rows.scalars(), *(state["staged"] for state in under_way)}


def is_wanted(connection: sa.Connection, image_id: str) -> bool:
    """Say whether an import of the image is under way that nobody has cancelled."""
    return operations.is_wanted(connection, image_id)


def tasks(connection: sa.Connection, *where: sa.ColumnElement[bool],
          order: Sequence[sa.ColumnElement[Any]] = (operation.c.created_at.desc(), operation.c.id),
          limit: int = MOST_TASKS) -> Sequence[sa.RowMapping]:
    """Return the operations that are imports, the newest first unless told otherwise."""
    query = sa.select(operation).where(operation.c.flow.in_(FLOWS), *where).order_by(*order).limit(limit)
    return connection.execute(query).mappings().all()
