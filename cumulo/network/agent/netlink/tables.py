"""What nftables holds of ours, in a form that is the same for the same rules."""

import json
import subprocess
from typing import Any

OURS = (("bridge", "cumulo"), ("inet", "cumulo_track"))
_FLEETING = ("handle", "index")


def listed(text: str) -> dict[str, Any]:
    """Load a text, if there is one, and list our tables of the namespace this runs in, by family and name."""
    if text:
        load(text)
    there = {(each["table"]["family"], each["table"]["name"]) for each in _nft("list", "tables") if "table" in each}
    return {f"{family} {name}": _comparable(_nft("list", "table", family, name))
            for family, name in OURS if (family, name) in there}


def of_namespace(text: str) -> dict[str, list[Any]]:
    """Load a text, if there is one, and return all that the namespace this runs in holds, by family and name of tables."""
    if text:
        load(text)
    found: dict[str, list[dict[str, Any]]] = {}
    for each in _nft("list", "ruleset"):
        (kind, said), = each.items()
        if kind != "metainfo":
            found.setdefault(f"{said['family']} {said['name' if kind == 'table' else 'table']}", []).append(each)
    return {place: _comparable(objects) for place, objects in found.items()}


def load(text: str) -> None:
    """Load a text, whole or not at all."""
    done = subprocess.run(["nft", "-f", "-"], input=text.encode(), capture_output=True, check=False)
    if done.returncode:
        raise OSError(done.returncode, done.stderr.decode("utf-8", "replace").strip()[-300:])


def _nft(*words: str) -> list[dict[str, Any]]:
    said = subprocess.run(["nft", "--json", *words], capture_output=True, check=True).stdout
    found: list[dict[str, Any]] = json.loads(said)["nftables"]
    return found


def _comparable(objects: list[dict[str, Any]]) -> list[Any]:
    """Without what differs from one loading to the next: numbers, and the order of sets; that of rules is kept."""
    rules: dict[str, list[str]] = {}
    others = []
    for each in objects:
        (kind, said), = each.items()
        if kind == "metainfo":
            continue
        plain = {key: value for key, value in said.items() if key not in _FLEETING}
        if kind == "rule":  # not how often it was met
            plain["expr"] = [{"counter": None} if "counter" in part else part for part in said["expr"]]
        if "elem" in plain:
            plain["elem"] = sorted(json.dumps(element, sort_keys=True) for element in plain["elem"])
        text = json.dumps({kind: plain}, sort_keys=True)
        if kind == "rule":
            rules.setdefault(said["chain"], []).append(text)
        else:
            others.append(text)
    return [sorted(others), sorted(rules.items())]
