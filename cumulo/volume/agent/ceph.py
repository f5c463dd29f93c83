"""One pool of a Ceph cluster, by its own tools: rbd and ceph. They end with the number of the error."""

import dataclasses
import errno
import json
import pathlib
import re
from typing import Any

from cumulo.common import command, errors

TIMEOUT_S = 60.0


@dataclasses.dataclass(frozen=True)
class Pool:
    """A pool, and the name and the configuration file that it is reached with."""

    name: str
    user: str
    conf: str

    def run(self, *arguments: str, may_end_with: tuple[int, ...] = (), timeout_s: float = TIMEOUT_S) -> int:
        """Run a command of rbd; returns the number of the error that it ended with, of those that it may."""
        return self._ask("rbd", "--pool", self.name, *arguments, may_end_with=may_end_with, timeout_s=timeout_s).code

    def rename(self, image: str, name: str) -> None:
        """Give an image another name."""
        self.run("rename", "--dest-pool", self.name, image, name)

    def clone(self, moment: str, image: str) -> None:
        """Make an image of image@moment, which may go before it."""
        self.run("clone", "--rbd-default-clone-format", "2", "--dest-pool", self.name, moment, image)

    def info(self, image: str) -> dict[str, Any] | None:
        """Return what is said of an image, None where there is none."""
        return self._info("--image", image)

    def info_by_id(self, image_id: str) -> dict[str, Any] | None:
        """Return what is said of an image, also of one in the trash."""
        return self._info("--image-id", image_id)

    def sizes(self) -> list[tuple[str, int]]:
        """Return the images of the pool with their sizes in bytes, in order."""
        listed = self._told("ls", "--long")
        return sorted((each["image"], int(each["size"])) for each in listed if "snapshot" not in each)

    def written(self, image: str) -> list[tuple[int, int]]:
        """Return the ranges of an image that hold something, also of what it was cloned of: first byte, byte behind."""
        listed = self._told("diff", "--image", image)
        return [(each["offset"], each["offset"] + each["length"]) for each in listed if each["exists"] == "true"]

    def drop_moment(self, moment: str) -> None:
        """Remove image@moment, where it is; clones of it stay."""
        self.run("snap", "rm", moment, may_end_with=(errno.ENOENT,))

    def is_marked(self, image: str, mark: str) -> bool:
        """Say whether something is said of an image that is there."""
        return self.run("image-meta", "get", image, mark, may_end_with=(errno.ENOENT,)) == 0

    def is_used(self, image: str) -> bool:
        """Say whether others were cloned of an image."""
        return bool(self._told("children", "--all", "--image", image))

    def is_trash(self, image_id: str) -> bool:
        """Say whether an image is in the trash."""
        return image_id in {each["id"] for each in self._told("trash", "ls")}

    def room(self) -> tuple[int, int]:
        """Return how many bytes are stored, and how many more could be."""
        pools = json.loads(self._ask("ceph", "df", "--format", "json").stdout)["pools"]
        found = next((each["stats"] for each in pools if each["name"] == self.name), None)
        if found is None:
            raise errors.Retry(f"the cluster has no pool {self.name}, or has not counted it yet")
        return int(found["stored"]), int(found["max_avail"])

    def opened(self, image: str) -> dict[str, str]:
        """Return how QEMU opens an image, as its blockdev-add is told."""
        return {"driver": "rbd", "pool": self.name, "image": image, "user": self.user, "conf": self.conf}

    def monitors(self) -> list[dict[str, Any]]:
        """Return where the monitors are: {"address", "port"} of each."""
        return monitors_of(json.loads(self._ask("ceph", "mon", "dump", "--format", "json").stdout))

    def key(self) -> str:
        """Return the user's key; raises InternalError where no file that the configuration names has it."""
        for path in (pathlib.Path(each.strip()) for each in self._configured("keyring").split(",")):
            if path.exists():
                found = re.search(rf"\[client\.{re.escape(self.user)}\][^\[]*?^\s*key\s*=\s*(\S+)", path.read_text(), re.MULTILINE)
                if found:
                    return found[1]
        raise errors.InternalError("no keyring has the key of the volumes' user")

    def _configured(self, option: str) -> str:
        argv = ["ceph-conf", "--conf", self.conf, "--name", f"client.{self.user}", "--show-config-value", option]
        return command.run(argv, timeout_s=TIMEOUT_S).stdout.decode().strip()

    def _info(self, *image: str) -> dict[str, Any] | None:
        said = self._ask("rbd", "--pool", self.name, "info", "--format", "json", *image, may_end_with=(errno.ENOENT,))
        return None if said.code else dict(json.loads(said.stdout))

    def _told(self, *arguments: str) -> list[dict[str, Any]]:
        return list(json.loads(self._ask("rbd", "--pool", self.name, *arguments, "--format", "json").stdout))

    def _ask(self, program: str, *arguments: str, may_end_with: tuple[int, ...] = (), timeout_s: float = TIMEOUT_S) -> command.Result:
        argv = [program, "--conf", self.conf, "--id", self.user, *arguments]
        said = command.run(argv, timeout_s=timeout_s, check=False)
        if said.code == errno.EBUSY and said.code not in may_end_with:
            raise errors.Retry("the image is still open somewhere")
        if said.code and said.code not in may_end_with:
            last = said.stderr.decode("utf-8", "replace").strip()[-300:]
            raise errors.CommandFailed(f"{program} ended with {said.code}: {last}", program=program, exit_code=said.code)
        return said


def monitors_of(dumped: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the address of each monitor, of those that have one of each protocol the older one's, which every client speaks; pure."""
    found = []
    for each in dumped["mons"]:
        known = {one["type"]: one["addr"] for one in each["public_addrs"]["addrvec"]}
        address, _, port = known.get("v1", known.get("v2", "")).rpartition(":")
        found.append({"address": address.strip("[]"), "port": int(port)})
    return found
