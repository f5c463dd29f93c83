"""Runs one suite in this process and reports "passed failed skipped" in a file.

The standard library's runner is used: it imports each test once and needs no server processes, which
on two cores makes a suite of short tests faster than spreading it.
"""

import pathlib
import sys
import unittest


class _Counting(unittest.TextTestResult):
    """Also counts what passed."""

    passed = 0

    def addSuccess(self, test: unittest.TestCase) -> None:
        """Count a test that passed."""
        super().addSuccess(test)
        self.passed += 1


def main() -> int:
    """Run the suite named by the first argument; write the counts to the file named by the second."""
    name, report = sys.argv[1:]
    sys.path.insert(0, "")
    suite = unittest.defaultTestLoader.discover(f"tests/{name}", top_level_dir=".")
    runner = unittest.TextTestRunner(resultclass=_Counting, verbosity=1, buffer=True)
    result = runner.run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    passed = result.passed + len(result.expectedFailures)  # type: ignore[attr-defined]
    pathlib.Path(report).write_text(f"{passed} {failed} {len(result.skipped)}\n", encoding="ascii")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
