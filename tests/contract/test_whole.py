"""Every command that the client has for the identity and image APIs is in a test of this suite, but for federation's."""

import ast
import pathlib

from tests.contract.client import ContractCase

FEDERATION = ("federation", "identity provider", "mapping", "service provider")
_RUNS = ("show", "do", "refused", "names")


class WholeTest(ContractCase):
    """The client's own list of commands."""

    def test_no_command_is_left_out(self) -> None:
        tried: set[str] = set()
        kinds = {"user", "role", "group", "project"}  # PeopleTest.make() makes and deletes these
        for path in sorted(pathlib.Path(__file__).parent.glob("test_*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    tried |= {each.value for each in node.args[:2] if isinstance(each, ast.Constant)
                              and isinstance(each.value, str)} if node.func.attr in (*_RUNS, "addCleanup") else set()
                elif isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple):
                    tried |= {each.value for each in node.iter.elts if isinstance(each, ast.Constant)}
        tried |= {f"{kind} {verb}" for kind in kinds for verb in ("create", "delete")}
        commands = self.client.commands | self.client.image_commands
        self.assertEqual([], sorted(each for each in commands - tried if not each.startswith(FEDERATION)))
