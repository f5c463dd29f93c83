"""Groups of volumes, their types and snapshots, over the real application. No agent runs here."""

from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.operations import operation
from cumulo.common.db.tables.volume import volume, volume_snapshot
from cumulo.scheduler import volumes as steps
from cumulo.scheduler.steps import Work
from tests.functional.test_volume_snapshots_api import WithSnapshots

NEW = "3.58"


class _Groups(WithSnapshots):
    def setUp(self) -> None:
        super().setUp()
        self.kind = self.kind_of("plain")

    def kind_of(self, name: str) -> str:
        """Make a type of volumes and return its id."""
        return str(self.admin("POST", "/types", 200, {"volume_type": {"name": name}})["volume_type"]["id"])

    def ask(self, method: str, path: str, status: int, body: Any = None, **options: Any) -> Any:
        """Send a request in the newest version and return the JSON of its answer."""
        answer = self.call(method, path, status, body, **{"version": NEW, **options})
        return answer.json if answer.body else None

    def group_type(self, name: str = "together", **values: Any) -> str:
        """Make a group type and return its id."""
        return str(self.admin("POST", "/group_types", 202, {"group_type": {"name": name, **values}}, NEW)["group_type"]["id"])

    def group(self, kind: str = "", count: int = 0, **values: Any) -> str:
        """Make a group with so many volumes that are available, and return its id."""
        made = self.ask("POST", "/groups", 202, {"group": {
            "name": "data", "group_type": kind or self.group_type(), "volume_types": [self.kind], **values}})
        for _ in range(count):
            self.join(made["group"]["id"])
        return str(made["group"]["id"])

    def join(self, group_id: str) -> str:
        """Make a volume in a group and return its id."""
        made = self.ask("POST", "/volumes", 202, {"volume": {"size": 1, "volume_type": "plain", "group_id": group_id}})
        self.settle(made["volume"]["id"])
        return str(made["volume"]["id"])

    def see(self, group_id: str) -> dict[str, Any]:
        """Return a group as it is shown, with its volumes."""
        found: dict[str, Any] = self.ask("GET", f"/groups/{group_id}?list_volume=true", 200)["group"]
        return found

    def snapped(self, group_id: str) -> tuple[str, list[str]]:
        """Make a snapshot of a group, and return its id and those of its parts."""
        made = self.ask("POST", "/group_snapshots", 202, {"group_snapshot": {"group_id": group_id, "name": "s"}})["group_snapshot"]
        parts = self.ask("GET", f"/snapshots?group_snapshot_id={made['id']}", 200)["snapshots"]
        return str(made["id"]), [str(each["id"]) for each in parts]

    def end(self, *ids: str, status: str = "available") -> None:
        """End operations of volumes and snapshots, which are then in a status; well, as scheduler and agent would."""
        with self.api.database.write() as connection:
            connection.execute(sa.update(operation).where(operation.c.active_key.in_(ids)).values(active_key=None, phase="done"))
            for table in (volume, volume_snapshot):
                connection.execute(sa.update(table).where(table.c.id.in_(ids)).values(status=status))

    def gone(self, kind: str, *ids: str) -> None:
        """End deletions, as the scheduler does."""
        forget = {"volume": steps.forget_volume, "snapshot": steps.forget_snapshot}[kind]
        for each in ids:
            self.end(each)
            with self.api.database.write() as connection:
                forget(connection, 1.0, Work(f"delete_{kind}", {f"{kind}_id": each}), None)


