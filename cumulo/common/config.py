"""The configuration object: made once in main, handed down, never global.

Each part declares its options beside their use (options.py with GROUP, OPTIONS, register).
"""

import socket
from collections.abc import Sequence

from oslo_config import cfg

OPTIONS = [
    cfg.StrOpt("state_dir", default="/var/lib/cumulo",
               help="Directory for everything the services keep on disk: images, overlays, keys, logs."),
    cfg.StrOpt("host", default=socket.gethostname(), sample_default="the host name",
               help="Name of this host as services and claims know it. Must stay the same over restarts."),
    cfg.StrOpt("bus_url", default="memory://", secret=True,
               help="Message bus: memory:// (one process) or amqp://user:password@host:port/virtual_host."),
    cfg.FloatOpt("bus_silence_s", default=10.0, min=1.0, max=300.0,
                 help="Seconds without a sign of life after which a call to another service is given up and, where it "
                      "is a step of an operation, sent again. Whoever serves it gives one at a fifth of that, so four "
                      "may be lost; it bounds what a killed agent costs."),
    cfg.StrOpt("log_file", default="", help="File to log to; empty means standard error."),
    cfg.BoolOpt("debug", default=False, help="Log what only a developer needs."),
]
DATABASE_OPTIONS = [
    cfg.StrOpt("url", default="sqlite:////var/lib/cumulo/cumulo.sqlite", secret=True,
               help="SQLAlchemy URL of the shared database: sqlite, postgresql+psycopg2 or mysql+pymysql."),
    cfg.IntOpt("pool_size", default=5, min=1, max=1000,
               help="Connections one process keeps open. A request holds one for a few milliseconds, so few suffice."),
    cfg.IntOpt("max_overflow", default=25, min=0, max=1000,
               help="Connections a process may open beyond pool_size under load, closed when idle."),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Declare the options every service has."""
    conf.register_opts(OPTIONS)
    conf.register_opts(DATABASE_OPTIONS, group="database")


def new_config() -> cfg.ConfigOpts:
    """Return a configuration with the common options declared and their defaults in force."""
    conf = cfg.ConfigOpts()
    register(conf)
    conf([], project="cumulo", default_config_files=[], default_config_dirs=[])
    return conf


def load(files: Sequence[str], *, registrations: Sequence[object] = ()) -> cfg.ConfigOpts:
    """Read configuration files; registrations are modules with a register(conf) function."""
    conf = cfg.ConfigOpts()
    register(conf)
    for module in registrations:
        module.register(conf)  # type: ignore[attr-defined]
    conf([], project="cumulo", default_config_files=list(files), default_config_dirs=[])
    return conf
