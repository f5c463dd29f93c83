"""Asked for a user's roles on a project of their own domain, a domain's reader was told whether any user exists."""

import unittest

from tests.fixtures.personas import lent


class UsersElsewhereTest(unittest.TestCase):
    """The roles of somebody of another domain on a project of one's own."""

    def test_a_user_of_another_domain_is_as_good_as_none(self) -> None:
        cloud = lent()
        token = cloud.personas["other domain manager"].token
        for tail in ("", f"/{cloud.roles['member']}"):
            users = f"/identity/v3/projects/{cloud.other}/users"
            answers = [cloud.request("GET", f"{users}/{user}/roles{tail}", token=token)
                       for user in (cloud.owned["user_id"], "0" * 32)]
            self.assertEqual([404, 404], [each.status_int for each in answers])
            self.assertEqual(answers[1].text.replace("0" * 32, ""),
                             answers[0].text.replace(cloud.owned["user_id"], ""))

    def test_who_has_a_role_there_is_shown_wherever_they_are_from(self) -> None:
        cloud = lent()
        path = f"/identity/v3/projects/{cloud.other}/users/{cloud.owned['user_id']}/roles"
        cloud.ok("PUT", f"{path}/{cloud.roles['reader']}")
        shown = cloud.ok("GET", path, token=cloud.personas["other domain manager"].token or "")
        self.assertEqual(["reader"], [role["name"] for role in shown["roles"]])
