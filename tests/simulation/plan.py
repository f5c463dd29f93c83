"""From a seed to what happens in a run: which calls users make when, and what goes wrong when.

A plan is data, so that a failing one can be made smaller: events are left out one by one for as
long as the run still fails (shrink.py). Every event has dice of its own, so that leaving one out
does not change what the others do.
"""

import dataclasses
import json
import random
from collections.abc import Callable

CALM_S = 1.0  # the services find one another before the first event
SPANS_S = (4.0, 8.0, 8.0, 25.0)  # events close together more often than not: what meets is what breaks
FAULTS_LAST_S = (2.0, 8.0, 20.0)

CALLS = {
    "create server": 34, "create servers": 4, "delete server": 20, "stop server": 9, "start server": 7,
    "reboot server": 3, "hard reboot server": 3, "create network": 4, "delete network": 4, "create port": 4,
    "delete port": 4, "upload image": 5, "delete image": 4, "stage image": 5,
    "web image": 5, "locate image": 3, "remote image": 3, "define metadata": 3, "copy image": 3, "leave store": 2, "share image": 1, "download image": 2, "create user": 2, "delete user": 2, "tag server": 2,
    "read": 2, "pause server": 3, "change server password": 2, "unpause server": 2, "suspend server": 3, "resume server": 2, "save server": 6, "rebuild server": 4,
    "rescue server": 4, "unrescue server": 3, "guest goes off": 4, "force delete server": 2,
    "create router": 4, "delete router": 2, "change router": 1, "create floating": 3, "delete floating": 2,
    "create trunk": 2, "delete trunk": 1,
    "create volume": 8, "delete volume": 6, "extend volume": 4, "describe volume": 1, "snapshot volume": 5,
    "upload volume": 3, "attach volume": 9, "detach volume": 6, "swap volume": 5, "boot from volume": 12,
    "back volume up": 5, "delete backup": 3, "restore backup": 4,
    "delete snapshot": 3, "transfer volume": 3, "group volumes": 3, "revert volume": 3, "reimage volume": 2, "migrate volume": 4, "unmanage volume": 2,
    "manage volume": 3,
    "attach card": 5, "detach card": 5, "shelve server": 4, "unshelve server": 4, "resize server": 5, "migrate server": 4, "live migrate server": 5, "evacuate server": 2, "confirm resize": 3, "revert resize": 3,
}  # fmt: skip

IDENTITY_RUNS = 0.3
IDENTITY_CALLS = {
    "arrive": 24, "log in": 16, "log in again": 6, "use token": 22, "revoke token": 5, "change password": 6,
    "switch user": 5, "switch project": 6, "delete user": 3, "delete project": 4, "create role": 3, "delete role": 2,
    "delete group": 2, "switch role": 7, "switch membership": 6, "create credential": 4, "delete credential": 2,
    "create application credential": 5, "create trust": 6, "log in by loan": 12, "delete loan": 5,
}  # fmt: skip

FAULTS = {
    "kill": 8, "mortal": 10, "kill all": 2, "database down": 3, "database flaky": 5, "broker down": 4,
    "messages": 8, "stale messages": 5, "partition": 4, "disk full": 2, "create fails": 2, "apply fails": 3, "send fails": 2, "slow host": 3, "clock jumps": 3,
    "database clock jumps": 1, "answers lost": 4, "button ignored": 3, "download fails": 2,
}  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Call:
    """A user's call; dice choose whom it concerns."""

    at_s: float
    kind: str
    dice: int

    def __str__(self) -> str:
        return f"{self.at_s:8.3f} call  {self.kind} ({self.dice})"


@dataclasses.dataclass(frozen=True)
class Fault:
    """Something that goes wrong for a while."""

    at_s: float
    for_s: float
    kind: str
    dice: int

    def __str__(self) -> str:
        return f"{self.at_s:8.3f} fault {self.kind} for {self.for_s:.1f} s ({self.dice})"


Event = Call | Fault


@dataclasses.dataclass(frozen=True)
class Plan:
    """All that is decided before a run begins."""

    seed: int
    hosts: tuple[str, ...]
    events: tuple[Event, ...]
    empties: bool  # whether everything is deleted at the end
    is_tight: bool = False  # hosts with room for two servers each, so that some are refused

    def only(self, keep: Callable[[Event], bool]) -> "Plan":
        """Return the plan with some of its events."""
        return dataclasses.replace(self, events=tuple(event for event in self.events if keep(event)))


def make(seed: int) -> Plan:
    """Return the plan of a seed."""
    dice = random.Random(f"plan {seed}")
    until_s = dice.choice(SPANS_S)
    calls = [Call(_at(dice, until_s), _one_of(dice, CALLS), dice.getrandbits(32)) for _ in range(dice.randint(3, 14))]
    calls += _identity_calls(seed, until_s)
    faults = [_fault(dice, until_s) for _ in range(dice.choice((0, 1, 1, 2, 2, 3, 4)))]
    hosts = tuple(f"h{number + 1}" for number in range(dice.choice((1, 2, 2, 3))))
    events = sorted([*calls, *faults], key=lambda event: event.at_s)
    return Plan(seed, hosts, tuple(events), dice.random() < 0.3, dice.random() < 0.15)


def _identity_calls(seed: int, until_s: float) -> list[Call]:
    """Return many of them in some runs and none in the others: what meets is what breaks."""
    dice = random.Random(f"identity {seed}")
    if dice.random() >= IDENTITY_RUNS:
        return []
    first = [Call(CALM_S, "arrive", dice.getrandbits(32)) for _ in range(2)]
    return [*first, *(Call(_at(dice, until_s), _one_of(dice, IDENTITY_CALLS), dice.getrandbits(32))
                      for _ in range(dice.randint(6, 24)))]


def _fault(dice: random.Random, until_s: float) -> Fault:
    for_s = round(dice.uniform(0.5, dice.choice(FAULTS_LAST_S)), 3)
    return Fault(_at(dice, until_s), for_s, _one_of(dice, FAULTS), dice.getrandbits(32))


def _at(dice: random.Random, until_s: float) -> float:
    return round(dice.uniform(CALM_S, until_s), 3)


def _one_of(dice: random.Random, weights: dict[str, int]) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]


def to_json(plan: Plan) -> str:
    """Write a plan down, to be run again for ever."""
    events = [{"event": type(event).__name__} | dataclasses.asdict(event) for event in plan.events]
    return json.dumps(dataclasses.asdict(plan) | {"events": events}, indent=1) + "\n"


def from_json(text: str) -> Plan:
    """Read a plan that was written down."""
    read = json.loads(text)
    kinds: dict[str, type[Call] | type[Fault]] = {"Call": Call, "Fault": Fault}
    events = tuple(kinds[event.pop("event")](**event) for event in read["events"])
    return Plan(read["seed"], tuple(read["hosts"]), events, read["empties"], read["is_tight"])
