"""`cumulo up`: from nothing, or from a stopped cloud, to a cloud that answers.

    prepare     refuse what cannot work, before anything is touched
    backing     hypervisor daemon; in the distributed cloud the broker and the database
    schema      migrations, keys, administrator, catalog
    services    start the processes and wait for the first authenticated answer
    furniture   flavors, network, guest image, metadata definitions: only what the state does not say is finished
    first       the first server, up to an SSH login

Every stage looks first, so that a start that was interrupted is finished by the next one.
"""

import dataclasses
import os
import secrets
import time

from cumulo.cloud import (
    configuration, credentials, distributed, first_server, furniture, guest_image, hypervisor, metadefs, ports, processes,
    services, state as states,
)
from cumulo.cloud.client import Client
from cumulo.cloud.layout import Layout
from cumulo.cloud.refusal import Refusal
from cumulo.cloud.stages import Stages, say
from cumulo.cloud.state import State
from cumulo.common.clock import Clock
from cumulo.common.db import migrate
from cumulo.common.db.engine import Database
from cumulo.common.ids import Ids
from cumulo.identity import bootstrap

SERVICES_TIMEOUT_S = 60
FIRST_FLAVOR = "m1.micro"


@dataclasses.dataclass(frozen=True)
class Wish:
    """What the command line asks of `up`; None where it says nothing and a former start decides."""

    distributed: bool | None = None
    fake_hypervisor: bool | None = None
    database: str | None = None
    bus: str | None = None
    port: int | None = None
    first_server: bool = True


def up(layout: Layout, wish: Wish) -> str:
    """Start the cloud and return what a person is told at the end."""
    stages = Stages()
    with stages.stage("prepare", f"looking at {layout.state_dir}"):
        state = prepare(layout, wish)
    was_running = services.are_running(layout, state)
    if not was_running:
        _start(layout, state, stages)
    client = Client(configuration.public_url(state), state.admin_password)
    with stages.stage("services", "waiting for the first authenticated answer"):
        _wait_for_answer(layout, state, client)
    credentials.write_clouds_yaml(credentials.clouds_yaml_path(), configuration.public_url(state),
                                  state.admin_password)
    _furnish(layout, state, client, stages)
    address = _first_server(layout, state, client, stages) if wish.first_server else ""
    return farewell(layout, state, address, stages)


def prepare(layout: Layout, wish: Wish) -> State:
    """Return the state of the cloud, begun here when there is none; refuses what cannot work."""
    state = states.read(layout)
    if state is None:
        state = _begin(wish)
    _refuse_change(layout, state, wish)
    if not state.fake_hypervisor and os.geteuid() != 0:
        raise Refusal("a real cloud makes bridges, firewall rules and virtual machines, which needs root: run it as "
                      "root, or 'up --fake-hypervisor' for a cloud without virtual machines")
    api = "cumulo-api" if state.distributed else services.EMBEDDED
    if processes.running_pid(layout.pid_file(api)) is None:
        ports.require_free(state.port, "for the APIs", "free it, or begin a cloud with --port N and another --state-dir")
    layout.make()
    states.write(layout, state)
    return state


def _begin(wish: Wish) -> State:
    return State(
        distributed=bool(wish.distributed or wish.database or wish.bus), fake_hypervisor=bool(wish.fake_hypervisor),
        database=wish.database or "", bus=wish.bus or "", port=wish.port or 5000,
        admin_password=secrets.token_urlsafe(12))


def _refuse_change(layout: Layout, state: State, wish: Wish) -> None:
    """A cloud keeps the shape it was made with: its rows and guests live there."""
    for name in ("distributed", "fake_hypervisor", "database", "bus", "port"):
        asked, had = getattr(wish, name), getattr(state, name)
        if asked is not None and asked != had:
            option = name.replace("_", "-")
            raise Refusal(f"the cloud in {layout.state_dir} was made with {option} = {had or 'none'}; "
                          "name another --state-dir, or destroy this one first")


