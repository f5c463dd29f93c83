"""A libvirt daemon for a machine where none answers: no systemd, its own directory, a unix socket only.

libvirtd run by root keeps its files at fixed paths (/etc/libvirt, /var/lib/libvirt ...). It is started
in a mount namespace of its own in which those paths lead into the directory given, so that it shares
nothing with a libvirt of the distribution and two clouds on a machine do not meet. Guests outlive it:
started again on the same directory it finds them.
"""

import ctypes
import grp
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import uuid

from cumulo.common import command, errors, log
from cumulo.common.clock import Clock
from cumulo.compute.agent import probe

LOG = log.get(__name__)
SYSTEM_URI = "qemu:///system"
START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 10.0
_FIXED_PATHS = {"etc": "/etc/libvirt", "lib": "/var/lib/libvirt", "run": "/run/libvirt",
                "cache": "/var/cache/libvirt", "log": "/var/log/libvirt"}
# The account Debian reserves for guests. libvirtd insists that it exists, but only the package
# libvirt-daemon-system makes it; without that package our daemon sees account files that have it.
_GUEST_ACCOUNT, _GUEST_ACCOUNT_ID = "libvirt-qemu", 64055
_ACCOUNT_FILES = {
    "/etc/passwd": f"{_GUEST_ACCOUNT}:x:{_GUEST_ACCOUNT_ID}:{_GUEST_ACCOUNT_ID}::/nonexistent:/usr/sbin/nologin",
    "/etc/group": f"{_GUEST_ACCOUNT}:x:{_GUEST_ACCOUNT_ID}:",
}
# Where both versions of cgroups are mounted, libvirt's containers cannot find the place of the second one.
_SECOND_HIERARCHY = (pathlib.Path("/sys/fs/cgroup/unified"),)
# Where guests' large pages are taken from: systemd mounts it, and without systemd nobody does.
_LARGE_PAGES = pathlib.Path("/dev/hugepages")
_CLONE_NEWNS, _MNT_DETACH = 0x20000, 2
_MS_RDONLY, _MS_REMOUNT, _MS_BIND, _MS_REC, _MS_SLAVE = 1, 32, 4096, 16384, 1 << 19


