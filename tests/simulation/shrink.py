"""Making a failing plan smaller: what can be left out is left out, and the trace keeps what is about the finding."""

import re
from collections.abc import Callable, Iterable

from tests.simulation.plan import Plan
from tests.simulation.run import Outcome

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
LINES_SHOWN = 120

Run = Callable[[Plan], Outcome]


def shrink(failed: Outcome, run: Run) -> Outcome:
    """Return the outcome of the smallest plan found that fails at the same checks.

    Halves first, then single events, until nothing more can go: some 2n runs for n events.
    """
    smallest, size = failed, max(1, len(failed.plan.events) // 2)
    while size:
        smallest, removed = _without(smallest, size, run)
        size = size if removed and size == 1 else size // 2
    return smallest


def _without(failed: Outcome, size: int, run: Run) -> tuple[Outcome, bool]:
    """Leave out runs of so many events, wherever it still fails."""
    removed, start = False, 0
    while start < len(failed.plan.events):
        gone = set(map(id, failed.plan.events[start:start + size]))
        outcome = run(failed.plan.only(lambda event, gone=gone: id(event) not in gone))
        if kinds(outcome.findings) & kinds(failed.findings):
            failed, removed = outcome, True
        else:
            start += size
    return failed, removed


def kinds(findings: Iterable[str]) -> set[str]:
    """The checks that found something."""
    return {finding.split(":")[0].split()[0] for finding in findings}


def report(outcome: Outcome) -> str:
    """Tell a failure: the events, what was found, and the lines of the trace that concern it."""
    events = "\n".join(f"    {event}" for event in outcome.plan.events)
    findings = "\n".join(f"    {finding}" for finding in outcome.findings)
    return (f"seed {outcome.plan.seed}, hosts {','.join(outcome.plan.hosts)}\n  events\n{events}\n"
            f"  found\n{findings}\n  trace ({len(outcome.lines)} lines, sha256 {outcome.digest[:16]})\n"
            + "\n".join(f"    {line}" for line in relevant(outcome)))


def relevant(outcome: Outcome) -> list[str]:
    """The lines that name something the findings name, or an operation of it, or a fault."""
    wanted = set(_ID.findall(" ".join(outcome.findings)))
    for line in outcome.lines:
        if "operation=" in line and wanted & set(_ID.findall(line)):
            wanted |= {each for each in _ID.findall(line.split("operation=")[1][:36])}
    chosen = [line[:400] for line in outcome.lines
              if not wanted or wanted & set(_ID.findall(line)) or " world " in line[:28]]
    return chosen[-LINES_SHOWN:]

