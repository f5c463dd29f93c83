"""Transfers of volumes between projects, and the encryption of types, over the real application. No agent runs here."""

import threading
from typing import Any

import sqlalchemy as sa

from cumulo.common.db.tables.volume import volume, volume_transfer
from tests.functional.test_volume_snapshots_api import WithSnapshots

T = "/volume-transfers"


class TransfersTest(WithSnapshots):
    """Offering a volume, taking it, taking the offer back."""

    def setUp(self) -> None:
        super().setUp()
        self.other = self.api.make_user("bob")

    def offer(self, volume_id: str, **values: Any) -> dict[str, Any]:
        """Offer a volume and return the transfer as it is shown."""
        made: dict[str, Any] = self.call("POST", T, 202, {"transfer": {"volume_id": volume_id, **values}}, version="3.57").json[
            "transfer"]
        return made

    def take(self, transfer: dict[str, Any], status: int = 202, **values: Any) -> Any:
        """Take what is offered, as somebody of another project."""
        body = {"accept": {"auth_key": transfer["auth_key"]}}
        return self.call("POST", f"{T}/{transfer['id']}/accept", status, body, version="3.57", **{"token": self.other, **values})

    def used(self, token: str) -> tuple[int, int, int]:
        """Return how many volumes and snapshots a project has, and their GiB."""
        limits = self.call("GET", "/limits", 200, token=token).json["limits"]["absolute"]
        return limits["totalVolumesUsed"], limits["totalSnapshotsUsed"], limits["totalGigabytesUsed"]

    def test_a_volume_goes_to_another_project_with_its_snapshots(self) -> None:
        volume_id = self.ready(size=2)
        snapshot_id = self.snap(volume_id)
        offered = self.offer(volume_id, name="for bob")
        self.assertEqual(("for bob", False, False, None), tuple(offered[key] for key in (
            "name", "no_snapshots", "accepted", "destination_project_id")))
        self.assertEqual("awaiting-transfer", self.shown(volume_id)["status"])
        with self.api.database.read() as connection:
            self.assertNotIn(offered["auth_key"], str(connection.execute(sa.select(volume_transfer)).all()))
        self.call("POST", f"{T}/{offered['id']}/accept", 404, {"accept": {"auth_key": "wrong"}}, version="3.57",
                  token=self.other)
        taken = self.take(offered).json["transfer"]
        self.assertEqual({"id", "volume_id", "name", "links"}, set(taken))
        for path in (f"/volumes/{volume_id}", f"/snapshots/{snapshot_id}", f"/os-volume-transfer/{offered['id']}"):
            self.call("GET", path, 404)
        found = self.call("GET", f"/volumes/{volume_id}", 200, token=self.other).json["volume"]
        self.assertEqual("available", found["status"])
        self.call("GET", f"/snapshots/{snapshot_id}", 200, token=self.other)
        self.take(offered, 404)
        self.assertEqual(((0, 0, 0), (1, 1, 4)), (self.used(self.member), self.used(self.other)))

    def test_snapshots_may_stay(self) -> None:
        volume_id = self.ready()
        snapshot_id = self.snap(volume_id)
        self.take(self.offer(volume_id, no_snapshots=True))
        self.call("GET", f"/snapshots/{snapshot_id}", 200)
        self.assertEqual(((0, 1, 1), (1, 0, 1)), (self.used(self.member), self.used(self.other)))

    def test_what_is_offered_is_left_alone(self) -> None:
        volume_id = self.ready()
        self.call("POST", "/os-volume-transfer", 404, {"transfer": {"volume_id": "none"}})
        self.call("POST", "/os-volume-transfer", 404, {"transfer": {"volume_id": volume_id}}, token=self.other)
        self.call("POST", "/os-volume-transfer", 400, {"transfer": {"volume_id": volume_id, "no_snapshots": True}})
        self.call("POST", T, 404, {"transfer": {"volume_id": volume_id}}, version="3.54")
        offered = self.offer(volume_id)
        self.call("POST", T, 400, {"transfer": {"volume_id": volume_id}}, version="3.55")
        self.call("DELETE", f"/volumes/{volume_id}", 400)
        self.call("POST", f"/volumes/{volume_id}/action", 400, {"os-extend": {"new_size": 5}})
        self.call("POST", f"/volumes/{volume_id}/action", 400, {"os-reserve": {}})
        self.call("POST", "/snapshots", 400, {"snapshot": {"volume_id": volume_id, "force": True}})
        self.call("DELETE", f"{T}/{offered['id']}", 404, version="3.55", token=self.other)
        self.call("DELETE", f"{T}/{offered['id']}", 202, version="3.55")
        self.assertEqual("available", self.shown(volume_id)["status"])
        self.take(offered, 404)
        self.call("DELETE", f"/os-volume-transfer/{offered['id']}", 404)

    def test_an_offer_goes_with_its_volume_and_with_its_status(self) -> None:
        first, second = self.ready(), self.ready()
        for volume_id, action in ((first, {"os-force_delete": {}}), (second, {"os-reset_status": {"status": "error"}})):
            offered = self.offer(volume_id)
            self.admin("POST", f"/volumes/{volume_id}/action", 202, action)
            self.take(offered, 404)
        self.assertEqual(("deleting", "error"), (self.shown(first)["status"], self.shown(second)["status"]))

    def test_the_takers_quota_and_types_count(self) -> None:
        kind = self.admin("POST", "/types", 200, {"volume_type": {"name": "own", "os-volume-type-access:is_public": False}})
        project = self.shown(self.ready())["os-vol-tenant-attr:tenant_id"]
        self.admin("POST", f"/types/{kind['volume_type']['id']}/action", 202, {"addProjectAccess": {"project": project}})
        self.take(self.offer(self.ready(volume_type="own")), 400)
        offered = self.offer(self.ready())
        taker = self.call("POST", "/volumes", 202, {"volume": {"size": 1}}, token=self.other).json["volume"]["id"]
        theirs = self.call("GET", f"/volumes/{taker}", 200, token=self.other).json["volume"]["os-vol-tenant-attr:tenant_id"]
        for name in ("volumes", "gigabytes"):
            self.admin("PUT", f"/os-quota-sets/{theirs}", 200, {"quota_set": {name: 1}})
            self.take(offered, 413)
            self.admin("DELETE", f"/os-quota-sets/{theirs}", 200)
        self.take(offered)

    def test_an_encrypted_volume_takes_its_key_along(self) -> None:
        volume_id = self.ready()
        with self.api.database.write() as connection:
            connection.execute(sa.update(volume).where(volume.c.id == volume_id).values(encryption_key_id="a-key"))
        self.call("POST", T, 400, {"transfer": {"volume_id": volume_id}}, version="3.69")
        self.call("POST", T, 202, {"transfer": {"volume_id": volume_id}}, version="3.70")

    def test_one_of_two_takers_gets_it(self) -> None:
        offered = self.offer(self.ready())
        statuses: list[int] = []

        def take(token: str) -> None:
            answer = self.api.request("POST", f"/volume/v3{T}/{offered['id']}/accept", {"accept": {
                "auth_key": offered["auth_key"]}}, token=token, headers={"OpenStack-API-Version": "volume 3.57"})
            statuses.append(answer.status_int)

        takers = [threading.Thread(target=take, args=(token,)) for token in (self.other, self.api.make_user("carol"))]
        for each in takers:
            each.start()
        for each in takers:
            each.join()
        self.assertEqual([202, 404], sorted(statuses))

    def test_the_older_name(self) -> None:
        path, volume_id = "/os-volume-transfer", self.ready()
        first = self.call("POST", path, 202, {"transfer": {"volume_id": volume_id}}).json["transfer"]
        self.assertEqual({"id", "volume_id", "name", "links", "created_at", "auth_key"}, set(first))
        self.call("DELETE", f"{path}/{first['id']}", 202)
        second = self.call("POST", path, 202, {"transfer": {"volume_id": volume_id}}).json["transfer"]
        self.call("POST", f"{path}/{second['id']}/accept", 202, {"accept": {"auth_key": second["auth_key"]}}, token=self.other)
        self.call("GET", f"/volumes/{volume_id}", 404)

    def test_lists(self) -> None:
        ids = [self.offer(self.ready(), name=f"t{number}")["id"] for number in range(3)]
        listed = self.call("GET", "/os-volume-transfer", 200).json["transfers"]
        self.assertEqual([{"id", "volume_id", "name", "links"}] * 3, [set(each) for each in listed])
        for query, found in (("?sort=name:asc", ids), ("?limit=1&offset=1", ids[1:2]), (f"?marker={ids[1]}", ids[:1]),
                             ("?name=t2", ids[2:]), ("?limit=0", [])):
            shown = self.call("GET", f"{T}/detail{query}", 200, version="3.59").json["transfers"]
            self.assertEqual(found, [each["id"] for each in shown], query)
        one = self.call("GET", f"{T}/{ids[0]}", 200, version="3.57").json["transfer"]
        self.assertEqual(("t0", False), (one["name"], one["accepted"]))
        self.assertNotIn("no_snapshots", self.call("GET", f"/os-volume-transfer/{ids[0]}", 200).json["transfer"])
        self.assertEqual([], self.call("GET", f"{T}/detail?all_tenants=1", 200, version="3.59", token=self.other).json["transfers"])
        self.assertEqual(3, len(self.admin("GET", "/os-volume-transfer/detail?all_tenants=1", 200)["transfers"]))


