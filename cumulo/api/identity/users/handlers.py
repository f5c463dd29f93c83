"""Users: create, list, show, change, delete, and a user's own change of password."""

from typing import Any

from cumulo.api.identity import views
from cumulo.api.identity.common import changing, collection, query_of, validator, visible
from cumulo.api.wsgi import times
from cumulo.api.wsgi.route import Request
from cumulo.common import errors
from cumulo.identity import assignments, backends, login_guard, password_rules, projects, users
from cumulo.identity.backends import Asked
from cumulo.identity.login_guard import Account
from cumulo.identity.model import LOGIN_REFUSED
from cumulo.identity.password_rules import NewPassword
from cumulo.identity.tokens import DEFAULT_DOMAIN_ID

# Queries about users of other identity providers: there are none.
FEDERATED = frozenset(("idp_id", "protocol_id", "unique_id"))
QUERY = (*users.FILTERS, "password_expires_at", *sorted(FEDERATED))


def create(request: Request) -> dict[str, Any]:
    """Create a user, in the caller's own domain unless another is named."""
    values, services = request.body["user"], request.services
    domain_id = values.get("domain_id") or request.context.domain_id or request.context.project_domain_id
    password = _new_password(request, values, {})
    with services.database.write() as connection:
        made = users.create(connection, services.ids, services.clock.now(), domain_id or DEFAULT_DOMAIN_ID, values,
                            password)
    return {"user": views.user(request, made)}


def index(request: Request) -> dict[str, Any]:
    """List users; a reader of one domain gets those of that domain."""
    query = query_of(request)
    expires = expiring(query)
    request.authorize("identity:list_users", {"domain_id": query.get("domain_id") or request.context.domain_id or ""})
    if request.context.domain_id and "admin" not in request.context.roles:
        query["domain_id"] = request.context.domain_id
    with request.services.database.read() as connection:
        found = [] if FEDERATED & query.keys() else users.listed(connection, query, expires=expires)
    return collection(request, "users", [views.user(request, each) for each in found])


def show(request: Request) -> dict[str, Any]:
    """Return a user."""
    user_id = request.params["user_id"]
    with request.services.database.read() as connection:
        found = users.find(connection, user_id)
    target = {"user_id": user_id, "domain_id": found.domain_id if found else ""}
    return {"user": views.user(request, visible(request, "identity:get_user", found, f"user: {user_id}", target))}


def update(request: Request) -> dict[str, Any]:
    """Change a user; a new password or disabling refuses their tokens."""
    values, user_id = request.body["user"], request.params["user_id"]
    with request.services.database.read() as connection:
        before = users.get(connection, user_id)
    password = _new_password(request, values, before.options)
    with changing(request) as (connection, record):
        changed = users.update(connection, record, request.services.clock.now(), user_id, values, password)
    return {"user": views.user(request, changed)}


def delete(request: Request) -> None:
    """Delete a user."""
    with changing(request) as (connection, record):
        users.delete(connection, record, request.params["user_id"])


def change_password(request: Request) -> None:
    """Change a password for whoever knows it; every token of the user is refused from now on.

    Needs no token: the old password proves more than one would.
    """
    values, user_id, services = request.body["user"], request.params["user_id"], request.services
    checker = validator(request)
    with services.database.read() as connection:
        found, backend = backends.account(connection, user_id)
        former = users.former_passwords(connection, user_id)
    is_right = backends.is_right(backend, Asked(services.conf, services.clock, services.threads, checker.passwords,
                                                found, values["original_password"]))
    account = login_guard.admit(checker.database, services.conf, services.clock, found, is_right, may_be_over=True)
    stored: str = account["password_hash"]
    password = _own_password(request, values["password"], account, [stored, *former])
    with changing(request) as (connection, record):
        if not users.change_password(connection, record, services.clock.now(), user_id, before=stored, after=password):
            raise errors.Unauthorized(LOGIN_REFUSED)


def list_projects(request: Request) -> dict[str, Any]:
    """List the projects on which a user has a role."""
    user_id = request.params["user_id"]
    with request.services.database.read() as connection:
        user = users.find(connection, user_id)
        target = {"user_id": user_id, "domain_id": user.domain_id if user else ""}
        visible(request, "identity:list_user_projects", user, f"user: {user_id}", target)
        found = projects.listed(connection, query_of(request), only=assignments.targets(connection, user_id, "project"))
    return collection(request, "projects", [views.project(request, each) for each in found])


def expiring(query: dict[str, str]) -> tuple[str, float] | None:
    """Return what a query says of the end of passwords, as users.listed takes it; raises BadRequest."""
    text = query.get("password_expires_at")
    if text is None:
        return None
    comparator, colon, moment = text.partition(":")
    if not colon or comparator not in users.COMPARATORS:
        raise errors.BadRequest(f"password_expires_at is one of {', '.join(users.COMPARATORS)}, a colon and a time.")
    try:
        return comparator, times.parse(moment)
    except (ValueError, OverflowError) as failure:
        raise errors.BadRequest(f"{moment[:64]!r} is not a time such as 2026-01-31T10:00:00Z.") from failure


def _new_password(request: Request, values: dict[str, Any], options: dict[str, Any]) -> NewPassword | None:
    """Return the password that an administrator sets, if any."""
    password, services = values.get("password"), request.services
    if password is None:
        return None
    password_rules.check_form(services.conf, password)
    return password_rules.make(services.conf, services.threads, services.clock.now(), password,
                               users.merged(options, values.get("options")), is_own=False)


def _own_password(request: Request, password: str, account: Account, before: list[str]) -> NewPassword:
    """Return the password that a user sets; raises BadRequest for what the rules do not let them."""
    services = request.services
    now = services.clock.now()
    password_rules.check_may_change(account)
    password_rules.check_form(services.conf, password)
    password_rules.check_age(services.conf, now, account)
    password_rules.check_is_new(services.conf, services.threads, password, before)
    return password_rules.make(services.conf, services.threads, now, password, account["options"] or {}, is_own=True)
