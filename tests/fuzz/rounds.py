"""A round: a new cloud and so many requests of one seed. The same seed sends the same requests."""

import collections
import dataclasses
import time

from tests.fuzz import verdict
from tests.fuzz.cloud import Answer, Cloud, read_json
from tests.fuzz.maker import Maker
from tests.fuzz.operations import Surface
from tests.fuzz.shapes import Shape

SETTLE_EVERY = 25
FAMILIES = ("identity", "image", "network", "compute", "volume")


@dataclasses.dataclass
class Tally:
    """What was sent and what came back."""

    requests: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0
    families: "collections.Counter[str]" = dataclasses.field(default_factory=collections.Counter)
    statuses: "collections.Counter[str]" = dataclasses.field(default_factory=collections.Counter)
    reached: "collections.Counter[str]" = dataclasses.field(default_factory=collections.Counter)
    operations: set[str] = dataclasses.field(default_factory=set)
    failures: list[str] = dataclasses.field(default_factory=list)

    @property
    def unreached(self) -> set[str]:
        """Return the operations that no request got through to the end."""
        return self.operations - self.reached.keys()

    def add(self, other: "Tally") -> None:
        """Take another tally into this one."""
        self.requests += other.requests
        self.seconds += other.seconds
        self.slowest_s = max(self.slowest_s, other.slowest_s)
        self.families.update(other.families)
        self.statuses.update(other.statuses)
        self.reached.update(other.reached)
        self.operations |= other.operations
        self.failures += other.failures

    def count(self, shape: Shape, answer: Answer) -> None:
        """Count one request."""
        family = shape.operation.family
        self.requests += 1
        self.slowest_s = max(self.slowest_s, answer.cpu_s)
        self.families[family] += 1
        self.statuses[f"{family} {answer.status}"] += 1
        if answer.status < 400 and shape.method == shape.operation.method:
            self.reached[shape.operation.name] += 1


def run(seed: int, requests: int, families: tuple[str, ...] = FAMILIES) -> Tally:
    """Send the requests of a seed to a new cloud."""
    tally, began = Tally(), time.monotonic()
    cloud = Cloud()
    try:
        surface = Surface(cloud.document)
        operations = [each for each in surface.operations if each.family in families]
        tally.operations = {each.name for each in operations}
        maker = Maker(seed, operations, cloud.pool)
        for number in range(requests):
            shape = maker.next()
            tally.failures += [f"seed {seed}, request {number}: {shape}\n    {each}"
                               for each in _send(cloud, surface, shape, tally)]
            if number % SETTLE_EVERY == SETTLE_EVERY - 1:
                cloud.settle()
    finally:
        cloud.close()
    tally.seconds = time.monotonic() - began
    return tally


def _send(cloud: Cloud, surface: Surface, shape: Shape, tally: Tally) -> list[str]:
    answer = cloud.send(shape)
    tally.count(shape, answer)
    found = verdict.complaints(surface, shape, answer)
    if answer.status == 401 and shape.actor in ("admin", "member") and cloud.is_locked_out():
        found.append("locks its caller out")
    if answer.status < 300 and not found:
        _learn(cloud, shape, answer)
    return found


def _learn(cloud: Cloud, shape: Shape, answer: Answer) -> None:
    if shape.method == "DELETE":
        cloud.pool.forget(shape.operation.path, shape.path)
        return
    if shape.method == shape.operation.method:
        cloud.pool.add_path(shape.operation.path, shape.path)
    if "X-Subject-Token" in dict(answer.headers) and shape.method == "POST":
        cloud.pool.add("token", dict(answer.headers)["X-Subject-Token"])
    if answer.body and len(answer.body) < 200_000 and "json" in dict(answer.headers).get("Content-Type", ""):
        cloud.pool.learn(shape.operation.family, read_json(answer.body))
