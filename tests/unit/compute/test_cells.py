"""What flavors and images ask of their hosts' processors, memory and devices."""

import unittest
from typing import Any

from cumulo.common import errors
from cumulo.compute import cells, cpu_lists, passthrough
from cumulo.compute.cells import Demand, GuestCell
from cumulo.compute.fits import Device


def demand(vcpus: int = 4, memory_mib: int = 1024, image: dict[str, Any] | None = None, **specs: str) -> Demand | None:
    """Return what a flavor wants, whose specs have a colon for each double underscore and a dot for each triple one."""
    named = {name.replace("___", ".").replace("__", ":"): value for name, value in specs.items()}
    return cells.of({"vcpus": vcpus, "memory_mib": memory_mib, "extra_specs": named}, image)


class CellsTest(unittest.TestCase):
    """of"""

    def test_nothing_asked(self) -> None:
        for specs in ({}, {"hw__cpu_policy": "shared"}, {"hw__emulator_threads_policy": "share"}):
            self.assertIsNone(demand(**specs))

    def test_cells(self) -> None:
        self.assertEqual(Demand((GuestCell((0, 1), (), 512), GuestCell((2, 3), (), 512))), demand(hw__numa_nodes="2"))
        self.assertEqual(demand(hw__numa_nodes="2"), demand(image={"hw_numa_nodes": "2"}))
        said = demand(hw__numa_nodes="2", hw__numa_cpus___0="0,2-3", hw__numa_mem___0="768", hw__numa_cpus___1="1", hw__numa_mem___1="256")
        self.assertEqual(Demand((GuestCell((0, 2, 3), (), 768), GuestCell((1,), (), 256))), said)

    def test_own_processors(self) -> None:
        own = demand(hw__cpu_policy="dedicated", hw__cpu_thread_policy="isolate", hw__emulator_threads_policy="isolate")
        self.assertEqual(Demand((GuestCell((0, 1, 2, 3), (0, 1, 2, 3), 1024),), "isolate", True), own)
        for mask in ("2-3", "^0-1"):
            mixed = demand(hw__cpu_policy="mixed", hw__cpu_dedicated_mask=mask)
            self.assertEqual((Demand((GuestCell((0, 1, 2, 3), (2, 3), 1024),)), 2), (mixed, mixed and mixed.dedicated))
        self.assertEqual(4, (demand(image={"hw_cpu_policy": "dedicated"}) or Demand(())).dedicated)

    def test_pages(self) -> None:
        for text, expected in (("small", "small"), ("LARGE", "large"), ("any", "any"), ("2048", 2048), ("2MB", 2048), ("2 MiB", 2048),
                               ("1G", 1048576), ("4kB", 4)):
            self.assertEqual(expected, cells.page_size(text), text)
        self.assertEqual(2048, (demand(image={"hw_mem_page_size": "2MB"}, hw__mem_page_size="large") or Demand(())).page)

    def test_what_cannot_be(self) -> None:
        wrong: tuple[tuple[dict[str, str], dict[str, str]], ...] = (
            ({"hw__numa_nodes": "3"}, {}), ({"hw__numa_nodes": "0"}, {}), ({"hw__numa_nodes": "2"}, {"hw_numa_nodes": "2"}),
            ({"hw__numa_cpus___0": "0-3", "hw__cpu_policy": "dedicated"}, {}),
            ({"hw__numa_nodes": "1", "hw__numa_cpus___1": "0"}, {}),
            ({"hw__numa_nodes": "1", "hw__numa_cpus___0": "0-2", "hw__numa_mem___0": "1024"}, {}),
            ({"hw__numa_nodes": "1", "hw__numa_cpus___0": "0-4", "hw__numa_mem___0": "1024"}, {}),
            ({"hw__numa_nodes": "1", "hw__numa_cpus___0": "0-3", "hw__numa_mem___0": "1023"}, {}),
            ({"hw__numa_nodes": "1", "hw__numa_cpus___0": "0-3", "hw__numa_mem___0": "much"}, {}),
            ({"hw__cpu_policy": "mixed"}, {}), ({"hw__cpu_policy": "dedicated", "hw__cpu_dedicated_mask": "1"}, {}),
            ({"hw__cpu_policy": "mixed", "hw__cpu_dedicated_mask": "0-3"}, {}), ({"hw__cpu_policy": "mine"}, {}),
            ({"hw__cpu_thread_policy": "isolate"}, {}), ({"hw__emulator_threads_policy": "isolate"}, {}),
            ({"hw__cpu_policy": "shared"}, {"hw_cpu_policy": "dedicated"}), ({}, {"hw_mem_page_size": "2MB"}),
            ({"hw__mem_page_size": "small"}, {"hw_mem_page_size": "2MB"}), ({"hw__mem_page_size": "0"}, {}),
            ({"hw__mem_page_size": "1GB", "hw__numa_nodes": "2"}, {}), ({"hw__mem_page_size": "huge"}, {}))
        for specs, image in wrong:
            with self.assertRaises(errors.BadRequest, msg=f"{specs} {image}"):
                demand(image=image, **specs)


