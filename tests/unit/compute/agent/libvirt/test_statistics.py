"""libvirt's counts in the driver's words."""

import unittest

import libvirt

from cumulo.compute.agent.libvirt import statistics

DEFINITION = """<domain><devices><interface type="bridge"><mac address="fa:16:3e:00:00:01"/><target dev="tap1"/></interface>
</devices></domain>"""
COUNTED = {
    "state.state": libvirt.VIR_DOMAIN_RUNNING, "vcpu.current": 1, "vcpu.maximum": 2, "vcpu.0.time": 17,
    "balloon.current": 131072, "balloon.maximum": 262144, "net.count": 1, "net.0.name": "tap1", "net.0.rx.bytes": 5,
    "block.count": 1, "block.0.name": "vda", "block.0.rd.reqs": 2, "block.0.rd.bytes": 1024}


class StatisticsTest(unittest.TestCase):
    """read"""

    def test_read(self) -> None:
        found = statistics.read(COUNTED, DEFINITION)
        self.assertEqual(("running", [{"time_ns": 17}, {"time_ns": None}], {"maximum_mib": 256, "used_mib": 128}),
                         (found["state"], found["processors"], found["memory"]))
        (card,), (disk,) = found["cards"], found["disks"]
        self.assertEqual(("tap1", "fa:16:3e:00:00:01", 5, None), (
            card["device"], card["mac_address"], card["rx_octets"], card["tx_octets"]))
        self.assertEqual(("vda", 2, 1024, None), (
            disk["device"], disk["read_requests"], disk["read_bytes"], disk["errors_count"]))
