"""Green threads under a seeded choice, in virtual time: the machine that a simulated cloud runs on.

A task runs until it meets a switch point (pause, wait); then the kernel chooses by seed which of the
ready tasks goes on. When none is ready, time jumps to the next timer. So a whole minute of a cloud
takes as long as the work in it, and the same seed makes the same choices.

A process is a group of tasks that die together. A killed task gets Killed at the place where it
stands, and again at everything of the world it still reaches on its way out: `finally` clauses run,
as Python wants it, but change nothing any more.
"""

import heapq
import itertools
import random
from collections.abc import Callable

from greenlet import getcurrent, greenlet

START_S = 1_700_000_000.0  # the virtual epoch: a round number makes traces readable


class Killed(BaseException):
    """The process of this task was killed: nothing after this point runs."""


class SwitchInTransaction(AssertionError):
    """The code under test reached into the world while it held a transaction open."""


class Process:
    """Tasks that die together; `host` is the machine they are on."""

    def __init__(self, name: str, host: str) -> None:
        self.name = name
        self.host = host
        self.alive = True
        self.tasks: dict[Task, None] = {}


class Task:
    """One green thread."""

    def __init__(self, process: Process, name: str) -> None:
        self.process = process
        self.name = name
        self.ended = False
        self.woken = False  # why it goes on: woken, or the time ran out
        self.turn = 0  # which of its waits a timer belongs to
        self.joiners: list[Task] = []
        self.green: greenlet


class Kernel:
    """The ready tasks, the timers, and the time. Made, and run, in the thread's main greenlet."""

    def __init__(self, seed: str) -> None:
        self.now = START_S
        self.switches = 0
        self.transaction = ""  # who holds the database now; nothing may switch meanwhile
        self.after_switch: Callable[[], None] = lambda: None
        self._random = random.Random(f"choice {seed}")
        self._hub = getcurrent()
        self._ready: list[Task] = []
        self._timers: list[tuple[float, int, Task, int]] = []
        self._numbers = itertools.count()
        self._current: Task | None = None

    @property
    def current(self) -> Task:
        """The task that runs now."""
        assert self._current is not None, "nothing of a simulated cloud runs outside of its tasks"
        return self._current

    @property
    def elapsed_s(self) -> float:
        """Virtual seconds since the start."""
        return self.now - START_S

    def spawn(self, process: Process, function: Callable[[], None], name: str) -> Task:
        """Make a task of a process; it begins when it is chosen."""
        task = Task(process, name)
        task.green = greenlet(lambda: self._body(task, function), parent=self._hub)
        process.tasks[task] = None
        self._ready.append(task)
        return task

    def pause(self) -> None:
        """A switch point: any ready task may go on, this one included."""
        self._check("pause")
        self._ready.append(self.current)
        self._leave()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Suspend the running task until wake(); False when the time ran out first."""
        self._check("wait")
        task = self.current
        task.woken = False
        if timeout_s is not None:
            heapq.heappush(self._timers, (self.now + max(timeout_s, 0.0), next(self._numbers), task, task.turn))
        self._leave()
        return task.woken

    def wake(self, task: Task) -> None:
        """Let a task that waits go on."""
        task.turn += 1
        task.woken = True
        self._ready.append(task)

    def check_alive(self) -> None:
        """Raise Killed in a task whose process is dead: first thing of all that touches the world."""
        if not self.current.process.alive:
            raise Killed(self.current.process.name)

    def kill(self, process: Process) -> None:
        """End a process as `kill -9` does, whatever its tasks are doing."""
        process.alive = False
        victims, process.tasks = list(process.tasks), {}
        for task in victims:
            if task is not self._current:
                self._unwind(task)
        self._ready = [task for task in self._ready if not task.ended]
        if self._current in victims:
            raise Killed(process.name)

    def run(self, until: Callable[[], bool], limit_s: float) -> None:
        """Run the tasks until the condition holds, or the virtual time is limit_s after the start."""
        while not until():
            if not self._ready and not self._next_timer(START_S + limit_s):
                return
            ready = self._ready
            if len(ready) > 1:
                index = int(self._random.random() * len(ready))
                ready[index], ready[-1] = ready[-1], ready[index]
            self._current = ready.pop()
            self.switches += 1
            self._current.green.switch()
            self._current = None
            self.after_switch()

    def _next_timer(self, limit: float) -> bool:
        """Advance to the next timer and make its task ready; False when there is none before the limit."""
        while self._timers and self._timers[0][0] <= limit:
            due, _, task, turn = heapq.heappop(self._timers)
            if turn == task.turn and not task.ended:
                self.now = max(self.now, due)
                task.turn += 1
                self._ready.append(task)
                return True
        return False

    def _leave(self) -> None:
        """Go back to the loop; return when chosen again."""
        self._hub.switch()
        self.check_alive()

    def _check(self, what: str) -> None:
        if self.transaction:
            raise SwitchInTransaction(f"{what} inside of a transaction opened by {self.transaction}")
        self.check_alive()

    def _body(self, task: Task, function: Callable[[], None]) -> None:
        try:
            function()
        except Killed:
            return
        finally:
            task.process.tasks.pop(task, None)
            self._end(task)

    def _end(self, task: Task) -> None:
        task.ended = True
        for joiner in task.joiners:
            if not joiner.ended:
                self.wake(joiner)

    def _unwind(self, task: Task) -> None:
        """Throw Killed into a task that stands somewhere, and let its `finally` clauses run now."""
        if not task.green:  # never began
            self._end(task)
            return
        before, self._current = self._current, task
        task.green.parent = getcurrent()
        task.green.throw(Killed)
        self._current = before
        task.ended = True
