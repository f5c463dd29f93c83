"""A message broker in virtual time that delays, repeats, reorders and drops, and goes away.

Queues outlive their consumers, as on the real broker; a message waits in its queue until it
expires. What is in the broker when it goes down is lost, as messages are transient.
"""

import dataclasses
from collections import deque

from cumulo.common import errors
from cumulo.common.rpc.transport import OnBody
from tests.simulation.kernel import Kernel, Process
from tests.simulation.runtime import SimEvent
from tests.simulation.weather import Weather

HOP_S = (0.0003, 0.003)  # one way of an ordinary message
LATE_S = (0.05, 12.0)  # of one that is held up
RECONNECT_S = (0.1, 1.5)


@dataclasses.dataclass
class _Queue:
    """Messages with the time they expire, and who takes them in turns."""

    waiting: deque[tuple[bytes, float]] = dataclasses.field(default_factory=deque)
    consumers: list[tuple["SimTransport", OnBody]] = dataclasses.field(default_factory=list)


class Broker:
    """The one broker of a simulated cloud."""

    def __init__(self, kernel: Kernel, weather: Weather) -> None:
        self.kernel = kernel
        self.weather = weather
        self.process = Process("broker", "broker")
        self._queues: dict[str, _Queue] = {}
        self._transports: list[SimTransport] = []
        self._flood = 0  # raised when the broker loses what it holds

    def join(self, transport: "SimTransport") -> None:
        """Let a process connect."""
        self._transports.append(transport)

    def go_down(self) -> None:
        """Lose every message and every connection."""
        self._flood += 1
        self.weather.broker_down = True
        for queue in self._queues.values():
            queue.waiting.clear()
        for transport in self._transports:
            transport.hang_up()

    def declare(self, name: str, transport: "SimTransport", on_body: OnBody) -> None:
        """Let a transport take turns in a queue, and hand out what waits there."""
        queue = self._queues.setdefault(name, _Queue())
        queue.consumers = [each for each in queue.consumers if each[0] is not transport]
        queue.consumers.append((transport, on_body))
        while queue.waiting and self._hand_out(name, *queue.waiting[0]):
            queue.waiting.popleft()

    def leave(self, name: str, transport: "SimTransport") -> None:
        """End a transport's turns."""
        queue = self._queues.get(name)
        if queue is not None:
            queue.consumers = [each for each in queue.consumers if each[0] is not transport]

    def send(self, sender: "SimTransport", name: str, body: bytes, expires_s: float | None) -> None:
        """Take a message from a process; it arrives later, or never, or twice."""
        copies = 2 if self.weather.happens("message repeated") else 1
        for _ in range(copies):
            if not self.weather.happens("message dropped"):
                late = self.weather.happens("message late")
                self._after(self.weather.between(*(LATE_S if late else HOP_S)), sender, name, body, expires_s)

    def _after(self, delay_s: float, sender: "SimTransport", name: str, body: bytes, expires_s: float | None) -> None:
        flood = self._flood
        expires = self.kernel.now + (600.0 if expires_s is None else expires_s)

        def arrive() -> None:
            self.kernel.wait(delay_s)
            if flood != self._flood or sender.process.host in self.weather.cut_off:
                return
            queue = self._queues.get(name)
            if queue is None:
                sender.deliver(sender.on_unroutable, body)
            elif not self._hand_out(name, body, expires):
                queue.waiting.append((body, expires))

        self.kernel.spawn(self.process, arrive, "message")

    def _hand_out(self, name: str, body: bytes, expires: float) -> bool:
        """Give a message to whoever's turn it is; False when it has to wait."""
        if self.kernel.now > expires:
            return True  # dropped
        queue = self._queues[name]
        queue.consumers = [each for each in queue.consumers if each[0].process.alive]
        for _ in range(len(queue.consumers)):
            transport, on_body = queue.consumers.pop(0)
            queue.consumers.append((transport, on_body))
            if transport.connected_now:
                # A cut cable is noticed only later: what was sent into it is lost.
                if transport.process.host not in self.weather.cut_off:
                    transport.deliver(on_body, body)
                return True
        return False


class SimTransport:
    """One process's connection to the broker."""

    def __init__(self, broker: Broker, process: Process) -> None:
        self._broker = broker
        self._kernel = broker.kernel
        self.process = process
        self._up = SimEvent(broker.kernel)
        self.connected_now = False
        self._attempted = SimEvent(broker.kernel)
        self._own: dict[str, OnBody] = {}
        self.on_unroutable: OnBody = lambda body: None
        self._started = False
        self._connecting = False
        self._closed = False
        broker.join(self)

    @property
    def connected(self) -> bool:
        """Whether messages can be sent now."""
        return self.connected_now

    def start(self, on_unroutable: OnBody) -> None:
        """Begin to connect."""
        self.on_unroutable = on_unroutable
        self._started = True
        self._connect_soon(0.0)

    def wait_connected(self, timeout_s: float) -> bool:
        """Wait until messages can be sent; say whether they can."""
        return self.connected_now or (self._up.wait(max(timeout_s, 0)) and self.connected_now)

    def wait_attempted(self, timeout_s: float) -> bool:
        """Wait until connecting was tried."""
        self._attempted.wait(max(timeout_s, 0))
        return self.connected_now

    def publish(self, queue: str, body: bytes, *, expires_s: float | None) -> None:
        """Send one message."""
        self._broker.weather.boundary("publish before")
        if not self.connected_now:
            raise errors.ServiceUnavailable("The message broker cannot be reached.")
        self._broker.send(self, queue, body, expires_s)
        self._kernel.pause()
        self._broker.weather.boundary("publish after")

    def listen(self, queue: str, on_body: OnBody, *, private: bool) -> None:
        """Consume a queue, now and after every reconnect."""
        self._own[queue] = on_body
        if self.connected_now:
            self._broker.declare(queue, self, on_body)

    def forget(self, queue: str) -> None:
        """Consume a queue no more."""
        if self._own.pop(queue, None) is not None:
            self._broker.leave(queue, self)

    def keep_alive(self) -> None:
        """Nothing: a cut cable is noticed by the pings that do not come back."""

    def reconnect(self, reason: str) -> None:
        """Connect anew."""
        self.hang_up()

    def close(self) -> None:
        """Stop for good."""
        self._closed = True
        self.hang_up()

    def deliver(self, on_body: OnBody, body: bytes) -> None:
        """Hand a message to the process, unless it is dead: then it is lost."""
        if self.process.alive:
            self._kernel.spawn(self.process, lambda: on_body(body), "delivery")

    def hang_up(self) -> None:
        """Lose the connection, from whichever side; then try again."""
        for queue in self._own:
            self._broker.leave(queue, self)
        self.connected_now = False
        if self.process.alive and self._started and not self._closed:
            self._connect_soon(self._broker.weather.between(*RECONNECT_S))

    def _connect_soon(self, delay_s: float) -> None:
        if not self._connecting:
            self._connecting = True
            self._kernel.spawn(self.process, lambda: self._connect(delay_s), "connect")

    def _connect(self, delay_s: float) -> None:
        weather = self._broker.weather
        self._up.clear()
        while not self._closed:
            self._kernel.wait(delay_s)
            if not weather.broker_down and self.process.host not in weather.cut_off:
                break
            self._attempted.set()
            delay_s = weather.between(*RECONNECT_S)
        self._connecting = False
        if self._closed:
            return
        self.connected_now = True
        for queue, on_body in list(self._own.items()):
            self._broker.declare(queue, self, on_body)
        self._up.set()
        self._attempted.set()
