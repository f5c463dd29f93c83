"""Whose rights a token stands for: those of its user, or the part of them that somebody handed on.

Everything is looked up when a token is used, never sealed into it: what was handed on ends at once when it is
deleted, and when whoever handed it on loses it.
"""

import sqlalchemy as sa

from cumulo.identity import application_credentials, lookup, oauth, trusts
from cumulo.identity.lookup import Facts
from cumulo.identity.model import Delegation, Scope


def facts(connection: sa.Connection, user_id: str, scope: Scope, delegation: Delegation) -> Facts | None:
    """Return the facts about a user in a scope, with the rights that are handed on alone; None: there are none.

    They are remembered until something changes (memory.py): they follow from rows that change with the generation.
    """
    if delegation.trust_id:
        trust = trusts.find(connection, delegation.trust_id)
        return None if trust is None else trusts.facts(connection, user_id, scope, trust)
    known = lookup.facts(connection, user_id, scope)
    if delegation.access_token_id:
        access = oauth.find(connection, delegation.access_token_id)
        return None if known is None or access is None else oauth.narrowed(connection, known, access)
    if not delegation.application_credential_id:
        return known
    credential = application_credentials.find(connection, delegation.application_credential_id)
    if known is None or credential is None or credential.user_id != user_id:
        return None
    return application_credentials.narrowed(connection, known, credential)


def scope_of(connection: sa.Connection, delegation: Delegation) -> Scope | None:
    """Return the only scope that borrowed rights are good for; None for rights that are not borrowed."""
    if delegation.trust_id:
        trust = trusts.find(connection, delegation.trust_id)
        return trusts.scope_of(trust) if trust else Scope("project", "")
    if delegation.access_token_id:
        access = oauth.find(connection, delegation.access_token_id)
        return Scope("project", access.project_id if access else "")
    if not delegation.application_credential_id:
        return None
    credential = application_credentials.find(connection, delegation.application_credential_id)
    return Scope("project", credential.project_id if credential else "")


def ends_at(known: Facts) -> float | None:
    """Return when borrowed rights end, in epoch seconds; None where they do not."""
    source = known.trust or known.application_credential or known.access_token
    return source.expires_at if source else None
