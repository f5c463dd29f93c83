"""A program that sends frames as they stand, or prints those that come; and the frames that guests must not send.

    frames.py send INTERFACE HEX...     one frame for each
    frames.py watch INTERFACE SECONDS   prints "ready", then the frames that came in, as hex, one a line
"""

import socket
import struct
import sys
import time

BROADCAST = "ff:ff:ff:ff:ff:ff"
IPV4, ARP, IPV6 = 0x0800, 0x0806, 0x86DD


def frame(source: str, target: str, kind: int, content: bytes) -> bytes:
    """An Ethernet frame."""
    return _card(target) + _card(source) + struct.pack("!H", kind) + content


def arp(card: str, address: str, asked: str, marker: bytes) -> bytes:
    """A request for an address, the marker behind it."""
    return struct.pack("!HHBBH6s4s6s4s", 1, IPV4, 6, 4, 1, _card(card), _ip(address), bytes(6), _ip(asked)) + marker


def udp(source: str, target: str, ports: tuple[int, int], marker: bytes) -> bytes:
    """A datagram of IPv4 that carries the marker."""
    inner = struct.pack("!HHHH", *ports, 8 + len(marker), 0) + marker
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(inner), 1, 0, 64, 17, 0, _ip(source), _ip(target))
    return head[:10] + struct.pack("!H", _sum(head)) + head[12:] + inner


def udp6(source: str, target: str, ports: tuple[int, int], marker: bytes) -> bytes:
    """The same of IPv6."""
    return _ip6(source, target, 17, struct.pack("!HHHH", *ports, 8 + len(marker), 0) + marker, 6)


def icmp6(source: str, target: str, kind: int, body: bytes) -> bytes:
    """A message of ICMPv6."""
    return _ip6(source, target, 58, struct.pack("!BBH", kind, 0, 0) + body, 2)


def packed(address: str) -> bytes:
    """An address of IPv6."""
    return socket.inet_pton(socket.AF_INET6, address)


def _ip6(source: str, target: str, protocol: int, inner: bytes, sum_at: int) -> bytes:
    ends = packed(source) + packed(target)
    checksum = _sum(ends + struct.pack("!IHBB", len(inner), 0, 0, protocol) + inner)
    inner = inner[:sum_at] + struct.pack("!H", checksum) + inner[sum_at + 2:]
    return struct.pack("!IHBB", 6 << 28, len(inner), protocol, 255) + ends + inner


def _sum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _card(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def _ip(text: str) -> bytes:
    return socket.inet_aton(text)


def main() -> None:
    """Send or watch."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as wire:
        wire.bind((sys.argv[2], 0))
        if sys.argv[1] == "send":
            for each in sys.argv[3:]:
                wire.send(bytes.fromhex(each))
            return
        print("ready", flush=True)
        wire.settimeout(0.1)
        until = time.monotonic() + float(sys.argv[3])
        while time.monotonic() < until:
            try:
                print(wire.recv(4096).hex(), flush=True)
            except TimeoutError:
                continue


if __name__ == "__main__":
    main()
