"""What types allow and who gets which: QoS specs, default types; what lists are filtered by, clusters, messages.

Over the real application. No agent runs here.
"""

from typing import Any

import sqlalchemy as sa
from oslo_config import cfg

from cumulo.common.db.tables.operations import operation
from cumulo.common.ids import Ids
from cumulo.common.operations.lease import Operation
from cumulo.scheduler import finish
from cumulo.scheduler.sweeper import Sweeper
from cumulo.volume import messages, qos
from cumulo.volume.key_manager import KeyManager
from tests.functional.test_volume_snapshots_api import WithSnapshots


class _Choices(WithSnapshots):
    def kind(self, name: str, **values: Any) -> str:
        """Make a type and return its id."""
        return str(self.admin("POST", "/types", 200, {"volume_type": {"name": name, **values}})["volume_type"]["id"])


class QosSpecsTest(_Choices):
    """How much types let users ask of a volume."""

    def specs(self, name: str = "slow", **values: Any) -> str:
        """Make QoS specs and return their id."""
        return str(self.admin("POST", "/qos-specs", 200, {"qos_specs": {"name": name, **values}})["qos_specs"]["id"])

    def test_life_of_specs(self) -> None:
        made = self.admin("POST", "/qos-specs", 200, {"qos_specs": {"name": "slow", "consumer": "front-end", "read_iops_sec": 9}})
        self.assertEqual(("slow", "front-end", {"read_iops_sec": "9"}), tuple(made["qos_specs"][key] for key in (
            "name", "consumer", "specs")))
        self.assertEqual(["self", "bookmark"], [each["rel"] for each in made["links"]])
        path = f"/qos-specs/{made['qos_specs']['id']}"
        self.admin("POST", "/qos-specs", 409, {"qos_specs": {"name": "slow"}})
        self.assertEqual({"a": "1"}, self.admin("PUT", path, 200, {"qos_specs": {"a": "1"}})["qos_specs"])
        self.admin("PUT", path, 400, {"qos_specs": {"a": ["1"]}})
        self.admin("PUT", path, 200, {"qos_specs": {"consumer": "both"}})
        self.admin("PUT", f"{path}/delete_keys", 404, {"keys": ["a", "b"]})
        self.admin("PUT", f"{path}/delete_keys", 202, {"keys": ["a"]})
        shown = self.admin("GET", path, 200)["qos_specs"]
        self.assertEqual(("both", {"read_iops_sec": "9"}), (shown["consumer"], shown["specs"]))
        self.assertEqual([shown], self.admin("GET", "/qos-specs", 200)["qos_specs"])
        self.call("GET", "/qos-specs", 403)
        self.call("GET", f"{path}/disassociate_all", 403)
        self.admin("DELETE", path, 202)
        self.admin("DELETE", path, 404)

    def test_types_have_specs(self) -> None:
        first, second = self.specs("slow", consumer="front-end", total_iops_sec=9), self.specs("fast")
        kinds = [self.kind("one"), self.kind("two")]
        for each in kinds:
            self.admin("GET", f"/qos-specs/{first}/associate?vol_type_id={each}", 202)
        self.admin("GET", f"/qos-specs/{first}/associate", 400)
        self.admin("GET", f"/qos-specs/{first}/associate?vol_type_id=none", 404)
        self.admin("GET", f"/qos-specs/{second}/associate?vol_type_id={kinds[0]}", 400)
        self.assertEqual([("volume_type", "one", kinds[0]), ("volume_type", "two", kinds[1])], [
            (each["association_type"], each["name"], each["id"])
            for each in self.admin("GET", f"/qos-specs/{first}/associations", 200)["qos_associations"]])
        self.assertEqual(first, self.admin("GET", f"/types/{kinds[0]}", 200)["volume_type"]["qos_specs_id"])
        self.assertNotIn("qos_specs_id", self.call("GET", f"/types/{kinds[0]}", 200).json["volume_type"])
        volume_id = self.ready(volume_type="one")
        with self.api.database.read() as connection:
            self.assertEqual({volume_id: {"total_iops_sec": 9}}, qos.limits_of(connection, [volume_id, "none"]))
        self.admin("DELETE", f"/qos-specs/{first}", 400)
        self.admin("GET", f"/qos-specs/{first}/disassociate?vol_type_id={kinds[0]}", 202)
        self.admin("GET", f"/qos-specs/{first}/disassociate?vol_type_id={kinds[0]}", 202)
        self.admin("DELETE", f"/qos-specs/{first}?force=true", 202)
        self.assertIsNone(self.admin("GET", f"/types/{kinds[1]}", 200)["volume_type"]["qos_specs_id"])
        self.admin("GET", f"/qos-specs/{second}/associate?vol_type_id={kinds[0]}", 202)
        self.admin("POST", f"/volumes/{self.ready()}/action", 400, {"os-retype": {"new_type": "one"}})  # the backend cannot
        self.admin("GET", f"/qos-specs/{second}/disassociate_all", 202)


