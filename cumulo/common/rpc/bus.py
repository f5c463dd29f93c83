"""The message bus: call, cast, serve, and proof that this process hears.

    caller                                             server
    call() -> request -> queue of the target ----------> a thread of its own runs the handler
      waits <- progress / heartbeat <- private queue <-- while it runs, every few seconds
      returns or raises <- answer / failure <----------- when it ends

A call that changes something runs one step of an operation; everything else reads. A message may be
lost with a broker or a process: whoever needs the effect asks again.
"""

import math
from collections.abc import Mapping
from typing import Any

from cumulo.common import boundary, errors, log
from cumulo.common.clock import Clock
from cumulo.common.context import Context
from cumulo.common.ids import Ids
from cumulo.common.rpc import envelope
from cumulo.common.rpc.amqp import AmqpTransport
from cumulo.common.rpc.calls import Calls, OnProgress, PendingCall
from cumulo.common.rpc.hearing import Hearing
from cumulo.common.rpc.memory import MemoryTransport
from cumulo.common.rpc.pace import Pace
from cumulo.common.rpc.server import Call, Handler, Server
from cumulo.common.rpc.transport import Transport
from cumulo.common.rpc.workers import Workers
from cumulo.common.threads import Threads

LOG = log.get(__name__)

FIRST_CONNECT_S = 6.0


