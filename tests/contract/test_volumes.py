"""Volumes by the standard client: made, changed, copied, given to a server, and who may have which type."""

import time

from tests.contract.client import ContractCase

SETTLED_S = 60


class VolumesTest(ContractCase):
    """The administrator's volumes, on the backend that stores nothing."""

    def make(self, *arguments: str) -> str:
        """Make a volume and return its id once it is available."""
        made = str(self.client.show("volume create", *arguments, self.name("volume"))["id"])
        self.addCleanup(self.gone, made)
        self.settled(made, "available")
        return made

    def settled(self, its_id: str, status: str, kind: str = "volume") -> None:
        """Wait until a thing has a status."""
        until = time.monotonic() + SETTLED_S
        while (found := self.client.show(f"{kind} show", its_id)["status"]) != status:
            self.assertLess(time.monotonic(), until, f"{kind} {its_id} is {found}, not {status}")
            time.sleep(0.2)

    def gone(self, its_id: str, kind: str = "volume") -> None:
        """Delete a thing and wait until nobody lists it."""
        self.client.do(f"{kind} delete", its_id)
        until = time.monotonic() + SETTLED_S
        while its_id in self.client.names(f"{kind} list", column="ID"):
            self.assertLess(time.monotonic(), until, f"{kind} {its_id} is still there")
            time.sleep(0.2)

    def test_life_of_a_volume(self) -> None:
        volume = self.make("--size", "1", "--description", "mine", "--property", "a=1")
        name = self.name("renamed")
        self.client.do("volume set", "--name", name, "--property", "b=2", "--bootable", "--size", "2", volume)
        self.settled(volume, "available")
        shown = self.client.show("volume show", volume)
        self.assertEqual((name, "mine", 2, {"a": "1", "b": "2"}), tuple(shown[key] for key in (
            "name", "description", "size", "properties")))
        self.client.do("volume unset", "--property", "a", volume)
        self.assertEqual({"b": "2"}, self.client.show("volume show", volume)["properties"])
        self.assertIn(name, self.client.names("volume list"))
        self.assertIn("No Volume found for", self.client.refused("volume show", self.name("none")))

    def test_snapshots_and_copies(self) -> None:
        volume = self.make("--size", "1")
        snapshot = str(self.client.show("volume snapshot create", "--volume", volume, self.name("snapshot"))["id"])
        self.settled(snapshot, "available", "volume snapshot")
        self.client.do("volume snapshot set", "--property", "k=v", snapshot)
        self.assertEqual({"k": "v"}, self.client.show("volume snapshot show", snapshot)["properties"])
        restored, clone = self.make("--snapshot", snapshot), self.make("--source", volume, "--size", "2")
        self.assertEqual([1, 2], [self.client.show("volume show", each)["size"] for each in (restored, clone)])
        self.gone(snapshot, "volume snapshot")

    def test_a_volume_goes_to_another_project(self) -> None:
        volume = str(self.client.show("volume create", "--size", "1", self.name("volume"))["id"])
        self.settled(volume, "available")
        project, user, password = self.name("project"), self.name("taker"), "a password of the tests"
        self.client.show("project create", project)
        self.client.show("user create", "--password", password, user)
        self.client.do("role add", "--project", project, "--user", user, "member")
        taker = self.cloud.user(user, password, project)
        offered = self.client.show("volume transfer request create", "--name", self.name("transfer"), volume)
        self.assertIn(offered["name"], self.client.names("volume transfer request list"))
        self.client.show("volume transfer request accept", "--auth-key", str(offered["auth_key"]), str(offered["id"]), as_user=taker)
        self.assertEqual([volume], [each["ID"] for each in self.client.show("volume list", as_user=taker)])
        self.client.do("volume delete", volume, as_user=taker)

    def test_groups(self) -> None:
        kind, together = self.name("type"), self.name("together")
        self.client.show("volume type create", kind)
        self.addCleanup(self.client.do, "volume type delete", kind)
        self.client.show("volume group type create", together, "--os-volume-api-version", "3.11")
        group = str(self.client.show("volume group create", "--name", self.name("group"), together, kind)["id"])
        self.assertIn(group, self.client.names("volume group list", column="ID"))
        self.client.do("volume group delete", "--force", group)

    def test_types_and_quotas(self) -> None:
        kind = self.name("type")
        self.client.show("volume type create", "--private", "--property", "multiattach=<is> True", kind)
        self.addCleanup(self.client.do, "volume type delete", kind)
        self.client.do("volume type set", "--project", "admin", kind)
        self.assertEqual({"multiattach": "<is> True"}, self.client.show("volume type show", kind)["properties"])
        volume = self.make("--size", "1", "--type", kind)
        self.assertEqual(kind, self.client.show("volume show", volume)["type"])
        self.assertIn("cinder-volume", self.client.names("volume service list", column="Binary"))

    def test_backups(self) -> None:
        volume = self.make("--size", "1")
        full = self.back_up(volume, "--description", "mine")
        less = self.back_up(volume, "--incremental", "--force")
        shown = self.client.show("volume backup show", less)
        self.assertEqual((True, volume, 1), (shown["is_incremental"], shown["volume_id"], shown["size"]))
        renamed = self.name("renamed")
        self.client.do("volume backup set", "--name", renamed, full)
        self.assertIn(renamed, self.client.names("volume backup list", "--long"))
        self.client.do("volume backup restore", "--force", less, volume)
        self.settled(volume, "available")
        new = str(self.client.show("volume backup restore", less, self.name("restored"))["volume_id"])
        self.addCleanup(self.gone, new)
        self.settled(new, "available")
        record = self.client.show("volume backup record export", full)
        self.assertTrue(record["backup_service"].startswith("cinder.backup.drivers."))
        self.assertIn(less, self.client.refused("volume backup delete", full))
        for each in (less, full):
            self.gone(each, "volume backup")

    def back_up(self, volume: str, *arguments: str) -> str:
        """Make a backup and return its id once it is available."""
        made = str(self.client.show("volume backup create", *arguments, "--name", self.name("backup"), volume)["id"])
        self.settled(made, "available", "volume backup")
        return made
