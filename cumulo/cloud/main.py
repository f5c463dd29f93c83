"""The `cumulo` command; `./cloud` in a checkout installs what it needs and runs it."""

import argparse
import os
import pathlib
import subprocess
import sys

from cumulo.cloud import stages, suites
from cumulo.cloud.layout import Layout, default_state_dir
from cumulo.cloud.refusal import Refusal
from cumulo.common.errors import CumuloError

EPILOG = """\
A cloud lives in one state directory and is found again there. After `up`, the standard clients work:
  openstack --os-cloud cumulo server list       or       eval "$(cumulo env)"; openstack server list
"""


def main() -> int:
    """Run the command line; 0 when it did what was asked, 1 when it refused, 130 when interrupted."""
    arguments = parser().parse_args()
    try:
        return int(arguments.run(arguments) or 0)
    except (Refusal, CumuloError) as refusal:
        stages.say(str(refusal))
        return 1
    except KeyboardInterrupt:
        stages.say("interrupted; the same command goes on where this one stopped")
        return 130


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    top = argparse.ArgumentParser(prog="cumulo", description="A whole cloud on this machine.", epilog=EPILOG,
                                  formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--state-dir", type=pathlib.Path, default=default_state_dir(), metavar="DIR",
                        help="where the cloud keeps everything (default: %(default)s)")
    _add_up(commands.add_parser("up", parents=[common], help="start the cloud; the first time, make it"))
    for name, run, text in (
        ("down", _down, "stop the services; virtual machines keep running"),
        ("status", _status, "every service: its age, its last heartbeat, whether it hears the bus"),
        ("env", _env, "print shell exports for the standard clients"),
        ("logs", _logs, "follow the logs of every service"),
        ("destroy", _destroy, "delete the cloud and everything in it (asks first)"),
    ):
        command = commands.add_parser(name, parents=[common], help=text)
        command.set_defaults(run=run)
        if name == "destroy":
            command.add_argument("--yes", action="store_true", help="do not ask")
            command.add_argument("--force", action="store_true", help="remove the files of a cloud that does not run")
        if name == "logs":
            command.add_argument("-n", dest="lines", type=int, metavar="N",
                                 help="print the last N lines of each and end")
    audit = commands.add_parser("audit", parents=[common], help="what differs between the database and the hosts; ends "
                                "with 1 when something has for a minute")
    audit.add_argument("--now", action="store_true", help="audit first")
    audit.add_argument("--young", action="store_true", help="show also what is younger than a minute")
    audit.add_argument("--json", action="store_true", help="for programs")
    audit.set_defaults(run=_audit)
    _add_keys(commands.add_parser("keys", parents=[common], help="show, rotate, export or install the keys that tokens "
                                  "and credentials are sealed with"))
    metadefs = commands.add_parser("metadefs", parents=[common], help="load metadata definitions from files")
    metadefs.add_argument("action", choices=("load",))
    metadefs.add_argument("paths", nargs="*", type=pathlib.Path, metavar="PATH", help="a file with one namespace, or a "
                          "directory of them (default: the standard definitions)")
    metadefs.set_defaults(run=_metadefs)
    test = commands.add_parser("test", help="run the tests; the last line counts them")
    test.add_argument("suite", nargs="?", default="all", choices=(*suites.SUITES, "all"))
    test.set_defaults(run=_test)
    return top


def _add_keys(keys: argparse.ArgumentParser) -> None:
    keys.add_argument("action", choices=("show", "rotate", "export", "install"))
    keys.add_argument("what", nargs="?", help="tokens or credentials; for install the file that export wrote, - is the "
                      "standard input")
    keys.add_argument("--config-file", help="a service's configuration instead of the one in the state directory")
    keys.add_argument("--replace", action="store_true", help="install the keys of another cloud: what was sealed here "
                      "is lost")
    keys.set_defaults(run=_keys)


def _add_up(up: argparse.ArgumentParser) -> None:
    up.add_argument("--distributed", action="store_true", default=None,
                    help="separate processes over RabbitMQ and PostgreSQL")
    up.add_argument("--fake-hypervisor", action="store_true", default=None,
                    help="no root, no virtual machines: for tests and users of the APIs")
    up.add_argument("--database", metavar="URL",
                    help="database of a distributed cloud; mysql+pymysql:// alone starts a MariaDB")
    up.add_argument("--bus", metavar="URL", help="message broker of a distributed cloud (amqp://...)")
    up.add_argument("--port", type=int, metavar="N", help="port of all APIs (default: 5000)")
    up.add_argument("--no-first-server", action="store_true", help="boot no server")
    up.set_defaults(run=_up)


