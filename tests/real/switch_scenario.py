"""A program: hosts with Open vSwitch beside one with Linux bridges, told by packets. Started by test_network_lab."""

import struct
import subprocess
import sys
import tempfile
import time

from cumulo.common import names
from cumulo.network.agent.kernel import ask
from tests.lab import frames
from tests.lab.lab import OUTSIDE, Guest, Lab, lab
from tests.real.filter_scenario import ANYTHING, OUT, arrived, attempts, connects, marker

SWITCHED = ("h2", "h3")
PLAIN = "h1"
TALK = ("import socket, sys; s = socket.create_server(('{}', 7001)); print('up', flush=True); c, a = s.accept(); "
        "n = 0\nwhile d := c.recv(65536): n += len(d)\nprint(n)")
SEND = "import socket; s = socket.create_connection(('{}', 7001), 5); s.sendall(bytes(4_000_000)); s.close()"


def comes(guest: Guest, address: str) -> bool:
    """Say whether an echo comes back, if not the first: the switch asks who another host is when a packet is to go there."""
    return any(guest.reaches(address) for _ in range(3))


def carries(sender: Guest, receiver: Guest) -> bool:
    """Say whether a stream of full packets comes through whole."""
    with subprocess.Popen(receiver.command(sys.executable, "-c", TALK.format(receiver.address)),
                          stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None and serving.stdout.readline() == "up\n"
        sender.run(sys.executable, "-c", SEND.format(receiver.address))
        said = serving.stdout.read().strip()
    return said == "4000000"


def check_one_network_over_both(lab: Lab) -> None:
    """Guests of one VXLAN network talk, whatever leads from their hosts; another network with the same range is another."""
    control = lab.control
    mine, yours = (control.network("vxlan", ("10.0.0.0/24", "fd00:0:0:1::/64")) for _ in range(2))
    ports = {host: control.port(mine, host, numbers=20 + number) for number, host in enumerate((PLAIN, *SWITCHED))}
    lone = control.port(yours, "h2", numbers=99), control.port(yours, "h3", numbers=98)
    lab.converge()
    assert lab.differences() == [], lab.differences()
    guests = {host: lab.guest(port_id) for host, port_id in ports.items()}
    strangers = [lab.guest(each) for each in lone]
    for one in guests.values():
        for other in guests.values():
            assert one is other or all(comes(one, each["ip_address"]) for each in other.port["fixed_ips"]), (
                one.host.name, other.host.name)
    assert not guests[PLAIN].reaches("10.0.0.99") and not guests["h3"].reaches("10.0.0.99")
    assert comes(strangers[0], "10.0.0.98")
    for one, other in ((PLAIN, "h2"), ("h2", PLAIN), ("h2", "h3")):
        assert carries(guests[one], guests[other]), (one, other)


def check_gre_and_vlan(lab: Lab) -> None:
    """What this kernel has no module for is carried by the switch, and refused by the host without one."""
    control = lab.control
    made = {"gre": control.network("gre", ("10.1.0.0/24",)),
            "vlan": control.network("vlan", ("10.2.0.0/24",), provider_physical_network="physnet1", provider_segmentation_id=77),
            "other": control.network("vlan", ("10.2.0.0/24",), provider_physical_network="physnet1", provider_segmentation_id=78),
            "flat": control.network("flat", ("203.0.113.0/24",), "254", provider_physical_network="physnet1")}
    ports = {(kind, host): control.port(made[kind], host, numbers=30 + number) for number, (kind, host) in enumerate(
        (("gre", "h2"), ("gre", "h3"), ("vlan", "h2"), ("vlan", "h3"), ("other", "h3"), ("flat", "h2")))}
    lab.converge()
    assert lab.differences() == [], lab.differences()
    guests = {key: lab.guest(port_id) for key, port_id in ports.items()}
    for kind in ("gre", "vlan"):
        assert comes(guests[kind, "h2"], guests[kind, "h3"].address), kind
        assert carries(guests[kind, "h3"], guests[kind, "h2"]), kind
    assert not guests["vlan", "h2"].reaches(guests["other", "h3"].address), "another VLAN"
    assert comes(guests["flat", "h2"], OUTSIDE), "the wire of the VLANs is that of the flat network too"
    refused = control.port(made["gre"], PLAIN)
    if not ask().gre:
        try:
            lab.hosts[PLAIN].ask("converge")
        except Exception as failure:  # told over the lab's wire
            assert made["gre"] in str(failure), failure
        else:
            raise AssertionError("a network that cannot be carried was accepted")
    control.ports.pop(refused)
    control.revision += 1
    lab.converge()


def check_the_same_rules(lab: Lab) -> None:
    """Groups and anti-spoofing bite on hosts with the switch; a rule that goes takes its connections with it elsewhere."""
    control = lab.control
    group, members = control.group(*ANYTHING), control.group(*OUT, {
        "direction": "ingress", "protocol": "tcp", "port_range_min": 80, "port_range_max": 80})
    network = control.network("vxlan", ("10.5.0.0/24", "fd00:0:0:5::/64"))
    secure = {"port_security_enabled": True}
    ports = [control.port(network, host, security_groups=[each], **secure) for host, each in (
        ("h2", group), (PLAIN, group), ("h3", members))]
    lab.converge()
    sender, receiver, server = (lab.guest(each) for each in ports)
    came = arrived(sender, receiver, attempts(sender, receiver))
    assert came == {"right udp", "right udp6", "right advertisement"}, came
    assert connects(sender, server, 80) and not connects(sender, server, 81)


def check_the_way_out(lab: Lab) -> None:
    """A router's gateway, and a floating address, on hosts with the switch."""
    control = lab.control
    inside = control.network("vxlan", ("10.7.0.0/24",))
    external = next(each for each, row in control.networks.items() if row["provider_network_type"] == "flat")
    router = control.router(inside, external=external, gateway_host="h3")
    ports = [control.port(inside, host) for host in (PLAIN, "h2")]
    control.float(router, "203.0.113.60", ports[1])
    lab.converge()
    assert lab.differences() == [], lab.differences()
    plain, switched = (lab.guest(each) for each in ports)
    for guest in (plain, switched):
        guest.leave_by("10.7.0.1")
        assert comes(guest, OUTSIDE), guest.host.name
    assert " 1 received" in lab.outside("ping", "-n", "-c", "1", "-W", "2", "203.0.113.60", check=False)


def check_trunk(lab: Lab) -> None:
    """A guest's card carries a second port by VLAN: another network, its own rules; the tags never show in the first."""
    control = lab.control
    own, other = control.network("vxlan", ("10.8.0.0/24",)), control.network("vxlan", ("10.9.0.0/24",))
    group = control.group(*ANYTHING)
    carried = control.port(other, "h2", port_security_enabled=True, security_groups=[group])
    parent = control.port(own, "h2", trunk={"admin_state_up": True, "sub_ports": [
        {"port_id": carried, "network_id": other, "segmentation_id": 101}]})
    beside, far = control.port(own, "h2"), control.port(other, PLAIN)
    lab.converge()
    guests = {each: lab.guest(each) for each in (parent, beside, far)}
    time.sleep(0.5)
    assert lab.differences() == [], lab.differences()
    sub_port, sender, receiver = control.ports[carried], guests[parent], guests[far]
    card, address = sub_port["mac_address"], sub_port["fixed_ips"][0]["ip_address"]

    def tagged(tag: int, source: str, name: str) -> bytes:
        inner = frames.udp(source, receiver.address, (5000, 5001), marker(name))
        return frames.frame(card, receiver.port["mac_address"], 0x8100, struct.pack("!HH", tag, frames.IPV4) + inner)

    sent = {"right": tagged(101, address, "right"), "other tag": tagged(102, address, "other tag"),
            "address": tagged(101, "10.9.0.77", "address")}
    came = arrived(sender, receiver, sent)
    assert came == {"right"}, came
    assert arrived(sender, guests[beside], sent) == set(), "tags in the card's own network"
    assert comes(sender, guests[beside].address), "what has no tag goes on"
    with subprocess.Popen(sender.command("tcpdump", "-n", "-e", "-l", "-c", "1", "-i", "eth0", "vlan 101 and icmp"),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as seen:
        assert seen.stderr is not None and "listening" in seen.stderr.readline() + seen.stderr.readline()
        receiver.reaches(address)
        said = seen.communicate(timeout=10)[0]
    assert f"> {card}, ethertype 802.1Q" in said and f"> {address}: ICMP echo request" in said, said
    control.change(parent, trunk={"admin_state_up": False, "sub_ports": []})
    control.change(carried, binding_host_id="")
    lab.converge()
    assert lab.differences() == [], lab.differences()
    assert arrived(sender, receiver, sent) == set(), "the trunk is gone"


def check_restarts(lab: Lab) -> None:
    """New agents lose no packet and change nothing; what somebody changed is named; a switch that starts again is told anew."""
    ports = [each for each in lab.control.ports.values() if each["device_owner"] == "compute:nova"]
    here = next(each for each in ports if each["binding_host_id"] == PLAIN)
    there = next(each for each in ports if each["binding_host_id"] == "h2" and each["network_id"] == here["network_id"])
    inside = ["nsenter", f"--net=/run/netns/g{here['id'][:8]}"]
    argv = [*inside, "ping", "-n", "-q", "-i", "0.05", "-c", "60", there["fixed_ips"][0]["ip_address"]]
    with subprocess.Popen(lab.hosts[PLAIN].command(*argv), stdout=subprocess.PIPE, text=True) as pinging:
        lab.start_agents()
        lab.converge()
        assert pinging.stdout is not None
        said = pinging.stdout.read()
    assert " 60 received" in said, said
    assert lab.differences() == [], lab.differences()
    host = lab.hosts["h2"]
    host.run("ovs-ofctl", "-O", "OpenFlow14", "--names", "del-flows", "cumulo", "in_port=cumulo-vxlan")
    host.run("ovs-vsctl", "add-port", "cumulo", "cux00000000-00", "--", "set", "interface", "cux00000000-00", "type=internal")
    found = lab.differences()
    assert len(found) == 2 and "cux00000000-00 is too many" in found[0] and "flows of the switch differ" in found[1], found
    lab.converge()
    assert lab.differences() == [], lab.differences()
    way = names.tunnel_name(here["network_id"])
    for thing in (["del-port", "cumulo", way], ["del-port", "cumulo", "cumulo-vxlan"], ["del-br", "cumulo"]):
        host.run("ovs-vsctl", *thing)  # which nobody tells the agent
        lab.converge()
        assert lab.differences() == [], (thing, lab.differences())
    host.kill_agent()
    host.start_agent()
    host.wait_for_agent()
    lab.converge()
    assert lab.differences() == [], lab.differences()
    host.run("sh", "-c", "kill -9 $(cat /run/openvswitch/ovs-vswitchd.pid)")
    host.start_switch()
    time.sleep(0.5)
    lab.converge()
    assert lab.differences() == [], lab.differences()
    host.run("ip", "address", "replace", f"{host.tunnel_address}/24", "dev", "wire0")
    host.run("ip", "link", "set", "wire0", "up")
    host_reaches = lab.hosts[PLAIN].run(*inside, "ping", "-n", "-c", "5", "-W", "2", there["fixed_ips"][0]["ip_address"])
    assert " 0 received" not in host_reaches, host_reaches


def check_end(lab: Lab) -> None:
    """Without ports and routers nothing of ours is left, in the switch neither."""
    for rows in (lab.control.ports, lab.control.routers, lab.control.floating):
        rows.clear()
    lab.control.revision += 1
    lab.converge()
    for host in lab.hosts.values():
        left = [name for name in host.devices() if name.startswith("cu")]
        assert left == [], left
    assert lab.hosts["h2"].run("ovs-vsctl", "list-br").split() == ["wire0"]


def main() -> None:
    """Tell the whole story."""
    with tempfile.TemporaryDirectory() as directory, lab(directory, PLAIN, *SWITCHED, switched=SWITCHED) as made:
        for check in (check_one_network_over_both, check_gre_and_vlan, check_the_same_rules, check_the_way_out, check_trunk, check_restarts,
                      check_end):
            check(made)
            print(check.__name__, "passed", flush=True)


if __name__ == "__main__":
    main()
