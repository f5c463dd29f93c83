"""Speaking S3: what a service of that kind is told, a client for it, and its errors as those of files.

Whatever keeps data in a bucket uses this: stores of images, targets of backups.
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from oslo_config import cfg

try:
    import boto3
    import botocore.config
    import botocore.exceptions
except ImportError:  # said by make_client: nothing else needs it
    boto3 = None

ENDPOINT_OPTIONS = [
    cfg.StrOpt("endpoint", default="", help="URL of the S3 service. Empty means that of Amazon in the region."),
    cfg.StrOpt("region", default="us-east-1", help="Region that requests are signed for; few services but Amazon's care."),
    cfg.StrOpt("bucket", default="", help="Bucket that holds the data; it must be there."),
    cfg.StrOpt("prefix", default="", help="What the keys of objects begin with, so that several may share a bucket."),
    cfg.StrOpt("access_key", default="", help="Name of the key that requests are signed with. Empty: as boto3 finds one."),
    cfg.StrOpt("secret_key", default="", secret=True, help="The key itself."),
]
"""Where the data is; whoever uses them adds ca_file."""
_MISSING = ("404", "NoSuchKey", "NoSuchUpload", "NotFound")


class StoreFailed(OSError):
    """What keeps data cannot do it now."""


def make_client(settings: Any, what: str, *, timeout_s: float) -> Any:
    """Return a client for the endpoint that options name; raises ValueError, which says what needs it."""
    if boto3 is None:
        raise ValueError(f"{what} needs the package boto3: pip install cumulo[s3]")
    if not settings.bucket:
        raise ValueError(f"{what} needs the name of a bucket")
    config = botocore.config.Config(
        connect_timeout=timeout_s, read_timeout=timeout_s, retries={"mode": "standard", "max_attempts": 3},
        s3={"addressing_style": "path" if settings.endpoint else "auto"})
    return boto3.client(
        "s3", endpoint_url=settings.endpoint or None, region_name=settings.region or None, config=config,
        aws_access_key_id=settings.access_key or None, aws_secret_access_key=settings.secret_key or None,
        verify=settings.ca_file or None)


def ask(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Make a call of a client; raises FileNotFoundError for what is not there, StoreFailed for all else."""
    with told():
        return call(*arguments, **named)


def entries(client: Any, what: str, member: str, **asked: Any) -> Iterator[Any]:
    """Give the members of every page of a list."""
    with told():
        for page in client.get_paginator(what).paginate(**asked):
            yield from page.get(member, ())


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Say what boto3 says as files say it."""
    try:
        yield
    except botocore.exceptions.ClientError as failure:
        if failure.response.get("Error", {}).get("Code") in _MISSING:
            raise FileNotFoundError(str(failure)) from failure
        raise StoreFailed(str(failure)) from failure
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.HTTPClientError,
            boto3.exceptions.Boto3Error) as failure:
        raise StoreFailed(str(failure)) from failure
