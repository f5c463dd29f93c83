"""A program: makes bridges, tunnels, namespaces and their devices, over netlink.

It reads one JSON request a line from standard input, does it, and writes {"answer": ...} or {"error": "..."}. With
"apart" it is done in a network namespace that is thrown away. It ends with its input:

    {"do": "apply", "plan": {...}}      make a network's devices as bridge.plan describes them
    {"do": "route", "plan": {...}, "announce_all": false}
                                        make a router as routing.plan describes it
    {"do": "cards", "cards": [[device, bridge, mtu], ...]}
                                        have devices that are there be in bridges
    {"do": "compare", "plans": [...], "routers": [...], "cards": [...]}
                                        say of each what differs from its plan first; change nothing
    {"do": "sweep", "keep": [...], "routers": [...], "legs": [...]}
                                        remove every device and namespace of ours but those of these network ids,
                                        these namespaces of routers, and these legs
    {"do": "list"}                      name every device and namespace of ours, and the cards in our bridges
    {"do": "nft", "text": "..."}        load a text if there is one, and list our tables of nftables
    {"do": "connections", "zones": [...]}
                                        list the connections known in these zones
    {"do": "forget", "connections": [...]}
                                        forget connections by the keys that they were listed with
    {"do": "probe"}                     try what this kernel can do; only in a namespace made for that

A program of its own because pyroute2 runs an event loop and forks: in a process whose standard
library is monkey-patched neither works. Every action looks first, so that any of them may run twice
or after half a run.
"""

import contextlib
import json
import pathlib
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

# Started by its path, wherever that is, with nothing else to import from: see kernel.run_program.
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[4]))

from pyroute2 import IPRoute  # noqa: E402

from cumulo.network.agent.netlink import connections, networks, probe, routers, tables  # noqa: E402
from cumulo.network.agent.netlink.space import Actor, Differs, Space, apart  # noqa: E402


def serve(request: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Do one request and return the answer."""
    if request["do"] == "apply":
        networks.apply(actor, request["plan"])
        return {}
    if request["do"] == "route":
        routers.apply(actor, request["plan"], announce_all=request["announce_all"])
        return {}
    if request["do"] == "cards":
        networks.cards(actor, request["cards"])
        return {}
    if request["do"] == "sweep":
        removed = routers.sweep(actor, set(request["routers"]))
        return {"removed": removed + networks.sweep(actor, set(request["keep"]), set(request["legs"]))}
    if request["do"] == "compare":
        with IPRoute() as route:  # opening one takes as long as looking at a network
            devices = list(compared(lambda actor, plan: networks.fit(Space(actor, route), plan), "bridge", request["plans"]))
        return {"differences": [*devices,
                                *compared(routers.apply, "namespace", request["routers"]),
                                *compared(lambda actor, plan: networks.cards(actor, [plan["card"]]), "name", [
                                    {"name": each[0], "card": each} for each in request["cards"]])]}
    if request["do"] == "nft":
        return {"tables": tables.listed(request["text"])}
    if request["do"] == "connections":
        return {"connections": connections.listed(set(request["zones"]))}
    if request["do"] == "forget":
        return {"forgotten": connections.forget(request["connections"])}
    return networks.listed() if request["do"] == "list" else probe.abilities()


def compared(apply: Callable[[Actor, dict[str, Any]], None], name: str, plans: list[dict[str, Any]]) -> Iterator[str]:
    """What would be changed first to make each thing as planned; nothing when they are."""
    for plan in plans:
        try:
            apply(Actor(only_look=True), plan)
        except Differs as difference:
            yield f"{plan[name]}: {difference}"


def answer_all(actor: Actor) -> None:
    """Answer requests until there are no more."""
    for line in sys.stdin:
        request = json.loads(line)
        try:
            with apart() if request.get("apart") else contextlib.nullcontext():
                said = {"answer": serve(request, actor)}
        except Exception as failure:  # told to whoever asked, who raises it
            said = {"error": f"{type(failure).__name__}: {failure} {_where(failure)}"}
        print(json.dumps(said), flush=True)


def _where(failure: BaseException) -> str:
    last = traceback.extract_tb(failure.__traceback__)[-1]
    return f"({pathlib.Path(last.filename).name}:{last.lineno})"


def main() -> None:
    """Serve."""
    answer_all(Actor())


if __name__ == "__main__":
    main()
