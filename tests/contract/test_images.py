"""Images by the standard clients: data, properties, tags, who sees them, and sharing between projects."""

import hashlib
import pathlib
import secrets
import time

from tests.contract.client import ContractCase

DATA = secrets.token_bytes(5000)
_COPY_S = 30


class ImagesTest(ContractCase):
    """The administrator, and two projects with a user each."""

    def setUp(self) -> None:
        self.home = self.cloud.home
        self.file = self.home / self.name("data")
        self.file.write_bytes(DATA)
        self.addCleanup(self.file.unlink)

    def make(self, *arguments: str, as_user: dict[str, str] | None = None) -> str:
        """Make an image with data and return its id."""
        made = self.client.show("image create", "--disk-format", "raw", "--container-format", "bare", "--file", str(self.file),
                                *arguments, self.name("image"), as_user=as_user)
        self.addCleanup(self.client.do, "image delete", made["id"])
        return str(made["id"])

    def project(self) -> tuple[str, dict[str, str]]:
        """Make a project and a member of it; return its id and what the member logs in with."""
        name, password = self.name("project"), "a password of the tests"
        project = self.client.show("project create", name)["id"]
        self.client.show("user create", "--password", password, name)
        self.client.do("role add", "--user", name, "--project", name, "member")
        self.addCleanup(self.client.do, "project delete", project)
        self.addCleanup(self.client.do, "user delete", name)
        return str(project), self.cloud.user(name, password, name)

    def saved(self) -> pathlib.Path:
        """Return the path of a file that is not there yet."""
        path = self.home / self.name("saved")
        self.addCleanup(path.unlink, missing_ok=True)
        return path

    def test_data_goes_in_and_comes_out(self) -> None:
        image, saved = self.make("--tag", "one", "--property", "hw_disk_bus=virtio"), self.saved()
        shown = self.client.show("image show", image)
        self.assertEqual(("active", 5000, hashlib.md5(DATA).hexdigest()), (shown["status"], shown["size"], shown["checksum"]))
        self.assertEqual((["one"], "virtio"), (shown["tags"], shown["properties"]["hw_disk_bus"]))
        self.assertEqual(hashlib.sha512(DATA).hexdigest(), shown["properties"]["os_hash_value"])
        self.client.do("image save", "--file", str(saved), image)
        self.assertEqual(DATA, saved.read_bytes())
        self.assertIn("No Image found", self.client.refused("image show", self.name("none")))

    def test_changes(self) -> None:
        image, name = self.make(), self.name("image")
        self.client.do("image set", "--name", name, "--property", "colour=red", "--tag", "one", "--min-disk", "2",
                       "--min-ram", "64", "--protected", "--hidden", "--private", image)
        shown = self.client.show("image show", image)
        self.assertEqual((name, 2, 64, True, "private", ["one"], "red", True), (
            shown["name"], shown["min_disk"], shown["min_ram"], shown["protected"], shown["visibility"], shown["tags"],
            shown["properties"]["colour"], shown["properties"]["os_hidden"]))
        self.assertIn("protected", self.client.refused("image delete", image))
        self.client.do("image unset", "--property", "colour", "--tag", "one", image)
        self.client.do("image set", "--unprotected", "--unhidden", "--deactivate", image)
        shown = self.client.show("image show", image)
        self.assertEqual((False, [], "deactivated"), (
            "colour" in shown["properties"], shown["tags"], shown["status"]))
        self.client.do("image set", "--activate", image)

    def test_lists(self) -> None:
        names = [self.name("list") for _ in range(3)]
        for number, name in enumerate(names):
            image = self.make("--property", f"number={number}", *(("--tag", "two") if number else ()))
            self.client.do("image set", "--name", name, image)
        self.assertLessEqual(set(names), set(self.client.names("image list", "--limit", "1000")))
        self.assertEqual([names[0]], self.client.names("image list", "--property", "number=0"))
        self.assertEqual(sorted(names[1:]), self.client.names("image list", "--tag", "two", "--sort", "name:asc"))
        self.assertEqual([names[1]], self.client.names("image list", "--name", names[1], "--long"))
        self.assertEqual([], self.client.names("image list", "--name", names[1], "--status", "queued"))

    def test_sharing_between_projects(self) -> None:
        (_, owner), (friend_id, friend), (_, stranger) = self.project(), self.project(), self.project()
        image, saved = self.make("--shared", as_user=owner), self.saved()
        self.client.refused("image show", image, as_user=friend)
        self.client.show("image add project", image, friend_id, as_user=owner)
        self.assertEqual("pending", self.client.show("image member get", image, friend_id, as_user=owner)["status"])
        self.assertNotIn(image, self.client.names("image list", column="ID", as_user=friend))
        self.assertEqual([image], self.client.names("image list", "--shared", "--member-status", "pending", column="ID",
                                                    as_user=friend))
        self.client.refused("image set", "--accept", image, as_user=stranger)
        self.client.do("image set", "--accept", image, as_user=friend)
        self.assertIn(image, self.client.names("image list", column="ID", as_user=friend))
        self.assertEqual(["accepted"], self.client.names("image member list", image, column="Status", as_user=owner))
        self.client.do("image save", "--file", str(saved), image, as_user=friend)
        self.assertEqual(DATA, saved.read_bytes())
        self.client.refused("image set", "--name", "mine", image, as_user=friend)
        self.client.do("image set", "--reject", image, as_user=friend)
        self.assertNotIn(image, self.client.names("image list", column="ID", as_user=friend))
        self.client.do("image remove project", image, friend_id, as_user=owner)
        self.client.refused("image show", image, as_user=friend)
        self.client.do("image set", "--community", image, as_user=owner)
        self.assertEqual(image, self.client.show("image show", image, as_user=stranger)["id"])
        self.assertEqual([image], self.client.names("image list", "--community", column="ID", as_user=stranger))
        self.assertIn("403", self.client.refused("image set", "--public", image, as_user=owner))


