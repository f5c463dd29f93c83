"""What a volume agent has of backups: the target that the configuration names, its steps, what it holds."""

import pathlib
from collections.abc import Callable, Mapping
from typing import Any

from cumulo.common import errors, log, s3
from cumulo.common.audit.holdings import BackupHoldings
from cumulo.common.runtime import Runtime
from cumulo.volume import options
from cumulo.volume.agent import luks, wanted
from cumulo.volume.agent.backend import Backend
from cumulo.volume.agent.backup.directory import DirectoryTarget
from cumulo.volume.agent.backup.s3 import S3Target
from cumulo.volume.agent.backup.sealing import Sealer, read_keys
from cumulo.volume.agent.backup.steps import BackupSteps, StepFunction
from cumulo.volume.agent.backup.target import Target
from cumulo.volume.agent.backup.vault import Vault

LOG = log.get(__name__)
MIB = 1024**2


def make_vault(runtime: Runtime, target: Target | None = None) -> Vault:
    """Return where backups are kept; raises ValueError for what makes no sense. target: in place of the configured one."""
    told = runtime.conf.backup
    sealer = Sealer(read_keys(told.key_file), told.compression_level, runtime.ids.random_bytes)
    return Vault(target or _make_target(runtime), sealer, runtime.threads)


def _make_target(runtime: Runtime) -> Target:
    told = runtime.conf.backup
    if told.target == "s3":
        return S3Target(s3.make_client(told, "[backup] target = s3", timeout_s=told.answer_timeout_s), told.bucket, told.prefix)
    return DirectoryTarget(options.backup_directory(runtime.conf), shared=told.shared)


def make_steps(runtime: Runtime, backends: Mapping[str, Backend], vault: Vault, moment: tuple[StepFunction, StepFunction],
               encryption_of: Callable[[str, bool], Mapping[str, Any]]) -> BackupSteps:
    """Return the steps of backups; moment: those that make and remove a snapshot.

    encryption_of asks the scheduler how a volume is encrypted, and for its passphrase.
    """
    def opens(backend: Backend, volume_id: str) -> bool:
        path = backend.connection(volume_id, runtime.host, runtime.host).get("path")
        return path is None or not luks.is_anothers(pathlib.Path(path), encryption_of(volume_id, True))

    return BackupSteps(backends, vault, runtime.clock, runtime.threads, wanted.asking(runtime), moment, opens,
                       runtime.conf.backup.chunk_mib * MIB)


def holdings(vault: Vault) -> Callable[[], dict[str, Any] | None]:
    """Return what says what a target holds, None where it does not answer: it is not judged then."""
    def said() -> dict[str, Any] | None:
        try:
            held = vault.held()
        except errors.Retry as failure:
            LOG.warning("backup_target_silent", place=vault.target.place, error=failure)
            return None
        return BackupHoldings(held.whole, held.partial, vault.target.shared).to_dict()

    return said
