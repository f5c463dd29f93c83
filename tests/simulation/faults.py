"""Making the faults of a plan happen, and unmaking them."""

import random
from collections.abc import Callable

from tests.simulation.cloud import CONTROLLERS, Cloud
from tests.simulation.plan import Fault

Undo = Callable[[], None]
MESSAGE_RATES = {"message dropped": (0.0, 0.02, 0.2), "message repeated": (0.0, 0.1, 0.6),
                 "message late": (0.0, 0.05, 0.4)}  # fmt: skip


def strike(cloud: Cloud, fault: Fault) -> Undo:
    """Let a fault begin; what is returned ends it."""
    dice = random.Random(fault.dice)
    cloud.say(f"fault {fault.kind}")
    return _KINDS[fault.kind](cloud, dice)


def end_all(cloud: Cloud) -> None:
    """The sky clears: every fault ends and every service runs."""
    cloud.weather.clear()
    cloud.clock_offset_s.clear()
    cloud.start_all()


def _victims(cloud: Cloud, dice: random.Random) -> list[str]:
    """One service, or a kind of them, or most of them."""
    names = cloud.names
    kind = dice.choice(("one", "one", "one", "kind", "many"))
    if kind == "one":
        return [dice.choice(names)]
    if kind == "kind":
        wanted = dice.choice(("api", "scheduler", "compute", "network", "image", "volume"))
        return [name for name in names if name.startswith(wanted)]
    return [name for name in names if dice.random() < 0.7]


def _kill(cloud: Cloud, dice: random.Random) -> Undo:
    return _kill_these(cloud, dice, _victims(cloud, dice))


def _kill_all(cloud: Cloud, dice: random.Random) -> Undo:
    return _kill_these(cloud, dice, cloud.names)


def _kill_these(cloud: Cloud, dice: random.Random, names: list[str]) -> Undo:
    for name in names:
        cloud.say(f"killed {name}")
        cloud.kill(name)
        cloud.restart_after(name, dice.uniform(0.5, 10.0))
    return _nothing


def _mortal(cloud: Cloud, dice: random.Random) -> Undo:
    chance = dice.choice((0.003, 0.02, 0.1))
    names = _victims(cloud, dice)
    cloud.say(f"mortal {','.join(names)} {chance}")
    return _set_each(cloud.weather.mortal, names, chance)


def _database_down(cloud: Cloud, dice: random.Random) -> Undo:
    cloud.weather.database_down = True

    def back() -> None:
        cloud.weather.database_down = False

    return back


def _database_flaky(cloud: Cloud, dice: random.Random) -> Undo:
    kinds = ["read refused", "write refused", "commit refused", "commit unanswered"]
    chosen = [dice.choice(kinds)] if dice.random() < 0.5 else kinds
    return _set_each(cloud.weather.rates, chosen, dice.choice((0.02, 0.1, 0.3)))


def _broker_down(cloud: Cloud, dice: random.Random) -> Undo:
    cloud.broker.go_down()

    def back() -> None:
        cloud.weather.broker_down = False

    return back


def _messages(cloud: Cloud, dice: random.Random) -> Undo:
    undo = [_set_each(cloud.weather.rates, [what], dice.choice(rates)) for what, rates in MESSAGE_RATES.items()]

    def back() -> None:
        for each in undo:
            each()

    return back


def _stale_messages(cloud: Cloud, dice: random.Random) -> Undo:
    """Nothing is lost, but much comes twice, and the second time when nobody expects it any more."""
    rates = cloud.weather.rates
    undo = _set_each(rates, ["message repeated"], 0.8), _set_each(rates, ["message late"], 0.3)

    def back() -> None:
        for each in undo:
            each()

    return back


def _partition(cloud: Cloud, dice: random.Random) -> Undo:
    host = dice.choice([*CONTROLLERS, *cloud.hosts.by_name])
    cloud.say(f"cut off {host}")
    return _put_in(cloud.weather.cut_off, host)


def _disk_full(cloud: Cloud, dice: random.Random) -> Undo:
    return _put_in(cloud.weather.disk_full, dice.choice([*cloud.hosts.by_name, "images", "staging"]))


def _slow_host(cloud: Cloud, dice: random.Random) -> Undo:
    return _set_each(cloud.weather.slow, [dice.choice(list(cloud.hosts.by_name))], dice.choice((1.0, 6.0, 25.0)))


def _clock_jumps(cloud: Cloud, dice: random.Random) -> Undo:
    host = dice.choice([*CONTROLLERS, *cloud.hosts.by_name])
    return _set_each(cloud.clock_offset_s, [host], dice.uniform(-300.0, 300.0))


def _database_clock_jumps(cloud: Cloud, dice: random.Random) -> Undo:
    cloud.weather.database_clock_s += dice.choice((-5.0, 10.0, 45.0))
    return _nothing  # a clock that was set stays where it is


def _chance(what: str, *rates: float) -> Callable[[Cloud, random.Random], Undo]:
    return lambda cloud, dice: _set_each(cloud.weather.rates, [what], dice.choice(rates))


def _set_each(table: dict[str, float], names: list[str], value: float) -> Undo:
    table.update(dict.fromkeys(names, value))

    def back() -> None:
        for name in names:
            table.pop(name, None)

    return back


def _put_in(group: set[str], name: str) -> Undo:
    group.add(name)
    return lambda: group.discard(name)


def _nothing() -> None:
    """Nothing to end."""


_KINDS: dict[str, Callable[[Cloud, random.Random], Undo]] = {
    "kill": _kill, "kill all": _kill_all, "mortal": _mortal, "database down": _database_down,
    "database flaky": _database_flaky, "broker down": _broker_down, "messages": _messages,
    "stale messages": _stale_messages,
    "partition": _partition, "disk full": _disk_full, "slow host": _slow_host, "clock jumps": _clock_jumps,
    "database clock jumps": _database_clock_jumps, "answers lost": _chance("answer lost", 0.1, 0.5),
    "create fails": _chance("create fails", 0.2, 1.0), "apply fails": _chance("apply fails", 0.2, 1.0), "send fails": _chance("send fails", 0.3, 1.0), "button ignored": _chance("button ignored", 0.5, 1.0),
    "download fails": _chance("download fails", 0.2, 1.0),
}  # fmt: skip
