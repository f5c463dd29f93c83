"""Standard clients repeat the member in the body with which they accept an image; they were told that it was unexpected."""

import unittest

from tests.fixtures.image_api import ImageApi


class MemberRepeatsItselfTest(unittest.TestCase):
    """An image that waits to be accepted."""

    def test_it_is_accepted(self) -> None:
        api = ImageApi()
        self.addCleanup(api.close)
        path = f"/v2/images/{api.create()['id']}/members"
        api.send("POST", path, {"member": "other"})
        answer = api.send("PUT", f"{path}/other", {"status": "accepted", "member": "other"}, token="other:member")
        self.assertEqual((200, "accepted"), (answer.status_int, answer.json["status"]))
