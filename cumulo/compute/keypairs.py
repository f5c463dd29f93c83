"""Keypairs of users: made here or brought along; the private half is shown once and never kept."""

import base64
import binascii
import dataclasses
import datetime
import hashlib
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from sqlalchemy.exc import IntegrityError

from cumulo.common import errors
from cumulo.common.db.tables.compute import keypair

Row = Mapping[str, Any]
SSH, X509 = "ssh", "x509"


@dataclasses.dataclass(frozen=True)
class Material:
    """A public key with its fingerprint; private_key only when it was made here."""

    public_key: str
    fingerprint: str
    private_key: str | None = None


def generate_ssh() -> Material:
    """Make an Ed25519 key in OpenSSH's formats."""
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH,
                                serialization.NoEncryption()).decode()
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    return Material(public, ssh_fingerprint(public), private)


def generate_x509(user_id: str, now: float) -> Material:
    """Make an RSA key and a self-signed client certificate of ten years for the user; slow (0.1 s and more)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user_id[:64])])
    begin = datetime.datetime.fromtimestamp(now, datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=3650))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, hashes.SHA256()))
    text = certificate.public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption()).decode()
    return Material(text, certificate_fingerprint(text), private)


def import_key(kind: str, public_key: str) -> Material:
    """Check a key that the client brought; raises BadRequest."""
    text = public_key.strip()
    return Material(public_key, ssh_fingerprint(text) if kind == SSH else certificate_fingerprint(text))


def ssh_fingerprint(public_key: str) -> str:
    """Return the MD5 of the key's blob, as pairs of digits with colons (RFC 4716, section 4)."""
    invalid = errors.BadRequest("Keypair data is invalid: it is not an OpenSSH public key.")
    words = public_key.split(None, 2)
    if len(words) < 2 or "\n" in public_key:
        raise invalid
    try:
        blob = base64.b64decode(words[1], validate=True)
        serialization.load_ssh_public_key(f"{words[0]} {words[1]}".encode())
    except UnsupportedAlgorithm:
        # Newer kinds (security keys) are OpenSSH's to judge; the blob must still name its own kind.
        if not blob[4:].startswith(words[0].encode()):
            raise invalid from None
    except (ValueError, binascii.Error) as failure:
        raise invalid from failure
    return _colons(hashlib.md5(blob, usedforsecurity=False).hexdigest())


def certificate_fingerprint(certificate: str) -> str:
    """Return the SHA-1 of a PEM certificate, as pairs of digits with colons."""
    try:
        return _colons(x509.load_pem_x509_certificate(certificate.encode()).fingerprint(hashes.SHA1()).hex())
    except ValueError as failure:
        raise errors.BadRequest("Keypair data is invalid: it is not an X.509 certificate in PEM form.") from failure


def _colons(digits: str) -> str:
    return ":".join(digits[place:place + 2] for place in range(0, len(digits), 2))


def create_keypair(connection: sa.Connection, now: float, *, user_id: str, name: str, kind: str,
                   material: Material) -> Row:
    """Insert a keypair and return it; raises Conflict when the user has one of that name."""
    conflict = errors.Conflict(f"Key pair '{name}' already exists.")
    if find_keypair(connection, user_id, name) is not None:
        raise conflict
    try:
        connection.execute(sa.insert(keypair).values(
            user_id=user_id, name=name, type=kind, public_key=material.public_key,
            fingerprint=material.fingerprint, created_at=now))
    except IntegrityError as failure:
        raise conflict from failure
    return get_keypair(connection, user_id, name)


def find_keypair(connection: sa.Connection, user_id: str, name: str) -> Row | None:
    """Return a user's keypair, None when there is none."""
    return connection.execute(
        sa.select(keypair).where(keypair.c.user_id == user_id, keypair.c.name == name)).mappings().first()


def get_keypair(connection: sa.Connection, user_id: str, name: str) -> Row:
    """Return a user's keypair; raises NotFound."""
    row = find_keypair(connection, user_id, name)
    if row is None:
        raise errors.NotFound(f"Keypair {name} not found for user {user_id}")
    return row


def list_keypairs(connection: sa.Connection, user_id: str, *, limit: int | None = None,
                  marker: str | None = None) -> list[Row]:
    """Return a user's keypairs by name, after the one of the marker's name; raises BadRequest where it is not there."""
    query = sa.select(keypair).where(keypair.c.user_id == user_id).order_by(keypair.c.name)
    if marker is not None:
        if find_keypair(connection, user_id, marker) is None:
            raise errors.BadRequest(f"marker [{marker[:255]}] not found")
        query = query.where(keypair.c.name > marker)
    return list(connection.execute(query if limit is None else query.limit(limit)).mappings())


def delete_keypair(connection: sa.Connection, user_id: str, name: str) -> None:
    """Delete a user's keypair; raises NotFound. Servers keep the public key they were given."""
    gone = connection.execute(sa.delete(keypair).where(keypair.c.user_id == user_id, keypair.c.name == name))
    if gone.rowcount == 0:
        raise errors.NotFound(f"Keypair {name} not found for user {user_id}")
