"""Options of the scheduler service."""

from oslo_config import cfg

GROUP = "scheduler"
OPTIONS = [
    cfg.IntOpt("workers", default=32, min=1, max=10_000,
               help="Operations one scheduler process runs at a time. Most of that time is waiting for an agent, so "
                    "many fit; each costs some 50 KiB."),
    cfg.FloatOpt("poll_s", default=3.0, min=0.1, max=60.0,
                 help="Seconds between looks for due operations when no bell rings. Bounds what a lost bell costs; one "
                      "indexed query each."),
    cfg.FloatOpt("lease_s", default=12.0, min=1.0, max=3600.0,
                 help="Seconds for which an operation belongs to the process that claimed it; renewed at a third. What "
                      "a killed scheduler was running is taken over after at most this long; 12 s costs a row's update "
                      "every 4 s for each running operation."),
    cfg.FloatOpt("undo_deadline_s", default=3600.0, min=1.0, max=30 * 86400.0,
                 help="Seconds for which an operation that walks back tries to undo its steps before it is stuck and "
                      "needs a person. An hour outlives the restart of a host."),
    cfg.FloatOpt("host_wait_s", default=60.0, min=0.0, max=3600.0,
                 help="Seconds after its request for which a server without a host waits for hosts that are silent but "
                      "known. Covers the restart of every agent; after it the server is in ERROR and says why."),
    cfg.FloatOpt("cpu_allocation_ratio", default=4.0, min=0.1, max=1000.0,
                 help="Virtual processors that may be claimed per processor of a host. Guests idle most of the time, so "
                      "4 is safe for ordinary work."),
    cfg.FloatOpt("ram_allocation_ratio", default=1.0, min=0.1, max=1000.0,
                 help="Memory that may be claimed per memory of a host. Memory that is not there ends in killed guests, "
                      "hence 1."),
    cfg.FloatOpt("disk_allocation_ratio", default=1.0, min=0.1, max=1000.0,
                 help="Disk that may be claimed per disk of a host. Overlays grow up to what was claimed, hence 1."),
    cfg.StrOpt("image_url", default="http://127.0.0.1:5000/image",
               help="URL of the image API that compute agents download from, without a trailing slash. The default "
                    "is where an API on the same host listens."),
    cfg.FloatOpt(
        "gateway_silence_s", default=3.0, min=0.3, max=300.0,
        help="Seconds for which neither agent of a host answers before the gateways of routers move to another one. A "
             "moved gateway cuts the connections that it translated, so it is long enough for a slow answer."),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Declare the options of this part."""
    conf.register_opts(OPTIONS, group=GROUP)
