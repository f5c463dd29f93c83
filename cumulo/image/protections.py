"""Who may make, read, change and remove which free properties of images: the rules of a file, in their order.

    [^vendor_.*]
    create = admin
    read = @
    update = admin, vendor
    delete = !

A section is a pattern for the beginning of a property's name; the first that fits decides, and a property that none
fits is nobody's. Each line names roles; @ is everybody, ! is nobody. Without a file everybody may do everything they
may do to the image. What the service itself says in properties (os_glance_...) is everybody's to read.
"""

import configparser
import dataclasses
import functools
import re
from collections.abc import Collection, Mapping

from cumulo.common import errors

CREATE, READ, UPDATE, DELETE = OPERATIONS = ("create", "read", "update", "delete")
_EVERYBODY, _NOBODY = "@", "!"
_OF_THE_SERVICE = "os_glance"
Properties = Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Rule:
    """What the properties of a pattern are to whom: roles by operation."""

    pattern: re.Pattern[str]
    roles: Mapping[str, frozenset[str]]


@dataclasses.dataclass(frozen=True)
class Protections:
    """All rules; None for none at all."""

    rules: tuple[Rule, ...] | None

    def allows(self, operation: str, name: str, roles: Collection[str]) -> bool:
        """Say whether somebody with these roles may do it to a property of this name."""
        if self.rules is None or (operation == READ and name.startswith(_OF_THE_SERVICE)):
            return True
        for rule in self.rules:
            if rule.pattern.match(name):
                allowed = rule.roles[operation]
                return _EVERYBODY in allowed or not allowed.isdisjoint(roles)
        return False

    def readable(self, properties: Properties, roles: Collection[str]) -> dict[str, str]:
        """Return those of the properties that somebody with these roles may read."""
        return {name: value for name, value in properties.items() if self.allows(READ, name, roles)}

    def check_change(self, before: Properties, after: Properties, roles: Collection[str]) -> None:
        """Raise Forbidden where somebody with these roles may not make of these properties those."""
        for name in (*before, *after):
            if name not in before:
                operation = CREATE
            elif name not in after:
                operation = DELETE
            elif before[name] != after[name]:
                operation = UPDATE
            else:
                continue
            if not self.allows(operation, name, roles):
                raise errors.Forbidden(f"Property '{name}' is protected.")


def of(conf: object) -> Protections:
    """Return the protections that a configuration names; raises ValueError for a file that makes no sense."""
    path: str = conf.image.property_protection_file  # type: ignore[attr-defined]
    return load(path) if path else NONE


@functools.lru_cache
def load(path: str) -> Protections:
    """Read a file, once in a process; raises ValueError."""
    parser = configparser.RawConfigParser(delimiters=("=",), default_section="")
    try:
        with open(path, encoding="utf-8") as file:
            parser.read_file(file)
        return Protections(tuple(_rule(section, dict(parser[section])) for section in parser.sections()))
    except (OSError, configparser.Error, re.error) as failure:
        raise ValueError(f"[image] property_protection_file {path}: {failure}") from failure


def _rule(section: str, values: Mapping[str, str]) -> Rule:
    if set(values) != set(OPERATIONS):
        raise ValueError(f"[image] property_protection_file: [{section}] must say {', '.join(OPERATIONS)}, no more")
    return Rule(re.compile(section), {name: _roles(section, values[name]) for name in OPERATIONS})


def _roles(section: str, text: str) -> frozenset[str]:
    found = frozenset(each.strip() for each in text.split(",") if each.strip())
    if not found or (len(found) > 1 and found & {_EVERYBODY, _NOBODY}):
        raise ValueError(f"[image] property_protection_file: [{section}] has {text!r} where roles, @ or ! belong")
    return found - {_NOBODY}


NONE = Protections(None)
