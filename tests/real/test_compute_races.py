"""Races of servers on PostgreSQL, where transactions really run at once: quotas at their limit, deletion against all else.

    CUMULO_RACE_PAIRS=1000 python -m unittest tests.real.test_compute_races      more pairs than CI has time for
"""

import os
import random
import threading
import time
import unittest
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.fixtures.whole_cloud import V, WholeCloud
from tests.functional.test_compute_api import SERVERS, ComputeCase
from tests.real.test_conflicts import use_postgresql

PAIRS = int(os.environ.get("CUMULO_RACE_PAIRS", "10"))
SEED = int(os.environ.get("CUMULO_RACE_SEED", str(random.randrange(10**6))))
CLIENTS, LIMIT = 64, 20
#: How a server that is ACTIVE is made ready for an action, and the action.
ACTIONS: tuple[tuple[tuple[tuple[dict[str, Any], str], ...], dict[str, Any]], ...] = (
    ((), {"os-stop": None}), ((), {"reboot": {"type": "HARD"}}), ((), {"reboot": {"type": "SOFT"}}), ((), {"pause": None}),
    ((), {"suspend": None}), ((), {"createImage": {"name": "race"}}), ((), {"rescue": None}), ((), {"shelve": None}),
    ((), {"rebuild": {"imageRef": "IMAGE"}}), ((), {"resize": {"flavorRef": "larger"}}), ((), {"migrate": None}),
    ((), {"changePassword": {"adminPass": "race"}}), ((), {"lock": None}), ((), {"os-resetState": {"state": "error"}}),
    ((({"os-stop": None}, "SHUTOFF"),), {"os-start": None}), ((({"pause": None}, "PAUSED"),), {"unpause": None}),
    ((({"suspend": None}, "SUSPENDED"),), {"resume": None}), ((({"rescue": None}, "RESCUE"),), {"unrescue": None}),
    ((({"shelve": None}, "SHELVED_OFFLOADED"),), {"unshelve": None}),
    ((({"resize": {"flavorRef": "larger"}}, "VERIFY_RESIZE"),), {"confirmResize": None}),
    ((({"resize": {"flavorRef": "larger"}}, "VERIFY_RESIZE"),), {"revertResize": None}),
)


def at_once(*changes: Callable[[], Any]) -> list[Any]:
    """Do all of them in threads of their own that are let go together; return what they answered."""
    gate, answers = threading.Barrier(len(changes)), [None] * len(changes)

    def work(number: int) -> None:
        gate.wait()
        answers[number] = changes[number]()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(changes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


class QuotaRaces(ComputeCase):
    """Many clients at a limit: as many get in as there is room for, and nobody is turned away before."""

    @classmethod
    def setUpClass(cls) -> None:
        use_postgresql(cls)

    def race(self, quota: dict[str, int], **more: Any) -> Counter[int]:
        """Have all clients ask for a server at once; return how often each status was answered."""
        project = self.api.services.tokens.validate(self.alice).project_id
        unlimited = {"instances": -1, "cores": -1, "ram": -1}
        self.api.put(f"{V}/os-quota-sets/{project}", {"quota_set": unlimited | quota})
        answers = at_once(*[lambda: self.boot(**more)] * CLIENTS)
        return Counter(answer.status_int for answer in answers)

    def test_one_after_the_last_is_refused(self) -> None:
        for quota, before in (({"instances": LIMIT}, 0), ({"cores": 2 * LIMIT}, LIMIT), ({"ram": 3 * LIMIT * 128}, 2 * LIMIT)):
            self.assertEqual({202: LIMIT, 403: CLIENTS - LIMIT}, dict(self.race(quota)), quota)
            self.assertEqual(before + LIMIT, self.count())

    def test_many_at_once_get_what_is_left(self) -> None:
        answers = self.race({"instances": 2 * LIMIT + 1}, min_count=2, max_count=2)
        self.assertEqual({202: LIMIT, 403: CLIENTS - LIMIT}, dict(answers))
        self.assertEqual(2 * LIMIT, self.count())

    def test_what_is_given_back_is_there_for_others(self) -> None:
        self.assertEqual(LIMIT, self.race({"instances": LIMIT})[202])
        with self.api.database.read() as connection:
            ids = [row[0] for row in connection.exec_driver_sql("SELECT id FROM server ORDER BY id LIMIT 5")]
        for server_id in ids:
            self.finish(server_id, status="DELETED", deleted_at=1.0)
        answers = Counter(answer.status_int for answer in at_once(*[self.boot] * CLIENTS))
        self.assertEqual({202: 5, 403: CLIENTS - 5}, dict(answers))


class DeletionRaces(unittest.TestCase):
    """A deletion that meets any other action, whichever comes first by a hair: the server goes, and nothing stays."""

    @classmethod
    def setUpClass(cls) -> None:
        use_postgresql(cls)
        cls.cloud = WholeCloud(("servers", "quota_instances", -1), more_hosts=("h2",))
        cls.addClassCleanup(cls.cloud.close)
        cls.cloud.post(f"{V}/flavors", {"flavor": {"name": "larger", "id": "larger", "ram": 256, "vcpus": 1, "disk": 2}})

    def test_random_pairs(self) -> None:
        dice = random.Random(SEED)
        print(f"\nraces: {PAIRS} pairs, CUMULO_RACE_SEED={SEED}")
        met: Counter[str] = Counter()
        chosen = [*ACTIONS] * (PAIRS // len(ACTIONS) + 1)
        dice.shuffle(chosen)
        for prepare, action in chosen[:PAIRS]:
            met[self.race(dice, prepare, action)] += 1
        print(f"races: {dict(met)}")
        self.assertEqual([], self.cloud.settled_differences())

    def race(self, dice: random.Random, prepare: Any, action: dict[str, Any]) -> str:
        """Let both go within some milliseconds; return what the action was answered with."""
        server_id = self.cloud.boot()
        for before, status in prepare:
            self.cloud.act(server_id, before, status, 200 if "rescue" in before else 202)
        (name,) = action
        body = {name: {"imageRef": self.cloud.image_id}} if name == "rebuild" else action
        first, late_s = dice.random() < 0.5, dice.choice((0.0, 0.002, 0.01, 0.05))

        def act() -> Any:
            time.sleep(0 if first else late_s)
            return self.cloud.post(f"{V}/servers/{server_id}/action", body)

        def delete() -> Any:
            time.sleep(late_s if first else 0)
            return self.cloud.delete(f"{SERVERS}/{server_id}")

        acted, deleted = at_once(act, delete)
        self.assertEqual(204, deleted.status_int, (name, deleted.text))
        self.assertIn(acted.status_int, (200, 202, 204, 404, 409), (name, acted.text))
        self.cloud.wait(server_id, "DELETED")
        for host in ("h1", "h2"):
            self.assertIsNone(self.cloud.held(server_id, host), name)
        return str(acted.status_int)