def _up(arguments: argparse.Namespace) -> None:
    from cumulo.cloud import up

    wish = up.Wish(arguments.distributed, arguments.fake_hypervisor, arguments.database, arguments.bus,
                   arguments.port, not arguments.no_first_server)
    print(up.up(_layout(arguments), wish))


def _down(arguments: argparse.Namespace) -> None:
    from cumulo.cloud import down

    layout = _layout(arguments)
    down.down(layout, _state(layout))


def _status(arguments: argparse.Namespace) -> int:
    from cumulo.cloud import status

    layout = _layout(arguments)
    return status.show(layout, _state(layout))


def _audit(arguments: argparse.Namespace) -> int:
    from cumulo.cloud import audit

    layout = _layout(arguments)
    return audit.show(layout, _state(layout), now=arguments.now, young=arguments.young, as_json=arguments.json)


def _keys(arguments: argparse.Namespace) -> None:
    from cumulo.cloud import configuration, keys
    from cumulo.common import config
    from cumulo.common.clock import Clock

    layout, what = _layout(arguments), arguments.what
    if arguments.config_file is None:
        _state(layout)
    conf = configuration.read(layout) if arguments.config_file is None else config.load(
        [arguments.config_file], registrations=configuration.PARTS)
    if arguments.action == "install":
        print(keys.install(conf, keys.read_text(what or "-"), replace=arguments.replace))
    elif arguments.action == "show":
        print(keys.show(conf))
    elif what not in keys.KINDS:
        raise Refusal(f"say which keys: {' or '.join(keys.KINDS)}")
    elif arguments.action == "export":
        print(keys.export(conf, what))
    else:
        print(keys.rotate(conf, what, Clock()))


def _metadefs(arguments: argparse.Namespace) -> None:
    from cumulo.cloud import configuration, metadefs
    from cumulo.cloud.client import Client

    state = _state(_layout(arguments))
    made, present = metadefs.load(Client(configuration.public_url(state), state.admin_password), arguments.paths)
    print(f"{made} namespaces loaded, {present} were there already")


def _env(arguments: argparse.Namespace) -> None:
    from cumulo.cloud import configuration, credentials

    state = _state(_layout(arguments))
    print(credentials.shell_exports(configuration.public_url(state), state.admin_password), end="")


def _logs(arguments: argparse.Namespace) -> int:
    layout = _layout(arguments)
    files = sorted(str(path) for path in layout.log_dir.glob("*.log"))
    if not files:
        raise Refusal(f"{layout.log_dir} has no logs")
    how = ["-n", str(arguments.lines)] if arguments.lines is not None else ["-n", "20", "-F"]
    return subprocess.run(["tail", *how, *files], check=False).returncode


def _destroy(arguments: argparse.Namespace) -> int:
    from cumulo.cloud import down, state as states

    layout = _layout(arguments)
    if not layout.state_file.exists():
        raise Refusal(f"there is no cloud in {layout.state_dir}")
    if not arguments.yes and not _confirmed(f"Delete the cloud in {layout.state_dir} and everything in it? [y/N] "):
        stages.say("nothing was deleted")
        return 1
    try:
        state = states.read(layout)
    except Refusal:
        if not arguments.force:
            raise
        state = None
    if state is None or (arguments.force and not _is_running(layout)):
        down.remove_files(layout, state)
        return 0
    down.require_running(layout, state)
    down.destroy(layout, state)
    return 0


def _is_running(layout: Layout) -> bool:
    from cumulo.cloud import services

    return services.are_running(layout, _state(layout))


def _test(arguments: argparse.Namespace) -> int:

    return suites.run(arguments.suite)


def _layout(arguments: argparse.Namespace) -> Layout:
    return Layout(pathlib.Path(os.path.abspath(arguments.state_dir)))


def _state(layout: Layout):  # type: ignore[no-untyped-def]
    from cumulo.cloud import state as states

    state = states.read(layout)
    if state is None:
        raise Refusal(f"there is no cloud in {layout.state_dir}; 'up' makes one")
    return state


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise Refusal("nobody is there to ask; --yes goes ahead")
    return input(question).strip().lower() in ("y", "yes")


if __name__ == "__main__":
    sys.exit(main())
