"""The wire format: golden bytes, because services of two versions meet during an upgrade."""

import unittest

from cumulo.common import errors
from cumulo.common.rpc import envelope

CALL = bytes.fromhex(
    "89a776657273696f6e01a46b696e64a463616c6ca66d6574686f64a872756e5f73746570a9617267756d656e747381a46e616d65a4626f6f74"
    "aa726571756573745f6964a57265712d31a974696d656f75745f73cb403e000000000000a7636f6e74657874c0a87265706c795f746fa470726976"
    "a763616c6c5f696407")


class EnvelopeTest(unittest.TestCase):
    """Encoding and refusing."""

    def test_the_bytes_of_a_call_never_change(self) -> None:
        made = envelope.call("run_step", {"name": "boot"}, request_id="req-1", timeout_s=30.0, context=None,
                             reply_to="priv", call_id=7)
        self.assertEqual(CALL.hex(), made.hex())

    def test_the_bytes_of_an_older_peer_are_read(self) -> None:
        message = envelope.decode(CALL)
        self.assertEqual(("call", "run_step", {"name": "boot"}, 30.0, 7),
                         tuple(message[name] for name in ("kind", "method", "arguments", "timeout_s", "call_id")))

    def test_a_field_of_a_newer_peer_is_no_error(self) -> None:
        body = envelope.encode({**envelope.decode(CALL), "invented_later": 1})
        self.assertEqual("run_step", envelope.decode(body)["method"])

    def test_what_is_no_message_is_refused(self) -> None:
        bodies = (b"", b"\xc1", b"{}", envelope.encode([]), envelope.encode({"version": 2, "kind": "cast"}),
                  envelope.encode({"version": 1}), envelope.encode({"version": 1, "kind": "song"}),
                  envelope.encode({"version": 1, "kind": "call", "method": "x"}))
        for body in bodies:
            with self.subTest(body=body), self.assertRaises(envelope.BadEnvelope):
                envelope.decode(body)

    def test_an_error_keeps_its_class_and_facts(self) -> None:
        sent = errors.NotFound("No such port.", kind="PortNotFound", port_id="1")
        message = envelope.decode(envelope.failure(3, errors.to_wire(sent)))
        got = errors.from_wire(message["error"])
        self.assertEqual((errors.NotFound, "No such port.", "PortNotFound", {"port_id": "1"}),
                         (type(got), got.message, got.kind, got.facts))