class DefaultTypesTest(_Choices):
    """The types of volumes for which nobody names one."""

    def test_a_project_has_its_own(self) -> None:
        project = self.shown(self.ready())["os-vol-tenant-attr:tenant_id"]
        kind, path = self.kind("usual"), f"/default-types/{project}"
        self.admin("GET", path, 404, version="3.62")
        self.admin("GET", path, 404)
        self.call("PUT", path, 403, {"default_type": {"volume_type": "usual"}}, version="3.62")
        self.admin("PUT", path, 404, {"default_type": {"volume_type": "none"}}, version="3.62")
        self.admin("PUT", "/default-types/none", 404, {"default_type": {"volume_type": "usual"}}, version="3.62")
        given = {"project_id": project, "volume_type_id": kind}
        self.assertEqual(given, self.admin("PUT", path, 200, {"default_type": {"volume_type": "usual"}}, version="3.62")[
            "default_type"])
        self.assertEqual(given, self.admin("GET", path, 200, version="3.62")["default_type"])
        self.assertEqual([given], self.admin("GET", "/default-types", 200, version="3.62")["default_types"])
        self.assertEqual("usual", self.make()["volume_type"])
        self.assertEqual(kind, self.call("GET", "/types/default", 200).json["volume_type"]["id"])
        unused = self.kind("unused")
        self.admin("PUT", path, 200, {"default_type": {"volume_type": unused}}, version="3.62")
        self.admin("DELETE", f"/types/{unused}", 400)
        self.admin("DELETE", path, 204, version="3.62")
        self.admin("DELETE", path, 404, version="3.62")
        self.admin("DELETE", f"/types/{unused}", 202)
        self.assertIsNone(self.make()["volume_type"])


class WhatThereIsTest(_Choices):
    """Filters of lists, and clusters."""

    def test_resource_filters(self) -> None:
        self.call("GET", "/resource_filters", 404)
        found = self.call("GET", "/resource_filters", 200, version="3.33").json["resource_filters"]
        self.assertEqual({"volume", "snapshot", "message", "attachment", "transfer", "backup", "group", "group_snapshot", "pool",
                          "volume_type"}, {each["resource"] for each in found})
        (volume,) = self.call("GET", "/resource_filters?resource=volume", 200, version="3.33").json["resource_filters"]
        self.assertIn("status", volume["filters"])
        self.assertNotIn("limit", volume["filters"])

    def test_pools_that_fit_a_type(self) -> None:
        fits, asks_more = self.kind("fits", extra_specs={"storage_protocol": "fake"}), self.kind("more", extra_specs={"storage_protocol": "tape"})
        for query, count in (("", 1), ("?volume_type=fits", 1), (f"?volume_type={fits}", 1), (f"?volume_type={asks_more}", 0)):
            with self.subTest(query=query):
                self.assertEqual(count, len(self.admin("GET", f"/scheduler-stats/get_pools{query}", 200, version="3.35")["pools"]))
        self.admin("GET", "/scheduler-stats/get_pools?volume_type=none", 404, version="3.35")
        self.assertEqual(1, len(self.admin("GET", "/scheduler-stats/get_pools?volume_type=more", 200, version="3.34")["pools"]))

    def test_clusters(self) -> None:
        for path in ("/clusters", "/clusters/detail"):
            self.assertEqual([], self.admin("GET", path, 200, version="3.7")["clusters"])
        self.admin("GET", "/clusters/one", 404, version="3.7")
        self.call("GET", "/clusters", 403, version="3.7")


