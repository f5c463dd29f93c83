"""Placement: examples for each filter, and properties that hold for any snapshot."""

import dataclasses
import math
import random
import unittest

from cumulo.common import errors
from cumulo.compute.cells import Demand, GuestCell
from cumulo.compute.fits import Fit, FitCell, HostCell
from cumulo.compute.passthrough import Alias, Wish
from cumulo.scheduler import weights
from cumulo.scheduler.filters import FILTERS, Group, Host, Limits, Request
from cumulo.scheduler.place import place

LIMITS = Limits(vcpu_ratio=4.0, memory_ratio=1.0, disk_ratio=1.0, silent_limit_s=30.0)
HOST = Host(name="h1", generation=1, vcpus=4, memory_mib=4096, disk_gib=40, used_vcpus=0, used_memory_mib=0,
            used_disk_gib=0, zone="nova", architecture="x86_64", is_enabled=True, silent_s=1.0)
REQUEST = Request(server_id="s", vcpus=1, memory_mib=512, disk_gib=1)
PARTED = HostCell(0, 0, frozenset((0, 1)), frozenset((2, 3)), (), {4: 1 << 20})
PINNED = Demand((GuestCell((0,), (0,), 512),))


def removing(host: Host, request: Request = REQUEST) -> list[str]:
    """The filters that would remove a host."""
    return [fits.__name__ for fits in FILTERS if not fits(host, request, LIMITS)]


def group(policy: str, *hosts: str, most: int = 1) -> Group:
    """A group with members on these hosts."""
    return Group("g", 0, policy, most, hosts)


def some_host(rng: random.Random, number: int) -> Host:
    return Host(
        name=f"h{number}", generation=rng.randrange(9), vcpus=rng.randrange(1, 9), memory_mib=rng.randrange(512, 8192),
        disk_gib=rng.randrange(1, 50), used_vcpus=rng.randrange(0, 20), used_memory_mib=rng.randrange(0, 6000),
        used_disk_gib=rng.randrange(0, 40), zone=rng.choice(("nova", "other")),
        architecture=rng.choice(("x86_64", "aarch64", "")), is_enabled=rng.random() > 0.2,
        silent_s=rng.choice((0.0, 10.0, 31.0, math.inf)))


def some_request(rng: random.Random) -> Request:
    return Request(server_id="s", vcpus=rng.randrange(1, 4), memory_mib=rng.randrange(1, 2048),
                   disk_gib=rng.randrange(0, 10), host=rng.choice((None, None, None, "h1")),
                   zone=rng.choice((None, "nova")), architecture=rng.choice((None, "x86_64")),
                   same_hosts=rng.choice((None, None, ("h1", "h2"))), different_hosts=rng.choice(((), ("h0",))),
                   group=rng.choice((None, group("affinity", "h1"), group("anti-affinity", "h1", "h2"),
                                     group("soft-affinity", "h1"), group("soft-anti-affinity", "h2"))))


class FilterTest(unittest.TestCase):
    """Each filter removes what it is named for and nothing else."""

    def test_fitting_host_passes(self) -> None:
        self.assertEqual(removing(HOST), [])

    def test_each_filter(self) -> None:
        host, request = dataclasses.replace, dataclasses.replace
        cases = (
            ("enabled", host(HOST, is_enabled=False), REQUEST),
            ("alive", host(HOST, silent_s=30.1), REQUEST),
            ("alive", host(HOST, silent_s=math.inf), REQUEST),
            ("requested_host", HOST, request(REQUEST, host="h2")),
            ("zone", HOST, request(REQUEST, zone="moon")),
            ("image_properties", host(HOST, abilities=frozenset({"uefi"})), request(REQUEST, needs=frozenset({"uefi", "tpm"}))),
            ("volumes", HOST, request(REQUEST, volume_hosts=("elsewhere",))),
            ("segments", host(HOST, wired=frozenset(("p1",))), request(REQUEST, wires=(frozenset(("p1", "p2")), frozenset(("p2",))))),
            ("rates", host(HOST, rates_left={"kbps egress p1": 5}), request(REQUEST, rates=(("kbps egress p1", 6),))),
            ("architecture", HOST, request(REQUEST, architecture="aarch64")),
            ("aggregates", host(HOST, said=frozenset((("disk", "slow"),))), request(REQUEST, wants_said=(("disk", "fast"),))),
            ("same_host", HOST, request(REQUEST, same_hosts=("h2",))),
            ("same_host", HOST, request(REQUEST, same_hosts=())),
            ("different_host", HOST, request(REQUEST, different_hosts=("h2", "h1"))),
            ("affinity", HOST, request(REQUEST, group=group("affinity", "h2"))),
            ("anti_affinity", HOST, request(REQUEST, group=group("anti-affinity", "h2", "h1"))),
            ("anti_affinity", HOST, request(REQUEST, group=group("anti-affinity", "h1", "h1", most=2))),
            ("vcpus", host(HOST, used_vcpus=16), REQUEST),
            ("vcpus", HOST, request(REQUEST, vcpus=5)),
            ("memory", host(HOST, used_memory_mib=3585), REQUEST),
            ("disk", host(HOST, used_disk_gib=40), REQUEST),
            ("vcpus", host(HOST, used_vcpus=8, cells=(PARTED,)), REQUEST),
            ("numa", HOST, request(REQUEST, demand=PINNED)),
            ("numa", host(HOST, cells=(PARTED,), fits=(Fit((FitCell(0, (0,), 512, None, ((0, 2),)),)), Fit(emulator=(3,)))),
             request(REQUEST, demand=PINNED)),
            ("pci", HOST, request(REQUEST, devices=(Wish(Alias("gpu"), 1, "legacy"),))),
            ("memory", host(HOST, cells=(dataclasses.replace(PARTED, pages={4: 65536, 2048: 1920}),), used_memory_mib=512,
                            used_paged_mib=512), request(REQUEST, memory_mib=257)),
        )
        for name, tried, wanted in cases:
            with self.subTest(name=name):
                self.assertEqual(removing(tried, wanted), [name])

    def test_what_fits_exactly_fits(self) -> None:
        full = dataclasses.replace(HOST, used_vcpus=15, used_memory_mib=3584, used_disk_gib=39, silent_s=30.0)
        self.assertEqual(removing(full), [])

    def test_unknown_architecture_fits(self) -> None:
        anything = dataclasses.replace(HOST, architecture="")
        self.assertEqual(removing(anything, dataclasses.replace(REQUEST, architecture="riscv64")), [])


