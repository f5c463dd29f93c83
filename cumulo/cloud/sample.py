"""Generates etc/cumulo.conf.sample: `python -m cumulo.cloud.sample > etc/cumulo.conf.sample`."""

import textwrap
from typing import Any

from cumulo.cloud.options_all import groups

_WIDTH = 100


def render() -> str:
    """Return the sample: every option with its help, its range and its default, commented out."""
    pages = ["# Every option of every service with its default. Generated: python -m cumulo.cloud.sample\n"]
    for group, options in groups():
        pages.append(f"\n[{group}]\n")
        pages.extend(_option(option) for option in options)
    return "".join(pages)


def _option(option: Any) -> str:
    lines = textwrap.wrap(option.help, _WIDTH, initial_indent="# ", subsequent_indent="# ")
    bounds = _bounds(option.type)
    if bounds:
        lines.append(f"# {bounds}")
    default = option.sample_default if option.sample_default is not None else option.default
    lines.append(f"#{option.name} = {_text(default)}".rstrip())
    return "\n" + "\n".join(lines) + "\n"


def _bounds(kind: Any) -> str:
    choices = getattr(kind, "choices", None)
    if choices:
        return "One of: " + ", ".join(choices)
    least, most = getattr(kind, "min", None), getattr(kind, "max", None)
    if least is None and most is None:
        return ""
    return f"From {least if least is not None else 'any'} to {most if most is not None else 'any'}."


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(str(item) for item in value)
    if isinstance(value, dict):
        return ",".join(f"{key}:{item}" for key, item in value.items())
    return "" if value is None else str(value)


if __name__ == "__main__":
    print(render(), end="")
