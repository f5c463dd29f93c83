"""Some thousand requests to every API at each change; python -m tests.fuzz.run sends more."""

import concurrent.futures
import multiprocessing
import unittest

from tests.fuzz import rounds

SEEDS = (20_001, 20_002)
EACH = 6500


class FuzzTest(unittest.TestCase):
    """No 5xx, no change by a refused request, no answer that is not what the OpenAPI document says."""

    def test_some_thousand_requests(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(len(SEEDS), mp_context=spawn) as workers:
            tallies = list(workers.map(rounds.run, SEEDS, [EACH] * len(SEEDS)))
        whole = rounds.Tally()
        for tally in tallies:
            whole.add(tally)
        self.assertEqual([], whole.failures)
        self.assertEqual(len(SEEDS) * EACH, whole.requests)
        self.assertEqual(set(rounds.FAMILIES), set(whole.families))
        # Requests that are all refused would prove little.
        self.assertGreater(len(whole.reached), 0.6 * len(whole.operations))
