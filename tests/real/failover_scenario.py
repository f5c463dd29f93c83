"""A program: the host of a router's gateway dies under a running ping. Started by test_network_lab.

Rows, the scheduler's keeper of gateways and agents are the product's; the guest's pings count what was lost.
"""

import subprocess
import tempfile
import time

from tests.lab.lab import OUTSIDE, Guest, Lab, lab, run
from tests.lab.rows import Rows

TIMES = 2
EVERY_S = 0.05
UNHURRIED_S = 2.5  # on a machine that does much else meanwhile; what is measured is printed


def lose(made: Lab, host: str) -> None:
    """Have a host vanish: its wires are cut, its agents are gone, nobody is told."""
    assert isinstance(made.control, Rows)
    made.control.bus.lost.add(host)
    for wire in ("underlay", "provider"):
        run("ip", "link", "set", f"{wire[:5]}-{host}", "down")
    made.hosts[host].kill_agent()


def bring_back(made: Lab, host: str) -> None:
    """Have it be there again."""
    assert isinstance(made.control, Rows)
    made.hosts[host].start_agent()
    made.hosts[host].wait_for_agent()
    made.control.bus.lost.discard(host)
    for wire in ("underlay", "provider"):
        run("ip", "link", "set", f"{wire[:5]}-{host}", "up")
    made.hosts[host].ask("converge")
    made.hosts[host].ask("follow")


def longest_gap(guest: Guest, made: Lab, host: str) -> tuple[float, int]:
    """Ping the outside while a host is lost: the longest time without an answer, and the pings that got none."""
    argv = guest.command("ping", "-n", "-i", str(EVERY_S), "-W", "1", "-D", OUTSIDE)
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as pinging:
        time.sleep(0.5)
        lose(made, host)
        time.sleep(UNHURRIED_S)
        pinging.terminate()
        assert pinging.stdout is not None
        lines = [line for line in pinging.stdout if "time=" in line]
    answered = [float(line[1:line.index("]")]) for line in lines]
    numbers = [int(line.split("icmp_seq=")[1].split()[0]) for line in lines]
    longest = max(later - earlier for earlier, later in zip(answered, answered[1:], strict=False))
    return longest, numbers[-1] - numbers[0] + 1 - len(numbers)


def main() -> None:
    """Tell the whole story."""
    with tempfile.TemporaryDirectory() as directory:
        control = Rows(directory, "h1", "h2")
        with lab(directory, "h1", "h2", "h3", control=control) as made:
            inside = control.network({"cidr": "10.1.0.0/24"}, name="in", provider_network_type="vxlan", provider_segmentation_id=7)
            outside = control.network({"cidr": "203.0.113.0/24", "gateway_ip": OUTSIDE}, name="out", external=True,
                                      provider_network_type="flat", provider_physical_network="physnet1")
            router = control.router(inside, outside)
            port = control.port(inside, binding_host_id="h3", device_owner="compute:nova", port_security_enabled=False)
            for host in made.hosts.values():
                host.ask("follow")
            made.converge()
            guest = Guest(made.hosts["h3"], port)
            guest.leave_by("10.1.0.1")
            control.keep_gateways()
            assert guest.reaches(OUTSIDE)
            for _ in range(TIMES):
                gateway, standby = control.led_out_by(router)
                assert {gateway, standby} == {"h1", "h2"}, (gateway, standby)
                gap_s, lost = longest_gap(guest, made, gateway)
                assert control.led_out_by(router)[0] == standby
                print(f"gateway host lost: {gap_s:.2f} s without an answer, {lost} of the pings every {EVERY_S} s lost", flush=True)
                assert gap_s < UNHURRIED_S - 0.5, gap_s
                bring_back(made, gateway)
                deadline = time.monotonic() + 10
                while control.led_out_by(router) != (standby, gateway):
                    assert time.monotonic() < deadline, control.led_out_by(router)
                    time.sleep(0.1)
                made.converge()
                assert made.differences() == [], made.differences()
            control.stopping.set()
    print("all passed", flush=True)


if __name__ == "__main__":
    main()
