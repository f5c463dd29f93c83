"""The block storage API over the real application: volumes, their types, quotas, services. No agent runs here."""

import unittest
from typing import Any

import sqlalchemy as sa
import webob

from cumulo.common.db.tables.operations import operation
from cumulo.common.db.tables.volume import volume
from cumulo.common.ids import Ids
from cumulo.scheduler.heartbeats import Heartbeats
from cumulo.volume import backends
from tests.fixtures.api import Api

V = "/volume/v3"
LATEST = {"OpenStack-API-Version": "volume latest"}
BACKEND = "h1@fake"


class VolumeApiTest(unittest.TestCase):
    """A cloud with one backend that is heard and does nothing."""

    def setUp(self) -> None:
        self.api = Api()
        self.addCleanup(self.api.close)
        self.member = self.api.make_user("alice")
        database = self.api.database
        with database.write() as connection:
            backends.register(connection, Ids(), database.now(connection), "h1", {"backends": {"fake": {
                "total_gib": 100, "capabilities": {
                    "volume_backend_name": "fake", "storage_protocol": "fake", "vendor_name": "Cumulo",
                    "driver_version": "1.0", "availability_zone": "nova"}}}})
        heard = Heartbeats(self.api.runtime, database)
        for kind in ("volume", "scheduler"):
            heard.heard("h1", kind, {"backends": {"fake": {"free_gib": 99.5}}}, restarted=True)

    def call(self, method: str, path: str, status: int, body: Any = None, *, token: str | None = "",
             version: str = "") -> webob.Response:
        """Send a request as alice, or with another token, and check its status."""
        headers = {"OpenStack-API-Version": f"volume {version}"} if version else {}
        answer = self.api.request(method, f"{V}{path}", body, token=self.member if token == "" else token, headers=headers)
        self.assertEqual(status, answer.status_int, answer.text)
        return answer

    def admin(self, method: str, path: str, status: int, body: Any = None, version: str = "") -> Any:
        """Send a request as the administrator and return the JSON of its answer."""
        answer = self.call(method, path, status, body, token=self.api.token(), version=version)
        return answer.json if answer.body else None

    def make(self, **values: Any) -> dict[str, Any]:
        """Make a volume and return it as it is shown."""
        made: dict[str, Any] = self.call("POST", "/volumes", 202, {"volume": {"size": 1, **values}}).json["volume"]
        return made

    def settle(self, volume_id: str, **values: Any) -> None:
        """End the volume's operation well, as scheduler and agent would."""
        with self.api.database.write() as connection:
            connection.execute(sa.update(operation).where(operation.c.active_key == volume_id).values(
                active_key=None, phase="done"))
            connection.execute(sa.update(volume).where(volume.c.id == volume_id).values(
                status="available", backend=BACKEND, **values))

    def ready(self, **values: Any) -> str:
        """Make a volume that is available and return its id."""
        volume_id = str(self.make(**values)["id"])
        self.settle(volume_id)
        return volume_id

    def shown(self, volume_id: str, version: str = "") -> dict[str, Any]:
        """Return a volume as it is shown."""
        found: dict[str, Any] = self.call("GET", f"/volumes/{volume_id}", 200, version=version).json["volume"]
        return found


