"""The sealed answer opens with the key of the same request in the same scope, and with nothing else."""

import dataclasses
import unittest

from cryptography.exceptions import InvalidTag

from cumulo.common.idempotency import keys
from cumulo.common.idempotency.seal import NONCE_BYTES, Answer, seal, unseal

ASKED = keys.asked("key", ("project", "user"), ["POST", "/servers"])
ANSWER = Answer(202, "req-1", (("Location", "http://x/servers/1"), ("Content-Type", "application/json")),
                bytes(range(256)) + "ä€".encode())
NONCE = bytes(NONCE_BYTES)


class SealTest(unittest.TestCase):
    """There and back."""

    def test_it_comes_back_whole(self) -> None:
        for answer in (ANSWER, Answer(204, "req-2")):
            self.assertEqual(answer, unseal(answer.status, seal(answer, ASKED, NONCE), ASKED))

    def test_nothing_of_it_can_be_read(self) -> None:
        sealed = seal(ANSWER, ASKED, NONCE)
        for part in (b"Location", b"servers", b"req-1", b"abcdef"):
            self.assertNotIn(part, sealed)

    def test_another_key_scope_or_request_does_not_open_it(self) -> None:
        sealed = seal(ANSWER, ASKED, NONCE)
        for name, value in (("key", "kez"), ("row_id", "0" * 64), ("request_hash", "0" * 64)):
            with self.subTest(other=name), self.assertRaises(InvalidTag):
                unseal(202, sealed, dataclasses.replace(ASKED, **{name: value}))

    def test_one_changed_bit_is_noticed(self) -> None:
        sealed = seal(ANSWER, ASKED, NONCE)
        for place in (0, NONCE_BYTES, len(sealed) - 1):
            changed = sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1:]
            with self.assertRaises(InvalidTag):
                unseal(202, changed, ASKED)
