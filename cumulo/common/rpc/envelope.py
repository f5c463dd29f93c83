"""The one message format of the bus: a msgpack map with named fields, only ever extended.

    call      version kind method arguments request_id timeout_s context reply_to call_id
    cast      version kind method arguments request_id context
    answer    version kind call_id result
    failure   version kind call_id error          (cumulo.common.errors.to_wire)
    progress  version kind call_id facts          (also the heartbeat of a long call, with no facts)
    ping      version kind sent_at                (a bus to itself)

The deadline travels as the seconds left, because two hosts' clocks need not agree.
"""

from typing import Any

import msgpack

VERSION = 1

CALL, CAST = "call", "cast"
ANSWER, FAILURE, PROGRESS = "answer", "failure", "progress"
PING = "ping"

Message = dict[str, Any]

_FIELDS = {
    CALL: ("method", "arguments", "request_id", "timeout_s", "context", "reply_to", "call_id"),
    CAST: ("method", "arguments", "request_id", "context"),
    ANSWER: ("call_id", "result"),
    FAILURE: ("call_id", "error"),
    PROGRESS: ("call_id", "facts"),
    PING: ("sent_at",),
}


class BadEnvelope(ValueError):
    """The bytes are no message of a version this side reads."""


def call(
    method: str, arguments: dict[str, Any], *, request_id: str, timeout_s: float,
    context: dict[str, Any] | None, reply_to: str, call_id: int,
) -> bytes:
    """Return a request that wants an answer in the queue reply_to within timeout_s."""
    return encode({
        "version": VERSION, "kind": CALL, "method": method, "arguments": arguments, "request_id": request_id,
        "timeout_s": timeout_s, "context": context, "reply_to": reply_to, "call_id": call_id,
    })


def cast(method: str, arguments: dict[str, Any], *, request_id: str, context: dict[str, Any] | None) -> bytes:
    """Return a request that wants no answer."""
    return encode({
        "version": VERSION, "kind": CAST, "method": method, "arguments": arguments,
        "request_id": request_id, "context": context,
    })


def answer(call_id: int, result: Any) -> bytes:
    """Return the result of a call."""
    return encode({"version": VERSION, "kind": ANSWER, "call_id": call_id, "result": result})


def failure(call_id: int, error: dict[str, Any]) -> bytes:
    """Return the error, in its wire form, that ended a call."""
    return encode({"version": VERSION, "kind": FAILURE, "call_id": call_id, "error": error})


def progress(call_id: int, facts: dict[str, Any]) -> bytes:
    """Return the news that a call is still at work."""
    return encode({"version": VERSION, "kind": PROGRESS, "call_id": call_id, "facts": facts})


def ping(sent_at: float) -> bytes:
    """Return a message that a bus sends itself; sent_at is its own monotonic clock."""
    return encode({"version": VERSION, "kind": PING, "sent_at": sent_at})


def encode(message: Message) -> bytes:
    """Return the bytes of a message; TypeError names a value that cannot travel."""
    return msgpack.packb(message)  # type: ignore[no-any-return]


def decode(body: bytes) -> Message:
    """Return the message in the bytes, or raise BadEnvelope; fields it does not know are kept."""
    try:
        message = msgpack.unpackb(body, strict_map_key=False)
    except (ValueError, msgpack.UnpackException) as error:
        raise BadEnvelope("not msgpack") from error
    if not isinstance(message, dict) or message.get("version") != VERSION:
        raise BadEnvelope("not a message of this version")
    missing = [name for name in _FIELDS.get(message.get("kind"), ("known kind",)) if name not in message]
    if missing:
        raise BadEnvelope(f"a message without {missing[0]}")
    return message