class VersionsTest(VolumeApiTest):
    """Version documents, and paths that name a project."""

    def test_documents_need_no_token(self) -> None:
        root = self.api.request("GET", "/volume/", token=None)
        self.assertEqual(300, root.status_int)
        entry = root.json["versions"][0]
        self.assertEqual(("v3.0", "CURRENT", "3.0", "3.71"), tuple(entry[key] for key in (
            "id", "status", "min_version", "version")))
        self.assertEqual(root.json, self.call("GET", "/", 200, token=None).json)

    def test_a_path_may_name_the_tokens_project_and_no_other(self) -> None:
        volume_id = self.make()["id"]
        project_id = self.shown(volume_id)["os-vol-tenant-attr:tenant_id"]
        found = self.call("GET", f"/{project_id}/volumes/{volume_id}", 200).json["volume"]
        self.assertEqual(volume_id, found["id"])
        self.assertIn(f"/v3/{project_id}/volumes/{volume_id}", found["links"][0]["href"])
        self.call("GET", f"/{'0' * 32}/volumes/{volume_id}", 400)
        self.call("GET", f"/{project_id}/volumes/{volume_id}", 400, token=self.api.token())
        self.call("GET", f"/{project_id}/nothing", 404)

    def test_the_version_that_is_asked_for_is_told(self) -> None:
        self.assertEqual("volume 3.0", self.call("GET", "/volumes", 200).headers["OpenStack-API-Version"])
        answer = self.call("GET", "/volumes", 200, version="3.45")
        self.assertEqual("volume 3.45", answer.headers["OpenStack-API-Version"])
        self.call("GET", "/volumes", 406, version="3.9999")

    def test_lists_of_what_there_is(self) -> None:
        names = [each["name"] for each in self.call("GET", "/extensions", 200).json["extensions"]]
        self.assertIn("Hosts", names)
        self.assertEqual("Hosts", self.call("GET", "/extensions/os-hosts", 200).json["extension"]["name"])
        self.call("GET", "/extensions/os-none", 404)
        zones = self.call("GET", "/os-availability-zone", 200).json["availabilityZoneInfo"]
        self.assertEqual([{"zoneName": "nova", "zoneState": {"available": True}}], zones)


