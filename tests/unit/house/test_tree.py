"""The shape of the tree: links at the root, and a wheel that holds what the tree holds."""

import configparser
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
PARTS = ("api", "scheduler", "compute", "network", "volume", "image", "identity", "common")


class TreeTest(unittest.TestCase):
    """What a person sees at the top level, and what gets installed."""

    def test_every_part_has_a_link_at_the_root(self) -> None:
        """The top level shows the architecture; nothing else hangs on the links."""
        for part in PARTS:
            link = ROOT / part
            self.assertTrue(link.is_symlink() and os.readlink(link) == f"cumulo/{part}",
                            f"Make the link again: ln -sfn cumulo/{part} {part}")
            self.assertTrue((link / "__init__.py").exists(), f"cumulo/{part} must be a package with a docstring")

    def test_every_folder_with_code_is_a_package(self) -> None:
        """Without __init__.py a folder is left out of the wheel."""
        bare = sorted({str(path.parent.relative_to(ROOT)) for path in (ROOT / "cumulo").rglob("*.py")
                       if not (path.parent / "__init__.py").exists()})
        self.assertEqual([], bare, "Add an __init__.py with a docstring to each.")

    def test_every_command_has_a_function(self) -> None:
        """The entry points of setup.cfg lead somewhere."""
        config = configparser.ConfigParser()
        config.read(ROOT / "setup.cfg")
        for line in config["options.entry_points"]["console_scripts"].split("\n"):
            if line.strip():
                module, _, function = line.partition("=")[2].strip().partition(":")
                self.assertTrue(importlib.util.find_spec(module), f"setup.cfg names {module}, which does not exist")
                text = (ROOT / (module.replace(".", "/") + ".py")).read_text(encoding="utf-8")
                self.assertIn(f"def {function}(", text, f"setup.cfg names {module}:{function}")

    @unittest.skipUnless(importlib.util.find_spec("setuptools"), "the wheel is built with setuptools")
    def test_the_wheel_holds_the_tree(self) -> None:
        """Every file below cumulo/ is installed, and no other."""
        with tempfile.TemporaryDirectory() as directory:
            tree = pathlib.Path(directory) / "tree"
            _copy_sources(tree)
            wheel = _build(tree, pathlib.Path(directory) / "out")
            with zipfile.ZipFile(wheel) as archive:
                held = {name for name in archive.namelist() if name.startswith("cumulo/")}
        expected = {str(path.relative_to(ROOT)) for path in (ROOT / "cumulo").rglob("*")
                    if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")}
        self.assertEqual(expected, held, "Name the missing kind of file under [options.package_data] in setup.cfg, "
                                         "or add the __init__.py that makes its folder a package.")


def _copy_sources(tree: pathlib.Path) -> None:
    """Build from a copy: building writes beside the sources."""
    tree.mkdir()
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree / name)
    for name in ("cumulo", "etc"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))


def _build(tree: pathlib.Path, out: pathlib.Path) -> pathlib.Path:
    out.mkdir()
    program = ("import sys; from setuptools import build_meta; "
               "sys.stdout.write('\\n' + build_meta.build_wheel(sys.argv[1]))")
    result = subprocess.run([sys.executable, "-W", "ignore", "-c", program, str(out)], cwd=tree, check=False,
                            capture_output=True, text=True, timeout=120)
    if result.returncode:
        raise AssertionError(f"the wheel cannot be built:\n{result.stderr[-2000:]}")
    return out / result.stdout.splitlines()[-1]
