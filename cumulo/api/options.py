"""Options of the API service."""

from oslo_config import cfg

GROUP = "api"
OPTIONS = [
    cfg.StrOpt("listen", default="127.0.0.1",
               help="Address to listen on. The default is loopback: put a TLS proxy in front, or name an address."),
    cfg.PortOpt("port", default=5000, help="Port all APIs are served on, each below its own path."),
    cfg.PortOpt("admin_port", default=0,
                help="A second port for old clients of the identity API, which is at its root too: 35357 by custom. "
                     "0, the default, opens none."),
    cfg.IntOpt("workers", default=1, min=1, max=256,
               help="Processes of cumulo-api that answer requests; one a core is plenty. The embedded cloud has one."),
    cfg.IntOpt("max_connections", default=1000, min=1, max=100000,
               help="Connections one process serves at a time; more wait in the listen queue."),
    cfg.IntOpt("idle_timeout_s", default=75, min=1, max=3600,
               help="Seconds a kept-alive connection may be silent; above the 60 s of common proxies."),
    cfg.StrOpt("public_url", default="http://127.0.0.1:5000",
               help="URL the APIs are reached at from outside, as the catalog names it, without a path."),
    cfg.StrOpt("novnc_dir", default="/usr/share/novnc",
               help="Directory of noVNC, the page that shows a server's display: where Debian's package novnc puts it."),
    cfg.StrOpt("spice_dir", default="/usr/share/spice-html5",
               help="Directory of the page that shows SPICE displays: where Debian's package spice-html5 puts it."),
    cfg.StrOpt("paste_config", default="", help="Paste file with the mounts; empty means the one that is installed."),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Declare the options of this part."""
    conf.register_opts(OPTIONS, group=GROUP)
