"""`cumulo down` and `cumulo destroy`.

down stops the services and leaves the virtual machines running, as a restart of the services must:
the next `up` finds them. destroy deletes the servers and networks through the public APIs first, as
their owner would, and removes the state directory last.
"""

import shutil
import socket

from cumulo.cloud import configuration, credentials, distributed, hypervisor, services
from cumulo.cloud.client import Client, wait_until
from cumulo.cloud.layout import Layout
from cumulo.cloud.refusal import Refusal
from cumulo.cloud.stages import say
from cumulo.cloud.state import State
from cumulo.common import names

DELETE_TIMEOUT_S = 120


def down(layout: Layout, state: State) -> None:
    """Stop everything but the virtual machines."""
    services.stop(layout, state)
    distributed.stop(layout, state)
    if not state.fake_hypervisor:
        hypervisor.daemon(layout).stop()
        say("virtual machines keep running; the next 'up' finds them")


def destroy(layout: Layout, state: State) -> None:
    """Delete what the cloud made on this machine, then the cloud; it must be running for the first half."""
    _empty(Client(configuration.public_url(state), state.admin_password))
    services.stop(layout, state)
    distributed.stop(layout, state)
    if not state.fake_hypervisor:
        hypervisor.daemon(layout).stop()
    remove_files(layout, state)


def remove_files(layout: Layout, state: State | None) -> None:
    """Remove the state directory and the entry in clouds.yaml."""
    if state is not None:
        credentials.remove_from_clouds_yaml(credentials.clouds_yaml_path(), configuration.public_url(state))
    shutil.rmtree(layout.state_dir)
    say(f"{layout.state_dir} removed")


def _empty(client: Client) -> None:
    servers = client.get("/compute/v2.1/servers?all_tenants=1")["servers"]
    for server in servers:
        client.delete(f"/compute/v2.1/servers/{server['id']}")
    if servers:
        say(f"deleting {len(servers)} servers")
        wait_until(lambda: not client.get("/compute/v2.1/servers?all_tenants=1")["servers"],
                   "deleting every server", DELETE_TIMEOUT_S, 0.2)
    _delete_routers(client)
    for port in client.get("/network/v2.0/ports")["ports"]:
        if not port["device_owner"].startswith("network:"):
            client.delete(f"/network/v2.0/ports/{port['id']}")
    networks = client.get("/network/v2.0/networks")["networks"]
    for network in networks:
        client.delete(f"/network/v2.0/networks/{network['id']}")
    bridges = {names.bridge_name(network["id"]) for network in networks}
    # The agent hears of it, or looks within seconds; afterwards there is nobody to take them down.
    wait_until(lambda: bridges.isdisjoint(name for _, name in socket.if_nameindex()),
               "removing networks from this host", DELETE_TIMEOUT_S, 0.2)


def _delete_routers(client: Client) -> None:
    """Delete what leads from network to network: a network goes only when nothing does."""
    for floating in client.get("/network/v2.0/floatingips")["floatingips"]:
        client.delete(f"/network/v2.0/floatingips/{floating['id']}")
    for router in client.get("/network/v2.0/routers")["routers"]:
        if router["routes"]:
            client.request("PUT", f"/network/v2.0/routers/{router['id']}", {"router": {"routes": []}})
        doors = f"/network/v2.0/ports?device_id={router['id']}&device_owner=network:router_interface"
        for port in client.get(doors)["ports"]:
            client.request("PUT", f"/network/v2.0/routers/{router['id']}/remove_router_interface", {"port_id": port["id"]})
        client.delete(f"/network/v2.0/routers/{router['id']}")


def require_running(layout: Layout, state: State) -> None:
    """Refuse to destroy a cloud that cannot clean up after itself."""
    if not services.are_running(layout, state):
        raise Refusal("the cloud is not running, so it cannot take down its virtual machines and networks: "
                      "run 'up --no-first-server' first, or 'destroy --force' to remove only its files")
