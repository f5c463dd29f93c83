"""Fitting guests into hosts: examples, and that nothing is ever given twice whatever comes and goes."""

import dataclasses
import json
import random
import unittest
from typing import Any

from cumulo.compute import cells, fits, passthrough
from cumulo.compute.fits import Device, Fit, HostCell
from cumulo.compute.passthrough import Alias, Wish
from cumulo.scheduler import fitting
from cumulo.scheduler.filters import Host, Limits, Request

LIMITS = Limits(vcpu_ratio=2.0, memory_ratio=1.0, disk_ratio=1.0, silent_limit_s=30.0)
CORES = tuple(frozenset((core, core + 8)) for core in range(8))
PAGES = {4: 1 << 20, 2048: 1024}
ONE = HostCell(0, 0, frozenset((0, 8)), frozenset((1, 2, 3, 9, 10, 11)), CORES[:4], PAGES)
OTHER = HostCell(1, 1, frozenset((4, 12)), frozenset((5, 6, 7, 13, 14, 15)), CORES[4:], PAGES)
GPU = Device("0000:81:00.0", "10de", "1db4", "type-PCI", 1)
CARD, FUNCTION = Device("0000:3b:00.0", "8086", "1572", "type-PF", 0), Device("0000:3b:02.0", "8086", "154c", "type-VF", 0, "0000:3b:00.0")
HOST = Host(name="h1", generation=1, vcpus=16, memory_mib=12288, disk_gib=40, used_vcpus=0, used_memory_mib=0, used_disk_gib=0,
            zone="nova", architecture="x86_64", is_enabled=True, silent_s=1.0, cells=(ONE, OTHER), devices=(GPU, CARD, FUNCTION))
ALIASES = passthrough.aliases(["gpu=10de:1db4", "pf=8086:1572", "vf=8086:154c", "any=*:*:*:preferred"])


def request(vcpus: int = 2, memory_mib: int = 1024, **specs: str) -> Request:
    """Return the request of a flavor, whose specs have a colon for each double underscore."""
    flavor = {"vcpus": vcpus, "memory_mib": memory_mib, "extra_specs": {name.replace("__", ":"): value for name, value in specs.items()}}
    return Request("s", vcpus, memory_mib, 1, demand=cells.of(flavor, {}), devices=passthrough.wishes(flavor, {}, ALIASES))


def pins(found: Fit | None) -> list[tuple[int, list[int]]]:
    """Return which processors of which cells were given."""
    return [(cell.host_cell, [host for _, host in cell.pins]) for cell in found.cells] if found else []


