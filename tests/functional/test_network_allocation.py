"""Many ports asked for at once: every address is given once, and a full pool says so.

    python -m tests.functional.test_network_allocation 1000     the long version, on SQLite
    CUMULO_TEST_DATABASE_URL=postgresql+psycopg2://... python -m tests.functional.test_network_allocation 1000

On PostgreSQL and MariaDB servers of their own the short version runs in tests/real/test_network_allocation.py.
"""

from __future__ import annotations

import ipaddress
import itertools
import sys
import threading
import time
import unittest
from collections import Counter
from typing import Any

import orjson
import webob

from tests.functional.test_network_api import NetworkApiCase

CLIENTS = 12
TOO_MANY = 8


class AllocationTest(NetworkApiCase):
    """Ports of one subnet, asked for by several clients at once."""

    count = 60

    def test_every_address_is_given_once(self) -> None:
        network = self.network()["id"]
        self.send("PUT", "/quotas/one", {"quota": {"port": -1}}, who="root", expect=200)
        first, last = _addresses(self.count)
        self.subnet(network, "10.64.0.0/12", enable_dhcp=False, allocation_pools=[{"start": first, "end": last}])
        began = time.monotonic()
        answers = self.ask_at_once(network)
        print(f"{self.count + TOO_MANY} ports asked for by {CLIENTS} at once: {time.monotonic() - began:.1f} s "
              f"on {self.database.dialect}")
        self.assertEqual({201: self.count, 409: TOO_MANY}, Counter(status for status, _ in answers), answers[-1])
        given = [body["port"]["fixed_ips"][0]["ip_address"] for status, body in answers if status == 201]
        self.assertEqual((self.count, first), (len(set(given)), min(given, key=_number)))
        self.assertEqual({"IpAddressGenerationFailure"}, {
            body["NeutronError"]["type"] for status, body in answers if status == 409})
        listed = self.send("GET", f"/ports?network_id={network}")["ports"]
        self.assertEqual(sorted(given), sorted(each["fixed_ips"][0]["ip_address"] for each in listed))

    def ask_at_once(self, network: str) -> list[tuple[int, Any]]:
        """Send all requests, each client one after the other, and return what was answered."""
        answers: list[tuple[int, Any]] = []
        numbers = itertools.count()
        body = orjson.dumps({"port": {"network_id": network}})

        def client() -> None:
            while next(numbers) < self.count + TOO_MANY:
                request = webob.Request.blank("/v2.0/ports", method="POST", headers={"X-Auth-Token": "ann"}, body=body)
                answer = request.get_response(self.application)
                answers.append((answer.status_int, answer.json))

        clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
        for each in clients:
            each.start()
        for each in clients:
            each.join()
        return answers


def _addresses(count: int) -> tuple[str, str]:
    start = ipaddress.ip_address("10.64.0.5")
    return str(start), str(start + count - 1)


def _number(address: str) -> list[int]:
    return [int(part) for part in address.split(".")]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        AllocationTest.count = int(sys.argv.pop(1))
    unittest.main()
