"""The crash suite: one cloud, every boundary armed, flow after flow; then the count of boundaries hit.

    run(("build_server", "delete_server"))     what CI runs
    run(FLOWS, whole=True)                     every flow, and every commit and message of every service

A boundary counts as hit when a process was killed there. One that belongs to a flow of the set, or that any process
came by, and was not hit, is a problem; so is one that was passed and that the catalog does not know.
"""

import contextlib
import dataclasses
import pathlib
import shutil
import tempfile
import time
from collections.abc import Iterable

from cumulo.common.flows import FLOWS
from tests.crash import catalog, corners
from tests.crash.plan import DIE, FAIL, FAIL_ONCE, TWICE, Plan
from tests.crash.storm import Storm, missing_recipes
from tests.crash.tour import Tour
from tests.fixtures.fleet import Fleet, Options, running
from tests.fixtures.web_server import WebServer

SMALLEST = ("build_server", "delete_server")
#: As in production, only quicker: the lease, the silence and the polls decide what each death costs.
QUICK: Options = {
    "DEFAULT": {"bus_silence_s": 1.5}, "scheduler": {"lease_s": 1.5, "poll_s": 0.3, "workers": 4},
    "compute_agent": {"heartbeat_s": 1.0}, "network": {"poll_interval_s": 1.0}, "audit": {"interval_s": 5.0},
    "volume": {"agent_heartbeat_s": 1, "enabled_backends": "fake:fake,other:fake"},
    # Off by default; on, they write at logins.
    "identity": {"lockout_failure_attempts": 100, "disable_user_account_days_inactive": 3000},
}


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    existing: list[str]
    hit: set[str]
    deaths: int
    failures: int
    repeats: int
    problems: list[str]
    took_s: float
    kept: str  # where logs and plan are, when anything was wrong or they were asked for

    @property
    def missed(self) -> list[str]:
        """The boundaries at which no process died."""
        return [each for each in self.existing if each not in self.hit]

    def report(self) -> str:
        """The count, then what is wrong."""
        lines = [f"boundaries: {len(self.existing)} exist, {len(self.existing) - len(self.missed)} hit; "
                 f"{self.deaths} processes killed, {self.failures} steps failed, {self.repeats} repeated; "
                 f"{len(self.problems)} leftovers; {self.took_s:.0f} s"]
        lines += [f"  not hit: {each}" for each in self.missed]
        lines += [f"  {each}" for each in self.problems]
        return "\n".join(lines + ([f"logs and plan: {self.kept}"] if self.kept else []))


def run(flows: Iterable[str], *, whole: bool = False, only: str = "", keep: bool = False) -> Outcome:
    """Run the flows in a cloud of their own; `only` is a text that the boundaries to die at must contain."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="cumulo-crash-"))
    directory.chmod(0o711)
    plan = Plan(directory / "plan")
    began = time.monotonic()
    problems = missing_recipes()
    web = WebServer()
    options = QUICK | {"image": {"enabled_stores": "file:file,fast:file,web:http", "web_ports": web.port,
                                 "web_allowed_networks": "127.0.0.1/32", "agent_heartbeat_s": 1,
                                 "import_methods": "glance-direct,web-download,copy-image,glance-download"},
                       "image_store_web": {"allowed_urls": web.url}}
    with contextlib.closing(web), running(
            Fleet(directory, hosts=3, schedulers=4, options=options, environment=plan.environment)) as fleet:
        storm = Storm(fleet, plan, web, only)
        everywhere = [*catalog.commits(), *catalog.messages(plan.served())]
        before = plan.passed()
        storm.arm_everywhere(everywhere)
        for name in flows:
            if not storm.problems:
                storm.flow(FLOWS[name])
        if whole and not storm.problems:
            storm.arm_the_rest()
            tour = Tour(storm)
            tour.run()
            corners.visit(storm, tour)
        problems += storm.problems
    wanted = [each for name in flows for each in catalog.of_flow(FLOWS[name])]
    passed = plan.passed()
    hit = {each.at for each in plan.fired(DIE)}
    wanted += everywhere if whole else [each for each in everywhere if each in hit or each in passed - before]
    known = {*everywhere, *(each for flow in FLOWS.values() for each in catalog.of_flow(flow))}
    problems += [f"passed, and not in the catalog: {each}" for each in sorted(passed - known)]
    outcome = Outcome(
        existing=list(dict.fromkeys(wanted)), hit=hit,
        deaths=len(plan.fired(DIE)), failures=len(plan.fired(FAIL, FAIL_ONCE)), repeats=len(plan.fired(TWICE)),
        problems=problems, took_s=time.monotonic() - began, kept=str(directory) if problems or keep else "")
    if not outcome.kept:
        shutil.rmtree(directory)
    return outcome
