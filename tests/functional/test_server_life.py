"""A server's whole life in a whole cloud over fake drivers: every action, what is shown, and what the audit sees after it."""

import unittest
from typing import Any

from tests.fixtures.whole_cloud import V, WholeCloud


def at(version: str) -> dict[str, str]:
    """Return the header that asks for a microversion."""
    return {"OpenStack-API-Version": f"compute {version}"}


class LifeCase(unittest.TestCase):
    """One cloud for all stories of a class."""

    cloud: WholeCloud

    @classmethod
    def setUpClass(cls) -> None:
        cls.cloud = WholeCloud()
        cls.addClassCleanup(cls.cloud.close)

    def shown(self, server_id: str, version: str = "2.1") -> Any:
        """Return a server as GET shows it."""
        return self.cloud.get(f"{V}/servers/{server_id}", headers=at(version)).json["server"]

    def ask(self, server_id: str, action: dict[str, Any], version: str = "2.1") -> Any:
        """Ask for an action and return the answer."""
        return self.cloud.post(f"{V}/servers/{server_id}/action", action, headers=at(version))

    def refused(self, server_id: str, action: dict[str, Any], status: int = 409) -> None:
        """Check that an action is refused."""
        answer = self.ask(server_id, action)
        self.assertEqual(status, answer.status_int, answer.text)

    def check(self, server_id: str, status: str, vm_state: str, power_state: int) -> None:
        """Check what is shown of a settled server, and that rows and hosts agree."""
        shown = self.shown(server_id)
        self.assertEqual((status, vm_state, power_state, None), (
            shown["status"], shown["OS-EXT-STS:vm_state"], shown["OS-EXT-STS:power_state"],
            shown["OS-EXT-STS:task_state"]))
        self.assertEqual([], self.cloud.settled_differences())


class Sleep(LifeCase):
    """Pause and suspend."""

    def test_pause_and_unpause(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.act(server_id, {"pause": None}, "PAUSED")
        self.check(server_id, "PAUSED", "paused", 3)
        for action in ({"pause": None}, {"os-start": None}, {"os-stop": None}, {"suspend": None}, {"resume": None}):
            self.refused(server_id, action)
        self.cloud.act(server_id, {"unpause": None}, "ACTIVE")
        self.check(server_id, "ACTIVE", "active", 1)
        self.refused(server_id, {"unpause": None})
        self.cloud.remove(server_id)

    def test_suspend_and_resume(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.act(server_id, {"suspend": None}, "SUSPENDED")
        self.check(server_id, "SUSPENDED", "suspended", 4)
        for action in ({"suspend": None}, {"os-start": None}, {"pause": None}, {"unpause": None}):
            self.refused(server_id, action)
        self.cloud.act(server_id, {"resume": None}, "ACTIVE")
        self.check(server_id, "ACTIVE", "active", 1)
        self.cloud.remove(server_id)

    def test_hard_reboot_wakes(self) -> None:
        for action, status in (({"pause": None}, "PAUSED"), ({"suspend": None}, "SUSPENDED")):
            server_id = self.cloud.boot()
            self.cloud.act(server_id, action, status)
            self.refused(server_id, {"reboot": {"type": "SOFT"}})
            self.cloud.act(server_id, {"reboot": {"type": "HARD"}}, "ACTIVE")
            self.check(server_id, "ACTIVE", "active", 1)
            self.cloud.remove(server_id)

    def test_a_sleeping_server_is_listed_and_deleted(self) -> None:
        server_id = self.cloud.boot()
        self.cloud.act(server_id, {"suspend": None}, "SUSPENDED")
        found = self.cloud.get(f"{V}/servers?status=SUSPENDED").json["servers"]
        self.assertEqual([server_id], [each["id"] for each in found])
        self.cloud.remove(server_id)
        self.assertEqual([], self.cloud.settled_differences())


if __name__ == "__main__":
    unittest.main()
