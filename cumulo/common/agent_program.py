"""What the program of every agent does: read its configuration, start, and stop in order at SIGTERM."""

import argparse
import signal
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from cumulo.common import config, log
from cumulo.common.runtime import Runtime


class Service(Protocol):
    """A running agent."""

    def stop(self) -> None:
        """Take no more steps."""


def run(kind: str, description: str, registrations: Sequence[Any], start: Callable[[Runtime], Service]) -> None:
    """Run the agent of a kind until somebody ends it: cumulo-<kind> --config-file FILE."""
    parser = argparse.ArgumentParser(prog=f"cumulo-{kind}", description=description)
    parser.add_argument("--config-file", action="append", default=[], help="configuration file; may be repeated")
    conf = config.load(parser.parse_args().config_file, registrations=registrations)
    log.setup(conf)
    runtime = Runtime.create(conf, identity=f"{kind}.{conf.host}")
    stopping = runtime.threads.event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    service = start(runtime)
    stopping.wait()
    service.stop()
    runtime.bus.close()
