"""nftables tables as values: written whole, or as the difference between two, each in one transaction; pure.

    whole(table)        replaces the table, whatever it was
    change(old, new)    the same from a table that is known to be as `old` says

Both are texts for `nft -f`. The kernel takes all of a text or nothing, so no packet ever meets half
a table.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

_ELEMENTS_A_LINE = 500


@dataclasses.dataclass(frozen=True)
class Collection:
    """A set, or a map when its elements are `key : value`; kind is the text between its braces that says of what."""

    kind: str
    elements: frozenset[str] = frozenset()
    is_map: bool = False


@dataclasses.dataclass(frozen=True)
class Chain:
    """A chain; hook is empty where other chains jump to it."""

    rules: tuple[str, ...] = ()
    hook: str = ""


@dataclasses.dataclass(frozen=True)
class Table:
    """A table by its family and name."""

    family: str
    name: str
    collections: Mapping[str, Collection] = dataclasses.field(default_factory=dict)
    chains: Mapping[str, Chain] = dataclasses.field(default_factory=dict)

    @property
    def place(self) -> str:
        """How commands name it."""
        return f"{self.family} {self.name}"


def whole(table: Table) -> str:
    """The transaction that makes the table, in place of one of that name."""
    lines = [f"add table {table.place}", f"delete table {table.place}", f"add table {table.place}"]
    return _text([*lines, *_additions(Table(table.family, table.name), table)])


def none(table: Table) -> str:
    """The transaction that removes the table, if it is there."""
    return _text([f"add table {table.place}", f"delete table {table.place}"])


def change(old: Table, new: Table) -> str:
    """The transaction that makes `new` of `old`; empty when they are the same."""
    return _text([*_removals(old, new), *_additions(old, new), *_gone(old, new)])


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _removals(old: Table, new: Table) -> Iterator[str]:
    """Elements and rules that are not wanted: they go first, so that what they name can go after."""
    for name, held in sorted(old.collections.items()):
        wanted = _kept(held, new.collections.get(name))
        gone = held.elements - wanted
        if gone and not wanted:
            yield f"flush {_word(held)} {old.place} {name}"
        else:
            yield from _elements("delete", old, name, gone)
    for name, chain in sorted(old.chains.items()):
        if new.chains.get(name) != chain and chain.rules:
            yield f"flush chain {old.place} {name}"


def _additions(old: Table, new: Table) -> Iterator[str]:
    """Sets and chains before anything that names them; then elements; then rules."""
    for name, chain in sorted(new.chains.items()):
        if name not in old.chains:
            hook = f" {{ {chain.hook} }}" if chain.hook else ""
            yield f"add chain {new.place} {name}{hook}"
    for name, wanted in sorted(new.collections.items()):
        if name not in old.collections:
            yield f"add {_word(wanted)} {new.place} {name} {{ {wanted.kind} }}"
    for name, wanted in sorted(new.collections.items()):
        yield from _elements("add", new, name, wanted.elements - _kept(wanted, old.collections.get(name)))
    for name, chain in sorted(new.chains.items()):
        if old.chains.get(name) != chain:
            yield from (f"add rule {new.place} {name} {rule}" for rule in chain.rules)


def _gone(old: Table, new: Table) -> Iterator[str]:
    """Chains and sets that nothing names any more."""
    for name in sorted(old.chains.keys() - new.chains.keys()):
        yield f"delete chain {old.place} {name}"
    for name in sorted(old.collections.keys() - new.collections.keys()):
        yield f"delete {_word(old.collections[name])} {old.place} {name}"


def _elements(verb: str, table: Table, name: str, elements: Iterable[str]) -> Iterator[str]:
    ordered = sorted(elements)
    for start in range(0, len(ordered), _ELEMENTS_A_LINE):
        yield f"{verb} element {table.place} {name} {{ {', '.join(ordered[start:start + _ELEMENTS_A_LINE])} }}"


def _kept(one: Collection, other: Collection | None) -> frozenset[str]:
    """The elements of the other side; a set never changes its kind under its name."""
    return other.elements if other is not None else frozenset()


def _word(collection: Collection) -> str:
    return "map" if collection.is_map else "set"
