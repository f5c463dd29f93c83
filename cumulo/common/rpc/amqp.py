"""Carries messages over an AMQP broker: one connection and one channel for the whole process.

One thread owns the connection: it connects, declares the queues, then only reads. Everybody else
only writes, under a lock, and never waits for an answer of the broker: declarations go out with
nowait and a refusal comes in as an error that makes the owner connect again.

Queues have names of our own, so each reconnect declares the same ones:
- cumulo.<target>, shared by the copies of a service: durable, so that what is sent while an agent
  restarts waits for it, and removed an hour after its last consumer;
- a private one of each bus, for answers and for pings to itself: durable too, because an answer may
  arrive between the broker's restart and ours.
Messages are transient and taken without acknowledgement: whoever needs an effect keeps a row and
sends again; a message lost with a broker or a process costs seconds, never an operation.
"""

import dataclasses
import socket
from typing import Any

import amqp
import kombu
import kombu.exceptions

from cumulo.common import errors, log
from cumulo.common.clock import Clock
from cumulo.common.ids import Ids
from cumulo.common.rpc import wire
from cumulo.common.rpc.pace import Pace, backoff_s
from cumulo.common.rpc.transport import OnBody
from cumulo.common.threads import Threads

LOG = log.get(__name__)

CHANNEL = 1
HEARTBEAT_S = 10
CONNECT_TIMEOUT_S = 5
MESSAGE_LIFE_S = 600
SHARED_QUEUE_LIFE_S = 3600
PRIVATE_QUEUE_LIFE_S = 300

_LOST = (OSError, amqp.AMQPError, kombu.exceptions.OperationalError)


@dataclasses.dataclass(frozen=True)
class _Queue:
    name: str
    on_body: OnBody
    life_s: int


