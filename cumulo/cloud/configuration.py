"""The services' configuration file of one cloud, written anew by every `up` from the cloud's state.

Nothing but this file tells the services how they run: what `up` was asked for is in the state, and
what the machine can do (hypervisor, databases of our own) is found out before this is written. What an
administrator sets is taken over from local.conf beside it, and wins.
"""

import dataclasses

from oslo_config import cfg

from cumulo.cloud.files import write_atomically
from cumulo.cloud.layout import Layout
from cumulo.cloud.options_all import PARTS
from cumulo.cloud.state import State
from cumulo.common import config

ADDRESS = "127.0.0.1"


@dataclasses.dataclass(frozen=True)
class Wiring:
    """Where the services find the database, the bus and the hypervisor."""

    database_url: str
    bus_url: str
    libvirt_uri: str = ""


def public_url(state: State) -> str:
    """Return the URL all APIs are served below."""
    return f"http://{ADDRESS}:{state.port}"



def write(layout: Layout, state: State, wiring: Wiring) -> None:
    """Write the file; it holds passwords, so only its owner may read it."""
    own = layout.local_config_file
    said = f"\n# From {own.name}:\n{own.read_text(encoding='utf-8')}" if own.exists() else ""
    write_atomically(layout.config_file, render(layout, state, wiring) + said)


def read(layout: Layout) -> cfg.ConfigOpts:
    """Read the file with every option of every part declared."""
    return config.load([str(layout.config_file)], registrations=PARTS)


def render(layout: Layout, state: State, wiring: Wiring) -> str:
    """Return the text of the file."""
    driver = "fake" if state.fake_hypervisor else "libvirt"
    compute = [f"driver = {driver}"]
    if not state.fake_hypervisor:
        compute += [f"libvirt_uri = {_plain(wiring.libvirt_uri)}", f"virt_type = {state.virt_type}"]
    sections = {
        "DEFAULT": [f"state_dir = {_plain(layout.state_dir)}", f"bus_url = {_plain(wiring.bus_url)}"],
        "database": [f"url = {_plain(wiring.database_url)}"],
        "api": [f"listen = {ADDRESS}", f"port = {state.port}", f"public_url = {public_url(state)}"],
        "scheduler": [f"image_url = {public_url(state)}/image"],
        "compute_agent": compute,
        "network": [f"driver = {'fake' if state.fake_hypervisor else 'linux'}"],
        "volume": [f"enabled_backends = {'fake:fake' if state.fake_hypervisor else 'file:file'}"],
    }
    head = "# Written by `cumulo up`, which overwrites changes: make them in local.conf. Every option: etc/cumulo.conf.sample\n"
    return head + "".join(f"\n[{name}]\n" + "".join(f"{line}\n" for line in lines)
                          for name, lines in sections.items())


def _plain(value: object) -> str:
    """Return a value in which the configuration's own `$name` substitution finds nothing."""
    return str(value).replace("$", "$$")
