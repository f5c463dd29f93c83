"""The programs' first lines: patch the standard library, and only then import the service.

Imported before that, a module could keep a lock or a socket class that blocks every green thread.
"""

import functools
import os
import warnings


def _patch() -> None:
    """Make the standard library green. Names are looked up by the system, in a native thread.

    eventlet's own resolver is 15 MiB of libraries in each process, and knows less than the system does.
    """
    warnings.filterwarnings("ignore", message="\\s*Eventlet is deprecated", category=Warning)
    os.environ["EVENTLET_NO_GREENDNS"] = "yes"
    import eventlet

    eventlet.monkey_patch()
    import socket

    from eventlet import patcher, tpool
    from eventlet.green import socket as green

    plain = patcher.original("socket")
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "getnameinfo"):
        looked_up = functools.partial(tpool.execute, getattr(plain, name))
        setattr(socket, name, looked_up)
        setattr(green, name, looked_up)


def api() -> None:
    """Run cumulo-api."""
    _patch()
    from cumulo.api.main import main

    main()


def scheduler() -> None:
    """Run cumulo-scheduler."""
    _patch()
    from cumulo.scheduler.main import main

    main()


def compute() -> None:
    """Run cumulo-compute."""
    _patch()
    from cumulo.compute.agent.main import main

    main()


def network() -> None:
    """Run cumulo-network."""
    _patch()
    from cumulo.network.agent.main import main

    main()


def image() -> None:
    """Run cumulo-image."""
    _patch()
    from cumulo.image.agent.main import main

    main()


def volume() -> None:
    """Run cumulo-volume."""
    _patch()
    from cumulo.volume.agent.main import main

    main()


def embedded() -> None:
    """Run every service in this process."""
    _patch()
    from cumulo.cloud.embedded import main

    main()
