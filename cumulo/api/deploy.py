"""From the paste file to one WSGI application.

A paste file holds strings only, so the services that handlers use stand in a table here while the
file is read, and the file's global configuration names the entry. A family's factory reads:

    def factory(global_conf: dict[str, str], **local: str) -> Application:
        return deploy.application(FAMILY, ROUTES, global_conf)
"""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import orjson
from paste.deploy import loadapp

from cumulo.api.services import Services
from cumulo.api.wsgi.app import Application
from cumulo.api.wsgi.route import Family, Route

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]
_LOADING: dict[str, Services] = {}


def load(services: Services, paste_config: str = "") -> WsgiApp:
    """Read the paste file and return the application it describes."""
    path = paste_config or os.path.join(os.path.dirname(__file__), "api-paste.ini")
    key = str(id(services))
    _LOADING[key] = services
    try:
        return loadapp(f"config:{os.path.abspath(path)}", global_conf={"services": key})  # type: ignore[no-any-return]
    finally:
        del _LOADING[key]


def application(family: Family, routes: Sequence[Route], global_conf: dict[str, str]) -> Application:
    """Return a family's application with the services being loaded for."""
    return Application(family, routes, _LOADING[global_conf["services"]])


def services(global_conf: dict[str, str]) -> Services:
    """Return the services being loaded for, for an application that is not made of routes."""
    return _LOADING[global_conf["services"]]


class Mounts:
    """Hands a request to the application below whose path it lies."""

    def __init__(self, applications: dict[str, WsgiApp]) -> None:
        self._applications = applications

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        head, slash, rest = environ.get("PATH_INFO", "")[1:].partition("/")
        application = self._applications.get(f"/{head}")
        if application is None:
            return _directory(sorted(self._applications), head, start_response)
        environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/{head}"
        environ["PATH_INFO"] = slash + rest
        return application(environ, start_response)


def _directory(paths: list[str], head: str, start_response: Any) -> Iterable[bytes]:
    """Answer at the root with the list of APIs, and with 404 below an unknown name."""
    status = "404 Not Found" if head else "200 OK"
    body = orjson.dumps({"apis": paths} if not head else {"message": "No such API.", "apis": paths})
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def mounts(loader: Any, global_conf: dict[str, str], **local: str) -> Mounts:
    """Paste's composite factory: each local setting is a path and the name of an application."""
    return Mounts({path: loader.get_app(name, global_conf=global_conf) for path, name in local.items()})
