"""One thing wrong with a request that was right: each function here spoils one place."""

import copy
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from tests.fuzz import values
from tests.fuzz.pool import Pool
from tests.fuzz.shapes import Raw, Shape, encode

Mutator = Callable[[Shape, random.Random, Pool], None]


def wrong_value(shape: Shape, rng: random.Random, pool: Pool) -> None:
    """Put a strange value in one place of the body."""
    holder, key = _place(shape, rng)
    if holder is None:
        return whole_body(shape, rng, pool)
    if isinstance(holder[key], str) and rng.random() < 0.5:
        holder[key] = rng.choice(values.TEXTS)
    else:
        holder[key] = strange(rng)


def missing(shape: Shape, rng: random.Random, pool: Pool) -> None:
    """Leave one attribute or entry out."""
    holder, key = _place(shape, rng)
    if holder is None:
        return whole_body(shape, rng, pool)
    del holder[key]


def unknown(shape: Shape, rng: random.Random, pool: Pool) -> None:
    """Add an attribute nobody knows, or twice as many entries."""
    holder, key = _place(shape, rng)
    if isinstance(holder, dict):
        holder[rng.choice((*values.TEXTS[:60], "id", "name", "status", "created_at", "links"))] = strange(rng)
    elif isinstance(holder, list):
        holder.extend([holder[key]] * rng.choice((1, 2, 100)))
    else:
        whole_body(shape, rng, pool)


def wrapped(shape: Shape, rng: random.Random, pool: Pool) -> None:
    """Put one value into a list or an object, or nest it deep."""
    holder, key = _place(shape, rng)
    if holder is None:
        return whole_body(shape, rng, pool)
    depth = rng.choice((1, 1, 2, 50, 65, 300))
    before, after = (b"[", b"]") if rng.random() < 0.5 else (b'{"a":', b"}")
    holder[key] = Raw(before * depth + encode(holder[key]) + after * depth)


def whole_body(shape: Shape, rng: random.Random, pool: Pool) -> None:
    """Send something that is no body of this route."""
    if rng.random() < 0.5:
        shape.raw = rng.choice((*values.BODIES, *values.RAW_JSON))
    else:
        shape.body, shape.has_body = strange(rng), True


def broken_bytes(shape: Shape, rng: random.Random, pool: Pool) -> None:
    """Cut the body, or change, double or drop some of its bytes."""
    content = bytearray(shape.content or b"{}")
    at = rng.randrange(len(content))
    match rng.randrange(4):
        case 0:
            del content[at:]
        case 1:
            content[at] = rng.randrange(256)
        case 2:
            content[at:at] = content[:at]
        case _:
            del content[at:at + 1]
    shape.raw = bytes(content)


def path_id(shape: Shape, rng: random.Random, pool: Pool) -> None:
    """Replace one id of the path, or any segment after the API's name."""
    segments = shape.path.split(b"/")
    template = shape.operation.path.encode().split(b"/")
    places = [n for n, each in enumerate(template) if each.startswith(b"{")
              and n < len(segments)] or list(range(2, len(segments)))
    if rng.random() < 0.1:
        places = list(range(2, len(segments)))
    if places:
        segments[rng.choice(places)] = rng.choice(values.PATH_IDS)
    shape.path = b"/".join(segments)


def odd_query(shape: Shape, rng: random.Random, pool: Pool) -> None:
    """Ask with a query that makes no sense, or nearly none."""
    name = rng.choice((*shape.operation.query, "limit", "marker", "a"))
    text = rng.choice(values.TEXTS).encode("utf-8", "surrogatepass")
    pick = rng.randrange(3)
    if pick == 0:
        shape.query = rng.choice(values.QUERIES)
    elif pick == 1:
        shape.query = f"{name}={quote(text)}"
    else:
        shape.query = "&".join(filter(None, (shape.query, f"{name}={quote(text)}")))


def odd_header(shape: Shape, rng: random.Random, pool: Pool) -> None:
    """Send a header that lies or makes no sense."""
    name, value = rng.choice(values.HEADERS)
    shape.headers[name] = value


def other_method(shape: Shape, rng: random.Random, pool: Pool) -> None:
    """Use another method on the same path."""
    shape.method = rng.choice(values.HARMLESS_METHODS if pool.is_protected(shape.path) else values.METHODS)


def other_caller(shape: Shape, rng: random.Random, pool: Pool) -> None:
    """Come without a token, or with that of somebody who may not."""
    shape.actor = rng.choice(("nobody", "stranger", "reader", "unscoped"))


#: Each with its weight; those of the body apply only where there is one.
OF_BODIES: tuple[tuple[Mutator, int], ...] = (
    (wrong_value, 30), (missing, 8), (unknown, 8), (wrapped, 8), (whole_body, 8), (broken_bytes, 8))
OF_ALL: tuple[tuple[Mutator, int], ...] = (
    (path_id, 8), (odd_query, 12), (odd_header, 10), (other_method, 3), (other_caller, 5))


def spoil(shape: Shape, rng: random.Random, pool: Pool) -> None:
    """Spoil one place of a request and note which."""
    table = (*OF_BODIES, *OF_ALL) if shape.has_body else OF_ALL
    mutator = rng.choices([each for each, _ in table], [weight for _, weight in table])[0]
    mutator(shape, rng, pool)
    shape.notes.append(mutator.__name__)


def strange(rng: random.Random) -> Any:
    """Return a strange JSON value."""
    pick = rng.randrange(10)
    if pick < 3:
        return rng.choice(values.NUMBERS)
    if pick < 7:
        return rng.choice(values.TEXTS)
    if pick < 8:
        return Raw(rng.choice(values.RAW_JSON))
    return copy.deepcopy(rng.choice((None, True, False, [], {}, [None], [[]], {"": ""}, {"id": None}, [1, "a", None],
                                     ["a"] * 200,
                                     {"a" * 300: 1}, {f"k{n}": "v" for n in range(200)})))


def _place(shape: Shape, rng: random.Random) -> tuple[Any, Any]:
    """Return a container inside the body and a key of it, deep places as likely as the outer ones."""
    if shape.raw is not None:
        return None, None
    places: list[tuple[Any, Any]] = []
    waiting = [shape.body]
    while waiting:
        each = waiting.pop()
        keys: Any = each if isinstance(each, dict) else range(len(each)) if isinstance(each, list) else ()
        for key in list(keys):
            places.append((each, key))
            waiting.append(each[key])
        if len(places) > 2000:
            break
    return rng.choice(places) if places else (None, None)