class FitTest(unittest.TestCase):
    """fit"""

    def fit(self, host: Host = HOST, **specs: Any) -> Fit | None:
        return fitting.fit(host, request(**specs), LIMITS)

    def test_threads(self) -> None:
        own = {"hw__cpu_policy": "dedicated"}
        self.assertEqual([(0, [1, 9])], pins(self.fit(**own)), "threads of one core")
        self.assertEqual([(0, [1, 9, 2])], pins(self.fit(vcpus=3, **own)))
        isolated = self.fit(hw__cpu_thread_policy="isolate", **own)
        self.assertEqual([(0, [1, 2])], pins(isolated))
        self.assertEqual((9, 10), isolated and isolated.cells[0].idle)
        self.assertEqual([(0, [1, 9])], pins(self.fit(hw__cpu_thread_policy="require", **own)))
        plain = dataclasses.replace(HOST, cells=(dataclasses.replace(ONE, cores=()),))
        self.assertIsNone(self.fit(plain, hw__cpu_thread_policy="require", **own))
        self.assertEqual([(0, [1, 2])], pins(self.fit(plain, hw__cpu_thread_policy="isolate", **own)), "each is a core of its own")

    def test_a_broken_core_is_used_up_first(self) -> None:
        taken = dataclasses.replace(HOST, cells=(ONE,), fits=(Fit(emulator=(2,)),))
        self.assertEqual([(0, [10])], pins(self.fit(taken, vcpus=1, hw__cpu_policy="dedicated")))

    def test_emulator(self) -> None:
        found = self.fit(hw__cpu_policy="dedicated", hw__emulator_threads_policy="isolate")
        self.assertEqual((2,), found and found.emulator)
        self.assertIsNone(self.fit(vcpus=6, hw__cpu_policy="dedicated", hw__emulator_threads_policy="isolate"))
        self.assertIsNotNone(self.fit(vcpus=6, hw__cpu_policy="dedicated"))

    def test_mixed(self) -> None:
        found = self.fit(hw__cpu_policy="mixed", hw__cpu_dedicated_mask="1")
        cell = found.cells[0] if found else None
        self.assertEqual((((1, 1),), (0, 8)), cell and (cell.pins, cell.floats))

    def test_cells_are_different_ones(self) -> None:
        found = self.fit(vcpus=8, hw__numa_nodes="2", hw__cpu_policy="dedicated")
        self.assertEqual([0, 1], sorted(cell for cell, _ in pins(found)))
        self.assertIsNone(self.fit(vcpus=3, memory_mib=1536, hw__numa_nodes="3"))
        full = dataclasses.replace(HOST, fits=(Fit(emulator=tuple(sorted(OTHER.dedicated))),))
        self.assertIsNone(self.fit(full, hw__numa_nodes="2", hw__cpu_policy="dedicated"))
        self.assertEqual([(0, [1, 9])], pins(self.fit(full, hw__cpu_policy="dedicated")))

    def test_large_and_small_cells_are_matched(self) -> None:
        """The first guest cell fits both of the host's, the second only one: the first has to make way."""
        small = dataclasses.replace(OTHER, pages={4: 131072})
        found = self.fit(dataclasses.replace(HOST, cells=(ONE, small)), vcpus=2, memory_mib=2048, hw__numa_nodes="2",
                         **{"hw__numa_cpus.0": "0", "hw__numa_mem.0": "512", "hw__numa_cpus.1": "1", "hw__numa_mem.1": "1536"})
        self.assertEqual([1, 0], [cell.host_cell for cell in found.cells] if found else None)

    def test_shared_processors_of_cells_fill_up(self) -> None:
        found = self.fit(vcpus=4, hw__numa_nodes="2")
        self.assertEqual([(0, 8), (4, 12)], sorted(cell.floats for cell in found.cells) if found else None)
        taken = dataclasses.replace(HOST, fits=(found, found)) if found else HOST
        self.assertIsNone(self.fit(taken, vcpus=2, hw__numa_nodes="2"))

    def test_pages(self) -> None:
        for page, expected in (("large", 2048), ("any", 2048), ("small", 4), ("2MB", 2048), ("4", 4)):
            found = self.fit(hw__mem_page_size=page)
            self.assertEqual(expected, found and found.cells[0].page_kib, page)
        self.assertIsNone(self.fit(hw__mem_page_size="1GB"))
        self.assertEqual(1024, fitting.paged_mib(self.fit(hw__mem_page_size="large")))
        half = self.fit(hw__mem_page_size="large", memory_mib=1026)
        taken = dataclasses.replace(HOST, cells=(ONE,), fits=(half,)) if half else HOST
        self.assertIsNone(self.fit(taken, hw__mem_page_size="large"), "1022 MiB of 2 MiB pages are left")
        left = self.fit(taken, hw__mem_page_size="any")
        self.assertEqual(4, left and left.cells[0].page_kib)

    def test_devices(self) -> None:
        self.assertEqual((("0000:81:00.0", "gpu"),), getattr(self.fit(pci_passthrough__alias="gpu:1"), "devices", None))
        self.assertIsNone(self.fit(pci_passthrough__alias="gpu:2"))
        near = self.fit(pci_passthrough__alias="gpu:1", hw__cpu_policy="dedicated")
        self.assertEqual([(1, [5, 13])], pins(near), "the cell that has the device")
        self.assertEqual([0, 1], sorted(cell for cell, _ in pins(self.fit(
            vcpus=4, pci_passthrough__alias="gpu:1,vf:1", hw__numa_nodes="2", hw__cpu_policy="dedicated"))))
        self.assertIsNone(self.fit(vcpus=2, pci_passthrough__alias="gpu:1,vf:1", hw__cpu_policy="dedicated"), "one cell has not both")
        far = request(hw__cpu_policy="dedicated")
        loose = dataclasses.replace(far, devices=(Wish(Alias("gpu", "10de"), 1, "preferred"),))
        self.assertEqual(1, len(getattr(fitting.fit(dataclasses.replace(HOST, cells=(ONE,)), loose, LIMITS), "devices", ())))

    def test_a_card_and_its_functions_exclude_one_another(self) -> None:
        for first, second in (("pf", "vf"), ("vf", "pf")):
            taken = dataclasses.replace(HOST, fits=(self.fit(pci_passthrough__alias=f"{first}:1") or Fit(),))
            self.assertIsNone(self.fit(taken, pci_passthrough__alias=f"{second}:1"), f"{second} after {first}")
        self.assertIsNone(self.fit(pci_passthrough__alias="pf:1,vf:1"))

    def test_a_host_without_cells_fits_who_asks_for_none(self) -> None:
        bare = dataclasses.replace(HOST, cells=(), devices=())
        self.assertEqual(Fit(), self.fit(bare))
        self.assertIsNone(self.fit(bare, hw__cpu_policy="dedicated"))


