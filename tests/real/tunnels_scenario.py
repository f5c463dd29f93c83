"""A program: networks that cross hosts, told by packets. Started by test_network_lab in namespaces of its own."""

import contextlib
import subprocess
import sys
import tempfile
import time

from cumulo.common import errors, names
from cumulo.network.agent.kernel import ask
from tests.lab.lab import Lab, lab, run

UNDERLAY_HOSTS = ("h1", "h2", "h3")
CIDR, CIDR6 = "10.0.0.0/24", "fd00:0:0:1::/64"


def check_two_projects_with_the_same_range(lab: Lab) -> None:
    """Guests reach their own network on other hosts, with both versions of IP, and never the other one."""
    mine, yours = (lab.control.network("vxlan", (CIDR, CIDR6)) for _ in range(2))
    ports = {(network, host): lab.control.port(network, host, numbers=20 + number)
             for number, host in enumerate(UNDERLAY_HOSTS) for network in (mine, yours)}
    ports[(yours, "beside")] = lab.control.port(yours, "h3", numbers=99)
    lab.converge()
    assert lab.differences() == [], lab.differences()
    guests = {key: lab.guest(port_id) for key, port_id in ports.items()}
    number = lab.control.networks[yours]["provider_segmentation_id"]
    asked = "icmp or arp or (icmp6 and ip6[40] = 128)"
    with contextlib.ExitStack() as stack:
        # Every wire that a packet of the other project could be on: its guests' cards, its tunnels, the hosts' own wires.
        wires = {f"card on {place}": guest.command("tcpdump", "-n", "-l", "-i", "eth0", asked)
                 for (network, place), guest in guests.items() if network == yours}
        for host in lab.hosts.values():
            wires[f"tunnel on {host.name}"] = host.command("tcpdump", "-n", "-l", "-i", names.tunnel_name(yours), asked)
            wires[f"wire of {host.name}"] = host.command(
                "tcpdump", "-n", "-l", "-i", "eth0", f"udp port 4789 and udp[12:4] & 0xffffff00 = {number << 8}")
        seen = {name: listening(stack, command) for name, command in wires.items()}
        here = guests[(mine, "h1")]
        for host in ("h2", "h3"):
            assert here.reaches(guests[(mine, host)].address), host
            assert here.reaches(guests[(mine, host)].port["fixed_ips"][1]["ip_address"]), host
        assert not here.reaches("10.0.0.99"), "the other project's guest answers"
        assert not here.reaches("10.0.0.200")
        said = {}
        for name, capture in seen.items():
            capture.terminate()
            assert capture.stdout is not None
            said[name] = capture.stdout.read().decode().strip()
        assert not any(said.values()), said
        print(f"nothing of one project on any of {len(said)} wires of the other", flush=True)
    assert guests[(yours, "h1")].reaches("10.0.0.99")


def listening(stack: contextlib.ExitStack, command: list[str]) -> "subprocess.Popen[bytes]":
    """A capture that has begun."""
    capture = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
    stack.callback(capture.kill)
    assert capture.stderr is not None and b"listening" in capture.stderr.readline() + capture.stderr.readline()
    return capture


ASK = """
import socket, struct, sys
server, name = sys.argv[1:]
asked = struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + b"".join(bytes([len(each)]) + each.encode() for each in name.split("."))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as wire:
    wire.settimeout(3)
    wire.sendto(asked + struct.pack("!BHH", 0, 1, 1), (server, 53))
    said = wire.recv(512)
print(said[3] & 15, ".".join(map(str, said[-4:])) if said[7] else "")
"""


def check_names(lab: Lab) -> None:
    """A guest finds ports of its network by name, those on other hosts as well; other projects' and others' names it does not."""
    network = lab.control.network("vxlan", ("10.4.0.0/24",))
    here, there = (lab.control.port(network, host) for host in ("h1", "h2"))
    lab.converge()
    guest, other = lab.guest(here), lab.control.ports[there]
    address = other["fixed_ips"][0]["ip_address"]
    stranger = next(each for each in lab.control.ports.values() if each["network_id"] != network and each.get("hostname"))

    def said(name: str) -> str:
        return guest.run(sys.executable, "-c", ASK, "10.4.0.2", name).strip()

    assert said(other["hostname"]) == f"0 {address}" and said(f"{other['hostname']}.lab.example") == f"0 {address}"
    assert said(f"{stranger['hostname']}.lab.example") == "3", "a name of another network"
    assert said("www.example.org") == "5", "refused, for another server to answer"
    lab.control.change(there, dns_name="renamed")
    lab.converge()
    time.sleep(0.3)
    assert said("renamed.lab.example") == f"0 {address}" and said(f"{other['hostname']}.lab.example") == "3"
    for port_id in (here, there):
        lab.control.ports.pop(port_id)
    lab.hosts["h1"].run("ip", "netns", "delete", guest.name)
    lab.control.revision += 1
    lab.converge()


