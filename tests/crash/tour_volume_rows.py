"""The part of the tour that passes the transactions over what volumes are offered, grouped and chosen by."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.crash.tour import Tour

V3 = "/volume/v3"
NEW = {"OpenStack-API-Version": "volume 3.62"}
REFUSED = (400, 404, 409)


def visit(tour: "Tour") -> None:
    """Send all of it."""
    kind = tour.make(f"{V3}/types", "tour", {"volume_type": {"name": "tour"}}, "volume_types")
    _encryption(tour, f"{V3}/types/{kind}")
    _qos_specs(tour, kind)
    default = f"{V3}/default-types/{tour.project_id}"
    tour.send("PUT", default, {"default_type": {"volume_type": "tour"}}, **NEW)
    tour.send("DELETE", default, **NEW)
    _group_types(tour)
    _groups(tour, kind)
    _transfers(tour)
    _message(tour, kind)
    tour.send("DELETE", f"{V3}/types/{kind}")


def _encryption(tour: "Tour", path: str) -> None:
    path = f"{path}/encryption"
    tour.send("POST", path, {"encryption": {"provider": "luks"}})
    its_id = tour.send("GET", path)["encryption_id"]
    tour.send("PUT", f"{path}/{its_id}", {"encryption": {"key_size": 256}})
    tour.send("DELETE", f"{path}/{its_id}")


def _qos_specs(tour: "Tour", kind: str) -> None:
    path = f"{V3}/qos-specs/" + tour.make(f"{V3}/qos-specs", "tour", {"qos_specs": {"name": "tour", "a": "1"}}, "qos_specs")
    tour.send("PUT", path, {"qos_specs": {"b": "2"}})
    tour.send("PUT", f"{path}/delete_keys", {"keys": ["b"]})
    for action in (f"associate?vol_type_id={kind}", f"disassociate?vol_type_id={kind}", f"associate?vol_type_id={kind}",
                   "disassociate_all"):
        tour.send("GET", f"{path}/{action}")
    tour.send("DELETE", path)


def _group_types(tour: "Tour") -> None:
    tour.send("POST", f"{V3}/group_types", {"group_type": {"name": "tour"}}, **NEW)
    found = [each["id"] for each in tour.send("GET", f"{V3}/group_types", **NEW)["group_types"] if each["name"] == "tour"]
    path = f"{V3}/group_types/{found[0]}"
    tour.send("PUT", path, {"group_type": {"description": "toured"}}, **NEW)
    tour.send("POST", f"{path}/group_specs", {"group_specs": {"a": "1"}}, **NEW)


def _groups(tour: "Tour", kind: str) -> None:
    body: dict[str, Any] = {"group": {"name": "tour", "group_type": "tour", "volume_types": [kind]}}
    tour.send("POST", f"{V3}/groups", body, **NEW)
    tour.send("POST", f"{V3}/consistencygroups", {"consistencygroup": {"name": "tour", "volume_types": kind}})
    for group in tour.send("GET", f"{V3}/groups/detail", **NEW)["groups"]:
        path = f"{V3}/groups/{group['id']}"
        tour.send("PUT", path, {"group": {"name": "toured"}}, **NEW)
        tour.send("POST", f"{V3}/group_snapshots", {"group_snapshot": {"group_id": group["id"]}}, may_be=REFUSED, **NEW)
        tour.send("POST", f"{V3}/groups/action", {"create-from-src": {"source_group_id": group["id"]}}, may_be=REFUSED, **NEW)
        tour.send("POST", f"{path}/action", {"delete": {}}, **NEW)
    for each in tour.send("GET", f"{V3}/group_types", **NEW)["group_types"]:
        tour.send("DELETE", f"{V3}/group_types/{each['id']}", **NEW)


def _transfers(tour: "Tour") -> None:
    tour.send("POST", f"{V3}/volumes", {"volume": {"size": 1, "name": "tour"}})
    tour.settle()
    for each in tour.send("GET", f"{V3}/volumes?name=tour")["volumes"]:
        tour.send("POST", f"{V3}/os-volume-transfer", {"transfer": {"volume_id": each["id"]}}, may_be=REFUSED)
    for each in tour.send("GET", f"{V3}/os-volume-transfer")["transfers"]:
        path = f"{V3}/os-volume-transfer/{each['id']}"
        tour.send("POST", f"{path}/accept", {"accept": {"auth_key": "wrong"}}, may_be=REFUSED)
        tour.send("DELETE", path)
    for each in tour.send("GET", f"{V3}/volumes?name=tour")["volumes"]:
        tour.send("DELETE", f"{V3}/volumes/{each['id']}")
    tour.settle()


def _message(tour: "Tour", kind: str) -> None:
    """A volume for which there is no place leaves a message."""
    tour.send("POST", f"{V3}/types/{kind}/extra_specs", {"extra_specs": {"volume_backend_name": "nowhere"}})
    tour.send("POST", f"{V3}/volumes", {"volume": {"size": 1, "name": "nowhere", "volume_type": kind}})
    tour.settle()
    for each in tour.send("GET", f"{V3}/messages", **NEW)["messages"]:
        tour.send("DELETE", f"{V3}/messages/{each['id']}", **NEW)
    for each in tour.send("GET", f"{V3}/volumes?name=nowhere")["volumes"]:
        tour.send("DELETE", f"{V3}/volumes/{each['id']}")
    tour.settle()
