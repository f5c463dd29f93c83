"""A program: routers, floating addresses and the way out, told by packets. Started by test_network_lab."""

import contextlib
import ipaddress
import subprocess
import sys
import tempfile
import time

from cumulo.network.agent.filter import link_local
from tests.lab.lab import OUTSIDE, Guest, Lab, lab
from tests.real.tunnels_scenario import listening

EXTERNAL = "203.0.113.0/24"
LISTEN = ("import socket; s = socket.create_server(('{}', 7000)); print('up', flush=True); c, a = s.accept(); "
          "c.sendall(a[0].encode()); c.close()")
ASK = "import socket; print(socket.create_connection(('{}', 7000), 3).recv(99).decode())"
MOVED_WITHIN_S = 1.0


class Story:
    """Two networks behind one router; guests on three hosts; a gateway host without guests."""

    def __init__(self, made: Lab) -> None:
        self.lab, control = made, made.control
        self.one, self.two = (control.network("vxlan", (cidr,)) for cidr in ("10.1.0.0/24", "10.2.0.0/24"))
        self.external = control.network("flat", (EXTERNAL,), "254", provider_physical_network="physnet1")
        self.router = control.router(self.one, self.two, external=self.external, gateway_host="h3")
        ports = [control.port(network, host) for network, host in (
            (self.one, "h1"), (self.two, "h1"), (self.two, "h2"), (self.one, "h2"))]
        made.converge()
        assert made.differences() == [], made.differences()
        self.guests = [made.guest(each) for each in ports]
        for guest in self.guests:
            guest.leave_by(guest.address.rpartition(".")[0] + ".1")

    def seen_outside(self, guest: Guest) -> str:
        """The address that a guest's connection comes from, as the machine outside sees it."""
        argv = ["nsenter", "--net=/run/netns/outside", sys.executable, "-c", LISTEN.format(OUTSIDE)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE) as serving:
            assert serving.stdout is not None and serving.stdout.readline() == b"up\n"
            try:
                return guest.run(sys.executable, "-c", ASK.format(OUTSIDE)).strip()
            finally:
                serving.kill()

    def pings_from_outside(self, address: str) -> bool:
        """Say whether the machine outside reaches an address."""
        said = self.lab.outside("ping", "-n", "-c", "1", "-W", "1", address, check=False)
        return " 1 received" in said and "DIFFERENT" not in said