def _start(layout: Layout, state: State, stages: Stages) -> None:
    libvirt_uri = ""
    if not state.fake_hypervisor:
        with stages.stage("hypervisor", "starting libvirt, trying KVM"):
            libvirt_uri = hypervisor.start(layout, state)
    bus_url = "memory://"
    if state.distributed:
        with stages.stage("broker", state.bus and "using the broker that --bus names" or "starting RabbitMQ"):
            bus_url = distributed.start_bus(layout, state)
    if state.distributed:
        with stages.stage("database", f"starting {distributed.own_database(state) or 'nothing, --database names one'}"):
            database_url = distributed.start_database(layout, state)
    else:
        database_url = distributed.start_database(layout, state)
    states.write(layout, state)
    configuration.write(layout, state, configuration.Wiring(database_url, bus_url, libvirt_uri))
    with stages.stage("schema", "database schema, keys, administrator, catalog"):
        _prepare_database(layout, state, database_url)
    say("starting " + ", ".join(services.names(state)))
    services.start(layout, state)


def _prepare_database(layout: Layout, state: State, url: str) -> None:
    clock = Clock()
    database = Database(url, clock)
    try:
        if not migrate.is_current(database):
            migrate.upgrade(database)
        bootstrap.ensure(database, configuration.read(layout), Ids(), clock, admin_password=state.admin_password,
                         public_url=configuration.public_url(state))
    finally:
        database.close()


def _wait_for_answer(layout: Layout, state: State, client: Client) -> None:
    deadline = time.monotonic() + SERVICES_TIMEOUT_S
    while True:
        services.require_alive(layout, state)
        try:
            client.log_in()
            return
        except Refusal as failure:
            if time.monotonic() > deadline:
                raise Refusal(f"the APIs did not answer within {SERVICES_TIMEOUT_S} s: {failure}") from failure
        time.sleep(0.05)


def _furnish(layout: Layout, state: State, client: Client, stages: Stages) -> None:
    """Do what the first start has not finished; what a user deletes later stays deleted."""
    if "furniture" not in state.finished:
        with stages.stage("network", f"flavors, and networks {furniture.NETWORK} ({furniture.CIDR}) and {furniture.EXTERNAL}"):
            furniture.ensure_flavors(client)
            furniture.ensure_networks(client, configuration.read(layout).network.physical_networks)
        states.finish(layout, state, "furniture")
    if "image" not in state.finished:
        with stages.stage("guest-image", "building and uploading the guest image"):
            fake = state.fake_hypervisor
            furniture.ensure_images(client, guest_image.empty(layout) if fake else guest_image.build(layout))
        states.finish(layout, state, "image")
    if "metadefs" not in state.finished:
        with stages.stage("metadefs", "loading the standard metadata definitions"):
            metadefs.load(client)
        states.finish(layout, state, "metadefs")


def _first_server(layout: Layout, state: State, client: Client, stages: Stages) -> str:
    if "first-server" in state.finished:
        return first_server.address(client)
    with stages.stage("first-server", "booting the first server"):
        first_server.ensure_keypair(client, layout)
        furniture.ensure_login(client)
        address = first_server.ensure_server(client, FIRST_FLAVOR)
    if not state.fake_hypervisor:
        with stages.stage("ssh", f"logging in to {address}"):
            first_server.wait_for_ssh(address, layout.private_key)
    states.finish(layout, state, "first-server")
    return address


def farewell(layout: Layout, state: State, address: str, stages: Stages) -> str:
    """Return how to reach the cloud and its first server, and the time each stage took."""
    url = configuration.public_url(state)
    lines = [f"The cloud is up at {url} (user admin; `cumulo env` prints the password).", ""]
    if address and not state.fake_hypervisor:
        lines += ["The first server:", "  " + " ".join(first_server.ssh_command(address, layout.private_key)), ""]
    elif address:
        lines += [f"The first server is ACTIVE with the address {address}; the fake hypervisor boots nothing.", ""]
    lines += [
        "With the standard client (pip install python-openstackclient):",
        f"  export OS_CLOUD={credentials.CLOUD}        # from {credentials.clouds_yaml_path()}",
        "  openstack server list", "", "Times:", stages.report()]
    return "\n".join(lines)
