"""Domains and directories of servers put together into what a hypervisor holds: pure."""

import dataclasses
from collections.abc import Iterable, Mapping

from cumulo.common.audit.holdings import ComputeHoldings, HeldServer
from cumulo.common.ids import is_file_name


def combined(domains: Iterable[HeldServer], directories: Mapping[str, tuple[str, ...]],
             processes: Mapping[str, int], half_made: Iterable[str]) -> ComputeHoldings:
    """Return the holdings: what has no domain but a directory or a process counts as a server too.

    A directory whose name is no id is a stray.
    """
    by_id = {each.server_id: each for each in domains}
    for server_id, count in processes.items():
        held = by_id.get(server_id) or HeldServer(server_id, None, False)
        by_id[server_id] = dataclasses.replace(held, processes=count)
    strays = [f"images-cache/{name}" for name in half_made]
    for name, names in directories.items():
        if is_file_name(name):
            held = by_id.get(name) or HeldServer(name, None, False)
            by_id[name] = dataclasses.replace(held, files=names)
        else:
            strays.append(f"servers/{name}")
    return ComputeHoldings(tuple(by_id[server_id] for server_id in sorted(by_id)), tuple(strays))
