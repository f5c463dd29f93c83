"""The audit against a real hypervisor and a real network host: nothing on an empty one, and every stray is named.

Needs root, libvirtd, qemu, dnsmasq and nft. Starts a libvirtd of its own; networks are in namespaces.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from cumulo.cloud.libvirtd import Libvirtd
from cumulo.common.clock import Clock
from cumulo.common.threads import Threads
from cumulo.compute.agent import files
from cumulo.common.image_files import ImageCache
from cumulo.scheduler.audit.differences import differences, with_holdings
from tests.fixtures import audit as cloud

_ROOT = pathlib.Path(__file__).parents[2]
_PREPARE = ("mkdir -p /run/netns && mount -t tmpfs netns /run/netns && exec \"$0\" -W ignore::Warning "
            "-m tests.real.audit_scenario")
STRANGER = "5e000000-0000-4000-8000-00000000dead"
OTHER = "5e000000-0000-4000-8000-00000000beef"
missing = [name for name in ("libvirtd", "qemu-system-x86_64") if shutil.which(name) is None]


@unittest.skipUnless(os.geteuid() == 0, "needs root")
@unittest.skipUnless(all(shutil.which(each) for each in ("dnsmasq", "nft", "ip", "unshare")), "needs its programs")
class NetworkHostTest(unittest.TestCase):
    """See audit_scenario for what is checked."""

    def test_strays_are_named(self) -> None:
        finished = subprocess.run(
            ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child",
             "sh", "-c", _PREPARE, sys.executable], cwd=_ROOT, capture_output=True, text=True, timeout=120)
        self.assertEqual(0, finished.returncode, finished.stdout + finished.stderr)


@unittest.skipIf(os.geteuid() != 0 or missing, f"needs root and programs (missing: {missing})")
class HypervisorTest(unittest.TestCase):
    """Domains and files made by hand under a libvirtd of the test's own."""

    @classmethod
    def setUpClass(cls) -> None:
        from cumulo.compute.agent.host_cells import Shares
        from cumulo.compute.agent.libvirt.connection import Connection
        from cumulo.compute.agent.libvirt.driver import LibvirtDriver
        from cumulo.compute.agent.libvirt.xml import Machine

        directory = tempfile.mkdtemp(prefix="cumulo-audit-")
        cls.addClassCleanup(shutil.rmtree, directory)
        os.chmod(directory, 0o711)
        cls.state_dir = pathlib.Path(directory)
        libvirtd = Libvirtd(cls.state_dir / "libvirt")
        threads = Threads()
        cls.connection = Connection(libvirtd.start(), threads)
        cls.addClassCleanup(libvirtd.stop)
        cls.addClassCleanup(cls.connection.close)
        images = ImageCache(files.images_directory(cls.state_dir), threads, lambda image: None)
        cls.driver = LibvirtDriver(cls.state_dir, cls.connection, images, Machine("qemu"), Clock(), shares=Shares(),
                                   image_cache_bytes=0, console_log_bytes=64 * 1024)

    def named(self) -> set[tuple[str, str]]:
        """(kind, subject) of what differs from a cloud without servers."""
        empty = cloud.DatabaseFacts(now=cloud.NOW)
        facts = with_holdings(empty, {"compute.h1": self.driver.holdings().to_dict()}, frozenset())
        return {(each.kind, each.subject) for each in differences(facts)}

    def definition(self, server_id: str, *, manufacturer: str = "Cumulo", disk: str = "") -> str:
        """The XML of a tiny domain."""
        source = f"<disk type='file'><source file='{disk}'/><target dev='vda' bus='virtio'/></disk>" if disk else ""
        return (f"<domain type='qemu'><name>{server_id}</name><uuid>{server_id}</uuid><memory unit='MiB'>16</memory>"
                "<os><type arch='x86_64' machine='pc'>hvm</type><smbios mode='sysinfo'/></os>"
                f"<sysinfo type='smbios'><system><entry name='manufacturer'>{manufacturer}</entry>"
                f"<entry name='uuid'>{server_id}</entry></system></sysinfo><devices>{source}</devices></domain>")

    def define(self, text: str) -> None:
        """Define a domain by hand."""
        self.connection.run(lambda connection: connection.defineXML(text))

    def forget(self, server_id: str) -> None:
        """Undo define."""
        self.connection.run(lambda connection: connection.lookupByUUIDString(server_id).undefine())

    def test_an_empty_host(self) -> None:
        self.assertEqual(set(), self.named())
        self.assertEqual(((), ()), (self.driver.holdings().servers, self.driver.holdings().strays))

    def test_domains_defined_by_hand(self) -> None:
        self.define(self.definition(STRANGER))
        self.addCleanup(self.forget, STRANGER)
        self.assertEqual({("domain_without_server", STRANGER)}, self.named())
        self.define(self.definition(OTHER, manufacturer="Somebody"))
        self.assertEqual({("domain_without_server", STRANGER)}, self.named(), "somebody else's is not ours to judge")
        disk = files.servers_directory(self.state_dir) / OTHER / "disk"
        self.define(self.definition(OTHER, manufacturer="Somebody", disk=str(disk)))
        self.addCleanup(self.forget, OTHER)
        self.assertEqual({("domain_without_server", each) for each in (STRANGER, OTHER)}, self.named())

    def test_a_domain_that_runs_without_a_definition(self) -> None:
        text = self.definition(STRANGER)
        self.connection.run(lambda connection: connection.createXML(text))

        def end() -> None:
            self.connection.run(lambda connection: connection.lookupByUUIDString(STRANGER).destroy())

        with contextlib.ExitStack() as cleanup:
            cleanup.callback(end)
            (held,) = self.driver.holdings().servers
            self.assertEqual((STRANGER, "running", False), (held.server_id, held.power, held.is_defined))
            self.assertEqual({("domain_without_server", STRANGER)}, self.named())
        self.assertEqual(set(), self.named())

    def test_a_process_that_libvirt_does_not_know(self) -> None:
        disk = files.servers_directory(self.state_dir) / STRANGER / "disk"
        # Anything with QEMU's arguments: what is looked for is how libvirt starts it.
        process = subprocess.Popen([sys.executable, "-c", "import time; print(flush=True); time.sleep(60)", "-name",
                                    f"guest={STRANGER},debug-threads=on", f"file={disk}"], stdout=subprocess.PIPE)
        with process:
            assert process.stdout is not None
            process.stdout.readline()
            self.assertEqual({("process_without_domain", STRANGER)}, self.named())
            process.kill()
        self.assertEqual(set(), self.named())

    def test_files(self) -> None:
        overlay = files.server_files(self.state_dir, STRANGER).directory
        overlay.mkdir(parents=True)
        self.addCleanup(shutil.rmtree, overlay)
        self.assertEqual({("files_without_server", STRANGER)}, self.named(), "even an empty directory")
        (overlay / "disk").write_bytes(b"x")
        cache = files.images_directory(self.state_dir)
        cache.mkdir(exist_ok=True)
        half, odd = cache / ".image.partial", files.servers_directory(self.state_dir) / ".odd"
        for path in (half, odd):
            path.write_bytes(b"x")
            self.addCleanup(path.unlink)
        self.assertEqual({("files_without_server", STRANGER), ("stray_file", "images-cache/.image.partial"),
                          ("stray_file", "servers/.odd")}, self.named())


if __name__ == "__main__":
    unittest.main()