class GlanceTest(ImagesTest):
    """The same by `glance`, which asks in its own ways."""

    test_changes = test_lists = test_sharing_between_projects = test_data_goes_in_and_comes_out = None  # type: ignore[assignment]

    def make(self, *arguments: str, as_user: dict[str, str] | None = None) -> str:
        made = dict(self.client.glance(
            "image-create", "--disk-format", "raw", "--container-format", "bare", "--file", str(self.file), "--name",
            self.name("image"), *arguments, as_user=as_user))
        self.addCleanup(self.client.do, "image delete", made["id"])
        return made["id"]

    def shown(self, image: str, as_user: dict[str, str] | None = None) -> dict[str, str]:
        """Return what `glance image-show` says."""
        return dict(self.client.glance("image-show", image, as_user=as_user))

    def listed(self, *arguments: str, as_user: dict[str, str] | None = None) -> list[str]:
        """Return the ids that `glance image-list` shows."""
        return [row[0] for row in self.client.glance("image-list", *arguments, as_user=as_user)]

    def test_an_image_from_making_to_deleting(self) -> None:
        image, saved = self.make("--property", "colour=red", "--tags", "one"), self.saved()
        shown = self.shown(image)
        self.assertEqual(("active", "5000", "red", '["one"]'), (
            shown["status"], shown["size"], shown["colour"], shown["tags"]))
        self.client.glance("image-download", "--file", str(saved), image)
        self.assertEqual(DATA, saved.read_bytes())
        self.client.glance("image-update", "--property", "size_gib=1", "--remove-property", "colour", "--min-disk", "3",
                           "--visibility", "private", "--hidden", "true", image)
        shown = self.shown(image)
        self.assertEqual(("1", False, "3", "private", "True"), (
            shown["size_gib"], "colour" in shown, shown["min_disk"], shown["visibility"], shown["os_hidden"]))
        self.client.glance("image-tag-update", image, "two")
        self.client.glance("image-tag-delete", image, "one")
        self.assertEqual('["two"]', self.shown(image)["tags"])
        self.client.glance("image-deactivate", image)
        self.assertEqual("deactivated", self.shown(image)["status"])
        self.client.glance("image-reactivate", image)
        self.assertIn("No image found", self.client.glance_refused("image-show", self.name("none")))

    def test_data_may_follow_later(self) -> None:
        made = dict(self.client.glance("image-create", "--disk-format", "raw", "--container-format", "bare"))
        self.assertEqual("queued", made["status"])
        self.client.glance("image-upload", "--file", str(self.file), made["id"])
        self.assertEqual("active", self.shown(made["id"])["status"])
        self.client.glance("image-delete", made["id"])
        self.client.glance_refused("image-show", made["id"])

    def test_lists(self) -> None:
        images = [self.make("--property", f"number={self.name('n')}", "--tags", "four") for _ in range(3)]
        number = self.shown(images[0])["number"]
        self.assertEqual([images[0]], self.listed("--property-filter", f"number={number}"))
        self.assertEqual(images, self.listed("--tag", "four", "--sort", "created_at:asc"))
        self.assertEqual(sorted(images), self.listed("--tag", "four", "--sort-key", "id", "--sort-dir", "asc", "--page-size", "1"))
        self.assertEqual(2, len(self.listed("--tag", "four", "--limit", "2")))

    def test_sharing_between_projects(self) -> None:
        (_, owner), (friend_id, friend) = self.project(), self.project()
        image = self.make(as_user=owner)
        self.client.glance("member-create", image, friend_id, as_user=owner)
        self.assertEqual([[image, friend_id, "pending"]], self.client.glance("member-list", "--image-id", image, as_user=owner))
        self.assertEqual([image], self.listed("--visibility", "shared", "--member-status", "pending", as_user=friend))
        self.client.glance("member-update", image, friend_id, "accepted", as_user=friend)
        self.assertIn(image, self.listed(as_user=friend))
        self.assertEqual("accepted", dict(self.client.glance("member-get", image, friend_id, as_user=owner))["status"])
        self.client.glance("member-delete", image, friend_id, as_user=owner)
        self.assertIn("No image found", self.client.glance_refused("image-show", image, as_user=friend))

    def test_usage_is_shown_and_held_to_the_limits(self) -> None:
        project_id, member = self.project()
        self.client.show("registered limit create", "--service", "glance", "--default-limit", "-1", "image_count_total")
        limit = self.client.show("registered limit list", "--resource-name", "image_count_total")[0]["ID"]
        self.addCleanup(self.client.do, "registered limit delete", limit)
        own = self.client.show("limit create", "--service", "glance", "--resource-limit", "1", "--project", project_id,
                               "image_count_total")["id"]
        self.addCleanup(self.client.do, "limit delete", own)
        self.make(as_user=member)
        self.assertIn(["image_count_total", "1", "1"], self.client.glance("usage", as_user=member))
        self.assertIn("exceeded your quota", self.client.glance_refused("image-create", as_user=member))


