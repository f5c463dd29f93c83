"""The metadata service's own rules: which document, which type, how long facts are trusted."""

import socket
import types
import unittest
from typing import Any

from cumulo.common import errors
from cumulo.common.clock import Clock
from cumulo.network.agent import metadata
from tests.unit.common.test_metadata import facts


class SteppedClock(Clock):
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at


class MetadataTest(unittest.TestCase):
    """document, content_type, FactsCache"""

    def test_layouts_by_path(self) -> None:
        self.assertIn(b'"uuid"', metadata.document(facts(), "/openstack/latest/meta_data.json") or b"")
        self.assertEqual(b"web", metadata.document(facts(), "/latest/meta-data/hostname?x=1"))
        self.assertEqual(b"web", metadata.document(facts(), "/latest//meta-data/%68ostname"))
        self.assertIsNone(metadata.document(facts(), "/openstack/latest/../../etc/passwd"))

    def test_types(self) -> None:
        self.assertEqual("application/json", metadata.content_type("/openstack/latest/meta_data.json"))
        self.assertEqual("application/octet-stream", metadata.content_type("/latest/user-data"))
        self.assertTrue(metadata.content_type("/latest/meta-data/").startswith("text/plain"))

    def test_facts_are_trusted_for_a_moment(self) -> None:
        clock, asked = SteppedClock(), []

        def lookup(network_id: str, address: str) -> Any:
            asked.append((network_id, address))
            return facts()

        cache = metadata.FactsCache(lookup, clock, 1.5)
        for clock.at in (0.0, 1.0, 2.0):
            cache.facts("n", "10.0.0.5")
        cache.facts("n", "10.0.0.6")
        self.assertEqual([("n", "10.0.0.5"), ("n", "10.0.0.5"), ("n", "10.0.0.6")], asked)

    def test_password_is_taken_once(self) -> None:
        kept: list[tuple[str, str, str]] = []

        def keep(*told: str) -> None:
            if kept:
                raise errors.Conflict("kept")
            kept.append(told)  # type: ignore[arg-type]

        place = f"/{metadata.PASSWORD_PATH}"
        for path, length, body, status in (
                (place, "x", b"", 400), (place, "1021", b"", 400), (place, "2", b"\xff\xfe", 400), ("/openstack", "2", b"ab", 404),
                (place, "2", b"ab", 200), (place, "2", b"cd", 409)):
            sent = b"POST %s HTTP/1.0\r\nContent-Length: %s\r\n\r\n%s" % (path.encode(), length.encode(), body)
            self.assertEqual(status, self.answered(sent, keep), (path, length))
        self.assertEqual([("n", "10.0.0.5", "ab")], kept)

    def answered(self, sent: bytes, keep: metadata.KeepPassword) -> int:
        """Return the status that a request from 10.0.0.5 in the network n gets."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.sendall(sent)
            ours.shutdown(socket.SHUT_WR)
            cache = metadata.FactsCache(lambda *asked: facts(), SteppedClock(), 1.5, keep)
            server: Any = types.SimpleNamespace(cache=cache, place="n", network_of=lambda address: "n")
            metadata._Handler(theirs, ("10.0.0.5", 4000), server)
            return int(ours.recv(100).split()[1])


if __name__ == "__main__":
    unittest.main()
