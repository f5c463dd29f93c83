"""One run of a plan: the cloud starts, users call, things go wrong, the sky clears, and then all must be well."""

import dataclasses
import functools
import gc

from tests.simulation import checks, faults
from tests.simulation.calls import Users
from tests.simulation.cloud import Cloud
from tests.simulation.kernel import Kernel, SwitchInTransaction
from tests.simulation.people import use_all_tokens
from tests.simulation.plan import CALM_S, Call, Event, Fault, Plan
from tests.simulation.setting import begin_again, setting, store
from tests.simulation.trace import Trace

SETTLE_S = 60.0  # a virtual minute after the last fault nothing may be under way
LOOK_EVERY_S = 2.0


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a run."""

    plan: Plan
    findings: tuple[str, ...]
    digest: str
    lines: tuple[str, ...]
    switches: int
    settled_after_s: float
    boundaries: dict[str, int]


def run(plan: Plan) -> Outcome:
    """Run a plan from the same beginning as every other."""
    begin_again()
    kernel = Kernel(str(plan.seed))
    with Trace(kernel) as trace:
        cloud = Cloud(kernel, store(), str(plan.seed), plan.hosts, is_tight=plan.is_tight)
        cloud.say = trace.say
        users = Users(cloud, setting())
        story = _Story(cloud, users, plan)
        kernel.spawn(cloud.client, story.tell, "story")
        kernel.run(lambda: story.is_over, 600.0)
        for process in cloud.processes.values():
            if process.alive:
                kernel.kill(process)
        found = [*story.findings, *users.nonsense, *users.tokens.findings, *trace.broken]
        if not story.is_over:
            found.append("the run itself came to no end")
    return Outcome(plan, tuple(found), trace.digest(), tuple(trace.lines), kernel.switches, story.settled_after_s,
                   cloud.weather.boundaries)


class _Story:
    """The task that makes the events of a plan happen, waits, and judges."""

    def __init__(self, cloud: Cloud, users: Users, plan: Plan) -> None:
        self._cloud, self._users, self._plan = cloud, users, plan
        self._kernel = cloud.kernel
        self.is_over = False
        self.findings: list[str] = []
        self.settled_after_s = 0.0

    def tell(self) -> None:
        """Everything, from the first service's start to the verdict."""
        self._cloud.start_all()
        for event in self._plan.events:
            self._kernel.wait(event.at_s - self._kernel.elapsed_s)
            self._begin(event)
        ends = [event.at_s + event.for_s for event in self._plan.events if isinstance(event, Fault)]
        self._kernel.wait(max([CALM_S, *ends]) - self._kernel.elapsed_s)
        faults.end_all(self._cloud)
        self._cloud.say("the sky is clear")
        self._settle()
        use_all_tokens(self._users)
        if not ends and not self.findings:
            self.findings += checks.findings_of_bells(self._cloud) + checks.findings_of_imports(self._cloud)
        if self._plan.empties and not self.findings:
            self._users.delete_all()
            self._settle()
        self.is_over = True

    def _begin(self, event: Event) -> None:
        if isinstance(event, Call):
            self._cloud.say(f"call {event.kind}")
            self._kernel.spawn(self._cloud.client, functools.partial(self._users.make, event), event.kind)
        else:
            undo = faults.strike(self._cloud, event)
            self._kernel.spawn(self._cloud.client, functools.partial(self._end, event, undo), "fault's end")

    def _end(self, event: Fault, undo: faults.Undo) -> None:
        self._kernel.wait(event.for_s)
        self._cloud.say(f"end of {event.kind}")
        undo()

    def _settle(self) -> None:
        """Wait until all is quiet, a virtual minute at most, and look at everything."""
        began = self._kernel.elapsed_s
        found = ["the run was not quiet"]
        while found and self._kernel.elapsed_s - began < SETTLE_S:
            self._kernel.wait(LOOK_EVERY_S)
            if self._users.waiting == 0 and checks.is_quiet(self._cloud):
                found = checks.findings(self._cloud, self._users)
        self.settled_after_s = max(self.settled_after_s, self._kernel.elapsed_s - began)
        if found:
            self.findings += checks.findings(self._cloud, self._users)
        if self._users.waiting:
            self.findings.append(f"answers: {self._users.waiting} calls have none")