class CacheTest(ImagesTest):
    """What an API host keeps copies of, as administrators see it."""

    test_changes = test_lists = test_sharing_between_projects = test_data_goes_in_and_comes_out = None  # type: ignore[assignment]

    def kept(self) -> list[str]:
        """Return the ids of the images that are kept or shall be."""
        return list(self.client.names("cached image list", column="ID"))

    def wait_for_copy(self, image: str) -> None:
        """Wait until the service has made the copy that it was asked for."""
        deadline = time.monotonic() + _COPY_S
        while (image, "cached") not in [(row["ID"], row["State"]) for row in self.client.show("cached image list")]:
            self.assertLess(time.monotonic(), deadline, "no copy is made")
            time.sleep(0.2)

    def test_an_image_is_kept_on_demand(self) -> None:
        image = self.make()
        self.client.do("cached image queue", image)
        self.assertIn(image, self.kept())
        self.wait_for_copy(image)
        self.assertIn(image, [row[0] for row in self.client.glance("cache-list")])
        self.client.do("cached image delete", image)
        self.assertNotIn(image, self.kept())
        self.client.glance("cache-queue", image)
        self.client.glance("cache-delete", image)
        self.client.glance("cache-queue", image)
        self.client.do("cached image clear")
        self.assertNotIn(image, self.kept())
        self.client.glance("cache-clear")