class Libvirtd:
    """Starts and stops a libvirt daemon; nothing is done where the system's own daemon answers."""

    def __init__(self, directory: pathlib.Path | str, *, clock: Clock | None = None, listen: str = "", containers: bool = False) -> None:
        self._containers = containers
        self._listen = listen  # an address at which it takes calls from anybody, for networks that nobody else hears
        self._directory = pathlib.Path(directory)
        self._clock = clock or Clock()
        self._pid_file = self._directory / "libvirtd.pid"
        self._socket = self._directory / "socket" / "libvirt-sock"
        self._shows_kvm: bool | None = None

    def start(self) -> str:
        """Return the URI of a daemon that answers, started here unless one is there; safe to repeat.

        Raises ServiceUnavailable when it does not answer in time or cannot be found.
        """
        uri = self.uri()
        if uri is not None:
            return uri
        if shutil.which("libvirtd") is None:
            raise errors.ServiceUnavailable("libvirtd is not installed (Debian package libvirt-daemon)")
        self._write_files()
        process = self._spawn()
        deadline = self._clock.monotonic() + START_TIMEOUT_S
        while not _answers(self._own_uri()):
            if process.poll() is not None or self._clock.monotonic() > deadline:
                raise errors.ServiceUnavailable(f"libvirtd does not answer: {self._last_words()}")
            self._clock.sleep(0.1)
        LOG.info("libvirtd_started", pid=process.pid, directory=self._directory)
        return self._own_uri()

    def uri(self) -> str | None:
        """Return the URI of the daemon that answers: ours, or the system's; None when neither does."""
        if self.pid() is not None and _answers(self._own_uri()):
            return self._own_uri()
        return SYSTEM_URI if pathlib.Path("/run/libvirt/libvirt-sock").exists() and _answers(SYSTEM_URI) else None

    def pid(self) -> int | None:
        """Return the process id of our daemon while it lives."""
        try:
            pid = int(self._pid_file.read_text())
            arguments = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        # A pid may have gone to somebody else since the file was written.
        return pid if str(self._directory / "libvirtd.conf").encode() in arguments else None

    def stop(self) -> None:
        """End our daemon and leave its guests running; a daemon of the system is left alone."""
        pid = self.pid()
        if pid is None:
            return
        deadline = self._clock.monotonic() + STOP_TIMEOUT_S
        os.kill(pid, signal.SIGTERM)
        while self.pid() == pid:
            if self._clock.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            _reap(pid)
            self._clock.sleep(0.05)
        LOG.info("libvirtd_stopped", pid=pid)

    def _own_uri(self) -> str:
        return f"qemu+unix:///system?socket={self._socket}"

    def _write_files(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        self._socket.parent.mkdir(mode=0o700, exist_ok=True)
        for name, fixed in _FIXED_PATHS.items():
            (self._directory / name).mkdir(exist_ok=True)
            pathlib.Path(fixed).mkdir(parents=True, exist_ok=True)  # what is mounted over must exist
        self._socket.unlink(missing_ok=True)
        (self._directory / "libvirtd.conf").write_text(daemon_configuration(self._directory, self._listen))
        user, group = guest_account(self._directory)
        (self._directory / "etc" / "qemu.conf").write_text(guest_configuration(
            user, group, kvm=self._kvm_is_shown(), alone=not self._listen))

    def _kvm_is_shown(self) -> bool:
        """Say whether libvirt may see /dev/kvm: not when it is there and useless.

        With one in sight libvirt finds that the processor "has changed", and asks QEMU for everything
        it can do again at every step of a guest's start: 70 s instead of 1 s.
        """
        if self._shows_kvm is None:
            self._shows_kvm = not probe.DEVICE.exists() or probe.probe().works
        return self._shows_kvm

    def _mounts(self) -> list[tuple[str, str]]:
        found = [(str(self._directory / name), fixed) for name, fixed in _FIXED_PATHS.items()]
        for fixed, line in _ACCOUNT_FILES.items():
            content = pathlib.Path(fixed).read_text()
            if f"\n{_GUEST_ACCOUNT}:" not in content:
                copy = self._directory / pathlib.Path(fixed).name
                copy.write_text(f"{content.rstrip()}\n{line}\n")
                found.append((str(copy), fixed))
        if not self._kvm_is_shown():
            hidden = self._directory / "no-kvm"
            hidden.touch(mode=0o000)
            found.append((str(hidden), str(probe.DEVICE)))
        return found

    def _spawn(self) -> "subprocess.Popen[bytes]":
        argv = ["libvirtd", "--config", str(self._directory / "libvirtd.conf"), "--pid-file", str(self._pid_file),
                *(["--listen"] if self._listen else [])]
        mounts = self._mounts()
        hidden = [path for path in _SECOND_HIERARCHY if self._containers and path.is_dir()]
        pages = _lacks_large_pages()
        with open(self._directory / "libvirtd.log", "ab") as output:
            return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                    start_new_session=True, preexec_fn=lambda: _private_mounts(mounts, hidden, pages))

    def _last_words(self) -> str:
        try:
            return (self._directory / "libvirtd.log").read_text(errors="replace")[-500:].strip() or "it says nothing"
        except OSError as failure:
            return str(failure)