class NothingTwiceTest(unittest.TestCase):
    """Whatever is asked for and given back, in whatever order."""

    def test_random_lives(self) -> None:
        given_out = 0
        for seed in range(60):
            rng, held = random.Random(seed), list[Fit]()
            for _ in range(40):
                if held and rng.random() < 0.4:
                    held.pop(rng.randrange(len(held)))
                wanted = self.some_request(rng)
                found = fitting.fit(dataclasses.replace(HOST, fits=tuple(held)), wanted, LIMITS)
                if found is not None:
                    held.append(fits.fit(json.loads(json.dumps(found.to_json()))) or Fit())
                    self.assertEqual(found, held[-1], "what a row says is what was given")
                    given_out += 1
                self.check(held)
        self.assertGreater(given_out, 500)

    def some_request(self, rng: random.Random) -> Request:
        specs = {"hw__cpu_policy": "dedicated"} if rng.random() < 0.7 else {}
        if specs and rng.random() < 0.5:
            specs["hw__cpu_thread_policy"] = rng.choice(("prefer", "isolate", "require"))
        if specs and rng.random() < 0.3:
            specs["hw__emulator_threads_policy"] = "isolate"
        if rng.random() < 0.5:
            specs["hw__mem_page_size"] = rng.choice(("small", "large", "any", "2MB"))
        if rng.random() < 0.3:
            specs["hw__numa_nodes"] = "2"
        if rng.random() < 0.3:
            specs["pci_passthrough__alias"] = rng.choice(("gpu:1", "pf:1", "vf:1", "any:1", "any:2"))
        return request(rng.choice((2, 4)), rng.choice((512, 1024)), **specs)

    def check(self, held: list[Fit]) -> None:
        for cell in (ONE, OTHER):
            here = [each for given in held for each in given.cells if each.host_cell == cell.id]
            for size, count in cell.pages.items():
                used = sum(each.memory_mib * 1024 // size for each in here if (each.page_kib or 4) == size)
                self.assertLessEqual(used, count)
        processors = [cpu for given in held for cpu in given.processors]
        self.assertEqual(len(processors), len(set(processors)), held)
        self.assertLessEqual(set(processors), ONE.dedicated | OTHER.dedicated)
        devices = [address for given in held for address, _ in given.devices]
        self.assertEqual(len(devices), len(set(devices)), held)
        self.assertFalse({CARD.address, FUNCTION.address} <= set(devices))
