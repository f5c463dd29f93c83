"""Block storage's figures with a backend that stores nothing: create to available, and delete to gone.

    python -m bench.volume [--port 5910] [--count 100] [--clients 1 8 10]

Starts an embedded cloud without guests in a temporary directory and removes it. A client asks for a volume, then asks
what it is until it is available: so the figures hold everything between, the operation with its three steps among it.
The clients share the machine with the cloud, and so may others: the load average stands beside each figure.
"""

import argparse
import os
import time
from typing import Any

from bench.network import Asker, Cloud, Figure, measured

BASE = "/volume/v3"
AIM_A_SECOND, AIM_P99_MS = 50.0, 500.0
UPSTREAM = {"create to available": 4.9, "delete to gone": 11.0}
"""A second, of one client after another, upstream's control plane with its fake backend."""
LOOK_EVERY_S = 0.05
"""Every look costs the cloud as much as a third of a volume: at ten times as often, looks were two thirds of its work."""
LONGEST_S = 60.0


def settled(asker: Asker, volume_id: str, wanted: str) -> None:
    """Ask for a volume until it has the status; "" is gone."""
    until = time.monotonic() + LONGEST_S
    while time.monotonic() < until:
        found: Any = asker.ask("GET", f"/volumes?id={volume_id}&status={wanted}" if wanted else f"/volumes?id={volume_id}")
        if bool(found["volumes"]) == bool(wanted):
            return
        time.sleep(LOOK_EVERY_S)
    raise SystemExit(f"volume {volume_id} is not {wanted or 'gone'} within {LONGEST_S:g} s")


def report(what: str, clients: int, figure: Figure) -> None:
    """Print a figure beside its aim."""
    met = figure.per_second >= AIM_A_SECOND and figure.slowest_hundredth_ms <= AIM_P99_MS
    print(f"{what:<20} {clients:2} clients {figure.per_second:6.1f} a second   p50 {figure.median_ms:6.1f} ms   "
          f"p99 {figure.slowest_hundredth_ms:6.1f} ms   cloud {figure.cpu_ms:5.1f} ms of a processor   upstream "
          f"{UPSTREAM[what]:g} a second   aim {AIM_A_SECOND:g} within {AIM_P99_MS:g} ms: {'met' if met else 'MISSED'}   "
          f"load {os.getloadavg()[0]:.1f}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=5910)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 10])
    options = parser.parse_args()
    cloud = Cloud(options.port)
    try:
        project = cloud.client.get("/identity/v3/projects?name=admin")["projects"][0]["id"]
        cloud.client.request("PUT", f"{BASE}/os-quota-sets/{project}", {"quota_set": {"volumes": -1, "gigabytes": -1}})
        for clients in options.clients:
            made: list[str] = []

            def create(asker: Asker, number: int, made: list[str] = made) -> None:
                volume_id = str(asker.ask("POST", "/volumes", {"volume": {"size": 1}})["volume"]["id"])
                settled(asker, volume_id, "available")
                made.append(volume_id)

            def delete(asker: Asker, number: int, made: list[str] = made) -> None:
                asker.ask("DELETE", f"/volumes/{made[number]}")
                settled(asker, made[number], "")

            report("create to available", clients, measured(cloud, clients, options.count, create, BASE))
            report("delete to gone", clients, measured(cloud, clients, options.count, delete, BASE))
    finally:
        cloud.close()


if __name__ == "__main__":
    main()