class GroupTypesTest(_Groups):
    """What users may choose between."""

    def test_life_of_a_group_type(self) -> None:
        made = self.admin("POST", "/group_types", 202, {"group_type": {"name": "a", "group_specs": {"k": "v"}}}, NEW)["group_type"]
        path = f"/group_types/{made['id']}"
        self.assertEqual(("a", True, None, {"k": "v"}), tuple(made[key] for key in ("name", "is_public", "description", "group_specs")))
        self.admin("POST", "/group_types", 409, {"group_type": {"name": "a"}}, NEW)
        self.call("POST", "/group_types", 403, {"group_type": {"name": "b"}}, version=NEW)
        self.call("GET", "/group_types", 404, version="3.10")
        self.assertNotIn("group_specs", self.ask("GET", path, 200)["group_type"])
        changed = self.admin("PUT", path, 200, {"group_type": {"name": "b", "description": "d", "is_public": False}}, NEW)
        self.assertEqual(("b", "d", False), tuple(changed["group_type"][key] for key in ("name", "description", "is_public")))
        self.admin("PUT", path, 400, {"group_type": {}}, NEW)
        self.ask("GET", path, 404)
        self.assertEqual([], self.ask("GET", "/group_types", 200)["group_types"])
        self.assertEqual(1, len(self.admin("GET", "/group_types?is_public=false", 200, version=NEW)["group_types"]))
        self.admin("DELETE", path, 202, version=NEW)
        self.admin("GET", path, 404, version=NEW)

    def test_specs(self) -> None:
        path = f"/group_types/{self.group_type()}/group_specs"
        self.assertEqual({"a": "1", "b": "2"}, self.admin("POST", path, 202, {"group_specs": {"a": "1", "b": "2"}}, NEW)["group_specs"])
        self.assertEqual({"a": "3"}, self.admin("PUT", f"{path}/a", 200, {"a": "3"}, NEW))
        self.admin("PUT", f"{path}/a", 400, {"b": "3"}, NEW)
        self.assertEqual({"a": "3"}, self.admin("GET", f"{path}/a", 200, version=NEW))
        self.admin("DELETE", f"{path}/b", 202, version=NEW)
        self.admin("DELETE", f"{path}/b", 404, version=NEW)
        self.assertEqual({"a": "3"}, self.admin("GET", path, 200, version=NEW)["group_specs"])

    def test_one_may_be_advised(self) -> None:
        self.ask("GET", "/group_types/default", 404)
        self.api.conf.set_override("default_group_type", "together", "volume")
        kind = self.group_type()
        self.assertEqual(kind, self.ask("GET", "/group_types/default", 200)["group_type"]["id"])
        self.group(kind)
        self.admin("DELETE", f"/group_types/{kind}", 400, version=NEW)


