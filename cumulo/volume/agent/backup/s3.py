"""Backups as objects of an S3 bucket: one object a blob, which is there whole when the service has answered."""

from collections.abc import Iterator
from typing import Any

from cumulo.common import s3

_MOST_AT_ONCE = 1000  # keys in one deletion


class S3Target:
    """Implements cumulo.volume.agent.backup.target.Target with the keys of a bucket that begin with a prefix."""

    kind = "s3"
    local = False
    shared = True

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    @property
    def place(self) -> str:
        """Return the bucket and the prefix."""
        return f"s3://{self._bucket}/{self._prefix}"

    def put(self, name: str, data: bytes) -> None:
        """Send an object."""
        s3.ask(self._client.put_object, Bucket=self._bucket, Key=self._prefix + name, Body=data)

    def get(self, name: str) -> bytes:
        """Read an object."""
        body = s3.ask(self._client.get_object, Bucket=self._bucket, Key=self._prefix + name)["Body"]
        with s3.told():
            return bytes(body.read())

    def delete(self, name: str) -> None:
        """Remove an object."""
        s3.ask(self._client.delete_object, Bucket=self._bucket, Key=self._prefix + name)

    def delete_folder(self, folder: str) -> None:
        """Remove the objects below a prefix, as many at once as the service takes."""
        keys = [{"Key": str(each["Key"])} for each in self._list("Contents", f"{folder}/")]
        for first in range(0, len(keys), _MOST_AT_ONCE):
            some = {"Objects": keys[first:first + _MOST_AT_ONCE], "Quiet": True}
            answer = s3.ask(self._client.delete_objects, Bucket=self._bucket, Delete=some)
            if answer.get("Errors"):
                raise s3.StoreFailed(f"{len(answer['Errors'])} objects below {folder} are still there: "
                                     f"{answer['Errors'][0].get('Code')}")

    def names(self, folder: str) -> list[str]:
        """List what stands directly below a prefix."""
        below = f"{folder}/"
        found = [str(each["Key"]) for each in self._list("Contents", below, Delimiter="/")]
        found += [str(each["Prefix"]).rstrip("/") for each in self._list("CommonPrefixes", below, Delimiter="/")]
        return sorted(each.removeprefix(self._prefix + below) for each in found)

    def changed_at(self, folder: str) -> float:
        """Return the newest time of its objects."""
        return max((float(each["LastModified"].timestamp()) for each in self._list("Contents", f"{folder}/")), default=0.0)

    def _list(self, member: str, below: str, **more: str) -> Iterator[Any]:
        return s3.entries(self._client, "list_objects_v2", member, Bucket=self._bucket, Prefix=self._prefix + below, **more)
