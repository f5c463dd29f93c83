"""What a host has in its cells and of PCI devices, read from libvirt's XML, and what its configuration makes of it."""

import unittest

from cumulo.compute.agent import host_cells
from cumulo.compute.agent.libvirt import topology
from cumulo.compute.fits import Device, HostCell

CAPABILITIES = """<capabilities><host><topology><cells num='2'>
<cell id='0'><memory unit='KiB'>4194304</memory><pages unit='KiB' size='4'>524288</pages><pages unit='KiB' size='2048'>1024</pages>
<cpus num='4'><cpu id='0' socket_id='0' core_id='0' siblings='0,2'/><cpu id='1' socket_id='0' core_id='1' siblings='1,3'/>
<cpu id='2' socket_id='0' core_id='0' siblings='0,2'/><cpu id='3' socket_id='0' core_id='1' siblings='1,3'/></cpus></cell>
<cell id='1'><cpus num='1'><cpu id='4' socket_id='1' core_id='0' siblings='4'/></cpus></cell>
</cells></topology></host></capabilities>"""
CARD = """<device><name>pci_0000_3b_00_0</name><capability type='pci'><class>0x020000</class><domain>0</domain><bus>59</bus>
<slot>0</slot><function>0</function><product id='0x1572'>X710</product><vendor id='0x8086'>Intel</vendor>
<capability type='virt_functions' maxCount='64'/><numa node='1'/></capability></device>"""
FUNCTION = """<device><capability type='pci'><domain>0</domain><bus>59</bus><slot>2</slot><function>1</function>
<product id='0x154c'/><vendor id='0x8086'/><capability type='phys_function'>
<address domain='0x0000' bus='0x3b' slot='0x00' function='0x0'/></capability></capability></device>"""
DISK = "<device><name>block_sda</name><capability type='storage'/></device>"


class TopologyTest(unittest.TestCase):
    """cells, devices, and parted"""

    def test_cells(self) -> None:
        first, second = topology.cells(CAPABILITIES)
        self.assertEqual(HostCell(0, 0, frozenset(range(4)), frozenset(), (frozenset((0, 2)), frozenset((1, 3))),
                                  {4: 524288, 2048: 1024}), first)
        self.assertEqual((1, 1, frozenset((4,)), (), {}), (second.id, second.socket, second.shared, second.cores, second.pages))
        self.assertEqual([], topology.cells("<capabilities><host/></capabilities>"))

    def test_devices(self) -> None:
        card = Device("0000:3b:00.0", "8086", "1572", "type-PF", 1)
        function = Device("0000:3b:02.1", "8086", "154c", "type-VF", None, "0000:3b:00.0")
        self.assertEqual([card, function], topology.devices([FUNCTION, DISK, CARD]))
        self.assertEqual([function], host_cells.given_away([card, function], host_cells.shares("", "", ["8086:154c"])))

    def test_configuration(self) -> None:
        cells = topology.cells(CAPABILITIES)
        for dedicated, shared, expected in (
                ("", "", [((0, 1, 2, 3), ()), ((4,), ())]), ("1,3", "", [((0, 2), (1, 3)), ((4,), ())]),
                ("1,3", "0,4", [((0,), (1, 3)), ((4,), ())]), ("4", "0-1", [((0, 1), ()), ((), (4,))])):
            parted = host_cells.parted(cells, host_cells.shares(dedicated, shared, ()))
            self.assertEqual(expected, [(tuple(sorted(each.shared)), tuple(sorted(each.dedicated))) for each in parted])
        self.assertEqual(3, host_cells.processors(host_cells.parted(cells, host_cells.shares("4", "0-1", ()))))
        self.assertEqual("0,4", host_cells.configured(host_cells.shares("1", "0,4", ())))
        self.assertEqual("", host_cells.configured(host_cells.Shares()))
        for wrong in (("0-1", "1-2"), ("x", "")):
            with self.assertRaises(ValueError, msg=str(wrong)):
                host_cells.shares(*wrong, ())
