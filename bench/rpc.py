"""RPC round trips with 1 KiB over RabbitMQ, beside bare py-amqp in the same run.

    python -m bench.rpc --url amqp://user:password@127.0.0.1:5672//

Server and client are two processes, as in a distributed cloud; both are monkey-patched unless
--threads says otherwise. The bare pair does the least that can be called a round trip: publish,
consume without acknowledgement, publish back.
"""

import argparse
import collections
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

PAYLOAD = b"x" * 1024
TARGET = "bench.rpc"
BARE_QUEUE = "cumulo.bench.bare"
FLIGHTS = (1, 50)
GOALS = {1: 1500, 50: 3000}


def main() -> None:
    """Measure and print one line for each number of calls in flight."""
    options = _options()
    if not options.threads:
        import eventlet

        eventlet.monkey_patch()
    if options.role == "bus-server":
        return _serve_bus(options.url)
    if options.role == "bare-server":
        return _serve_bare(options.url)
    for in_flight in FLIGHTS:
        # In turns, and the best of each: whatever else the machine does then disturbs both alike.
        rounds = [(_against("bare-server", options, lambda: _bare_rate(options.url, in_flight, options.seconds)),
                   _against("bus-server", options, lambda: _bus_rate(options.url, in_flight, options.seconds)))
                  for _ in range(options.rounds)]
        bare, bus = max(each[0] for each in rounds), max(each[1] for each in rounds)
        print(f"in_flight={in_flight} cumulo={bus:.0f}/s bare_py_amqp={bare:.0f}/s ratio={bus / bare:.2f} "
              f"goal={GOALS[in_flight]}/s {'met' if bus >= GOALS[in_flight] else 'MISSED'}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True, help="the broker")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each, of which the best counts")
    parser.add_argument("--threads", action="store_true", help="operating system threads instead of green ones")
    parser.add_argument("--role", default="client", help=argparse.SUPPRESS)
    return parser.parse_args()


def _against(role: str, options: argparse.Namespace, measure: Callable[[], float]) -> float:
    """Measure against a server process started for it."""
    argv = [sys.executable, "-m", "bench.rpc", "--url", options.url, "--role", role]
    server = subprocess.Popen(argv + ["--threads"] * options.threads, stdout=subprocess.PIPE)
    assert server.stdout is not None
    try:
        server.stdout.readline()
        return measure()
    finally:
        server.kill()
        server.wait()


def _bus(url: str, identity: str) -> Any:
    from cumulo.common.clock import Clock
    from cumulo.common.ids import Ids
    from cumulo.common.rpc.bus import Bus
    from cumulo.common.threads import Threads

    return Bus(url, identity=identity, clock=Clock(), threads=Threads(), ids=Ids())


def _serve_bus(url: str) -> None:
    bus = _bus(url, "bench-server")
    bus.serve(TARGET, {"echo": lambda call, data: data})
    bus.round_trip(10)
    print("ready", flush=True)
    threading.Event().wait()


def _bus_rate(url: str, in_flight: int, seconds: float) -> float:
    bus = _bus(url, "bench-client")
    assert bus.call(TARGET, "echo", {"data": PAYLOAD}) == PAYLOAD
    counts = [0] * in_flight
    end = time.monotonic() + seconds

    def loop(number: int) -> None:
        while time.monotonic() < end:
            bus.call(TARGET, "echo", {"data": PAYLOAD})
            counts[number] += 1

    began = time.monotonic()
    callers = [threading.Thread(target=loop, args=(number,)) for number in range(in_flight)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    rate = sum(counts) / (time.monotonic() - began)
    bus.close()
    return rate


def _bare_channel(url: str) -> Any:
    import amqp
    import kombu

    parsed = kombu.Connection(url)
    connection = amqp.Connection(parsed.host, parsed.userid or "guest", parsed.password or "guest",
                                 virtual_host=parsed.virtual_host or "/")
    connection.connect()
    return connection.channel()


def _serve_bare(url: str) -> None:
    import amqp

    channel = _bare_channel(url)
    channel.queue_declare(BARE_QUEUE, auto_delete=True)

    # Answered outside the callback: py-amqp's publish reads, and would call the callback within itself.
    taken: collections.deque[Any] = collections.deque()
    channel.basic_consume(BARE_QUEUE, no_ack=True, callback=taken.append)
    print("ready", flush=True)
    while True:
        channel.connection.drain_events()
        while taken:
            message = taken.popleft()
            channel.basic_publish(amqp.Message(message.body), routing_key=message.properties["reply_to"])


def _bare_rate(url: str, in_flight: int, seconds: float) -> float:
    """Keep so many requests on their way from one thread: each answer sends the next request."""
    import amqp

    channel = _bare_channel(url)
    private = channel.queue_declare("", exclusive=True).queue
    answers: list[Any] = []

    def send() -> None:
        channel.basic_publish(amqp.Message(PAYLOAD, reply_to=private), routing_key=BARE_QUEUE)

    channel.basic_consume(private, no_ack=True, callback=answers.append)
    for _ in range(in_flight):
        send()
    began, sent = time.monotonic(), in_flight
    while time.monotonic() < began + seconds:
        channel.connection.drain_events()
        while sent - len(answers) < in_flight:
            send()
            sent += 1
    rate = len(answers) / (time.monotonic() - began)
    channel.connection.collect()
    return rate


if __name__ == "__main__":
    main()