class VolumesTest(VolumeApiTest):
    """Making, seeing, changing and deleting volumes."""

    def test_make_and_show(self) -> None:
        made = self.make(name="data", description="mine", metadata={"a": "1"}, availability_zone="nova")
        self.assertEqual(("creating", 1, "false", []), tuple(made[key] for key in ("status", "size", "bootable", "attachments")))
        shown = self.shown(made["id"])
        self.assertEqual(("data", "mine", {"a": "1"}, "nova"), tuple(shown[key] for key in (
            "name", "description", "metadata", "availability_zone")))
        self.assertNotIn("os-vol-host-attr:host", shown)
        self.assertNotIn("group_id", shown)
        for version, key in (("3.13", "group_id"), ("3.48", "shared_targets"), ("3.63", "volume_type_id"),
                             ("3.65", "consumes_quota")):
            self.assertIn(key, self.shown(made["id"], version))
        self.settle(made["id"])
        seen = self.admin("GET", f"/volumes/{made['id']}", 200, version="3.61")["volume"]
        self.assertEqual(("available", "h1@fake#fake", None), (
            seen["status"], seen["os-vol-host-attr:host"], seen["cluster_name"]))

    def test_what_is_wrong_is_refused(self) -> None:
        for wrong in ({"size": 0}, {"size": -1}, {"size": "#$%"}, {"size": None}, {}, {"size": 1, "metadata": {"a": 1}},
                      {"size": 10**12}, {"size": 1, "multiattach": True}, {"size": 1, "availability_zone": "nowhere"},
                      {"size": 70000}, {"size": 1, "surprise": True}):
            with self.subTest(volume=wrong):
                self.call("POST", "/volumes", 400, {"volume": wrong})
        self.call("POST", "/volumes", 404, {"volume": {"size": 1, "volume_type": "none"}})
        self.call("GET", "/volumes/none", 404)
        self.call("GET", f"/volumes/{'x' * 300}", 404)
        self.call("PUT", "/volumes/none", 404, {"volume": {"name": "x"}})
        self.call("DELETE", "/volumes/none", 404)

    def test_what_older_clients_send_is_not_read(self) -> None:
        unread = {"user_id": "x", "project_id": "x", "status": "creating", "attach_status": "detached"}
        made = self.make(**unread)
        self.assertNotEqual("x", made["user_id"])
        self.call("POST", "/volumes", 202, {"volume": {"size": 1, **unread}}, version="3.52")
        self.call("POST", "/volumes", 400, {"volume": {"size": 1, **unread}}, version="3.53")

    def test_change(self) -> None:
        volume_id = self.make(name="before")["id"]
        changed = self.call("PUT", f"/volumes/{volume_id}", 200, {"volume": {"name": "after", "description": " d "}}).json
        self.assertEqual(("after", "d"), (changed["volume"]["name"], changed["volume"]["description"]))
        self.call("PUT", f"/volumes/{volume_id}", 200, {"volume": {"metadata": {"b": "2"}}})
        self.assertEqual({"b": "2"}, self.shown(volume_id)["metadata"])
        self.call("PUT", f"/volumes/{volume_id}", 200, {"volume": {}}, version="3.52")
        self.call("PUT", f"/volumes/{volume_id}", 400, {"volume": {}}, version="3.53")

    def test_delete(self) -> None:
        volume_id = self.ready()
        for _ in range(2):
            self.call("DELETE", f"/volumes/{volume_id}", 202)
        self.assertEqual("deleting", self.shown(volume_id)["status"])
        self.call("POST", f"/volumes/{volume_id}/action", 400, {"os-extend": {"new_size": 2}})
        young = self.make()["id"]  # its creation is given up
        self.call("DELETE", f"/volumes/{young}", 202)
        self.assertEqual("deleting", self.shown(young)["status"])
        forced = self.ready()
        self.call("DELETE", f"/volumes/{forced}?force=true", 403, version="3.23")
        self.admin("POST", f"/volumes/{forced}/action", 202, {"os-force_delete": {}})
        self.assertEqual("deleting", self.shown(forced)["status"])

    def test_lists(self) -> None:
        ids = [self.make(name=f"v{number}", metadata={"k": str(number % 2)})["id"] for number in range(4)]
        listed = self.call("GET", "/volumes", 200).json["volumes"]
        self.assertEqual(ids[::-1], [each["id"] for each in listed])
        self.assertEqual({"id", "name", "links"}, set(listed[0]))
        page = self.call("GET", "/volumes/detail?limit=2&sort=name:asc", 200).json
        self.assertEqual(["v0", "v1"], [each["name"] for each in page["volumes"]])
        href = page["volumes_links"][0]["href"].partition("/volumes")[2]
        self.assertEqual(["v2", "v3"], [each["name"] for each in self.call("GET", f"/volumes{href}", 200).json["volumes"]])
        for query, names in (("offset=3", ["v0"]), ("name=v2", ["v2"]), ("status=creating&limit=1", ["v3"]),
                             ("status=available", []), ("metadata={'k': '1'}", ["v3", "v1"]), ("limit=0", []),
                             ("bootable=true", []), ("availability_zone=x", []), ("all_tenants=1", ["v3", "v2", "v1", "v0"]),
                             ("created_at=lt:2001-01-01T00:00:00", []), (f"id={ids[0]}", ["v0"])):
            with self.subTest(query=query):
                found = self.call("GET", f"/volumes/detail?{query}", 200).json["volumes"]
                self.assertEqual(names, [each["name"] for each in found])
        for query in ("limit=-1", "limit=x", "sort=surprise", "metadata=x", "size=x", "bootable=perhaps"):
            with self.subTest(query=query):
                self.call("GET", f"/volumes?{query}", 400)
        self.call("GET", "/volumes?marker=none", 404)
        counted = self.call("GET", "/volumes?with_count=true&limit=1", 200, version="3.45").json
        self.assertEqual(4, counted["count"])
        summary = self.call("GET", "/volumes/summary", 200, version="3.36").json["volume-summary"]
        self.assertEqual({"total_count": 4, "total_size": 4, "metadata": {"k": ["0", "1"]}}, summary)
        self.call("GET", "/volumes/summary", 404)  # it has come with 3.12
        self.assertEqual(4, len(self.admin("GET", "/volumes?all_tenants=1", 200)["volumes"]))
        self.assertEqual([], self.admin("GET", "/volumes", 200)["volumes"])

    def test_parts_of_texts(self) -> None:
        for name, description in (("web one", "of 100%"), ("web two", None), ("base", "plain")):
            self.make(name=name, description=description)
        for query, names in (("name~=web", ["web two", "web one"]), ("display_name~=se", ["base"]), ("description~=0%25", ["web one"]),
                             ("description~=%25", ["web one"]), ("name~=_", []), ("status~=creat&name=base", ["base"]), ("status~=avail", []),
                             ("availability_zone~=x", [])):
            with self.subTest(query=query):
                found = self.call("GET", f"/volumes/detail?{query}", 200, version="3.34").json["volumes"]
                self.assertEqual(names, [each["name"] for each in found])
        self.assertEqual(3, len(self.call("GET", "/volumes?name~=web", 200, version="3.33").json["volumes"]))
        self.assertEqual(2, self.call("GET", "/volumes?name~=web&with_count=1", 200, version="3.45").json["count"])

    def test_what_counts_and_what_moves(self) -> None:
        moved, still = self.ready(), self.ready()
        self.settle(moved, migration_status="success")
        for query, ids in (("migration_status=success", [moved]), ("migration_status=none", [still]), ("migration_status=migrating", []),
                           ("consumes_quota=true", [still, moved]), ("consumes_quota=0", [])):
            with self.subTest(query=query):
                self.assertEqual(ids, [each["id"] for each in self.call("GET", f"/volumes?{query}", 200, version="3.65").json["volumes"]])
        self.call("GET", "/volumes?consumes_quota=perhaps", 400, version="3.65")
        self.assertEqual(2, len(self.call("GET", "/volumes?consumes_quota=0", 200, version="3.64").json["volumes"]))

    def test_metadata(self) -> None:
        path = f"/volumes/{self.make(metadata={'a': '1'})['id']}/metadata"
        self.assertEqual({"a": "1", "b": "2"}, self.call("POST", path, 200, {"metadata": {"b": "2"}}).json["metadata"])
        self.assertEqual({"c": "3"}, self.call("PUT", path, 200, {"metadata": {"c": "3"}}).json["metadata"])
        self.assertEqual({"c": "4"}, self.call("PUT", f"{path}/c", 200, {"meta": {"c": "4"}}).json["meta"])
        self.assertEqual({"c": "4"}, self.call("GET", f"{path}/c", 200).json["meta"])
        self.call("PUT", f"{path}/c", 400, {"meta": {"d": "4"}})
        self.call("DELETE", f"{path}/c", 200)
        self.call("DELETE", f"{path}/c", 404)
        self.assertEqual({}, self.call("GET", path, 200).json["metadata"])

    def test_metadata_that_changed_meanwhile(self) -> None:
        path = f"/volumes/{self.make(metadata={'a': '1'})['id']}/metadata"
        self.assertNotIn("ETag", self.call("GET", path, 200, version="3.14").headers)
        read = self.call("GET", path, 200, version="3.15").headers["ETag"]

        def change(method: str, path: str, body: Any, tag: str, version: str = "3.15") -> webob.Response:
            headers = {"OpenStack-API-Version": f"volume {version}", "If-Match": tag}
            return self.api.request(method, f"{V}{path}", body, token=self.member, headers=headers)

        changed = change("PUT", path, {"metadata": {"b": "2"}}, read)
        self.assertEqual((200, {"b": "2"}), (changed.status_int, changed.json["metadata"]))
        self.assertNotEqual(read, changed.headers["ETag"])
        for method, where, body in (("PUT", path, {"metadata": {}}), ("POST", path, {"metadata": {"c": "3"}}),
                                    ("PUT", f"{path}/b", {"meta": {"b": "3"}}), ("DELETE", f"{path}/b", None)):
            with self.subTest(method=method, where=where):
                self.assertEqual(412, change(method, where, body, read).status_int)
        now = self.call("GET", path, 200, version="3.15")
        self.assertEqual(({"b": "2"}, changed.headers["ETag"]), (now.json["metadata"], now.headers["ETag"]))
        self.assertEqual(200, change("PUT", f"{path}/b", {"meta": {"b": "3"}}, f'"other", {now.headers["ETag"]}').status_int)
        self.assertEqual(200, change("POST", path, {"metadata": {}}, "*").status_int)
        self.assertEqual(200, change("PUT", path, {"metadata": {}}, read, version="3.14").status_int)

    def test_actions(self) -> None:
        volume_id = self.ready()
        path = f"/volumes/{volume_id}/action"
        self.call("POST", path, 200, {"os-set_bootable": {"bootable": True}})
        self.call("POST", path, 202, {"os-update_readonly_flag": {"readonly": True}})
        shown = self.shown(volume_id)
        self.assertEqual(("true", {"readonly": "True"}), (shown["bootable"], shown["metadata"]))
        said = self.call("POST", path, 200, {"os-set_image_metadata": {"metadata": {"os": "x"}}}).json["metadata"]
        self.assertEqual({"os": "x"}, said)
        self.assertEqual({"os": "x"}, self.shown(volume_id)["volume_image_metadata"])
        self.assertEqual({"os": "x"}, self.call("POST", path, 200, {"os-show_image_metadata": {}}).json["metadata"])
        self.call("POST", path, 200, {"os-unset_image_metadata": {"key": "os"}})
        self.call("POST", path, 404, {"os-unset_image_metadata": {"key": "os"}})
        self.call("POST", path, 403, {"os-reset_status": {"status": "error"}})
        self.admin("POST", path, 202, {"os-reset_status": {"status": "error"}})
        self.assertEqual("error", self.shown(volume_id)["status"])
        self.call("POST", path, 400, {"os-extend": {"new_size": 2}})
        self.call("POST", path, 400, {"os-surprise": {}})

    def test_extend(self) -> None:
        volume_id = self.ready()
        path = f"/volumes/{volume_id}/action"
        for size in (0, -1, 1, "x", None):
            self.call("POST", path, 400, {"os-extend": {"new_size": size}})
        self.call("POST", path, 202, {"os-extend": {"new_size": 3}})
        self.assertEqual(("extending", 1), tuple(self.shown(volume_id)[key] for key in ("status", "size")))
        self.assertEqual(3, self.call("GET", "/limits", 200).json["limits"]["absolute"]["totalGigabytesUsed"])
        self.call("DELETE", f"/volumes/{volume_id}", 400)
        self.call("POST", path, 400, {"os-extend": {"new_size": 4}})


