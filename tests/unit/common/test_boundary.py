"""Boundaries: nothing without a plan; with one the process dies, fails or repeats exactly where it says."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest

from cumulo.common import boundary, errors
from cumulo.common.clock import Clock
from cumulo.common.crash_plan import MARK, CrashPlan
from cumulo.common.db.engine import Database

COMMITS = """
import sys
from cumulo.common import boundary
from cumulo.common.clock import Clock
from cumulo.common.db.engine import Database

boundary.follow_environment()
database = Database("sqlite:///" + sys.argv[1], Clock())

def write_one():
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")

write_one()
"""


def empty_plan(directory: pathlib.Path) -> pathlib.Path:
    """Make the directories of a plan."""
    for name in ("armed", "fired", "passed", "served"):
        (directory / name).mkdir(parents=True)
    (directory / MARK).touch()
    return directory


class BoundaryTest(unittest.TestCase):
    """One plan in a directory of its own."""

    def setUp(self) -> None:
        temporary = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.directory = empty_plan(temporary / "plan")
        self.database = temporary / "test.sqlite"

    def arm(self, identifier: str, at: str, act: str) -> None:
        (self.directory / "armed" / identifier).write_text(json.dumps({"at": at, "act": act}))

    def commit(self) -> int:
        """Write one row in a process that follows the plan; return how the process ended."""
        return subprocess.run([sys.executable, "-W", "ignore", "-c", COMMITS, str(self.database)], check=False,
                              env=os.environ | {boundary.VARIABLE: str(self.directory)}).returncode

    def rows(self) -> int:
        with Database(f"sqlite:///{self.database}", Clock()).read() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM t").scalar_one())

    def test_nothing_happens_without_a_plan(self) -> None:
        """The ordinary case: no plan, and every call is without effect."""
        self.assertNotIn(boundary.VARIABLE, os.environ)
        boundary.follow_environment()
        boundary.commit("before")
        boundary.message("request sent", "scheduler", "ring", {})
        self.assertEqual("done", boundary.run("boot", False, "o", lambda: "done"))

    def test_a_directory_that_is_no_plan_is_refused(self) -> None:
        (self.directory / MARK).unlink()
        with self.assertRaisesRegex(ValueError, "no crash plan"):
            CrashPlan(str(self.directory))

    def test_death_before_and_after_a_commit(self) -> None:
        with Database(f"sqlite:///{self.database}", Clock()).write() as connection:
            connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
        self.arm("1", "commit __main__.write_one before", "die")
        self.arm("2", "commit __main__.write_one after", "die")
        self.assertEqual((-signal.SIGKILL, 0), (self.commit(), self.rows()), "killed before the commit")
        self.assertEqual((-signal.SIGKILL, 1), (self.commit(), self.rows()), "killed after it")
        self.assertEqual((0, 2), (self.commit(), self.rows()), "what has fired does not fire again")

    def test_a_step_fails_for_the_operation_it_met_first(self) -> None:
        self.arm("1", "step boot do after", "fail")
        plan = CrashPlan(str(self.directory))
        ran: list[str] = []
        for operation in ("first", "second", "first"):
            try:
                plan.around("step boot do", operation, lambda name=operation: ran.append(name))
            except errors.InternalError:
                ran.append("failed")
        self.assertEqual(["first", "failed", "second", "first", "failed"], ran)

    def test_once_means_once(self) -> None:
        self.arm("1", "step boot do before", "fail once")
        self.arm("2", "step boot do", "twice")
        plan = CrashPlan(str(self.directory))
        ran: list[str] = []
        with self.assertRaises(errors.InternalError):
            plan.around("step boot do", "o", lambda: ran.append("o"))
        for _ in range(2):
            plan.around("step boot do", "o", lambda: ran.append("o"))
        self.assertEqual(["o"] * 3, ran)


if __name__ == "__main__":
    unittest.main()
