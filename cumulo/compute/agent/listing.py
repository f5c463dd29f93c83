"""Domains and directories of servers put together into what a hypervisor holds: pure."""

import dataclasses
from collections.abc import Iterable, Mapping

from cumulo.common.audit.holdings import ComputeHoldings, HeldServer
from cumulo.compute.agent.files import is_id


def combined(domains: Iterable[HeldServer], directories: Mapping[str, tuple[str, ...]],
             half_made: Iterable[str]) -> ComputeHoldings:
    """Return the holdings: a directory without a domain counts as a server too, one without an id as a stray."""
    by_id = {each.server_id: each for each in domains}
    strays = [f"images-cache/{name}" for name in half_made]
    for name, names in directories.items():
        if is_id(name):
            held = by_id.get(name) or HeldServer(name, None, False)
            by_id[name] = dataclasses.replace(held, files=names)
        else:
            strays.append(f"servers/{name}")
    return ComputeHoldings(tuple(by_id[server_id] for server_id in sorted(by_id)), tuple(strays))