class EncryptionTest(WithSnapshots):
    """How volumes of a type are encrypted."""

    def test_rows(self) -> None:
        kind = self.admin("POST", "/types", 200, {"volume_type": {"name": "secret"}})["volume_type"]["id"]
        path = f"/types/{kind}/encryption"
        self.assertEqual({}, self.admin("GET", path, 200))
        self.call("GET", path, 403)
        wanted = {"provider": "luks", "cipher": "aes-xts-plain64", "key_size": 256, "control_location": "front-end"}
        made = self.admin("POST", path, 200, {"encryption": wanted})["encryption"]
        self.assertEqual(wanted, {key: made[key] for key in wanted})
        self.assertEqual(kind, made["volume_type_id"])
        self.admin("POST", path, 400, {"encryption": wanted})
        shown = self.admin("GET", path, 200)
        self.assertEqual(wanted | {"encryption_id": made["encryption_id"], "deleted": False},
                         {key: shown[key] for key in (*wanted, "encryption_id", "deleted")})
        self.assertEqual({"cipher": "aes-xts-plain64"}, self.admin("GET", f"{path}/cipher", 200))
        self.admin("GET", f"{path}/nothing", 404)
        one = f"{path}/{made['encryption_id']}"
        changed = self.admin("PUT", one, 200, {"encryption": {"key_size": 512}})
        self.assertEqual({"encryption": {"key_size": 512}}, changed)
        self.admin("PUT", f"{path}/none", 404, {"encryption": {"key_size": 512}})
        self.admin("PUT", one, 400, {"encryption": {"control_location": "nowhere"}})
        self.assertEqual(512, self.admin("GET", path, 200)["key_size"])
        self.admin("DELETE", one, 202)
        self.admin("DELETE", one, 404)
        self.assertEqual({}, self.admin("GET", path, 200))
        self.admin("GET", "/types/none/encryption", 404)

    def test_it_is_not_changed_under_volumes(self) -> None:
        kind = self.admin("POST", "/types", 200, {"volume_type": {"name": "plain"}})["volume_type"]["id"]
        path = f"/types/{kind}/encryption"
        volume_id = self.ready(volume_type="plain")
        self.admin("POST", path, 400, {"encryption": {"provider": "luks"}})
        secret = self.admin("POST", "/types", 200, {"volume_type": {"name": "secret"}})["volume_type"]["id"]
        made = self.admin("POST", f"/types/{secret}/encryption", 200, {"encryption": {"provider": "luks"}})["encryption"]
        self.admin("POST", f"/volumes/{volume_id}/action", 400, {"os-retype": {"new_type": "secret"}})
        self.make(volume_type="secret")
        one = f"/types/{secret}/encryption/{made['encryption_id']}"
        self.admin("PUT", one, 400, {"encryption": {"key_size": 512}})
        self.admin("DELETE", one, 400)
