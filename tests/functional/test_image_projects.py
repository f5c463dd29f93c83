"""What becomes of images when their project or its domain is deleted."""

import unittest
from typing import Any

from tests.fixtures.api import Api

I, K = "/image/v2/images", "/identity/v3"


class ProjectsTest(unittest.TestCase):
    """A project with a member, who makes images."""

    def setUp(self) -> None:
        self.api = Api()
        self.addCleanup(self.api.close)
        self.member = self.api.make_user("owner")
        self.project = next(each["id"] for each in self.api.get(f"{K}/projects").json["projects"] if each["name"] == "owner")

    def make(self, data: bytes = b"", **more: Any) -> str:
        """Make an image, with data if there is some; return its id."""
        token = "" if more.get("visibility") == "public" else self.member
        made = self.api.post(I, {"disk_format": "raw", "container_format": "bare", "owner": self.project, **more},
                             token=token).json["id"]
        if data:
            sent = self.api.put(f"{I}/{made}/file", data, token=self.member, headers={"Content-Type": "application/octet-stream"})
            self.assertEqual(204, sent.status_int, sent.text)
        return str(made)

    def delete(self, status: int) -> str:
        """Delete the project; return what is said."""
        answer = self.api.delete(f"{K}/projects/{self.project}")
        self.assertEqual(status, answer.status_int, answer.text)
        return str(answer.text)

    def test_images_of_its_own_go_with_a_project(self) -> None:
        stores = self.api.services.image_stores
        images = [self.make(b"data", visibility="private"), self.make(b"data"), self.make()]
        staged = self.api.put(f"{I}/{images[2]}/stage", b"staged", token=self.member,
                              headers={"Content-Type": "application/octet-stream"})
        self.assertEqual((204, 2), (staged.status_int, len(stores.default.names())))
        other = self.api.post(I, {"disk_format": "raw", "container_format": "bare"}).json["id"]
        self.delete(204)
        self.assertEqual(([other], set()), ([each["id"] for each in self.api.get(I).json["images"]], stores.default.names()))

    def test_what_others_see_or_somebody_protects_keeps_it(self) -> None:
        self.make()
        for more in ({"visibility": "public"}, {"visibility": "community"}, {"protected": True}):
            image = self.make(**more)
            self.assertIn("it has 1 image. Delete", self.delete(409))
            self.api.patch(f"{I}/{image}", [{"op": "replace", "path": "/protected", "value": False}], headers={
                "Content-Type": "application/openstack-images-v2.1-json-patch"})
            self.assertEqual(204, self.api.delete(f"{I}/{image}").status_int)
        shared = self.make()
        member = {"member": self.api.get(f"{K}/projects").json["projects"][0]["id"]}
        self.assertEqual(200, self.api.post(f"{I}/{shared}/members", member, token=self.member).status_int)
        self.delete(409)
        self.assertEqual(204, self.api.delete(f"{I}/{shared}/members/{member['member']}", token=self.member).status_int)
        self.delete(204)
        self.assertEqual([], self.api.get(I).json["images"])

    def test_with_a_tree_and_with_a_domain(self) -> None:
        self.make(b"data")
        self.assertEqual(204, self.api.delete(f"{K}/projects/{self.project}/cascade").status_int)
        domain = self.api.post(f"{K}/domains", {"domain": {"name": "d"}}).json["domain"]["id"]
        self.project = self.api.post(f"{K}/projects", {"project": {"name": "in d", "domain_id": domain}}).json["project"]["id"]
        self.api.post(I, {"owner": self.project})
        self.api.patch(f"{K}/domains/{domain}", {"domain": {"enabled": False}})
        self.assertEqual(204, self.api.delete(f"{K}/domains/{domain}").status_int)
        self.assertEqual(([], set()), (self.api.get(I).json["images"], self.api.services.image_stores.default.names()))


if __name__ == "__main__":
    unittest.main()