class TypesTest(VolumeApiTest):
    """Types, their extra specs, and who may use them."""

    def test_life_of_a_type(self) -> None:
        made = self.admin("POST", "/types", 200, {"volume_type": {
            "name": "fast", "description": "d", "extra_specs": {"multiattach": "<is> True", "volume_backend_name": "fake"}}})
        one = f"/types/{made['volume_type']['id']}"
        self.admin("POST", "/types", 409, {"volume_type": {"name": "fast"}})
        self.call("POST", "/types", 403, {"volume_type": {"name": "other"}})
        self.assertEqual({"multiattach": "<is> True"}, self.call("GET", one, 200).json["volume_type"]["extra_specs"])
        self.assertEqual("slow", self.admin("PUT", one, 200, {"volume_type": {"name": "slow"}})["volume_type"]["name"])
        self.admin("PUT", one, 400, {"volume_type": {}})
        self.admin("POST", f"{one}/extra_specs", 200, {"extra_specs": {"a": "1"}})
        self.assertEqual({"a": "2"}, self.admin("PUT", f"{one}/extra_specs/a", 200, {"a": "2"}))
        self.admin("PUT", f"{one}/extra_specs/a", 400, {"b": "2"})
        self.assertEqual({"a": "2"}, self.admin("GET", f"{one}/extra_specs/a", 200))
        self.admin("DELETE", f"{one}/extra_specs/a", 202)
        self.admin("GET", f"{one}/extra_specs/a", 404)
        self.assertEqual({"multiattach", "volume_backend_name"}, set(self.admin("GET", f"{one}/extra_specs", 200)["extra_specs"]))
        volume = self.make(volume_type="slow")
        self.assertEqual(("slow", True), (volume["volume_type"], volume["multiattach"]))
        self.assertEqual([volume["id"]], [each["id"] for each in self.call(
            "GET", "/volumes?volume_type=slow", 200).json["volumes"]])
        self.admin("DELETE", one, 400)
        self.settle(volume["id"], type_id=None)
        self.admin("DELETE", one, 202)
        self.admin("DELETE", one, 404)
        self.call("GET", "/types/default", 404)

    def test_a_list_by_extra_specs(self) -> None:
        for name, specs in (("many", {"multiattach": "<is> True", "kept": "here"}), ("plain", {"kept": "here"})):
            self.admin("POST", "/types", 200, {"volume_type": {"name": name, "extra_specs": specs}})

        def names(query: str, version: str, token: str) -> list[str]:
            found = self.call("GET", f"/types?extra_specs={query}", 200, version=version, token=token).json["volume_types"]
            return [each["name"] for each in found if each["name"] in ("many", "plain")]

        root = self.api.token()
        self.assertEqual(["many"], names("{'multiattach': '<is> True'}", "3.52", self.member))
        self.assertEqual(["many", "plain"], names("{'kept': 'here'}", "3.52", root))
        self.assertEqual([], names("{'kept': 'here'}", "3.52", self.member))  # nobody learns by asking what is hidden
        self.assertEqual(["many", "plain"], names("{'multiattach': 'no'}", "3.51", root))
        self.call("GET", "/types?extra_specs=x", 400, version="3.52")

    def test_another_type(self) -> None:
        path = f"/volumes/{self.ready()}/action"
        self.admin("POST", "/types", 200, {"volume_type": {"name": "many", "extra_specs": {"multiattach": "<is> True"}}})
        self.admin("POST", "/types", 200, {"volume_type": {"name": "tape", "extra_specs": {"volume_backend_name": "tape"}}})
        self.call("POST", path, 202, {"os-retype": {"new_type": "many"}})
        shown = self.call("GET", path.removesuffix("/action"), 200).json["volume"]
        self.assertEqual(("many", True), (shown["volume_type"], shown["multiattach"]))
        refused = self.call("POST", path, 400, {"os-retype": {"new_type": "tape", "migration_policy": "never"}})
        self.assertIn("volume_backend_name = tape", refused.json["badRequest"]["message"])
        self.call("POST", path, 400, {"os-retype": {"new_type": "many"}})
        self.call("POST", path, 404, {"os-retype": {"new_type": "none"}})
        project = shown["os-vol-tenant-attr:tenant_id"]
        self.admin("POST", "/types", 200, {"volume_type": {"name": "full"}})
        self.admin("PUT", f"/os-quota-sets/{project}", 200, {"quota_set": {"volumes_full": 0, "volumes": 1}})
        self.call("POST", path, 413, {"os-retype": {"new_type": "full"}})
        self.call("POST", path, 202, {"os-retype": {"new_type": "tape", "migration_policy": "on-demand"}})
        self.assertEqual("retyping", self.call("GET", path.removesuffix("/action"), 200).json["volume"]["status"])

    def test_who_may_move_a_volume_and_which(self) -> None:
        volume_id = self.ready()
        path, asked = f"/volumes/{volume_id}/action", {"os-migrate_volume": {"host": "h1@other"}}
        self.call("POST", path, 403, asked)
        self.admin("POST", path, 400, asked)  # no such backend
        self.admin("POST", path, 400, {"os-migrate_volume": {"host": BACKEND}})
        snapshot = self.call("POST", "/snapshots", 202, {"snapshot": {"volume_id": volume_id}}).json["snapshot"]["id"]
        self.admin("POST", "/types", 200, {"volume_type": {"name": "tape", "extra_specs": {"volume_backend_name": "tape"}}})
        refused = self.call("POST", path, 400, {"os-retype": {"new_type": "tape", "migration_policy": "on-demand"}})
        self.assertIn(snapshot, refused.text)
        self.admin("POST", path, 202, {"os-reset_status": {"migration_status": "error"}})
        self.assertEqual("error", self.admin("GET", f"/volumes/{volume_id}", 200)["volume"]["migration_status"])
        self.assertIsNone(self.shown(volume_id)["migration_status"])

    def test_a_private_type_is_for_whom_it_was_given_to(self) -> None:
        made = self.admin("POST", "/types", 200, {"volume_type": {"name": "own", "os-volume-type-access:is_public": False}})
        one = f"/types/{made['volume_type']['id']}"
        self.call("GET", one, 404)
        self.call("POST", "/volumes", 404, {"volume": {"size": 1, "volume_type": "own"}})
        self.assertEqual([], self.call("GET", "/types", 200).json["volume_types"])
        project = self.shown(self.make()["id"])["os-vol-tenant-attr:tenant_id"]
        self.admin("POST", f"{one}/action", 202, {"addProjectAccess": {"project": project}})
        self.admin("POST", f"{one}/action", 409, {"addProjectAccess": {"project": project}})
        self.assertEqual([project], [each["project_id"] for each in self.admin(
            "GET", f"{one}/os-volume-type-access", 200)["volume_type_access"]])
        self.assertEqual(["own"], [each["name"] for each in self.call("GET", "/types", 200).json["volume_types"]])
        self.make(volume_type="own")
        self.admin("POST", f"{one}/action", 202, {"removeProjectAccess": {"project": project}})
        self.admin("POST", f"{one}/action", 404, {"removeProjectAccess": {"project": project}})
        self.assertEqual(["own"], [each["name"] for each in self.admin("GET", "/types?is_public=false", 200)["volume_types"]])