class GroupsTest(_Groups):
    """Making, changing and deleting groups."""

    def test_volumes_come_and_go(self) -> None:
        kind = self.group_type()
        group_id = self.group(kind, description="d")
        shown = self.see(group_id)
        self.assertEqual(("data", "d", "available", kind, [self.kind], "nova", []), tuple(shown[key] for key in (
            "name", "description", "status", "group_type", "volume_types", "availability_zone", "volumes")))
        first, second = self.join(group_id), self.ready(volume_type="plain")
        self.assertEqual(group_id, self.shown(first, "3.13")["group_id"])
        self.ask("PUT", f"/groups/{group_id}", 202, {"group": {"name": "more", "add_volumes": second}})
        self.assertEqual(("more", sorted([first, second])), (self.see(group_id)["name"], self.see(group_id)["volumes"]))
        self.assertEqual(2, len(self.ask("GET", f"/volumes?group_id={group_id}", 200)["volumes"]))
        self.ask("DELETE", f"/volumes/{second}", 400)
        self.kind_of("another")
        self.ask("POST", f"/volumes/{second}/action", 400, {"os-retype": {"new_type": "another"}})
        self.ask("POST", "/volume-transfers", 400, {"transfer": {"volume_id": second}})
        for wrong, status in (({"add_volumes": "none"}, 404), ({"add_volumes": self.ready()}, 400), ({}, 400),
                              ({"remove_volumes": self.ready()}, 400), ({"add_volumes": first, "remove_volumes": first}, 400)):
            self.ask("PUT", f"/groups/{group_id}", status, {"group": wrong})
        other = self.group(kind)
        self.ask("PUT", f"/groups/{other}", 400, {"group": {"add_volumes": first}})
        self.ask("PUT", f"/groups/{group_id}", 202, {"group": {"remove_volumes": second}})
        self.assertEqual([first], self.see(group_id)["volumes"])
        self.ask("DELETE", f"/volumes/{second}", 202)

    def test_what_is_wrong_is_refused(self) -> None:
        kind = self.group_type()
        private = self.group_type("own", is_public=False)
        for wrong, status in (({"group_type": "none", "volume_types": ["plain"]}, 404), ({"group_type": kind}, 400),
                              ({"group_type": kind, "volume_types": ["none"]}, 404), ({"group_type": kind, "volume_types": []}, 400),
                              ({"group_type": private, "volume_types": ["plain"]}, 404),
                              ({"group_type": kind, "volume_types": ["plain"], "availability_zone": "nowhere"}, 400)):
            with self.subTest(wrong=wrong):
                self.ask("POST", "/groups", status, {"group": wrong})
        group_id = self.group(kind)
        self.ask("POST", "/volumes", 400, {"volume": {"size": 1, "group_id": group_id}})
        self.ask("POST", "/volumes", 404, {"volume": {"size": 1, "volume_type": "plain", "group_id": "none"}})
        self.admin("DELETE", f"/types/{self.kind}", 400)
        bob = self.api.make_user("bob")
        self.ask("GET", f"/groups/{group_id}", 404, token=bob)
        self.ask("PUT", f"/groups/{group_id}", 404, {"group": {"name": "x"}}, token=bob)
        self.ask("POST", "/volumes", 404, {"volume": {"size": 1, "volume_type": "plain", "group_id": group_id}}, token=bob)
        self.ask("GET", f"/groups/{group_id}", 404, version="3.12")

    def test_a_group_goes_with_the_last_of_its_volumes(self) -> None:
        group_id = self.group(count=2)
        first, second = self.see(group_id)["volumes"]
        self.ask("POST", f"/groups/{group_id}/action", 400, {"delete": {}})
        self.ask("POST", f"/groups/{group_id}/action", 202, {"delete": {"delete-volumes": True}})
        self.assertEqual("deleting", self.see(group_id)["status"])
        self.gone("volume", first)
        self.end(second, status="error_deleting")
        self.assertEqual("error_deleting", self.see(group_id)["status"])
        self.ask("POST", f"/groups/{group_id}/action", 202, {"delete": {"delete-volumes": True}})
        self.gone("volume", second)
        self.ask("GET", f"/groups/{group_id}", 404)
        empty = self.group(self.group_type("b"))
        self.ask("POST", f"/groups/{empty}/action", 202, {"delete": {"delete-volumes": False}})
        self.ask("GET", f"/groups/{empty}", 404)

    def test_administration_and_quota(self) -> None:
        kind = self.group_type()
        group_id = self.group(kind)
        path = f"/groups/{group_id}/action"
        self.ask("POST", path, 403, {"reset_status": {"status": "error"}})
        self.admin("POST", path, 202, {"reset_status": {"status": "error"}}, NEW)
        self.assertEqual("error", self.see(group_id)["status"])
        self.ask("PUT", f"/groups/{group_id}", 400, {"group": {"name": "x"}})
        self.admin("POST", path, 400, {"reset_status": {"status": "deleting"}}, NEW)
        project = self.see(group_id)["project_id"]
        self.admin("PUT", f"/os-quota-sets/{project}", 200, {"quota_set": {"groups": 1}})
        self.ask("POST", "/groups", 413, {"group": {"group_type": kind, "volume_types": ["plain"]}})
        usage = self.admin("GET", f"/os-quota-sets/{project}?usage=true", 200)["quota_set"]["groups"]
        self.assertEqual((1, 1), (usage["limit"], usage["in_use"]))
        self.api.delete(f"/identity/v3/projects/{project}")
        self.ask("POST", path, 202, {"delete": {}})
        self.assertEqual([], self.ask("GET", "/groups", 200)["groups"])

    def test_lists(self) -> None:
        kind = self.group_type()
        ids = [self.group(kind, name=f"g{number}") for number in range(3)]
        for query, found in (("", ids[::-1]), ("?limit=1&sort=name:asc", ids[:1]), ("?name=g1", ids[1:2]), ("?status=error", []),
                             (f"?marker={ids[1]}", ids[:1]), (f"?group_type={kind}", ids[::-1]), ("?name~=g", ids[::-1]), ("?name~=2", ids[2:]),
                             ("?status~=avail", ids[::-1]), ("?description~=x", [])):
            self.assertEqual(found, [each["id"] for each in self.ask("GET", f"/groups/detail{query}", 200)["groups"]], query)
        self.assertEqual([{"id", "name"}] * 3, [set(each) for each in self.ask("GET", "/groups", 200)["groups"]])
        bob = self.api.make_user("bob")
        self.assertEqual([], self.ask("GET", "/groups/detail?all_tenants=1", 200, token=bob)["groups"])
        self.assertEqual(3, len(self.admin("GET", "/groups?all_tenants=1", 200, version=NEW)["groups"]))


