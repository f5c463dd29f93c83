"""What QoS specs say to the front end."""

import unittest

from cumulo.volume import qos


class FrontEndTest(unittest.TestCase):
    """From texts to limits of a disk."""

    def test_what_it_knows(self) -> None:
        specs = {"read_iops_sec": "10", "write_bytes_sec": "x", "write_iops_sec": "0", "size_iops_sec": "4096", "other": "1"}
        self.assertEqual({"read_iops_sec": 10, "size_iops_sec": 4096}, qos.front_end(specs, 5))

    def test_some_grow_with_the_volume(self) -> None:
        self.assertEqual({"read_iops_sec": 50, "write_iops_sec": 7}, qos.front_end(
            {"read_iops_sec_per_gb": "10", "read_iops_sec": "3", "write_iops_sec": "7"}, 5))

    def test_a_total_excludes_its_parts(self) -> None:
        self.assertEqual({"total_bytes_sec": 1, "read_iops_sec": 3}, qos.front_end(
            {"total_bytes_sec": "1", "read_bytes_sec": "2", "read_iops_sec": "3"}, 1))
