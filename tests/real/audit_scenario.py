"""A program: the audit of a real network host, empty, in use, and with strays planted on it.

Started by test_audit in network and mount namespaces of its own. It ends with status 0 after the
last check, or with the trace of the first that failed.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

from cumulo.common.audit.difference import Difference
from cumulo.image.store.file import FileStore
from cumulo.network import networks, ports
from cumulo.network.agent.wanted import Wanted
from cumulo.scheduler.audit.differences import differences_now
from tests.real.network_scenario import HOST, Scenario, run

STRAY_NETWORK = "deadbeef-0000-4000-8000-000000000000"
STRAY_NAMESPACE = f"cudhcp-{STRAY_NETWORK}"


def images(story: Scenario) -> pathlib.Path:
    """Where the image store is."""
    return story.directory.parent / "images"


def found(story: Scenario) -> list[Difference]:
    """What differs between the database and this host now."""
    store = FileStore(str(images(story)))
    differs = differences_now(story.bus.database, {
        f"network.{HOST}": story.agent.holdings().to_dict(), "image": {"stores": {"file": store.holdings().to_dict()}}})
    # This host has a server's port and no compute service that would have made the server.
    return [each for each in differs if each.kind != "port_of_missing_server"]


def named(story: Scenario) -> set[tuple[str, str]]:
    """(kind, subject) of what differs."""
    return {(each.kind, each.subject) for each in found(story)}


def check_nothing(story: Scenario) -> None:
    """An empty host, and one in use: nothing differs."""
    story.agent.run_once()
    assert found(story) == [], found(story)
    story.make_network()
    kinds = {each.kind for each in found(story)}
    assert kinds == {"host_behind"}, kinds  # the agent has not been told yet
    story.agent.plug([story.port_id])
    assert found(story) == [], found(story)
    story.plug_guest()
    assert named(story) == {("bridge_card_stray", "tapguest")}, found(story)  # no port's card has that name
    run("ip", "link", "del", "tapguest")


def check_strays(story: Scenario) -> None:
    """Each thing that nobody asked for is named."""
    run("ip", "netns", "add", STRAY_NAMESPACE)
    assert named(story) == {("device_stray", STRAY_NAMESPACE)}, found(story)
    run("ip", "netns", "del", STRAY_NAMESPACE)
    run("ip", "link", "add", "cudeadbeef-00", "type", "bridge")
    run("ip", "link", "add", "cuddeadbeef-00", "type", "veth", "peer", "name", "other")
    assert named(story) == {("device_stray", "cudeadbeef-00"), ("device_stray", "cuddeadbeef-00")}, found(story)
    run("ip", "link", "del", "cudeadbeef-00")
    run("ip", "link", "del", "cuddeadbeef-00")
    run("ip", "tuntap", "add", "tapdeadbeef-00", "mode", "tap")
    assert found(story) == [], found(story)  # not in a bridge of ours: somebody else's
    run("ip", "link", "set", "tapdeadbeef-00", "master", story.bridge)
    assert named(story) == {("bridge_card_stray", "tapdeadbeef-00")}, found(story)
    run("ip", "link", "del", "tapdeadbeef-00")
    run("nft", "add", "rule", "ip", "cumulo", "forward", "iifname", "cudeadbeef-00", "oifname", "cu*", "drop")
    assert named(story) == {("rule_stray", "cudeadbeef-00")}, found(story)
    run("nft", "flush", "chain", "ip", "cumulo", "forward")
    assert named(story) == {("rule_missing", story.network_id)}, found(story)
    run("nft", "delete", "table", "ip", "cumulo")
    assert {each.kind for each in found(story)} == {"rule_missing"} and len(found(story)) == 2, found(story)


def check_dhcp_and_metadata(story: Scenario) -> None:
    """A stray DHCP server, a dead one, an entry that is wrong, metadata that nobody serves."""
    story.driver._nat._applied = None  # as after a restart: the table is made again
    story.agent.run_once()
    assert found(story) == [], found(story)
    folder = story.directory / STRAY_NETWORK
    folder.mkdir()
    (folder / "conf").write_text(f"port=5353\nno-resolv\nno-hosts\nuser=root\npid-file={folder / 'pid'}\n")
    subprocess.run(["dnsmasq", f"--conf-file={folder / 'conf'}"], check=True, timeout=10)
    process = int((folder / "pid").read_text())
    assert named(story) == {("dhcp_stray", STRAY_NETWORK)}, found(story)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert named(story) == {("dhcp_stray", STRAY_NETWORK)}, found(story)  # the process without its files
    os.kill(process, 9)
    _await(lambda: not story.agent.holdings().processes or STRAY_NETWORK not in story.agent.holdings().processes)
    hosts = (story.folder / "hosts").read_text()
    (story.folder / "hosts").write_text("fa:16:3e:00:00:66,10.77.0.66,stranger\n")
    assert named(story) == {("dhcp_entry_missing", story.port_id), ("dhcp_entry_stray", story.network_id)}, found(story)
    (story.folder / "hosts").write_text(hosts)
    story.driver.stop()
    assert named(story) == {("metadata_missing", story.network_id)}, found(story)
    os.kill(story.dnsmasq(), 9)
    _await(lambda: not story.agent.holdings().processes)
    assert named(story) == {("metadata_missing", story.network_id), ("dhcp_missing", story.network_id)}, found(story)
    story.agent.run_once()
    assert found(story) == [], found(story)


def check_images(story: Scenario) -> None:
    """Files that no image names."""
    (images(story) / "stray").write_bytes(b"x")
    (images(story) / "half.part").write_bytes(b"x")
    assert named(story) == {("file_without_image", "stray"), ("part_without_upload", "half")}, found(story)
    for name in ("stray", "half.part"):
        (images(story) / name).unlink()


def check_end(story: Scenario) -> None:
    """Unbound and deleted: nothing differs once the agent has seen it; until then it is not judged."""
    with story.bus.database.write() as connection:
        ports.delete_port(connection, 2.0, story.port_id)
        networks.delete_network(connection, story.network_id)
    assert found(story) == [], found(story)
    story.agent.run_once()
    held = story.agent.holdings()
    assert not (held.bridges or held.pairs or held.namespaces or held.dhcp or held.processes or held.metadata), held
    assert found(story) == [], found(story)


def _await(question) -> None:  # type: ignore[no-untyped-def]
    """Ask until the kernel has cleared a killed process away."""
    for _ in range(100):
        if question():
            return
        subprocess.run(["sleep", "0.05"], check=True)
    raise AssertionError("it did not end")


def main() -> None:
    """Tell the whole story."""
    run("ip", "link", "set", "lo", "up")
    with tempfile.TemporaryDirectory() as directory:
        story = Scenario(f"{directory}/dhcp")
        try:
            for check in (check_nothing, check_strays, check_dhcp_and_metadata, check_images, check_end):
                check(story)
                print(check.__name__, "passed", flush=True)
        finally:
            story.driver.sweep(Wanted())
            story.driver.settle(Wanted())
            story.driver.stop()


if __name__ == "__main__":
    sys.exit(main())
