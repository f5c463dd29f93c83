"""Copying a volume that a qemu-storage-daemon serves: a mirror job, which is known by the file that it goes to.

    copy-<volume id>     the job; it stays after its end until its outcome is read
    t<volume id>         the node of the file that is copied to
"""

import pathlib
from typing import Any

from cumulo.common import errors
from cumulo.common.volume_copies import COPIED, COPYING, LOST, Copying
from cumulo.volume.agent.exports import qmp

JOB, PREFIX, NODE_CHARACTERS = "copy-", "t", 30
CONCLUDED = "concluded"


def advance(monitor: qmp.Monitor, volume_id: str, source: str, target: pathlib.Path, begin: bool) -> Copying:
    """Say how far the copy of a node into a file is, begin it where that is asked, and end it once it is whole.

    Raises Retry while the volume is being copied into another one.
    """
    into, job = _file(monitor, volume_id), _job(monitor, volume_id)
    if job is not None and into not in (None, str(target)):
        raise errors.Retry("the volume is being copied for something else")
    if job is None:
        _close(monitor, volume_id)
        if not begin:
            return Copying(LOST)
        _begin(monitor, volume_id, source, target)
        return Copying(COPYING)
    if job["status"] == CONCLUDED:
        _forget(monitor, volume_id)
        return Copying(LOST if job.get("error") else COPIED)
    if job["status"] == "ready":
        monitor.run("block-job-cancel", device=job["id"])  # one that is ready ends well by this
    return Copying(COPYING, 100 * float(job["current-progress"]) / max(1, job["total-progress"]))


def stop(monitor: qmp.Monitor, volume_id: str, target: pathlib.Path | None = None) -> None:
    """End the copy of a volume into a file, or into whichever, if there is one."""
    job = _job(monitor, volume_id)
    if job is not None and target is not None and _file(monitor, volume_id) not in (None, str(target)):
        return
    if job is not None and job["status"] != CONCLUDED:
        monitor.run("job-cancel", id=job["id"])
        while (job := _job(monitor, volume_id)) is not None and job["status"] != CONCLUDED:
            monitor.wait("JOB_STATUS_CHANGE", id=job["id"], status=CONCLUDED)
    _forget(monitor, volume_id)


def _begin(monitor: qmp.Monitor, volume_id: str, source: str, target: pathlib.Path) -> None:
    monitor.run("blockdev-add", driver="raw", node_name=_node(volume_id), discard="unmap", file={
        "driver": "file", "filename": str(target), "discard": "unmap"})
    monitor.run("blockdev-mirror", job_id=f"{JOB}{volume_id}", device=source, target=_node(volume_id), sync="full",
                copy_mode="write-blocking", auto_dismiss=False)


def _forget(monitor: qmp.Monitor, volume_id: str) -> None:
    """Read the outcome of a job that has ended, and close its file."""
    job = _job(monitor, volume_id)
    if job is not None:
        monitor.run("job-dismiss", id=job["id"])
    _close(monitor, volume_id)


def _close(monitor: qmp.Monitor, volume_id: str) -> None:
    if _file(monitor, volume_id) is not None:
        monitor.run("blockdev-del", node_name=_node(volume_id))


def _file(monitor: qmp.Monitor, volume_id: str) -> str | None:
    """Return the file that a volume is copied to."""
    nodes = monitor.run("query-named-block-nodes", flat=True)
    return next((str(each["file"]) for each in nodes if each["node-name"] == _node(volume_id)), None)


def _job(monitor: qmp.Monitor, volume_id: str) -> dict[str, Any] | None:
    return next((each for each in monitor.run("query-jobs") if each["id"] == f"{JOB}{volume_id}"), None)


def _node(volume_id: str) -> str:
    return PREFIX + volume_id.replace("-", "")[:NODE_CHARACTERS]