class GroupSnapshotsTest(_Groups):
    """Snapshots of groups, and groups made of them."""

    def test_a_snapshot_of_each_volume(self) -> None:
        group_id = self.group(count=2)
        its_id, parts = self.snapped(group_id)
        path = f"/group_snapshots/{its_id}"
        shown = self.ask("GET", path, 200)["group_snapshot"]
        self.assertEqual(("s", "creating", group_id, 2), (shown["name"], shown["status"], shown["group_id"], len(parts)))
        self.end(*parts)
        self.assertEqual("available", self.ask("GET", path, 200)["group_snapshot"]["status"])
        self.assertEqual(its_id, self.ask("GET", f"/snapshots/{parts[0]}", 200)["snapshot"]["group_snapshot_id"])
        self.ask("DELETE", f"/snapshots/{parts[0]}", 400)
        self.ask("POST", f"/groups/{group_id}/action", 400, {"delete": {"delete-volumes": True}})
        self.ask("PUT", f"/groups/{group_id}", 400, {"group": {"remove_volumes": self.see(group_id)["volumes"][0]}})
        self.assertEqual([its_id], [each["id"] for each in self.ask("GET", "/group_snapshots", 200)["group_snapshots"]])
        self.assertEqual(1, len(self.ask("GET", f"/group_snapshots/detail?group_id={group_id}", 200)["group_snapshots"]))
        self.ask("DELETE", path, 202)
        self.assertEqual("deleting", self.ask("GET", path, 200)["group_snapshot"]["status"])
        self.gone("snapshot", *parts)
        self.ask("GET", path, 404)

    def test_what_is_wrong_is_refused(self) -> None:
        kind = self.group_type(group_specs={"consistent_group_snapshot_enabled": "<is> True"})
        group_id = self.group(kind)
        self.ask("POST", "/group_snapshots", 400, {"group_snapshot": {"group_id": group_id}})
        self.ask("POST", "/group_snapshots", 404, {"group_snapshot": {"group_id": "none"}})
        used = [self.join(group_id), self.join(group_id)]
        for each in used:
            self.ask("POST", f"/volumes/{each}/action", 202, {"os-attach": {"host_name": "h", "mountpoint": "/dev/vdb"}})
        self.assertIn("one moment", str(self.ask("POST", "/group_snapshots", 400, {"group_snapshot": {"group_id": group_id}})))
        self.ask("POST", f"/groups/{group_id}/action", 400, {"delete": {"delete-volumes": True}})
        bob = self.api.make_user("bob")
        self.ask("POST", "/group_snapshots", 404, {"group_snapshot": {"group_id": group_id}}, token=bob)

    def test_administration(self) -> None:
        its_id, parts = self.snapped(self.group(count=1))
        self.end(*parts)
        path = f"/group_snapshots/{its_id}"
        self.ask("POST", f"{path}/action", 403, {"reset_status": {"status": "error"}})
        for status in ("creating", "available", "error"):
            self.admin("POST", f"{path}/action", 202, {"reset_status": {"status": status}}, NEW)
            self.assertEqual(status, self.ask("GET", path, 200)["group_snapshot"]["status"])
        bob = self.api.make_user("bob")
        self.ask("GET", path, 404, token=bob)
        self.ask("DELETE", path, 404, token=bob)
        self.ask("DELETE", path, 202)

    def test_a_group_is_made_of_another_or_of_a_snapshot(self) -> None:
        group_id = self.group(count=2)
        its_id, parts = self.snapped(group_id)
        self.end(*parts)
        for source in ({"group_snapshot_id": its_id}, {"source_group_id": group_id}):
            made = self.ask("POST", "/groups/action", 202, {"create-from-src": {"name": "copy", **source}})["group"]["id"]
            shown = self.see(made)
            self.assertEqual(("creating", 2, *source.values()), (shown["status"], len(shown["volumes"]), shown[next(iter(source))]))
            self.ask("POST", f"/groups/{made}/action", 400, {"delete": {"delete-volumes": True}})
            self.end(shown["volumes"][0])
            self.end(shown["volumes"][1], status="error")
            self.assertEqual("error", self.see(made)["status"])
            self.ask("POST", f"/groups/{made}/action", 202, {"delete": {"delete-volumes": True}})
            self.gone("volume", *shown["volumes"])
        for wrong, status in (({}, 400), ({"group_snapshot_id": its_id, "source_group_id": group_id}, 400),
                              ({"source_group_id": "none"}, 404), ({"group_snapshot_id": "none"}, 404),
                              ({"source_group_id": self.group(self.group_type("b"))}, 400)):
            self.ask("POST", "/groups/action", status, {"create-from-src": {"name": "copy", **wrong}})


