"""Options of the audit."""

from oslo_config import cfg

GROUP = "audit"
OPTIONS = [
    cfg.FloatOpt("interval_s", default=30.0, min=0.0, max=3600.0,
                 help="Seconds between two audits, whichever copy of the scheduler makes them; 0 makes none. A "
                      "difference counts after a minute, so 30 see it three times. An audit asks each agent once and "
                      "reads the tables twice."),
    cfg.FloatOpt("answer_timeout_s", default=10.0, min=0.5, max=300.0,
                 help="Seconds an agent has to say what its host holds. One that does not is not judged. Listing a "
                      "host takes well under a second."),
    cfg.IntOpt("agents_at_once", default=32, min=1, max=1000,
               help="Agents asked at the same time. Waiting costs a thread each, so a few dozen serve a large fleet."),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Declare the options of this part."""
    conf.register_opts(OPTIONS, group=GROUP)
