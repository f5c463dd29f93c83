"""What goes wrong at this moment, and the dice that decide whom it meets.

A fault of the plan changes the weather for a while; everything of the simulated world asks it at
its own points: the database at each begin and commit, the broker at each message, a host at each
effect on it. When the faults end the weather is fair, and every question is answered with no.
"""

import random
from collections.abc import Callable

from tests.simulation.kernel import Kernel, Killed, Process

Rates = dict[str, float]


class Weather:
    """The faults in force."""

    def __init__(self, kernel: Kernel, seed: str) -> None:
        self._kernel = kernel
        self._random = random.Random(f"weather {seed}")
        self.database_down = False
        self.database_clock_s = 0.0
        self.broker_down = False
        self.rates: Rates = {}  # what happens by chance, such as "commit lost", and how often
        self.cut_off: set[str] = set()  # hosts whose packets go nowhere
        self.disk_full: set[str] = set()  # hosts
        self.slow: dict[str, float] = {}  # host -> the most seconds that one effect takes there
        self.mortal: dict[str, float] = {}  # process -> chance of death at each of its boundaries
        self.on_death: Callable[[Process, str], None] = lambda process, where: None
        self.boundaries: dict[str, int] = {}  # how often each was passed

    def happens(self, what: str) -> bool:
        """Throw the dice for one thing."""
        rate = self.rates.get(what)
        return rate is not None and self._random.random() < rate

    def between(self, least: float, most: float) -> float:
        """Draw a number."""
        return least + (most - least) * self._random.random()

    def boundary(self, what: str) -> None:
        """Pass a point before or after which a kill makes a difference; Killed when it happens here."""
        self._kernel.check_alive()
        process = self._kernel.current.process
        self.boundaries[what] = self.boundaries.get(what, 0) + 1
        chance = self.mortal.get(process.name)
        if chance is not None and self._random.random() < chance:
            self.on_death(process, what)
            raise Killed(process.name)

    def clear(self) -> None:
        """Let the sun shine."""
        self.database_down = self.broker_down = False
        for faults in (self.rates, self.cut_off, self.disk_full, self.slow, self.mortal):
            faults.clear()