class ListTest(unittest.TestCase):
    """Lists of processors"""

    def test_lists(self) -> None:
        for text, expected in (("", ()), ("3", (3,)), ("0-3,^2,8", (0, 1, 3, 8)), (" 1 , 2-3", (1, 2, 3))):
            self.assertEqual(frozenset(expected), cpu_lists.read(text), text)
        self.assertEqual(frozenset((0, 3)), cpu_lists.read("^1-2", range(4)))
        for wrong in ("x", "3-1", "1-", "99999", "-1", "1--2"):
            with self.assertRaises(errors.BadRequest, msg=wrong):
                cpu_lists.read(wrong)

    def test_back(self) -> None:
        for text in ("", "0", "0-1", "0-3,5,7-8"):
            self.assertEqual(text, cpu_lists.write(cpu_lists.read(text)))


class PassthroughTest(unittest.TestCase):
    """Aliases, what hosts give away, what flavors want"""

    def test_options(self) -> None:
        known = passthrough.aliases(["gpu=10de:1db4", "nic=8086:*:type-VF:required"])
        self.assertEqual(("legacy", "required"), (known["gpu"].policy, known["nic"].policy))
        device = Device("0000:3b:02.1", "8086", "154c", "type-VF", 0, "0000:3b:00.0")
        self.assertEqual([False, True], [each.means(device) for each in known.values()])
        specs = passthrough.given(["8086:154c@0000:3b:*", "10de:*"])
        self.assertEqual([True, False], [each.means(device) for each in specs])
        for wrong in ("gpu", "gpu=10de", "gpu=10de:1db4:type-X", "gpu=10de:1db4:*:near"):
            with self.assertRaises(ValueError, msg=wrong):
                passthrough.aliases([wrong])
        with self.assertRaises(ValueError):
            passthrough.given(["8086"])

    def test_wishes(self) -> None:
        known = passthrough.aliases(["gpu=10de:1db4", "nic=8086:*:type-VF:required"])
        flavor = {"extra_specs": {"pci_passthrough:alias": "gpu:2,nic:1"}}
        self.assertEqual([("gpu", 2, "legacy"), ("nic", 1, "required")],
                         [(each.alias.name, each.count, each.policy) for each in passthrough.wishes(flavor, {}, known)])
        near = passthrough.wishes(flavor, {"hw_pci_numa_affinity_policy": "socket"}, known)
        self.assertEqual({"socket"}, {each.policy for each in near})
        for alias in ("fpga:1", "gpu:0", "gpu:100"):
            with self.assertRaises(errors.BadRequest, msg=alias):
                passthrough.wishes({"extra_specs": {"pci_passthrough:alias": alias}}, {}, known)
        with self.assertRaises(errors.BadRequest):
            passthrough.wishes(flavor, {"hw_pci_numa_affinity_policy": "nigh"}, known)