def check_east_and_west(story: Story) -> None:
    """Between two networks on one host, and across hosts; no packet goes by the gateway host."""
    here, beside, far, _ = story.guests
    with subprocess.Popen(story.lab.hosts["h3"].command("tcpdump", "-n", "-l", "-i", "eth0", "udp port 4789"),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as seen:
        assert seen.stderr is not None and b"listening" in seen.stderr.readline() + seen.stderr.readline()
        assert here.reaches(beside.address) and here.reaches(far.address) and far.reaches(here.address)
        seen.terminate()
        assert seen.stdout is not None
        said = seen.stdout.read().strip()
        assert said == b"", said


def check_the_way_out(story: Story) -> None:
    """What has no floating address leaves by the gateway host under the router's address, from every host."""
    for guest in story.guests:
        assert guest.reaches(OUTSIDE), guest.address
        assert story.seen_outside(guest) == "203.0.113.50"
    assert not story.pings_from_outside(story.guests[0].address)


def check_floating(story: Story) -> None:
    """A floating address is answered by the server's own host, leads both ways, and moves in no time."""
    control, here, far = story.lab.control, story.guests[0], story.guests[2]
    control.float(story.router, "203.0.113.60", here.port["id"])
    story.lab.converge()
    assert story.lab.differences() == [], story.lab.differences()
    assert story.pings_from_outside("203.0.113.60")
    assert story.seen_outside(here) == "203.0.113.60"
    assert here.reaches(far.address) and far.reaches(OUTSIDE)
    assert far.reaches("203.0.113.60"), "a server without one reaches the floating address of another"
    argv = ["nsenter", "--net=/run/netns/outside", "ping", "-n", "-i", "0.05", "-W", "1", "-D", "203.0.113.60"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as pinging:
        time.sleep(0.5)
        control.float(story.router, "203.0.113.60", far.port["id"])
        story.lab.converge()
        time.sleep(1.0)
        pinging.terminate()
        assert pinging.stdout is not None
        answered = [float(line[1:line.index("]")]) for line in pinging.stdout if "time=" in line]
    longest = max(later - earlier for earlier, later in zip(answered, answered[1:], strict=False))
    print(f"floating address moved: {longest:.2f} s without an answer", flush=True)
    assert story.pings_from_outside("203.0.113.60"), story.lab.outside("ip", "neighbour")
    assert story.seen_outside(far) == "203.0.113.60", story.seen_outside(far)
    assert story.lab.differences() == [], story.lab.differences()


def check_centralised(story: Story) -> None:
    """A router that is not distributed answers for floating addresses on its gateway host, and on no other; one that is, never."""
    control, far = story.lab.control, story.guests[2]
    for distributed, answers in ((False, "h3"), (True, "h2")):
        control.routers[story.router]["distributed"] = distributed
        control.revision += 1
        story.lab.converge()
        assert story.lab.differences() == [], story.lab.differences()
        assert story.pings_from_outside("203.0.113.60")  # and the wire has learned where the address is
        with contextlib.ExitStack() as stack:
            seen = {name: listening(stack, host.command("tcpdump", "-n", "-l", "-i", "eth1", "ip host 203.0.113.60"))
                    for name, host in story.lab.hosts.items()}
            assert story.pings_from_outside("203.0.113.60")
            assert story.seen_outside(far) == "203.0.113.60", story.seen_outside(far)
            time.sleep(0.3)
            said = {}
            for name, capture in seen.items():
                capture.terminate()
                assert capture.stdout is not None
                said[name] = capture.stdout.read().decode().strip()
        assert [name for name, packets in said.items() if packets] == [answers], said


def check_metering(story: Story) -> None:
    """A label counts what its rules name, at the host that leads out; a change of translation leaves the count alone."""
    control, guest = story.lab.control, story.guests[1]
    rule = {"excluded": False, "remote_ip_prefix": None, "source_ip_prefix": None, "destination_ip_prefix": None}
    control.routers[story.router]["metering"] = [{"id": "0-1", "rules": [
        rule | {"direction": "egress", "source_ip_prefix": f"{guest.address}/32"},
        rule | {"direction": "ingress", "remote_ip_prefix": "0.0.0.0/0"},
        rule | {"direction": "ingress", "excluded": True, "remote_ip_prefix": "198.51.100.0/24"}]}]
    control.revision += 1
    story.lab.converge()
    assert guest.reaches(OUTSIDE) and guest.reaches(OUTSIDE)
    control.float(story.router, "203.0.113.62", story.guests[3].port["id"])
    story.lab.converge()
    assert story.lab.differences() == [], story.lab.differences()
    counted = story.lab.hosts["h3"].run("nsenter", f"--net=/run/netns/cur-{story.router}", "nft", "list", "table", "inet", "metering")
    assert f'oifname "out0" ip saddr {guest.address} counter packets 2 bytes 168' in counted, counted
    assert 'iifname "out0" meta nfproto ipv4 counter packets 2 bytes 168' in counted, counted
    control.floating.pop("203.0.113.62")
    control.routers[story.router]["metering"] = []
    control.revision += 1
    story.lab.converge()
    assert story.lab.differences() == [], story.lab.differences()


def check_forwarding(story: Story) -> None:
    """One port of an address leads to one port of a server."""
    guest = story.guests[1]
    story.lab.control.routers[story.router]["forwardings"] = [{
        "floating_ip_address": "203.0.113.61", "protocol": "tcp", "external_port": 8022,
        "internal_ip_address": guest.address, "internal_port": 7000}]
    story.lab.control.revision += 1
    story.lab.converge()
    with subprocess.Popen(guest.command(sys.executable, "-c", LISTEN.format(guest.address)),
                          stdout=subprocess.PIPE) as serving:
        assert serving.stdout is not None and serving.stdout.readline() == b"up\n"
        said = story.lab.outside(sys.executable, "-c", ASK.format("203.0.113.61").replace("7000", "8022"))
        serving.kill()
    assert said.strip() == OUTSIDE, said


def check_announced_prefixes(story: Story) -> None:
    """Guests make the addresses that their ports have from what the router of their own host announces, and are routed."""
    control = story.lab.control
    networks = [control.network("vxlan", (f"fd00:0:0:{number}::/64",), mode="slaac") for number in (1, 2)]
    control.router(*networks)
    guests = []
    for number, (network, host) in enumerate(zip(networks, ("h1", "h2"), strict=True), start=1):
        port_id = control.port(network, host, port_security_enabled=True, security_groups=[control.group(
            {"direction": "egress", "ethertype": "IPv6"}, {"direction": "ingress", "ethertype": "IPv6"})])
        own = link_local(control.ports[port_id]["mac_address"]).replace("fe80::", f"fd00:0:0:{number}:")
        control.change(port_id, fixed_ips=[{**control.ports[port_id]["fixed_ips"][0], "ip_address": own}])
        guests.append((port_id, str(ipaddress.ip_address(own))))
    story.lab.converge()
    assert story.lab.differences() == [], story.lab.differences()
    made = []
    for port_id, own in guests:
        port = control.ports[port_id]
        made.append(Guest(story.lab.hosts[port["binding_host_id"]], port | {"fixed_ips": []}))
    deadline = time.monotonic() + 20
    # A guest looks for others with its address before it uses one.
    while any(own not in guest.run("ip", "-6", "address", "show", "-tentative")
              for guest, (_, own) in zip(made, guests, strict=True)):
        assert time.monotonic() < deadline, made[0].run("ip", "-6", "address")
        time.sleep(0.2)
    assert made[0].reaches(guests[1][1], wait_s="3")


def check_the_gateway_moves(story: Story) -> None:
    """The gateway on another host: servers go on to leave, and the host it left has nothing of it."""
    story.lab.hosts["h3"].run("ip", "link", "set", "eth0", "down")
    story.lab.hosts["h3"].run("ip", "link", "set", "eth1", "down")
    assert not story.guests[0].reaches(OUTSIDE)
    story.lab.control.routers[story.router]["gateway_host"] = "h2"
    story.lab.control.revision += 1
    began = time.monotonic()
    story.lab.converge()
    assert story.guests[0].reaches(OUTSIDE) and story.guests[1].reaches(OUTSIDE)
    print(f"gateway moved: {time.monotonic() - began:.2f} s until both guests leave again", flush=True)
    assert story.lab.differences() == [], story.lab.differences()
    left = [name for name in story.lab.hosts["h3"].devices() if name.startswith("cu")]
    assert left == [] and "cur-" not in story.lab.hosts["h3"].run("ls", "/run/netns"), left


def check_end(story: Story) -> None:
    """Without router and ports nothing is left."""
    for rows in (story.lab.control.ports, story.lab.control.routers, story.lab.control.floating):
        rows.clear()
    story.lab.control.revision += 1
    story.lab.converge()
    for host in story.lab.hosts.values():
        assert not [name for name in host.devices() if name.startswith("cu")], host.devices()
        assert "cu" not in host.run("ls", "/run/netns")


def main() -> None:
    """Tell the whole story."""
    with tempfile.TemporaryDirectory() as directory, lab(directory, "h1", "h2", "h3") as made:
        story = Story(made)
        for check in (check_east_and_west, check_the_way_out, check_floating, check_centralised, check_metering, check_forwarding, check_announced_prefixes,
                      check_the_gateway_moves, check_end):
            check(story)
            print(check.__name__, "passed", flush=True)


if __name__ == "__main__":
    main()