class Bus:
    """One process's end of the bus; connects at its first use.

    identity names the process in logs and queue names ("compute.host1"); transport stands in for the
    one that the URL names. Closing ends it for good.
    """

    def __init__(
        self, url: str, *, identity: str, clock: Clock, threads: Threads, ids: Ids, pace: Pace | None = None,
        transport: Transport | None = None,
    ) -> None:
        self._identity = identity
        self._clock = clock
        self._threads = threads
        self._ids = ids
        self._pace = pace or Pace()
        self._transport = transport or _transport(url, identity, clock, threads, ids, self._pace)
        self._private = f"cumulo.private.{identity}.{ids.new_id()[:8]}"
        self._calls = Calls(clock, threads, self._pace)
        self._workers = Workers(threads, f"rpc-{identity}")
        self._hearing = Hearing(self._transport, self._private, clock, threads, self._pace)
        self._servers: dict[str, Server] = {}
        self._started = False
        self._start_lock = threads.lock()
        self._closed = threads.event()

    def call(
        self, target: str, method: str, arguments: dict[str, Any], *, timeout_s: float = 30,
        context: Context | None = None, on_progress: OnProgress | None = None, longest_s: float = math.inf,
    ) -> Any:
        """Run a method of a service and return its result; its CumuloError is raised here as the same class.

        The service's heartbeats extend timeout_s for as long as the method runs, up to longest_s. While the broker is
        away the call waits for it, until its deadline. DeadlineExceeded: no answer, or no sign of life
        for HEARTBEAT_TIMEOUT_S; the method may have run. ServiceUnavailable: nobody serves the target.
        """
        self._start()
        pending = self._calls.open(f"{target}.{method}", timeout_s, longest_s)
        try:
            body = envelope.call(
                method, arguments, request_id=self._request_id(context), timeout_s=timeout_s,
                context=None if context is None else context.to_dict(),
                reply_to=self._private, call_id=pending.call_id,
            )
            boundary.message("request before sending", target, method, arguments)
            self._send_call(pending, _queue(target), body, timeout_s)
            boundary.message("request sent", target, method, arguments)
            result = self._calls.wait(pending, on_progress)
            boundary.message("answer received", target, method, arguments)
            return result
        finally:
            self._calls.close(pending)

    def cast(self, target: str, method: str, arguments: dict[str, Any], *, context: Context | None = None) -> None:
        """Ask a service to run a method, without waiting. ServiceUnavailable when the broker cannot be reached."""
        self._start()
        self._transport.wait_attempted(FIRST_CONNECT_S)
        body = envelope.cast(
            method, arguments, request_id=self._request_id(context),
            context=None if context is None else context.to_dict(),
        )
        boundary.message("request before sending", target, method, arguments)
        self._transport.publish(_queue(target), body, expires_s=None)
        boundary.message("request sent", target, method, arguments)

    def serve(self, target: str, methods: Mapping[str, Handler]) -> Server:
        """Answer calls and casts to a target, each in a thread of its own: handler(call, **arguments)."""
        self._start()

        def stop() -> None:
            if self._servers.pop(target, None) is not None:
                self._transport.forget(_queue(target))

        if target in self._servers:
            raise ValueError(f"this bus serves {target} already")
        server = Server(target, methods, self._clock, self._pace.beat_s, stop)
        self._servers[target] = server
        boundary.serves(target, methods)
        self._transport.listen(_queue(target), lambda body: self._on_request(server, body), private=False)
        return server

    def round_trip(self, timeout_s: float) -> float:
        """Send this process a message through its own queue; return the seconds it took, or raise DeadlineExceeded."""
        self._start()
        return self._hearing.round_trip(timeout_s)

    def state(self) -> dict[str, Any]:
        """Say whether this process hears the bus, and when it last did: hearing, last_heard_s_ago, connected."""
        self._start()
        return self._hearing.state()

    def close(self) -> None:
        """Stop serving and disconnect. Idempotent."""
        self._closed.set()
        for server in list(self._servers.values()):
            server.stop()
        self._transport.close()

    def _start(self) -> None:
        if self._started:
            return
        with self._start_lock:
            if self._started:
                return
            self._transport.listen(self._private, self._on_private, private=True)
            self._transport.start(self._on_unroutable)
            self._threads.spawn(self._keep, name="rpc-keeper")
            self._started = True

    def _send_call(self, pending: PendingCall, queue: str, body: bytes, timeout_s: float) -> None:
        """Publish a request as soon as there is a broker to take it."""
        expires_s = min(timeout_s, self._pace.silence_s)
        while True:
            remaining = pending.deadline - self._clock.monotonic()
            if self._closed.is_set() or not self._transport.wait_connected(remaining):
                raise errors.ServiceUnavailable("The message broker cannot be reached.", call=pending.name)
            try:
                return self._transport.publish(queue, body, expires_s=expires_s)
            except errors.ServiceUnavailable as error:
                LOG.info("call_waits_for_broker", call=pending.name, reason=error.message)

    def _request_id(self, context: Context | None) -> str:
        return (context.request_id if context is not None else "") or self._ids.request_id()

    def _on_private(self, body: bytes) -> None:
        message = self._decode(body)
        if message is None:
            return
        if message["kind"] == envelope.PING:
            self._hearing.heard(message["sent_at"])
        else:
            self._calls.deliver(message)

    def _on_request(self, server: Server, body: bytes) -> None:
        message = self._decode(body)
        if message is not None:
            call = Call(message, self._clock, self._reply)
            self._workers.run(server.handle, call, message["arguments"])

    def _on_unroutable(self, body: bytes) -> None:
        message = self._decode(body)
        kind = None if message is None else message["kind"]
        if message is not None and kind == envelope.CALL and message["reply_to"] == self._private:
            error = errors.ServiceUnavailable("Nobody serves this call.", method=message["method"])
            self._calls.deliver(_refusal(message["call_id"], error))
        elif kind == envelope.PING:
            self._threads.spawn(self._transport.reconnect, "the private queue is gone", name="rpc-reconnect")
        elif message is not None:
            LOG.warning("message_unroutable", kind=kind, method=message.get("method"))

    def _reply(self, queue: str, body: bytes) -> None:
        """Send an answer or news to a caller; waits for a broker that is away, as long as a caller would."""
        limit = self._clock.monotonic() + self._pace.silence_s
        while self._transport.wait_connected(limit - self._clock.monotonic()):
            try:
                return self._transport.publish(queue, body, expires_s=None)
            except errors.ServiceUnavailable as error:
                LOG.info("answer_waits_for_broker", reason=error.message)
        LOG.warning("answer_lost", queue=queue)

    def _decode(self, body: bytes) -> envelope.Message | None:
        try:
            return envelope.decode(body)
        except envelope.BadEnvelope as error:
            LOG.warning("message_unreadable", identity=self._identity, error=error)
            return None

    def _keep(self) -> None:
        """Prove hearing and keep callers informed, until close."""
        while not self._closed.wait(self._pace.tick_s):
            self.run_once()

    def run_once(self) -> None:
        """One turn of the keeper: heartbeats of running calls, the connection's own, a ping when due."""
        for server in list(self._servers.values()):
            if self._transport.connected:
                server.beat()
        self._hearing.run_once()


def _queue(target: str) -> str:
    return f"cumulo.{target}"


def _refusal(call_id: int, error: errors.CumuloError) -> envelope.Message:
    return {"kind": envelope.FAILURE, "call_id": call_id, "error": errors.to_wire(error)}


def _transport(url: str, identity: str, clock: Clock, threads: Threads, ids: Ids, pace: Pace) -> Transport:
    if url.startswith("memory://"):
        return MemoryTransport(url, threads)
    if url.startswith(("amqp://", "amqps://", "pyamqp://")):
        return AmqpTransport(url, identity, clock, threads, ids, pace)
    raise ValueError(f"bus_url: {url.split(':', 1)[0]!r} is no kind of bus; use memory:// or amqp://")
