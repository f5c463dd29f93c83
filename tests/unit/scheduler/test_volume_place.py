"""Placement of volumes: pure, so all of it is told with values."""

import unittest
from typing import Any

from cumulo.common import errors
from cumulo.scheduler.volume_place import Backend, Limits, Wanted, place

LIMITS = Limits(silent_limit_s=30.0)


def backend(name: str, **more: Any) -> Backend:
    """Return a backend of 100 GiB that is well."""
    values: dict[str, Any] = {"generation": 1, "room_gib": 200.0, "allocated_gib": 0, "total_gib": 100, "zone": "nova",
                              "is_enabled": True, "silent_s": 1.0} | more
    return Backend(name, **values)


class PlaceTest(unittest.TestCase):
    """place"""

    def place(self, *backends: Backend, **wanted: Any) -> str:
        """Return where a volume of 10 GiB goes."""
        return place(backends, Wanted(**({"size_gib": 10} | wanted)), LIMITS, seed=7).name

    def test_the_emptiest_takes_it(self) -> None:
        self.assertEqual("b", self.place(backend("a", allocated_gib=50), backend("b", allocated_gib=40)))

    def test_a_refusal_counts_what_each_filter_removed(self) -> None:
        fits = {"zone": "there", "backend": "z", "says": (("k", "v"),), "same_backends": ("z",),
                "different_backends": ("a",)}
        for wanted, name in ((("zone", "there"), "zone"), (("backend", "z"), "source"), (("says", fits["says"]), "volume_type"),
                             (("same_backends", ("z",)), "same_host"), (("different_backends", ("a", "b")), "different_host"),
                             (("size_gib", 101), "capacity")):
            with self.subTest(filter=name), self.assertRaises(errors.NoValidHost) as caught:
                self.place(backend("a"), backend("b"), **dict([wanted]))
            self.assertEqual(f"No valid backend: 2 backends; {name} removed 2", caught.exception.message)
        with self.assertRaises(errors.NoValidHost) as caught:
            self.place(backend("a", is_enabled=False), backend("b", silent_s=31.0), backend("c", allocated_gib=191))
        self.assertEqual({"enabled": 1, "alive": 1, "capacity": 1}, caught.exception.facts["removed"])
        with self.assertRaises(errors.NoValidHost) as caught:
            self.place()
        self.assertEqual("No valid backend: 0 backends", caught.exception.message)

    def test_what_fits_is_found(self) -> None:
        said = frozenset((("k", "v"), ("other", "x")))
        self.assertEqual("b", self.place(
            backend("a"), backend("b", zone="there", said=said), zone="there", says=(("k", "v"),), same_backends=("b",),
            different_backends=("a",), backend="b"))

    def test_what_one_host_alone_can_reach_keeps_a_volume_there(self) -> None:
        self.assertEqual("far@b", self.place(backend("near@a"), backend("far@b", allocated_gib=90), host="far"))
        with self.assertRaises(errors.NoValidHost) as caught:
            self.place(backend("near@a"), backend("nearer@a"), host="near@a")
        self.assertEqual("No valid backend: 2 backends; source removed 2", caught.exception.message)


if __name__ == "__main__":
    unittest.main()