class RefusalTest(unittest.TestCase):
    """A refusal counts, filter by filter, what was removed."""

    def refusal(self, *hosts: Host) -> errors.NoValidHost:
        with self.assertRaises(errors.NoValidHost) as caught:
            place(hosts, REQUEST, LIMITS, seed=1)
        return caught.exception

    def test_counts_by_filter(self) -> None:
        small = dataclasses.replace(HOST, memory_mib=1)
        refusal = self.refusal(dataclasses.replace(HOST, is_enabled=False), small, small)
        self.assertEqual(refusal.message, "No valid host: 3 hosts; enabled removed 1, memory removed 2")
        self.assertEqual(refusal.facts["removed"], {"enabled": 1, "memory": 2})

    def test_no_hosts_at_all(self) -> None:
        self.assertEqual(self.refusal().message, "No valid host: 0 hosts")


class PropertyTest(unittest.TestCase):
    """For any snapshot: a choice fits and is the best; a refusal accounts for every host."""

    def test_random_snapshots(self) -> None:
        placed = refused = 0
        for seed in range(2000):
            rng = random.Random(seed)
            hosts = [some_host(rng, number) for number in range(rng.randrange(0, 8))]
            request = some_request(rng)
            fitting = [host for host in hosts if all(fits(host, request, LIMITS) for fits in FILTERS)]
            try:
                chosen = place(hosts, request, LIMITS, seed=seed)
            except errors.NoValidHost as error:
                refused += 1
                self.assertEqual(fitting, [])
                self.assertEqual(sum(error.facts["removed"].values()), len(hosts))
            else:
                placed += 1
                self.assertIn(chosen, fitting)
                wished = [host for host in fitting
                          if weights.wish(host, request) == max(weights.wish(each, request) for each in fitting)]
                self.assertEqual(weights.free_memory_mib(chosen), max(map(weights.free_memory_mib, wished)))
                self.assertIn(chosen, wished)
                rng.shuffle(hosts)
                self.assertEqual(place(hosts, request, LIMITS, seed=seed), chosen, "order and time do not matter")
        self.assertGreater(min(placed, refused), 100)

    def test_equals_are_drawn_by_lot(self) -> None:
        hosts = [dataclasses.replace(HOST, name=f"h{number}") for number in range(4)]
        drawn = {place(hosts, REQUEST, LIMITS, seed=seed).name for seed in range(50)}
        self.assertEqual(drawn, {"h0", "h1", "h2", "h3"})

    def test_soft_policies_decide_before_memory(self) -> None:
        with_members = dataclasses.replace(HOST, name="h2", used_memory_mib=1000)
        for policy, expected in (("soft-affinity", "h2"), ("soft-anti-affinity", "h1")):
            wanted = dataclasses.replace(REQUEST, group=group(policy, "h2"))
            self.assertEqual(expected, place([HOST, with_members], wanted, LIMITS, seed=1).name)


if __name__ == "__main__":
    unittest.main()
