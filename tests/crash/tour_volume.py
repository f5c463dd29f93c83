"""The part of the tour that passes every transaction of the block storage API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.crash.tour import Tour

V3 = "/volume/v3"
LATEST = {"OpenStack-API-Version": "volume latest"}


def visit(tour: Tour) -> None:
    """Go through types, quotas, services, volumes, attachments and snapshots."""
    _types(tour)
    _settings(tour)
    volume = tour.make(f"{V3}/volumes", "tour", {"volume": {"name": "tour", "size": 1}}, "volumes")
    tour.settle()
    _volume(tour, f"{V3}/volumes/{volume}")
    _attachment(tour, volume)
    _connection(tour, volume)
    _snapshot(tour, volume)
    tour.send("DELETE", f"{V3}/volumes/{volume}")
    tour.settle()


def _types(tour: Tour) -> None:
    path = f"{V3}/types"
    its_path = f"{path}/" + tour.make(path, "tour", {"volume_type": {
        "name": "tour", "os-volume-type-access:is_public": False}}, "volume_types")
    tour.send("PUT", its_path, {"volume_type": {"description": "changed"}})
    tour.send("POST", f"{its_path}/extra_specs", {"extra_specs": {"one": "1"}})
    tour.send("DELETE", f"{its_path}/extra_specs/one")
    tour.send("POST", f"{its_path}/action", {"addProjectAccess": {"project": tour.project_id}})
    tour.send("DELETE", its_path)


def _settings(tour: Tour) -> None:
    quota = f"{V3}/os-quota-sets/{tour.project_id}"
    tour.send("PUT", quota, {"quota_set": {"volumes": 77}})
    tour.send("DELETE", quota)
    tour.send("PUT", f"{V3}/os-quota-class-sets/tour", {"quota_class_set": {"volumes": 77}})
    found = tour.send("GET", f"{V3}/os-services?binary=cinder-volume")["services"]
    for how in ("disable", "enable"):
        tour.send("PUT", f"{V3}/os-services/{how}", {"binary": "cinder-volume", "host": found[0]["host"]})


def _volume(tour: Tour, path: str) -> None:
    tour.send("PUT", path, {"volume": {"description": "changed"}})
    tour.send("POST", f"{path}/metadata", {"metadata": {"one": "1"}})
    tour.send("POST", f"{path}/action", {"os-set_bootable": {"bootable": True}})


def _attachment(tour: Tour, volume: str) -> None:
    path = f"{V3}/attachments"
    tour.send("POST", path, {"attachment": {"volume_uuid": volume}}, may_be=(400,), **LATEST)
    one = f"{path}/{_only(tour.send('GET', f'{path}?volume_id={volume}', **LATEST)['attachments'])}"
    tour.send("PUT", one, {"attachment": {"connector": {"host": "tour"}}}, **LATEST)
    tour.send("POST", f"{one}/action", {"os-complete": None}, may_be=(400,), **LATEST)
    tour.send("DELETE", one, may_be=(404,), **LATEST)


def _connection(tour: Tour, volume: str) -> None:
    """A user that is no server keeps a volume, opens it, and lets go of it again."""
    path = f"{V3}/volumes/{volume}/action"
    tour.send("POST", path, {"os-reserve": {}}, may_be=(400,))
    tour.send("POST", path, {"os-initialize_connection": {"connector": {"host": "tour"}}})
    tour.send("POST", path, {"os-terminate_connection": {"connector": {"host": "tour"}}})
    tour.send("POST", path, {"os-unreserve": {}}, may_be=(400,))


def _snapshot(tour: Tour, volume: str) -> None:
    path = f"{V3}/snapshots"
    one = f"{path}/" + tour.make(path, "tour", {"snapshot": {"name": "tour", "volume_id": volume}}, "snapshots")
    tour.settle()
    tour.send("PUT", one, {"snapshot": {"description": "changed"}})
    tour.send("POST", f"{one}/metadata", {"metadata": {"one": "1"}})
    tour.send("POST", f"{one}/action", {"os-reset_status": {"status": "error"}})
    for each in tour.send("GET", path)["snapshots"]:
        tour.send("DELETE", f"{path}/{each['id']}", may_be=(404,))
    tour.settle()


def _only(found: list[Any]) -> str:
    """The id of what a request that was sent again has made once."""
    return str(found[0]["id"])
