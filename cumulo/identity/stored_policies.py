"""Policy documents that services may fetch, and which of them an endpoint follows.

An endpoint follows the policy it was given itself, else that of its service in its region or in a region above it,
else that of its service.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from cumulo.common import errors
from cumulo.common.db.tables import identity_cloud as cloud
from cumulo.common.ids import Ids
from cumulo.identity import catalog, rows
from cumulo.identity.model import Endpoint, Region, Service

FILTERS = ("type",)
_KNOWN = ("type", "blob")
_POLICY, _ASSOCIATION = cloud.policy, cloud.policy_association
_CLASH = "Another request has just changed which policy is followed, or deleted what was named."


@dataclasses.dataclass(frozen=True)
class StoredPolicy:
    """A policy document."""

    id: str
    type: str
    blob: str
    extra: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Subject:
    """What may follow a policy: an endpoint, a service, or a service in a region."""

    endpoint_id: str | None = None
    service_id: str | None = None
    region_id: str | None = None

    @property
    def key(self) -> str:
        """Return the subject as one text."""
        parts = (self.endpoint_id and f"endpoint/{self.endpoint_id}", self.service_id and f"service/{self.service_id}",
                 self.region_id and f"region/{self.region_id}")
        return "/".join(part for part in parts if part)


def get(connection: sa.Connection, policy_id: str) -> StoredPolicy:
    """Return a policy; raises NotFound."""
    row = connection.execute(_policies().where(_POLICY.c.id == policy_id)).one_or_none()
    if row is None:
        raise errors.NotFound(f"Could not find policy: {policy_id}.")
    return StoredPolicy(*row)


def listed(connection: sa.Connection, query: Mapping[str, str]) -> list[StoredPolicy]:
    """Return the policies that fit a query string, oldest first."""
    statement = _policies().where(*rows.conditions(_POLICY, FILTERS, query))
    return [StoredPolicy(*row) for row in connection.execute(statement.order_by(_POLICY.c.created_at, _POLICY.c.id))]


def create(connection: sa.Connection, ids: Ids, now: float, values: Mapping[str, Any]) -> StoredPolicy:
    """Insert a policy and return it."""
    made = StoredPolicy(rows.new_id(ids), values["type"], values["blob"], _extra(values))
    rows.insert(connection, _POLICY, dataclasses.asdict(made) | {"created_at": now}, _CLASH)
    return made


def update(connection: sa.Connection, policy_id: str, values: Mapping[str, Any]) -> StoredPolicy:
    """Change a policy; raises NotFound."""
    changes = {name: values[name] for name in _KNOWN if name in values}
    changes["extra"] = get(connection, policy_id).extra | _extra(values)
    rows.update(connection, _POLICY, policy_id, changes, _CLASH)
    return get(connection, policy_id)


def delete(connection: sa.Connection, policy_id: str) -> None:
    """Delete a policy; nobody follows it any more. Raises NotFound."""
    if not connection.execute(sa.delete(_POLICY).where(_POLICY.c.id == policy_id)).rowcount:
        raise errors.NotFound(f"Could not find policy: {policy_id}.")


def follow(connection: sa.Connection, policy_id: str, subject: Subject) -> None:
    """Let a subject follow this policy, and no longer the one it followed before; raises NotFound."""
    _check(connection, policy_id, subject)
    changed = connection.execute(sa.update(_ASSOCIATION).where(_ASSOCIATION.c.subject == subject.key).values(
        policy_id=policy_id)).rowcount
    if not changed:
        rows.insert(connection, _ASSOCIATION, dataclasses.asdict(subject) | {
            "subject": subject.key, "policy_id": policy_id}, _CLASH)


def check_follows(connection: sa.Connection, policy_id: str, subject: Subject) -> None:
    """Raise NotFound unless the subject was told to follow the policy."""
    _check(connection, policy_id, subject)
    if _followed(connection).get(subject.key) != policy_id:
        raise _not_followed(policy_id)


def unfollow(connection: sa.Connection, policy_id: str, subject: Subject) -> None:
    """Let a subject no longer follow the policy; raises NotFound where it does not."""
    _check(connection, policy_id, subject)
    if not connection.execute(sa.delete(_ASSOCIATION).where(
            _ASSOCIATION.c.subject == subject.key, _ASSOCIATION.c.policy_id == policy_id)).rowcount:
        raise _not_followed(policy_id)


def of_endpoint(connection: sa.Connection, endpoint_id: str) -> StoredPolicy:
    """Return the policy that an endpoint follows; raises NotFound where it follows none."""
    endpoint = catalog.get(connection, Endpoint, endpoint_id)
    followed = _effective(endpoint, _followed(connection), _parents(connection))
    if followed is None:
        raise errors.NotFound(f"No policy is associated with endpoint {endpoint_id}.")
    return get(connection, followed)


def endpoints_of(connection: sa.Connection, policy_id: str) -> list[Endpoint]:
    """Return the endpoints that follow a policy, whatever tells them to; raises NotFound."""
    get(connection, policy_id)
    followed, parents = _followed(connection), _parents(connection)
    return [each for each in catalog.listed(connection, Endpoint, {})
            if _effective(each, followed, parents) == policy_id]


def _effective(endpoint: Endpoint, followed: Mapping[str, str], parents: Mapping[str, str | None]) -> str | None:
    """Return the id of the policy that an endpoint follows: the nearest one."""
    subjects = [Subject(endpoint_id=endpoint.id)]
    subjects += [Subject(service_id=endpoint.service_id, region_id=each) for each in _upwards(endpoint, parents)]
    subjects.append(Subject(service_id=endpoint.service_id))
    return next((followed[each.key] for each in subjects if each.key in followed), None)


def _upwards(endpoint: Endpoint, parents: Mapping[str, str | None]) -> Iterator[str]:
    region_id = endpoint.region_id
    while region_id is not None:
        yield region_id
        region_id = parents.get(region_id)


def _followed(connection: sa.Connection) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(sa.select(_ASSOCIATION.c.subject, _ASSOCIATION.c.policy_id))}


def _parents(connection: sa.Connection) -> dict[str, str | None]:
    return {region.id: region.parent_region_id for region in catalog.listed(connection, Region, {})}


def _check(connection: sa.Connection, policy_id: str, subject: Subject) -> None:
    """Raise NotFound unless the policy and everything the subject names are there."""
    get(connection, policy_id)
    if subject.endpoint_id is not None:
        catalog.get(connection, Endpoint, subject.endpoint_id)
    if subject.service_id is not None:
        catalog.get(connection, Service, subject.service_id)
    if subject.region_id is not None:
        catalog.get(connection, Region, subject.region_id)


def _not_followed(policy_id: str) -> errors.NotFound:
    return errors.NotFound(f"Could not find this association with policy {policy_id}.")


def _policies() -> "sa.Select[Any]":
    return sa.select(*(_POLICY.c[field.name] for field in dataclasses.fields(StoredPolicy)))


def _extra(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in _KNOWN}
