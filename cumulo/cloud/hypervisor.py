"""The hypervisor of this machine: a libvirt daemon that answers, and whether KVM works here."""

from cumulo.cloud.layout import Layout
from cumulo.cloud.libvirtd import Libvirtd
from cumulo.cloud.options_all import PARTS
from cumulo.cloud.stages import say
from cumulo.cloud.state import State
from cumulo.common import config
from cumulo.compute.agent.probe import probe


def start(layout: Layout, state: State) -> str:
    """Return the URI of libvirt; finds out once whether KVM works, and says so when it does not."""
    uri = Libvirtd(layout.state_dir / "libvirt", containers=_runs_containers(layout)).start()
    if not state.virt_type:
        verdict = probe()
        state.virt_type = verdict.virt_type
        say(f"virt_type={verdict.virt_type}: {verdict.reason}")
    return uri


def daemon(layout: Layout) -> Libvirtd:
    """Return the libvirt daemon of this cloud, running or not."""
    return Libvirtd(layout.state_dir / "libvirt")


def _runs_containers(layout: Layout) -> bool:
    """Whether the administrator wants containers instead of virtual machines."""
    own = layout.local_config_file
    return own.exists() and bool(config.load([str(own)], registrations=PARTS).compute_agent.virt_type == "lxc")
