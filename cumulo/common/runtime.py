"""What a service is handed at its start: configuration, clock, threads, ids, bus and its host's name."""

import dataclasses

from oslo_config import cfg

from cumulo.common import boundary
from cumulo.common.clock import Clock
from cumulo.common.ids import Ids
from cumulo.common.rpc.bus import Bus
from cumulo.common.rpc.pace import pace_of
from cumulo.common.threads import Threads


@dataclasses.dataclass
class Runtime:
    """The outside world of one process."""

    conf: cfg.ConfigOpts
    clock: Clock
    threads: Threads
    ids: Ids
    bus: Bus
    host: str

    @classmethod
    def create(cls, conf: cfg.ConfigOpts, *, identity: str) -> "Runtime":
        """Make the real thing for a process; identity names it on the bus ("scheduler.host1")."""
        boundary.follow_environment()
        clock, threads, ids = Clock(), Threads(), Ids()
        bus = Bus(conf.bus_url, identity=identity, clock=clock, threads=threads, ids=ids,
                  pace=pace_of(conf.bus_silence_s))
        return cls(conf, clock, threads, ids, bus, conf.host)
