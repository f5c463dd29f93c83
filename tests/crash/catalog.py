"""Which boundaries exist, read from the code itself, so that nobody has to list a new one.

    commits    every function below cumulo/ that opens `database.write()`, by reading the source; one that a context
               manager opens counts where that is used
    flows      every step of every page, forwards and back: its effects, its record, and its request and answer
    messages   every method that a running process serves, as it says itself when it starts to listen

A name is the one that cumulo/common/boundary.py gives the place at run time.
"""

import ast
import functools
import pathlib
from collections.abc import Iterable, Iterator, Mapping

from cumulo.common import boundary
from cumulo.common.flows import FLOWS
from cumulo.common.operations.step import SCHEDULER, Flow, Step
from cumulo.scheduler.steps import BEFORE_SENDING

ROOT = pathlib.Path(__file__).resolve().parents[2] / "cumulo"
SIDES = ("before", "after")
RUNNER = "scheduler.runner.Runner"
#: The runner's commits that concern one step; which of them a step meets depends on where it runs.
OF_STEPS = {f"{RUNNER}._record", f"{RUNNER}._local_once", f"{RUNNER}._before_sending"}
#: Not of a service: the database itself, and what the `cumulo` command does.
ELSEWHERE = ("common.db.migrate", "identity.bootstrap", "cloud.")

Place = tuple[str, str]  # module, qualified name


def boundaries(served: Mapping[str, Iterable[str]]) -> list[str]:
    """Every boundary there is; `served` is the methods by role."""
    of_flows = [each for flow in FLOWS.values() for each in of_flow(flow)]
    return list(dict.fromkeys([*of_flows, *commits(), *messages(served)]))


def of_flow(flow: Flow) -> list[str]:
    """The boundaries of a flow's own steps."""
    return [each for step in flow.steps for undo in ways(flow) for each in of_step(flow, step, undo)]


def ways(flow: Flow) -> tuple[bool, ...]:
    """Whether the flow is undone too."""
    return (False,) if flow.forward_only else (False, True)


def of_step(flow: Flow, step: Step, undo: bool) -> list[str]:
    """What one step passes in one direction."""
    about = f"[{flow.name} {step.name} {boundary.way(undo)}]"
    found = [f"step {step.name} {boundary.way(undo)} {side}" for side in SIDES]
    writers = ["_record"]
    if is_local(step):
        writers.append("_local_once")
    else:
        role = place(step).partition(".")[0]
        found += [f"message {role}.run_step {step.name} {boundary.way(undo)} {point}" for point in boundary.POINTS]
        if (step.name, undo) in BEFORE_SENDING:
            writers.append("_before_sending")
    return found + [f"commit {RUNNER}.{writer} {about} {side}" for writer in writers for side in SIDES]


def is_local(step: Step) -> bool:
    """Whether the runner runs the step itself."""
    return place(step) == SCHEDULER


def place(step: Step) -> str:
    """Where a step runs when it has something to do: for a server that stays on its host, or leaves it, that runs or is off."""
    state = {"host": "h", "source": "h", "volume_host": "h", "user_host": "h", "target_host": "h", "ports": ["p"],
             "hold": "b", "location": "b", "image_id": "i", "image": {"source": "i"}, "new_volumes": ["v"],
             "volumes": [{"volume_host": "h", "connection": None}]}
    kinds = ({"target": target, "is_off": is_off} for target in "hg" for is_off in (False, True))
    return next((at for at in (step.at(state | kind) for kind in kinds) if at), "")


def commits() -> list[str]:
    """Both sides of every transaction that a service commits, those of steps excepted."""
    return [f"commit {name} {side}" for name in writers() if name not in OF_STEPS for side in SIDES]


def writers() -> list[str]:
    """Every function that opens a transaction to write in."""
    managers = _openers_of_databases()
    places: list[Place] = []
    for _ in range(2):  # the second time with the managers that the first one found
        for module, tree in _sources():
            for name, function in _functions(tree):
                if _opens(function, managers):
                    places.append((module, name))
                    if _is_manager(function):
                        managers.add(function.name)
    names = {f"{module}.{name}" for module, name in places
             if not module.startswith(ELSEWHERE) and name.rpartition(".")[2] not in managers and not _is_database(name)}
    return sorted(names)


def messages(served: Mapping[str, Iterable[str]]) -> list[str]:
    """Every message other than a step's: requests and answers of calls, requests of casts."""
    cast = _literals_of_casts()
    return [f"message {role}.{method} {point}" for role in sorted(served) for method in served[role]
            if method != "run_step" for point in (boundary.REQUEST_POINTS if method in cast else boundary.POINTS)]


@functools.cache
def _sources() -> list[tuple[str, ast.Module]]:
    return [(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"),
             ast.parse(path.read_text(encoding="utf-8"))) for path in sorted(ROOT.rglob("*.py"))]


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function with the name that Python gives it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield prefix + node.name, node
            yield from _functions(node, f"{prefix}{node.name}.<locals>.")
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")
        else:
            yield from _functions(node, prefix)


def _own_nodes(function: ast.FunctionDef) -> Iterator[ast.AST]:
    """What is in a function, without the functions inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            waiting += ast.iter_child_nodes(node)


def _opens(function: ast.FunctionDef, managers: set[str]) -> bool:
    """Whether the function's own `with` begins a transaction, itself or by a manager that does."""
    calls = [item.context_expr for node in _own_nodes(function) if isinstance(node, ast.With) for item in node.items
             if isinstance(item.context_expr, ast.Call)]
    return any(_called(call) in managers and not (_called(call) == "write" and call.args) for call in calls)


def _called(call: ast.Call) -> str:
    """The last name of what is called; of `(this or that)()` that of the last choice."""
    function = call.func.values[-1] if isinstance(call.func, ast.BoolOp) else call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


@functools.cache
def _database_classes() -> list[ast.ClassDef]:
    """The Database and what derives from it: they make transactions, their callers open them."""
    classes = [node for _, tree in _sources() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return [each for each in classes
            if "Database" in (each.name, *(getattr(base, "id", "") for base in each.bases))]


def _openers_of_databases() -> set[str]:
    return {each.name for found in _database_classes() for each in found.body
            if isinstance(each, ast.FunctionDef) and _is_manager(each) and each.name != "read"}


def _is_database(name: str) -> bool:
    return bool({found.name for found in _database_classes()} & set(name.split(".")))


def _is_manager(function: ast.FunctionDef) -> bool:
    names = [each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "")
             for each in function.decorator_list]
    return "contextmanager" in names


def _literals_of_casts() -> set[str]:
    """The methods that are cast: the second argument of every `.cast(target, "method", ...)`."""
    return {node.args[1].value for _, tree in _sources() for node in ast.walk(tree)
            if isinstance(node, ast.Call) and _called(node) == "cast" and len(node.args) > 1
            and isinstance(node.args[1], ast.Constant)}