def daemon_configuration(directory: pathlib.Path, listen: str = "") -> str:
    """Return libvirtd.conf: a unix socket only root may use, and a log beside it; an address to listen at if one is given.

    Several daemons on one machine say that they are several hosts: one refuses to send a guest to itself.
    """
    return "".join(line + "\n" for line in (
        "listen_tls = 0",
        *(("listen_tcp = 1", f'listen_addr = "{listen}"', 'auth_tcp = "none"',
           f'host_uuid = "{uuid.uuid5(uuid.NAMESPACE_URL, str(directory))}"') if listen else ("listen_tcp = 0",)),
        f'unix_sock_dir = "{directory / "socket"}"',
        'unix_sock_rw_perms = "0700"',
        'auth_unix_ro = "none"',
        'auth_unix_rw = "none"',
        "min_workers = 2",
        "max_workers = 8",
        "prio_workers = 2",
        'log_outputs = "3:stderr"',
    ))


def guest_configuration(user: str, group: str, *, kvm: bool, alone: bool = True) -> str:
    """Return qemu.conf: who guests run as; their output goes to files, so that no virtlogd is needed.

    Where it is not alone on its machine, the same guest comes from one daemon to another: they would share its groups.
    """
    lines = [
        f'user = "{user}"',
        f'group = "{group}"',
        "dynamic_ownership = 1",
        'security_driver = "none"',
        'stdio_handler = "file"',
    ]
    if not alone:
        lines.append("cgroup_controllers = []")
    if not kvm:
        # A guest's private /dev cannot take over the mount that hides /dev/kvm; the guest's user may
        # open nothing of importance in the shared one.
        lines.append("namespaces = []")
    return "".join(line + "\n" for line in lines)


def guest_account(directory: pathlib.Path) -> tuple[str, str]:
    """Return the user and group for guests: an unprivileged one, or root where it could not reach the directory."""
    blocked = next((path for path in (directory, *directory.parents) if not path.stat().st_mode & stat.S_IXOTH), None)
    if blocked is not None:
        LOG.warning("guests_run_as_root", reason=f"{blocked} lets only its owner through")
        return "root", "root"
    return _GUEST_ACCOUNT, _guest_group()


def _guest_group() -> str:
    try:
        return grp.getgrnam("kvm").gr_name  # it opens /dev/kvm where that is usable
    except KeyError:
        return _GUEST_ACCOUNT


def _answers(uri: str) -> bool:
    try:
        return command.run(["virsh", "-q", "-c", uri, "uri"], timeout_s=5, check=False).code == 0
    except errors.CommandFailed:
        return False  # it hangs or virsh is not there: no answer either way


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # started by an earlier process; somebody else collects it


def _lacks_large_pages() -> bool:
    """Say whether the kernel has large pages and a place for them, and they are mounted nowhere."""
    mounted = any(line.split()[2] == "hugetlbfs" for line in pathlib.Path("/proc/mounts").read_text().splitlines())
    return not mounted and _LARGE_PAGES.is_dir() and "hugetlbfs" in pathlib.Path("/proc/filesystems").read_text()


def _private_mounts(mounts: list[tuple[str, str]], hidden: list[pathlib.Path], pages: bool) -> None:
    # Runs between fork and exec. Mounts of the machine still arrive here (slave); ours do not get out.
    c_library = ctypes.CDLL(None, use_errno=True)
    _check(c_library.unshare(_CLONE_NEWNS))
    _check(c_library.mount(b"none", b"/", None, ctypes.c_ulong(_MS_REC | _MS_SLAVE), None))
    for source, target in mounts:
        _check(c_library.mount(source.encode(), target.encode(), None, ctypes.c_ulong(_MS_BIND), None))
        if target == str(probe.DEVICE):  # read-only: not even root finds it usable then
            flags = ctypes.c_ulong(_MS_BIND | _MS_REMOUNT | _MS_RDONLY)
            _check(c_library.mount(None, target.encode(), None, flags, None))
    if pages:  # a machine that does not allow it has none, as before
        c_library.mount(b"hugetlbfs", bytes(_LARGE_PAGES), b"hugetlbfs", None, None)
    for path in hidden:
        c_library.umount2(str(path).encode(), _MNT_DETACH)


def _check(answer: int) -> None:
    if answer:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
