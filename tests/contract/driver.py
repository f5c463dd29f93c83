"""Runs in the client's own Python: one line of JSON in, {"argv", "env"}; one line out, {"code", "out", "err"}.

Starting the client takes a second, and hundreds of commands are tried, so they are run in one process by the
function that the `openstack` program is. The first line out names the commands that the identity API has.
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
    from openstackclient import shell  # type: ignore[import-not-found]
    commands = sorted(each.name for each in importlib.metadata.entry_points(group="openstack.identity.v3"))
    print(json.dumps(commands), flush=True)
    plain = dict(os.environ)
    for line in sys.stdin:
        asked = json.loads(line)
        os.environ.clear()
        os.environ.update(plain | asked["env"])
        print(json.dumps(_run(shell.main, asked["argv"])), flush=True)


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
