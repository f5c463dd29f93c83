"""Whether KVM works here: a guest of one sector is started and must print a line within 3 s.

/dev/kvm alone says nothing: nested or restricted machines have it and their guests hang.
"""

import dataclasses
import os
import pathlib
import tempfile

from cumulo.common import command, errors, log

LOG = log.get(__name__)
LIMIT_S = 3.0
DEVICE = pathlib.Path("/dev/kvm")
EMULATOR = "qemu-system-x86_64"
GREETING = b"guest is alive\r\n"


@dataclasses.dataclass(frozen=True)
class Verdict:
    """Whether KVM is used, and why, for people."""

    works: bool
    reason: str

    @property
    def virt_type(self) -> str:
        """The type to give to libvirt: kvm or qemu."""
        return "kvm" if self.works else "qemu"


def probe() -> Verdict:
    """Try a guest under KVM; takes at most a little over 3 s."""
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return Verdict(False, f"{DEVICE} is missing or may not be opened: guests are emulated (TCG)")
    with tempfile.TemporaryDirectory() as name:
        sector = pathlib.Path(name) / "sector"
        sector.write_bytes(boot_sector())
        try:
            answer = command.run(probe_command(sector), timeout_s=LIMIT_S, check=False)
        except errors.CommandFailed as failure:
            return Verdict(False, f"{DEVICE} exists but a guest prints nothing ({failure.message}): "
                                  "guests are emulated (TCG)")
    if GREETING.strip() in answer.stdout:
        return Verdict(True, "a guest under KVM started and printed")
    said = answer.stderr.decode("utf-8", "replace").strip()[-200:]
    return Verdict(False, f"{DEVICE} exists but a guest prints nothing ({said}): guests are emulated (TCG)")


def probe_command(sector: pathlib.Path) -> list[str]:
    """Return the command of the guest: it has a disk, a serial port, and a device that ends it."""
    return [EMULATOR, "-machine", "pc,accel=kvm", "-cpu", "host", "-m", "16", "-nodefaults", "-display", "none",
            "-serial", "stdio", "-no-reboot", "-drive", f"file={sector},format=raw,if=ide",
            "-device", "isa-debug-exit,iobase=0x501,iosize=1"]


def boot_sector() -> bytes:
    """Return a disk of one sector whose code prints the greeting on the first serial port, then ends the guest."""
    load_address = 0x7C00  # where a BIOS puts the sector
    print_text = bytes.fromhex(
        "31c0 8ed8 fc"       # ax = 0; ds = ax; count upwards
        "ba f803"            # dx = 0x3f8, the serial port
        "be 0000"            # si = the text's address, filled in below
        "ac 84c0 7403"       # next: al = byte at si++; leave at 0
        "ee ebf8"            # print it; next
        "ba 0105 ee"         # write to port 0x501: the guest ends
        "f4 ebfd"            # and if it does not: halt
    )
    address = (load_address + len(print_text)).to_bytes(2, "little")
    code = print_text.replace(bytes.fromhex("be0000"), b"\xbe" + address)
    return (code + GREETING + b"\0").ljust(510, b"\0") + b"\x55\xaa"
