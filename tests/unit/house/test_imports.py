"""Who may import whom, read from the source without running it."""

import ast
import pathlib
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PARTS = ("identity", "image", "compute", "network", "volume")
#: Only these may name eventlet: everything else is plain blocking code, so that the way out stays open.
EVENTLET = ("cumulo/cloud/", "cumulo/common/")


def modules() -> list[pathlib.Path]:
    """Return every source file of the package."""
    return sorted((ROOT / "cumulo").rglob("*.py"))


def imports(path: pathlib.Path) -> set[str]:
    """Return the full names a file imports; `from a import b` counts as a.b, which is a module or in one."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def layer(name: str) -> str:
    """Return the layer of a module's full name: common, a part, its agent, api, scheduler or cloud."""
    pieces = name.split(".")
    part = pieces[1] if len(pieces) > 1 else ""
    return f"{part}.agent" if len(pieces) > 2 and pieces[2] == "agent" else part


def allowed(importer: str, imported: str) -> bool:
    """Say whether a module of one name may import one of the other."""
    here, there = layer(importer), layer(imported)
    if here == there or here == "cloud" or there == "":
        return True
    if there == "common":
        return not (here.endswith(".agent") and imported.startswith("cumulo.common.db"))
    if here.endswith(".agent"):
        return there == here.removesuffix(".agent")
    return here in ("api", "scheduler") and there in PARTS


class ImportsTest(unittest.TestCase):
    """The layers of doc/architecture.md."""

    def test_every_import_keeps_to_the_layers(self) -> None:
        """A part knows common and itself; only the API, the scheduler and the command know several parts."""
        wrong = [f"{_name(path)} imports {imported}" for path in modules() for imported in sorted(imports(path))
                 if imported.startswith("cumulo.") and not allowed(_name(path), imported)]
        self.assertEqual([], wrong, "Move what two parts share into cumulo/common, or let a handler in cumulo/api "
                                    "or a step in cumulo/scheduler bring the two together.")

    def test_agents_reach_no_database(self) -> None:
        """Nothing an agent imports, however far away, is the database: a host holds no credentials for it."""
        by_name = {_name(path): imports(path) for path in modules()}
        wrong = []
        for name in by_name:
            if layer(name).endswith(".agent"):
                wrong += [f"{name} reaches {far}" for far in _reached(name, by_name) if _is_database(far)]
        self.assertEqual([], sorted(set(wrong)), "Move the pure half of what the agent needs into a module of its own "
                                                 "that imports neither cumulo.common.db nor sqlalchemy.")

    def test_handlers_ring_through_their_request(self) -> None:
        """A bell must wait for the commit, which for a request with an Idempotency-Key comes after the handler."""
        wrong = [_name(path) for path in modules() for imported in imports(path) if imported == "cumulo.common.rpc.doorbell"
                 and layer(_name(path)) == "api" and _name(path) != "cumulo.api.wsgi.route"]
        self.assertEqual([], wrong, "Use request.ring(...), and services.database.after_commit(...) for other effects.")

    def test_only_mains_name_eventlet(self) -> None:
        """Services are written on the standard library's threads and sockets."""
        wrong = [str(path.relative_to(ROOT)) for path in modules()
                 if any(name.split(".")[0] == "eventlet" for name in imports(path)) and not _may_name_eventlet(path)]
        self.assertEqual([], wrong, "Use cumulo.common.threads and the standard library; main.py patches them.")


def _may_name_eventlet(path: pathlib.Path) -> bool:
    return path.name == "main.py" or str(path.relative_to(ROOT)).startswith(EVENTLET)


def _name(path: pathlib.Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _is_database(name: str) -> bool:
    return name.startswith(("cumulo.common.db", "sqlalchemy"))


def _reached(name: str, by_name: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        for imported in by_name.get(waiting.pop(), ()):
            module = imported if imported in by_name else imported.rpartition(".")[0]
            target = module if module in by_name else imported
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen
