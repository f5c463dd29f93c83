"""A program: what guests may send and receive, each rule shown by an attempt. Started by test_network_lab."""

import contextlib
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping

from cumulo.network.agent.filter import link_local
from tests.lab import frames
from tests.lab.frames import ARP, BROADCAST, IPV4, IPV6
from tests.lab.lab import Guest, Lab, lab

_FRAMES = str(pathlib.Path(frames.__file__))
CIDR, CIDR6 = "10.0.0.0/24", "fd00:0:0:1::/64"
ANYTHING = ({"direction": "ingress"}, {"direction": "ingress", "ethertype": "IPv6"},
            {"direction": "egress"}, {"direction": "egress", "ethertype": "IPv6"})
OUT = ({"direction": "egress"}, {"direction": "egress", "ethertype": "IPv6"})
STRANGER, OTHER_CARD = "10.0.0.77", "fa:16:3e:99:99:99"


def arrived(sender: Guest, receiver: Guest, sent: Mapping[str, bytes]) -> set[str]:
    """Send frames, each with its name as a marker in it, and return the names of those that came."""
    with subprocess.Popen(receiver.command(sys.executable, _FRAMES, "watch", "eth0", "1.5"),
                          stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None and watching.stdout.readline() == "ready\n"
        sender.run(sys.executable, _FRAMES, "send", "eth0", *(each.hex() for each in sent.values()))
        seen = watching.stdout.read()
    return {name for name in sent if marker(name).hex() in seen}


def marker(name: str) -> bytes:
    """Bytes that are found again."""
    return f"<{name}>".encode()


def attempts(sender: Guest, receiver: Guest) -> dict[str, bytes]:
    """Frames by what is wrong with them; those that begin with "right" are what a guest may send."""
    card, own, to = sender.port["mac_address"], sender.address, receiver.address
    own6, to6 = sender.port["fixed_ips"][1]["ip_address"], receiver.port["fixed_ips"][1]["ip_address"]
    other6, beyond = "fd00:0:0:1::77", receiver.port["mac_address"]
    mark, ports = marker, (5000, 5001)
    made = {
        "right udp": (card, beyond, IPV4, frames.udp(own, to, ports, mark("right udp"))),
        "right udp6": (card, beyond, IPV6, frames.udp6(own6, to6, ports, mark("right udp6"))),
        "right arp": (card, BROADCAST, ARP, frames.arp(card, own, STRANGER, mark("right arp"))),
        "right advertisement": (card, beyond, IPV6, frames.icmp6(
            link_local(card), to6, 136, bytes(4) + frames.packed(own6) + mark("right advertisement"))),
        "card": (OTHER_CARD, beyond, IPV4, frames.udp(own, to, ports, mark("card"))),
        "address": (card, beyond, IPV4, frames.udp(STRANGER, to, ports, mark("address"))),
        "address6": (card, beyond, IPV6, frames.udp6(other6, to6, ports, mark("address6"))),
        "arp address": (card, BROADCAST, ARP, frames.arp(card, STRANGER, to, mark("arp address"))),
        "arp card": (card, BROADCAST, ARP, frames.arp(OTHER_CARD, own, to, mark("arp card"))),
        "advertisement": (card, beyond, IPV6, frames.icmp6(
            link_local(card), to6, 136, bytes(4) + frames.packed(other6) + mark("advertisement"))),
        "dhcp server": (card, BROADCAST, IPV4, frames.udp(own, "255.255.255.255", (67, 68), mark("dhcp server"))),
        "dhcp6 server": (card, beyond, IPV6, frames.udp6(link_local(card), to6, (547, 546), mark("dhcp6 server"))),
        "router": (card, beyond, IPV6, frames.icmp6(link_local(card), to6, 134, bytes(12) + mark("router"))),
        "redirect": (card, beyond, IPV6, frames.icmp6(link_local(card), to6, 137, bytes(36) + mark("redirect"))),
        "tagged": (card, beyond, 0x8100, b"\0\x07\x08\0" + frames.udp(own, to, ports, mark("tagged"))),
        "other protocol": (card, beyond, 0x88B5, mark("other protocol")),
    }
    return {name: frames.frame(*parts) for name, parts in made.items()}


def check_anti_spoofing(lab: Lab) -> None:
    """Nothing that a guest must not send arrives, on the same host or another; what it may send does."""
    group = lab.control.group(*ANYTHING)
    network = lab.control.network("vxlan", (CIDR, CIDR6))
    secure = {"port_security_enabled": True, "security_groups": [group]}
    sender, near, far = (lab.control.port(network, host, **secure) for host in ("h1", "h1", "h2"))
    lab.converge()
    assert lab.differences() == [], lab.differences()
    guests = {each: lab.guest(each) for each in (sender, near, far)}
    for receiver, right in ((near, {"right udp", "right udp6", "right arp", "right advertisement"}),
                            (far, {"right udp", "right udp6", "right advertisement"})):  # nothing is flooded
        came = arrived(guests[sender], guests[receiver], attempts(guests[sender], guests[receiver]))
        assert came == right, (receiver, came)
    lab.control.change(sender, allowed_address_pairs=[{"ip_address": "10.0.0.64/26", "mac_address": None}])
    lab.converge()
    came = arrived(guests[sender], guests[near], attempts(guests[sender], guests[near]))
    assert {"address", "arp address"} <= came and not {"card", "arp card", "router"} & came, came
    lab.control.change(sender, port_security_enabled=False, security_groups=[])
    lab.converge()
    came = arrived(guests[sender], guests[near], attempts(guests[sender], guests[near]))
    # Without port security it may send all of that; what is no IP the receiver's groups let in for nobody.
    assert came == set(attempts(guests[sender], guests[near])) - {"other protocol", "tagged"}, came


def check_groups(lab: Lab) -> None:
    """A group lets in what its rules say, from whom they say, and answers to what was let out."""
    control = lab.control
    web = control.group(*OUT)
    members = control.group(*OUT, {"direction": "ingress", "protocol": "icmp", "remote_group_id": web},
                            {"direction": "ingress", "protocol": "tcp", "port_range_min": 80, "port_range_max": 81})
    network = control.network("vxlan", ("10.5.0.0/24",))
    ports = [control.port(network, host, port_security_enabled=True, security_groups=[group])
             for host, group in (("h1", members), ("h2", members), ("h1", web), ("h2", web))]
    lab.converge()
    guests = [lab.guest(each) for each in ports]
    first, second, friend, far_friend = guests
    assert friend.reaches(first.address) and far_friend.reaches(first.address)
    assert not second.reaches(first.address), "not in the group that may ask"
    assert not first.reaches(friend.address), "the other way is not let in"
    assert connects(second, first, 80) and not connects(second, first, 82)
    control.change(ports[3], security_groups=[members])
    lab.converge()
    assert not far_friend.reaches(first.address), "left the group"
    control.change(ports[2], admin_state_up=False)
    lab.converge()
    assert not friend.reaches(first.address), "is down"
    assert lab.differences() == [], lab.differences()


def connects(client: Guest, server: Guest, port: int) -> bool:
    """Say whether a connection is made."""
    code = f"import socket; s = socket.create_server(('{server.address}', {port})); print('up', flush=True); s.accept()"
    with subprocess.Popen(server.command(sys.executable, "-c", code), stdout=subprocess.PIPE) as serving:
        assert serving.stdout is not None and serving.stdout.readline() == b"up\n"
        ask = f"import socket; socket.create_connection(('{server.address}', {port}), 1)"
        done = subprocess.run(client.command(sys.executable, "-c", ask), capture_output=True, check=False, timeout=20)
        serving.kill()
    return done.returncode == 0


TALK = """
import socket, sys, time
spoken = socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)
spoken.settimeout(0.05)
print("up", flush=True)
while True:
    try:
        spoken.send(b"x")
        if spoken.recv(99):
            print(time.monotonic(), flush=True)
    except TimeoutError:
        continue
    time.sleep(0.05)
"""
ANSWER = """
import socket, sys, threading
def answer(one):
    while said := one.recv(99):
        one.sendall(said)
listening = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("up", flush=True)
while True:
    threading.Thread(target=answer, args=listening.accept()[:1], daemon=True).start()
"""


def check_revoked(lab: Lab) -> None:
    """A rule that goes takes the connections with it that it had let in, and no others; so does an agent killed meanwhile."""
    control = lab.control
    first, second = ({"direction": "ingress", "protocol": "tcp", "port_range_min": port, "port_range_max": port}
                     for port in (90, 91))
    out = control.group(*OUT)
    for how in ("changed", "restarted"):
        served = control.group(*OUT, first, second)
        network = control.network("vxlan", ("10.6.0.0/24",))
        secure = {"port_security_enabled": True}
        server, near, far = (control.port(network, host, security_groups=[group], **secure)
                             for host, group in (("h1", served), ("h1", out), ("h2", out)))
        lab.converge()
        guests = {each: lab.guest(each) for each in (server, near, far)}
        address = guests[server].address
        with contextlib.ExitStack() as stack:
            def start(guest: Guest, code: str, port: int) -> "subprocess.Popen[str]":
                made = stack.enter_context(subprocess.Popen(
                    guest.command(sys.executable, "-c", code, address, str(port)), stdout=subprocess.PIPE, text=True))
                stack.callback(made.kill)
                assert made.stdout is not None and made.stdout.readline() == "up\n"
                return made

            for port in (90, 91):
                start(guests[server], ANSWER, port)
            talks = {(name, port): start(guests[name], TALK, port) for name in (near, far) for port in (90, 91)}
            time.sleep(0.5)
            revoked = time.monotonic()
            control.rules[served] = [each for each in control.rules[served] if each["port_range_min"] != 90]
            control.revision += 1
            if how == "restarted":
                lab.start_agents()
                revoked = time.monotonic()
            lab.converge()
            took = time.monotonic() - revoked
            time.sleep(1)
            for (name, port), talk in talks.items():
                talk.terminate()
                last = float(talk.communicate()[0].split()[-1]) - revoked
                print(f"rule revoked ({how}): port {port} answered until {last:.2f} s after, {took:.2f} s to converge", flush=True)
                assert last < took + 0.1 if port == 90 else last > 0.8, (name == near, port, last)
        assert not connects(guests[far], guests[server], 90)
    assert lab.differences() == [], lab.differences()


def check_restart(lab: Lab) -> None:
    """New agents and changed rules cut nothing that is let through."""
    host = lab.hosts["h1"]
    ports = [each for each in lab.control.ports.values() if each["binding_host_id"] == "h1"]
    asker, answerer = ports[0], ports[1]
    inside = ["nsenter", f"--net=/run/netns/g{asker['id'][:8]}", "ping", "-n", "-q", "-i", "0.05", "-c", "60",
              answerer["fixed_ips"][0]["ip_address"]]
    # It has been told lies about the asker's card, and would answer there for some seconds.
    host.run("nsenter", f"--net=/run/netns/g{answerer['id'][:8]}", "ip", "neigh", "flush", "all")
    with subprocess.Popen(host.command(*inside), stdout=subprocess.PIPE, text=True) as pinging:
        lab.start_agents()
        lab.converge()
        lab.control.change(answerer["id"], allowed_address_pairs=[{"ip_address": "10.0.0.99", "mac_address": None}])
        lab.converge()
        assert pinging.stdout is not None
        said = pinging.stdout.read()
    assert " 60 received" in said, said
    assert lab.differences() == [], lab.differences()
    host.run("nft", "delete", "element", "bridge", "cumulo", "guarded", f'{{ "tap{answerer["id"][:11]}" }}')
    assert lab.differences() == ["h1: table bridge cumulo is not as desired"], lab.differences()


def main() -> None:
    """Tell the whole story."""
    with tempfile.TemporaryDirectory() as directory, lab(directory, "h1", "h2") as made:
        for check in (check_anti_spoofing, check_groups, check_revoked, check_restart):
            check(made)
            print(check.__name__, "passed", flush=True)


if __name__ == "__main__":
    main()
