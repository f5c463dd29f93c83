"""The simulator in the ordinary test run: fresh seeds, one trace twice, and every failure there ever was."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from tests.simulation import plan, planted, run, shrink

SEEDS = 500
REGRESSIONS = pathlib.Path(__file__).parent / "regressions"


def simulate(*arguments: str, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, as a user does."""
    return subprocess.run([sys.executable, "-m", "tests.simulation.main", *arguments], check=False, text=True,
                          capture_output=True, env=os.environ | {"PYTHONHASHSEED": hash_seed}, timeout=600)


class Simulation(unittest.TestCase):
    """Random schedules."""

    def test_fresh_seeds(self) -> None:
        result = simulate("--seeds", str(SEEDS), "--stop-after", "3")
        self.assertEqual(0, result.returncode, result.stdout + result.stderr)
        self.assertIn(f"{SEEDS} seeds, 0 failed", result.stdout)

    def test_same_seed_same_trace_in_another_process(self) -> None:
        for seed in ("7", "19"):
            first, second = (simulate("--seeds", "1", "--from", seed, "--trace", "--jobs", "1") for _ in range(2))
            lines = first.stdout.splitlines()[:-1]  # the last one tells the seeds per second
            self.assertGreater(len(lines), 20, first.stderr)
            self.assertEqual(lines, second.stdout.splitlines()[:-1])

    def test_same_seed_same_hash_after_others(self) -> None:
        before = run.run(plan.make(3)).digest
        run.run(plan.make(4))
        self.assertEqual(before, run.run(plan.make(3)).digest)
        self.assertNotEqual(before, run.run(plan.make(4)).digest)


class Regressions(unittest.TestCase):
    """Schedules that failed once."""

    def test_schedules_that_failed_once(self) -> None:
        for path in sorted(REGRESSIONS.glob("*.json")):
            with self.subTest(path.stem):
                outcome = run.run(plan.from_json(path.read_text()))
                self.assertEqual((), outcome.findings, shrink.report(outcome))


class Planted(unittest.TestCase):
    """Bugs that the simulator must find; all of them are tried by a command of its own."""

    QUICK = "boot_is_not_undone", "bell_is_not_rung"

    def test_every_patch_fits(self) -> None:
        self.assertGreaterEqual(len(planted.names()), 12)
        for name in planted.names():
            with self.subTest(name), tempfile.TemporaryDirectory() as directory:
                planted.plant(name, pathlib.Path(directory))

    def test_planted_bugs_are_found(self) -> None:
        for name in self.QUICK:
            with self.subTest(name):
                seed, printed = planted.first_failure(name, 300)
                self.assertIsNotNone(seed, printed)