class OlderNamesTest(_Groups):
    """Consistency groups and their snapshots."""

    def test_life_of_a_consistency_group(self) -> None:
        def ask(method: str, path: str, status: int, body: Any = None) -> Any:
            return self.ask(method, path, status, body, version="3.0")

        self.ask("GET", "/consistencygroups/none", 404)
        plain = self.group()
        ask("POST", "/consistencygroups", 400, {"consistencygroup": {"volume_types": " , "}})
        made = ask("POST", "/consistencygroups", 202, {"consistencygroup": {"name": "a", "volume_types": "plain"}})
        group_id = made["consistencygroup"]["id"]
        path = f"/consistencygroups/{group_id}"
        shown = ask("GET", path, 200)["consistencygroup"]
        self.assertEqual(("a", "available", [self.kind]), tuple(shown[key] for key in ("name", "status", "volume_types")))
        ask("GET", f"/consistencygroups/{plain}", 404)
        for form in ("", "/detail"):
            self.assertEqual([group_id], [each["id"] for each in ask("GET", f"/consistencygroups{form}", 200)["consistencygroups"]])
        volume_id = ask("POST", "/volumes", 202, {"volume": {
            "size": 1, "volume_type": "plain", "consistencygroup_id": group_id}})["volume"]["id"]
        self.settle(volume_id)
        self.assertEqual(group_id, self.shown(volume_id)["consistencygroup_id"])
        ask("POST", "/volumes", 404, {"volume": {"size": 1, "volume_type": "plain", "consistencygroup_id": plain}})
        ask("PUT", f"{path}/update", 202, {"consistencygroup": {"name": "b", "remove_volumes": volume_id}})
        ask("PUT", f"{path}/update", 202, {"consistencygroup": {"add_volumes": volume_id}})
        snapshot = ask("POST", "/cgsnapshots", 202, {"cgsnapshot": {"consistencygroup_id": group_id, "name": "s"}})["cgsnapshot"]["id"]
        ask("POST", "/cgsnapshots", 404, {"cgsnapshot": {"consistencygroup_id": plain}})
        parts = [each["id"] for each in self.ask("GET", f"/snapshots?group_snapshot_id={snapshot}", 200)["snapshots"]]
        self.end(*parts)
        self.assertEqual((group_id, "available"), tuple(
            ask("GET", f"/cgsnapshots/{snapshot}", 200)["cgsnapshot"][key] for key in ("consistencygroup_id", "status")))
        for form in ("", "/detail"):
            self.assertEqual([snapshot], [each["id"] for each in ask("GET", f"/cgsnapshots{form}", 200)["cgsnapshots"]])
        copy = ask("POST", "/consistencygroups/create_from_src", 202, {"consistencygroup-from-src": {"cgsnapshot_id": snapshot}})
        self.assertEqual("creating", ask("GET", f"/consistencygroups/{copy['consistencygroup']['id']}", 200)["consistencygroup"]["status"])
        self.end(*self.see(copy["consistencygroup"]["id"])["volumes"])
        ask("DELETE", f"/cgsnapshots/{snapshot}", 202)
        self.gone("snapshot", *parts)
        ask("POST", f"{path}/delete", 400, {"consistencygroup": {}})
        ask("POST", f"{path}/delete", 202, {"consistencygroup": {"force": True}})
        self.gone("volume", volume_id)
        ask("GET", path, 404)
