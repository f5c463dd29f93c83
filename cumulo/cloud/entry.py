"""The programs' first lines: patch the standard library, and only then import the service.

Imported before that, a module could keep a lock or a socket class that blocks every green thread.
"""

import warnings


def _patch() -> None:
    warnings.filterwarnings("ignore", message="\\s*Eventlet is deprecated", category=Warning)
    import eventlet

    eventlet.monkey_patch()


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