def check_agents_are_not_needed(lab: Lab) -> None:
    """No packet is lost while agents and control plane are gone and come again, and nothing is changed by that."""
    port = next(each for each in lab.control.ports.values() if each["binding_host_id"] == "h1")
    other = next(each for each in lab.control.ports.values()
                 if each["binding_host_id"] == "h2" and each["network_id"] == port["network_id"])
    argv = ["ping", "-n", "-q", "-i", "0.05", "-c", "60", other["fixed_ips"][0]["ip_address"]]
    inside = ["nsenter", f"--net=/run/netns/g{port['id'][:8]}", *argv]
    with subprocess.Popen(lab.hosts["h1"].command(*inside), stdout=subprocess.PIPE, text=True) as pinging:
        for host in lab.hosts.values():
            host.kill_agent()
        lab.stop_control()
        time.sleep(0.5)
        lab.start_control()
        lab.start_agents()
        lab.converge()
        assert pinging.stdout is not None
        said = pinging.stdout.read()
    assert " 60 received" in said, said
    assert lab.differences() == []


def check_a_port_moves(lab: Lab) -> None:
    """A port bound to another host is reached there; the host it left has nothing of it."""
    port = next(each for each in lab.control.ports.values() if each["binding_host_id"] == "h3")
    asker = next(each for each in lab.control.ports.values()
                 if each["binding_host_id"] == "h1" and each["network_id"] == port["network_id"])
    lab.hosts["h3"].run("ip", "netns", "delete", f"g{port['id'][:8]}")
    lab.control.change(port["id"], binding_host_id="h2")
    lab.converge()
    assert lab.differences() == []
    lab.guest(port["id"])
    inside = ("nsenter", f"--net=/run/netns/g{asker['id'][:8]}")
    lab.hosts["h1"].run(*inside, "ping", "-n", "-c", "3", "-W", "2", port["fixed_ips"][0]["ip_address"])


def check_what_is_touched_is_seen(lab: Lab) -> None:
    """An entry that somebody changed is named by the comparison, and mended by a new agent."""
    host = lab.hosts["h1"]
    tunnel = next(name for name in host.devices() if name.startswith("cux"))
    for touched in (["set", tunnel, "nomaster"], ["set", tunnel, "down"], ["del", tunnel]):
        host.run("ip", "link", *touched)
        lab.converge()  # an agent that goes on sees to it by itself
        assert lab.differences() == [], (touched, lab.differences())
    entry = next(line.split() for line in host.run("bridge", "fdb", "show", "dev", tunnel).splitlines() if " dst " in line)
    host.run("bridge", "fdb", "delete", entry[0], "dev", tunnel, "self")
    found = lab.differences()
    assert len(found) == 1 and f"change 1 entries of {tunnel}" in found[0], found
    host.kill_agent()
    host.start_agent()
    host.wait_for_agent()
    lab.converge()
    assert lab.differences() == []


def check_vlans(lab: Lab) -> None:
    """Two guests on one VLAN of the provider wire talk; a kernel without VLANs refuses, and makes the rest all the same."""
    network = lab.control.network("vlan", ("10.3.0.0/24",), provider_physical_network="physnet1", provider_segmentation_id=77)
    ports = [lab.control.port(network, host) for host in ("h1", "h2")]
    if not ask().vlan:
        for host in ("h1", "h2"):
            try:
                lab.hosts[host].ask("converge")
            except errors.InternalError as failure:
                assert network in failure.message, failure.message
            else:
                raise AssertionError("a network that cannot be carried was accepted")
        for port_id in ports:
            lab.control.ports.pop(port_id)
        lab.control.revision += 1
        lab.converge()
        print("check_vlans skipped: this kernel has no 802.1Q", flush=True)
        return
    lab.converge()
    one, two = (lab.guest(each) for each in ports)
    assert one.reaches(two.address)


def check_end(lab: Lab) -> None:
    """Without ports there is nothing of ours on any host."""
    lab.control.ports.clear()
    lab.control.revision += 1
    lab.converge()
    for host in lab.hosts.values():
        left = [name for name in host.devices() if name.startswith("cu")]
        assert left == [], left
        assert "cumulo" not in host.run("nft", "list", "tables")
        assert "cudhcp" not in host.run("ls", "/run/netns")


def main() -> None:
    """Tell the whole story."""
    with tempfile.TemporaryDirectory() as directory, lab(directory, *UNDERLAY_HOSTS) as made:
        for check in (check_two_projects_with_the_same_range, check_names, check_agents_are_not_needed, check_a_port_moves,
                      check_what_is_touched_is_seen, check_vlans, check_end):
            check(made)
            print(check.__name__, "passed", flush=True)
    assert "underlay" in run("ip", "link")


if __name__ == "__main__":
    main()
