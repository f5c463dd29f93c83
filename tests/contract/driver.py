"""Runs in the clients' own Python: one line of JSON in, {"program", "argv", "env"}; one line out, {"code", "out", "err"}.

Starting a client takes a second, and hundreds of commands are tried, so they are run in one process by the functions
that the programs `openstack` and `glance` are. The first line out names the commands that `openstack` has for an API.
"""

import contextlib
import importlib.metadata
import io
import json
import logging
import os
import sys
import traceback


def main() -> None:
    """Answer until there is no more to run."""
    from glanceclient import shell as glance  # type: ignore[import-not-found]
    from openstackclient import shell  # type: ignore[import-not-found]
    commands = {api: sorted(each.name for each in importlib.metadata.entry_points(group=f"openstack.{api}"))
                for api in ("identity.v3", "image.v2")}
    print(json.dumps(commands), flush=True)
    plain, lines = dict(os.environ), sys.stdin
    sys.stdin = _Terminal()
    for line in lines:
        asked = json.loads(line)
        os.environ.clear()
        os.environ.update(plain | asked["env"])
        program = {"openstack": shell.main, "glance": lambda argv: _glance(glance, argv),
                   "glanceclient": _call}[asked["program"]]
        print(json.dumps(_run(program, asked["argv"])), flush=True)


class _Terminal(io.StringIO):
    """A standard input at which nobody types: `glance` takes one that is no terminal for an image's data."""

    def isatty(self):  # type: ignore[no-untyped-def]
        """Say that it is a terminal."""
        return True


def _glance(shell, argv):  # type: ignore[no-untyped-def]
    sys.argv = ["glance", *argv]
    return shell.main()


def _call(argv):  # type: ignore[no-untyped-def]
    from glanceclient import client  # type: ignore[import-not-found]
    from keystoneauth1 import session  # type: ignore[import-not-found]
    from keystoneauth1.identity import v3  # type: ignore[import-not-found]
    names = ("auth_url", "username", "password", "user_domain_id", "project_name", "project_domain_id")
    images = client.Client("2", session=session.Session(v3.Password(
        **{name: os.environ["OS_" + name.upper()] for name in names}))).images
    print(json.dumps(getattr(images, argv[0])(*json.loads(argv[1])).wrapped, default=dict))


def _run(program, argv):  # type: ignore[no-untyped-def]
    out, err = io.StringIO(), io.StringIO()
    _forget()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = program(argv)
        except SystemExit as ended:
            code = ended.code
        except Exception:
            code = traceback.format_exc()
    return {"code": code or 0, "out": out.getvalue(), "err": err.getvalue()}


def _forget():  # type: ignore[no-untyped-def]
    """Make the next command begin as in a process of its own: its class keeps who logged in for the one before."""
    from osc_lib import clientmanager  # type: ignore[import-not-found]
    from openstackclient.common import clientmanager as own  # type: ignore[import-not-found]
    logging.root.handlers.clear()
    for holder in own.ClientManager.__mro__:
        for each in vars(holder).values():
            if isinstance(each, clientmanager.ClientCache):
                each._handle = None


if __name__ == "__main__":
    main()
