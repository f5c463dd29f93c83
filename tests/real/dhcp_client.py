"""A program: a DHCP client that takes one lease (RFC 2131) and prints what it was given as JSON.

Usage: dhcp_client.py INTERFACE MAC. It changes nothing on the interface.
"""

import ipaddress
import json
import os
import socket
import struct
import sys

MAGIC = b"\x63\x82\x53\x63"
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
WANTED = bytes((1, 3, 6, 12, 26, 121))


def main() -> None:
    """Discover, request, print."""
    interface, card = sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", ""))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        wire.bind(("", 68))
        wire.settimeout(1)
        transaction = os.urandom(4)
        address, options = ask(wire, transaction, card, message(transaction, card, DISCOVER, b""), OFFER)
        chosen = bytes((50, 4)) + address + bytes((54, 4)) + options[54]
        address, options = ask(wire, transaction, card, message(transaction, card, REQUEST, chosen), ACK)
    print(json.dumps(given(address, options)))


def message(transaction: bytes, card: bytes, kind: int, more: bytes) -> bytes:
    """A request whose answer comes by broadcast."""
    head = struct.pack("!BBBB4sHH16s16s192s", 1, 1, 6, 0, transaction, 0, 0x8000, b"", card, b"")
    return head + MAGIC + bytes((53, 1, kind)) + more + bytes((55, len(WANTED))) + WANTED + b"\xff"


def ask(wire: socket.socket, transaction: bytes, card: bytes, request: bytes,
        kind: int) -> tuple[bytes, dict[int, bytes]]:
    """Send until the answer of that kind comes; ends the program after five tries."""
    for _ in range(5):
        wire.sendto(request, ("255.255.255.255", 67))
        try:
            answer = wire.recv(4096)
        except TimeoutError:
            continue
        options = parse(answer[240:])
        if answer[4:8] == transaction and options.get(53) == bytes((kind,)):
            return answer[16:20], options
    sys.exit("no DHCP server answers")


def parse(data: bytes) -> dict[int, bytes]:
    """The options by their number."""
    options = {}
    while data and data[0] != 255:
        if data[0] == 0:
            data = data[1:]
            continue
        options[data[0]] = data[2:2 + data[1]]
        data = data[2 + data[1]:]
    return options


def routes(data: bytes) -> list[tuple[str, str]]:
    """Classless static routes (RFC 3442)."""
    found = []
    while data:
        length, count = data[0], (data[0] + 7) // 8
        network = ipaddress.ip_address(data[1:1 + count].ljust(4, b"\0"))
        found.append((f"{network}/{length}", str(ipaddress.ip_address(data[1 + count:5 + count]))))
        data = data[5 + count:]
    return found


def given(address: bytes, options: dict[int, bytes]) -> dict[str, object]:
    """What the lease says, readable."""
    servers = options.get(6, b"")
    return {
        "address": socket.inet_ntoa(address), "router": socket.inet_ntoa(options[3]) if 3 in options else None,
        "dns": [socket.inet_ntoa(servers[at:at + 4]) for at in range(0, len(servers), 4)],
        "mtu": int.from_bytes(options.get(26, b"")), "hostname": options.get(12, b"").decode(),
        "routes": routes(options.get(121, b"")),
    }


if __name__ == "__main__":
    main()
