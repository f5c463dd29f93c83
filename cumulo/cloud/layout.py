"""Where the cloud of one state directory keeps everything.

    <state_dir>/
      cloud.json        what was asked for and how far the first start came (state.py)
      cumulo.conf       the services' configuration, written by every `up`
      local.conf        what an administrator sets: taken over into it
      run/              pid files and the control socket
      log/              one log per process
      first-key         the private key of the first server
      cache/            the guest image
    and what the services keep there themselves: keys, images, overlays, the SQLite file
"""

import dataclasses
import os
import pathlib
import sys


@dataclasses.dataclass(frozen=True)
class Layout:
    """The paths below one state directory."""

    state_dir: pathlib.Path

    @property
    def state_file(self) -> pathlib.Path:
        """Return the file with what was asked for."""
        return self.state_dir / "cloud.json"

    @property
    def config_file(self) -> pathlib.Path:
        """Return the services' configuration."""
        return self.state_dir / "cumulo.conf"

    @property
    def local_config_file(self) -> pathlib.Path:
        """Return the file with what an administrator sets, which nobody writes but them."""
        return self.state_dir / "local.conf"

    @property
    def run_dir(self) -> pathlib.Path:
        """Return the directory of pid files."""
        return self.state_dir / "run"

    @property
    def log_dir(self) -> pathlib.Path:
        """Return the directory of logs."""
        return self.state_dir / "log"

    @property
    def control_socket(self) -> pathlib.Path:
        """Return the socket on which the embedded cloud answers the `cumulo` command."""
        return self.run_dir / "control.sock"

    @property
    def private_key(self) -> pathlib.Path:
        """Return the private key of the first server's keypair."""
        return self.state_dir / "first-key"

    @property
    def guest_image_dir(self) -> pathlib.Path:
        """Return the directory the guest image is built in."""
        return self.state_dir / "cache" / "guest"

    def pid_file(self, name: str) -> pathlib.Path:
        """Return the pid file of a process."""
        return self.run_dir / f"{name}.pid"

    def log_file(self, name: str) -> pathlib.Path:
        """Return the log of a process."""
        return self.log_dir / f"{name}.log"

    def make(self) -> None:
        """Make the directories; only their owner may look into them, guests' disks excepted."""
        for directory in (self.state_dir, self.run_dir, self.log_dir, self.state_dir / "cache"):
            directory.mkdir(parents=True, exist_ok=True)
        # 0711: a hypervisor that runs as its own user must reach the disks it is given by name.
        self.state_dir.chmod(0o711)
        for directory in (self.run_dir, self.log_dir):
            directory.chmod(0o700)


def default_state_dir() -> pathlib.Path:
    """Return /var/lib/cumulo for root, and the user's data directory for anybody else."""
    if os.geteuid() == 0:
        return pathlib.Path("/var/lib/cumulo")
    base = os.environ.get("XDG_DATA_HOME") or pathlib.Path.home() / ".local" / "share"
    return pathlib.Path(base) / "cumulo"


def shipped_file(name: str) -> pathlib.Path:
    """Return a file of etc/: in a checkout it is beside the package, installed it is below the prefix."""
    checkout = pathlib.Path(__file__).resolve().parents[2] / "etc" / name
    return checkout if checkout.exists() else pathlib.Path(sys.prefix) / "etc" / "cumulo" / name