class QuotasTest(VolumeApiTest):
    """Quotas, classes of them, and limits."""

    def test_a_quota_is_held(self) -> None:
        project = self.shown(self.make(size=2)["id"])["os-vol-tenant-attr:tenant_id"]
        one = f"/os-quota-sets/{project}"
        self.assertEqual(10, self.call("GET", one, 200).json["quota_set"]["volumes"])
        used = self.call("GET", f"{one}?usage=true", 200).json["quota_set"]["gigabytes"]
        self.assertEqual({"limit": 1000, "in_use": 2, "reserved": 0, "allocated": 0}, used)
        for quota, status in (({"volumes": 1}, 413), ({"volumes": -1, "gigabytes": 3}, 202),
                              ({"gigabytes": -1, "per_volume_gigabytes": 0}, 413)):
            self.admin("PUT", one, 200, {"quota_set": quota})
            answer = self.call("POST", "/volumes", status, {"volume": {"size": 1}})
            if status == 413:
                self.assertIn("exceed", answer.json["overLimit"]["message"].lower())
        self.admin("PUT", f"{one}?skip_validation=false", 400, {"quota_set": {"volumes": 1}})
        self.admin("PUT", one, 400, {"quota_set": {"volumes": -2}})
        self.admin("PUT", one, 400, {"quota_set": {"volumes_unknown": 1}})
        self.admin("PUT", "/os-quota-sets/none", 404, {"quota_set": {"volumes": 1}})
        self.call("PUT", one, 403, {"quota_set": {"volumes": 1}})
        self.admin("DELETE", one, 200)
        self.assertEqual(10, self.admin("GET", one, 200)["quota_set"]["volumes"])
        absolute = self.call("GET", "/limits", 200).json["limits"]["absolute"]
        self.assertEqual((10, 0), (absolute["maxTotalBackups"], absolute["totalBackupsUsed"]))
        self.assertEqual((10, 2, 3), (absolute["maxTotalVolumes"], absolute["totalVolumesUsed"], absolute["totalGigabytesUsed"]))

    def test_classes_and_types(self) -> None:
        self.admin("POST", "/types", 200, {"volume_type": {"name": "fast"}})
        changed = self.admin("PUT", "/os-quota-class-sets/default", 200, {"quota_class_set": {
            "volumes": 20, "volumes_fast": 1}})["quota_class_set"]
        self.assertEqual((20, 1, -1), (changed["volumes"], changed["volumes_fast"], changed["gigabytes_fast"]))
        self.assertEqual("default", self.admin("GET", "/os-quota-class-sets/default", 200)["quota_class_set"]["id"])
        defaults = self.call("GET", "/os-quota-sets/x/defaults", 200).json["quota_set"]
        self.assertEqual(20, defaults["volumes"])
        self.make(volume_type="fast")
        self.call("POST", "/volumes", 413, {"volume": {"size": 1, "volume_type": "fast"}})
        self.make()