class MessagesTest(_Choices):
    """What users are told of operations that came to nothing."""

    def fail(self, resource_id: str, error: str, phase: str = "undone") -> None:  # type: ignore[override]
        """End a thing's operation badly, as the scheduler would."""
        database = self.api.database
        with database.write() as connection:
            row = connection.execute(sa.select(operation).where(operation.c.active_key == resource_id)).mappings().one()
            fields = {name: row[name] for name in Operation.__dataclass_fields__}
            connection.execute(sa.update(operation).where(operation.c.id == row["id"]).values(active_key=None, phase=phase))
            finish.finished(connection, Ids(), database.now(connection), Operation(**fields | {"phase": phase, "error": error}))

    def listed(self, query: str = "") -> list[dict[str, Any]]:
        """Return messages as they are listed."""
        found: list[dict[str, Any]] = self.call("GET", f"/messages{query}", 200, version="3.5").json["messages"]
        return found

    def test_a_failure_is_told(self) -> None:
        volume_id = str(self.make()["id"])
        self.fail(volume_id, "place: No valid backend: 3 backends; alive removed 1, volume_type removed 2")
        (one,) = self.listed()
        self.assertEqual(("VOLUME_VOLUME_001_002", "ERROR", "VOLUME", volume_id), tuple(one[key] for key in (
            "event_id", "message_level", "resource_type", "resource_uuid")))
        self.assertIn("volume_type removed 2", one["user_message"])
        self.assertTrue(one["request_id"].startswith("req-"))
        self.assertEqual(one, self.call("GET", f"/messages/{one['id']}", 200, version="3.3").json["message"])
        other = self.api.make_user("bob")
        for method in ("GET", "DELETE"):
            self.call(method, f"/messages/{one['id']}", 404, version="3.3", token=other)
        self.assertEqual([], self.call("GET", "/messages?all_tenants=1", 200, version="3.5", token=other).json["messages"])
        self.assertEqual(1, len(self.admin("GET", "/messages?all_tenants=1", 200, version="3.5")["messages"]))
        self.call("GET", "/messages", 404, version="3.2")
        self.call("DELETE", f"/messages/{one['id']}", 204, version="3.3")
        self.call("DELETE", f"/messages/{one['id']}", 404, version="3.3")

    def test_lists(self) -> None:
        volume_id = self.ready()
        for number in range(2):
            self.call("POST", f"/volumes/{volume_id}/action", 202, {"os-extend": {"new_size": 5 + number}})
            self.fail(volume_id, "grow_volume: /secret/path: no space")
        snapshot_id = str(self.call("POST", "/snapshots", 202, {"snapshot": {"volume_id": volume_id}}).json["snapshot"]["id"])
        self.fail(snapshot_id, "snap_volume: too late", "stuck")
        self.assertNotIn("secret", str(self.listed()))
        for query, count in (("", 3), ("?limit=1", 1), (f"?resource_uuid={snapshot_id}", 1), ("?resource_type=VOLUME", 2),
                             ("?event_id=VOLUME_VOLUME_SNAPSHOT_005_004", 1), ("?message_level=INFO", 0), ("?sort=event_id:asc", 3)):
            self.assertEqual(count, len(self.listed(query)), query)
        for query, count in (("event_id~=SNAPSHOT", 1), ("resource_type~=VOLUME", 3), ("message_level~=INF", 0)):
            found = self.call("GET", f"/messages?{query}", 200, version="3.34").json["messages"]
            self.assertEqual(count, len(found), query)

    def test_they_go_when_they_are_old(self) -> None:
        volume_id = str(self.make()["id"])
        self.fail(volume_id, "make_volume: no")
        sweeper = Sweeper(self.api.database, KeyManager(self.api.database, cfg.ConfigOpts(), Ids(), None))
        self.assertEqual(0, sweeper.run_once())
        with self.api.database.write() as connection:
            connection.execute(sa.update(messages.volume_message).values(expires_at=1.0))
        self.assertEqual(1, sweeper.run_once())
        self.assertEqual([], self.listed())
