"""What is sealed in a token comes out again, and nothing else does."""

import unittest

import msgpack
from cryptography.fernet import Fernet, MultiFernet

from cumulo.common.errors import Unauthorized
from cumulo.identity.model import SYSTEM, Scope
from cumulo.identity.payload import Payload, new_audit_id, open_token, seal

FERNET = MultiFernet([Fernet(Fernet.generate_key())])
HEX = "0123456789abcdef" * 2


def payload(**changes: object) -> Payload:
    """Return a payload with changes."""
    values = {"user_id": HEX, "methods": ("password",), "issued_at": 1.5, "expires_at": 2.5, "generation": 7,
              "audit_ids": (new_audit_id(b"a" * 16),)}
    return Payload(**(values | changes))  # type: ignore[arg-type]


class PayloadTest(unittest.TestCase):
    """Sealing and opening."""

    def test_round_trip(self) -> None:
        for each in (payload(), payload(user_id="default"), payload(scope=SYSTEM), payload(user_id="A" * 32),
                     payload(scope=Scope("project", HEX), methods=("password", "token")),
                     payload(scope=Scope("domain", "default"), audit_ids=(new_audit_id(b"b" * 16),) * 2),
                     payload(service_roles=("service", "reader"), methods=("service",))):
            self.assertEqual(each, open_token(FERNET, seal(FERNET, each)))

    def test_token_is_short(self) -> None:
        self.assertLess(len(seal(FERNET, payload(scope=Scope("project", HEX)))), 256)

    def test_forgeries(self) -> None:
        good = seal(FERNET, payload())
        other = seal(MultiFernet([Fernet(Fernet.generate_key())]), payload())
        later = FERNET.encrypt(msgpack.packb([99, "something", "else"])).decode()
        changed = good[:50] + ("B" if good[50] == "A" else "A") + good[51:]
        for token in ("", "x", good[:-8], changed, other, later, "é" * 60, "x" * 5000, good + "\n"):
            self.assertRaises(Unauthorized, open_token, FERNET, token)
