"""The config drive: the metadata files on an ISO 9660 disk labelled config-2, as cloud-init looks for it."""

import pathlib
import shutil
import tempfile

from cumulo.common import command, errors
from cumulo.common.metadata import openstack_files
from cumulo.compute.agent.driver import Facts

LABEL = "config-2"
PROGRAMS = ("genisoimage", "xorrisofs", "mkisofs")  # they understand the same arguments
TIMEOUT_S = 60


def make_config_drive(facts: Facts, target: pathlib.Path) -> None:
    """Write the drive; the file appears whole or not at all."""
    partial = target.with_suffix(".new")
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        tree = pathlib.Path(name)
        for path, content in openstack_files(facts).items():
            file = tree / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        command.run(iso_command(_program(), tree, partial), timeout_s=TIMEOUT_S)
    partial.rename(target)


def iso_command(program: str, tree: pathlib.Path, target: pathlib.Path) -> list[str]:
    """Return the command that writes a tree as an ISO image with long names (Rock Ridge and Joliet)."""
    return [program, "-quiet", "-o", str(target), "-V", LABEL, "-J", "-r", "-l", "-allow-lowercase",
            "-allow-multidot", str(tree)]


def _program() -> str:
    for name in PROGRAMS:
        if shutil.which(name):
            return name
    raise errors.ServiceUnavailable(f"none of {', '.join(PROGRAMS)} is installed: no config drive can be made")
