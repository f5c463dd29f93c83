"""POST /servers let anybody choose an address of another project's shared network, and so learn which are taken."""

import unittest

from tests.fixtures.personas import lent


class ProbingTest(unittest.TestCase):
    """An address that somebody holds and one that nobody does."""

    def test_both_are_refused_alike(self) -> None:
        cloud = lent()
        taken = cloud.ok("POST", "/network/v2.0/ports", {"port": {"network_id": cloud.public["network_id"]}})["port"]
        answers = [cloud.request("POST", "/compute/v2.1/servers", {"server": {
            "name": "one", "imageRef": cloud.public["image_id"], "flavorRef": cloud.public["flavor_id"],
            "networks": [{"uuid": cloud.public["network_id"], "fixed_ip": address}]}},
            token=cloud.personas["other member"].token)
            for address in (taken["fixed_ips"][0]["ip_address"], "10.1.0.200")]
        self.assertEqual([400, 400], [each.status_int for each in answers])
        self.assertEqual(answers[1].text, answers[0].text)