class AmqpTransport:
    """The connection of one bus."""

    def __init__(self, url: str, identity: str, clock: Clock, threads: Threads, ids: Ids, pace: Pace) -> None:
        self._url = url
        self._identity = identity
        self._clock = clock
        self._threads = threads
        self._ids = ids
        self._pace = pace
        self._queues: dict[str, _Queue] = {}
        self._on_unroutable: OnBody | None = None
        self._lock = threads.lock()
        self._up = threads.event()
        self._attempted = threads.event()
        self._closed = threads.event()
        self._connection: Any = None
        self._channel: Any = None
        self._socket: Any = None
        self._owner: Any = None

    @property
    def connected(self) -> bool:
        """Whether messages can be sent now."""
        return self._up.is_set()

    def start(self, on_unroutable: OnBody) -> None:
        """Begin to connect, in a thread that goes on until close."""
        with self._lock:
            if self._owner is None and not self._closed.is_set():
                self._on_unroutable = on_unroutable
                self._owner = self._threads.spawn(self._own, name="rpc-connection")

    def wait_connected(self, timeout_s: float) -> bool:
        """Wait until messages can be sent; say whether they can."""
        return self._up.is_set() or self._up.wait(max(timeout_s, 0))

    def wait_attempted(self, timeout_s: float) -> bool:
        """Wait until connecting was tried at least once; say whether messages can be sent."""
        self._attempted.is_set() or self._attempted.wait(timeout_s)
        return self._up.is_set()

    def publish(self, queue: str, body: bytes, *, expires_s: float | None) -> None:
        """Send one message; it is dropped when not taken within expires_s."""
        name = queue.encode()
        with self._lock:
            connection = self._connection
            if connection is None:
                raise errors.ServiceUnavailable("The message broker cannot be reached.")
            try:
                self._socket.sendall(wire.publication(CHANNEL, name, body, expires_s, connection.frame_max))
                connection.bytes_sent += 1  # py-amqp's heartbeats count what goes out
            except _LOST as error:
                self._hang_up()
                raise errors.ServiceUnavailable("The message broker went away.") from error

    def listen(self, queue: str, on_body: OnBody, *, private: bool) -> None:
        """Declare a queue and consume it, now if there is a connection and after every reconnect."""
        declared = _Queue(queue, on_body, PRIVATE_QUEUE_LIFE_S if private else SHARED_QUEUE_LIFE_S)
        with self._lock:
            self._queues[queue] = declared
            if self._channel is not None:
                self._or_hang_up(self._declare, declared)

    def forget(self, queue: str) -> None:
        """Consume a queue no more."""
        with self._lock:
            if self._queues.pop(queue, None) is not None and self._channel is not None:
                self._or_hang_up(self._channel.basic_cancel, queue, True)

    def keep_alive(self) -> None:
        """Send a heartbeat when nothing else was sent; hang up on a broker that sends none."""
        with self._lock:
            if self._channel is not None:
                self._or_hang_up(self._connection.heartbeat_tick)

    def reconnect(self, reason: str) -> None:
        """Drop the connection; its owner makes another."""
        LOG.warning("bus_reconnecting", identity=self._identity, reason=reason)
        with self._lock:
            self._hang_up()

    def close(self) -> None:
        """Say goodbye to the broker and stop."""
        self._closed.set()
        with self._lock:
            owner = self._owner
            if self._channel is not None:
                # CloseOk reaches the owner, whose read then ends.
                self._or_hang_up(self._connection.send_method, amqp.spec.Connection.Close, "BsBB", (0, "", 0, 0))
        if owner is not None:
            owner.join(2)
        with self._lock:
            self._hang_up()

    def _or_hang_up(self, send: Any, *arguments: Any) -> None:
        try:
            send(*arguments)
        except _LOST as error:
            LOG.warning("bus_send_failed", identity=self._identity, error=error)
            self._hang_up()

    def _hang_up(self) -> None:
        """End the owner's read; called under the lock."""
        self._up.clear()
        self._channel = None
        self._connection = None
        held, self._socket = self._socket, None
        if held is None:
            return
        try:
            held.shutdown(socket.SHUT_RDWR)
        except OSError as error:
            LOG.debug("bus_socket_gone", error=error)

    def _own(self) -> None:
        """Keep a connection until close: connect, read until it breaks, wait, again."""
        attempt = 0
        while not self._closed.is_set():
            connection = self._new_connection()
            try:
                self._connect(connection)
                attempt = 0
                wire.Reader(connection, CHANNEL, self._deliver).run()
            except _LOST as error:
                attempt += 1
                if not self._closed.is_set() and attempt & (attempt - 1) == 0:
                    # Attempts 1, 2, 4, 8 ...: a broker away for hours fills no log.
                    LOG.warning("bus_connection_lost", identity=self._identity, attempt=attempt, error=error)
            except Exception:
                # A bug, but one that must not leave the service deaf for good.
                attempt += 1
                LOG.exception("bus_connection_failed", identity=self._identity, attempt=attempt)
            finally:
                with self._lock:
                    self._hang_up()
                    connection.collect()
                self._attempted.set()
            self._closed.wait(backoff_s(self._pace, max(attempt, 1), self._ids.random()))

    def _new_connection(self) -> Any:
        parsed = kombu.Connection(self._url)
        return amqp.Connection(
            host=parsed.host, userid=parsed.userid or "guest", password=parsed.password or "guest",
            virtual_host=parsed.virtual_host or "/", ssl=parsed.ssl or self._url.startswith("amqps:"),
            connect_timeout=CONNECT_TIMEOUT_S, heartbeat=HEARTBEAT_S,
            client_properties={"connection_name": self._identity},
        )

    def _connect(self, connection: Any) -> None:
        connection.connect()
        channel = connection.channel(CHANNEL)
        channel.events["basic_return"].add(self._returned)
        with self._lock:
            self._connection, self._channel, self._socket = connection, channel, connection.sock
            for queue in self._queues.values():
                self._declare(queue)
            self._up.set()
        self._attempted.set()
        LOG.info("bus_connected", identity=self._identity)

    def _deliver(self, tag: str, body: bytes) -> None:
        queue = self._queues.get(tag)
        if queue is not None:
            queue.on_body(body)

    def _declare(self, queue: _Queue) -> None:
        """Declare and consume a queue; called under the lock."""
        arguments = {"x-expires": queue.life_s * 1000, "x-message-ttl": MESSAGE_LIFE_S * 1000}
        self._channel.queue_declare(queue.name, durable=True, auto_delete=False, arguments=arguments, nowait=True)
        self._channel.basic_consume(
            queue.name, consumer_tag=queue.name, no_ack=True, nowait=True,
            on_cancel=self._cancelled,
        )

    def _cancelled(self, tag: str) -> None:
        """The broker took a consumer away: its queue was deleted. Make it again."""
        LOG.warning("bus_queue_lost", identity=self._identity, queue=tag)
        with self._lock:
            queue = self._queues.get(tag)
            if queue is not None and self._channel is not None:
                self._or_hang_up(self._declare, queue)

    def _returned(self, error: Any, exchange: str, routing_key: str, message: Any) -> None:
        if self._on_unroutable is not None:
            self._on_unroutable(message.body)