class ServicesTest(VolumeApiTest):
    """Services, hosts, pools and capabilities."""

    def test_services(self) -> None:
        listed = self.admin("GET", "/os-services", 200)["services"]
        self.assertEqual([("cinder-scheduler", "h1", "up"), ("cinder-volume", BACKEND, "up")],
                         [(each["binary"], each["host"], each["state"]) for each in listed])
        self.assertEqual(1, len(self.admin("GET", "/os-services?binary=cinder-volume", 200)["services"]))
        self.call("GET", "/os-services", 403)
        about = {"host": BACKEND, "binary": "cinder-volume"}
        self.assertEqual("disabled", self.admin("PUT", "/os-services/disable", 200, about)["status"])
        zones = self.call("GET", "/os-availability-zone", 200).json["availabilityZoneInfo"]
        self.assertFalse(zones[0]["zoneState"]["available"])
        why = self.admin("PUT", "/os-services/disable-log-reason", 200, about | {"disabled_reason": "disks"})
        self.assertEqual("disks", why["disabled_reason"])
        self.assertEqual("enabled", self.admin("PUT", "/os-services/enable", 200, about)["status"])
        self.admin("PUT", "/os-services/enable", 404, {"host": "none", "binary": "cinder-volume"})
        self.admin("PUT", "/os-services/freeze", 200, {"host": BACKEND})
        self.assertTrue(self.admin("GET", "/os-services?host=h1", 200)["services"][-1]["frozen"])
        self.admin("PUT", "/os-services/thaw", 200, {"host": BACKEND})
        self.admin("PUT", "/os-services/thaw", 400, {"host": "none"})

    def test_what_backends_have(self) -> None:
        self.ready(size=3)
        hosts = self.admin("GET", "/os-hosts", 200)["hosts"]
        self.assertIn((BACKEND, "cinder-volume", "available"), [
            (each["host_name"], each["service"], each["service-status"]) for each in hosts])
        total = self.admin("GET", f"/os-hosts/{BACKEND}", 200)["host"][0]["resource"]
        self.assertEqual(("(total)", "1", "3"), (total["project"], total["volume_count"], total["total_volume_gb"]))
        self.admin("GET", "/os-hosts/none", 404)
        self.assertEqual([{"name": "h1@fake#fake"}], self.admin("GET", "/scheduler-stats/get_pools", 200)["pools"])
        said = self.admin("GET", "/scheduler-stats/get_pools?detail=true", 200)["pools"][0]["capabilities"]
        self.assertEqual((100, 99.5, 3, "fake"), (said["total_capacity_gb"], said["free_capacity_gb"],
                                                  said["allocated_capacity_gb"], said["storage_protocol"]))
        self.assertEqual("fake", self.admin("GET", f"/capabilities/{BACKEND}", 200)["storage_protocol"])
        self.admin("GET", "/capabilities/none", 404)


if __name__ == "__main__":
    unittest.main()
