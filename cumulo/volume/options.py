"""Options of the volume part: quotas and placement, and what an agent's backends are told."""

import os
import pathlib
import re
from typing import Any

from oslo_config import cfg

from cumulo.common.s3 import ENDPOINT_OPTIONS

GROUP = "volume"
BACKEND_GROUP = "volume_backend_"
_BACKEND_NAME = cfg.StrOpt("volume_backend_name", default="",
                           help="What types ask for by their extra spec volume_backend_name. Empty means the backend's own "
                                "name; several backends may share one.")
FAKE_OPTIONS = [
    cfg.IntOpt("total_gib", default=100_000, min=1, max=1_000_000_000, help="GiB that it says it has."),
    cfg.BoolOpt("instant", default=True,
                help="Whether it copies in one moment. Else those who have a volume open are asked for copies of it."),
    cfg.StrOpt("script", default="",
               help="JSON file that it reads before every call: {\"delays\": {call: seconds}, \"faults\": {call: message}}. "
                    "Empty: no delays, no faults."),
    _BACKEND_NAME,
]
LOCAL, NBD, ISCSI = "local", "nbd", "iscsi"
PORTS = {NBD: 10809, ISCSI: 3260}
"""How guests open volumes over the network, and the ports that these protocols have by their standards."""
EXPORT_OPTIONS = [
    cfg.StrOpt("export", default=LOCAL, choices=(LOCAL, NBD, ISCSI),
               help="How guests open volumes: local, as files, from hosts that have the directory; nbd or iscsi, over the network, "
                    "from whatever host, also their own. iscsi asks for a password, nbd for a certificate where "
                    "export_tls_directory is set; without that, only hosts of the cloud may reach its port. Attached "
                    "volumes keep what they were attached by."),
    cfg.StrOpt("export_address", default="",
               help="Address of this host at which others reach its exports; needed for nbd and iscsi."),
    cfg.StrOpt("export_listen", default="", help="Address that exports listen at. Empty means export_address."),
    cfg.PortOpt("export_port", default=0,
                help="Port of the backend's exports, of its own for each backend of a host. 0 means 10809 for nbd, 3260 for iscsi."),
    cfg.StrOpt("export_tls_directory", default="",
               help="Directory with ca-cert.pem, server-cert.pem and server-key.pem for nbd: only clients with a certificate "
                    "of that authority are served. Guests' hosts have theirs where libvirt's nbd_tls_x509_cert_dir says. "
                    "Empty: no certificates, no encryption on the way."),
]
RAW, QCOW2 = "raw", "qcow2"
FILE_OPTIONS = [
    cfg.StrOpt("directory", default="",
               help="Directory that holds the volumes of a backend of the kind file, one file each. Empty means "
                    "volumes/<name> below state_dir."),
    cfg.BoolOpt("shared", default=False,
                help="Whether every host sees the directory at the same path, as on NFS. Else only servers on the volume's own "
                     "host can have it."),
    cfg.StrOpt("format", default=RAW, choices=(RAW, QCOW2),
               help="Form of the files. Copies and snapshots of qcow2 files are instant on every file system; those of raw ones "
                    "where it shares blocks (XFS, Btrfs). raw is a little faster, and alone can be encrypted or exported by "
                    "iscsi. Decided once: a backend that has volumes keeps its form."),
    *EXPORT_OPTIONS,
    _BACKEND_NAME,
]
RBD_OPTIONS = [
    cfg.StrOpt("pool", default="volumes",
               help="Pool of a Ceph cluster that holds the volumes of a backend of the kind rbd, and nothing else."),
    cfg.StrOpt("user", default="cumulo",
               help="Name, without client., that volumes are made and opened with. It needs profile rbd of the monitors and the managers, "
                    "and of the stores for the pool. Its key is in a keyring that the cluster's configuration file names; hosts of guests "
                    "are told it, and need no such file."),
    cfg.StrOpt("conf", default="/etc/ceph/ceph.conf", help="Configuration file of the cluster, on the volume agent's host."),
    _BACKEND_NAME,
]
BACKUP_GROUP = "backup"
BACKUP_OPTIONS = [
    cfg.StrOpt("target", default="directory", choices=["directory", "s3"],
               help="Where backups of volumes are kept: in a directory, which may be a mounted share, or in a bucket of an S3 "
                    "service. All volume agents need the same one."),
    cfg.StrOpt("directory", default="",
               help="Directory of the target directory. Empty means backups below state_dir: on the host that has the volumes, "
                    "and lost with it."),
    cfg.BoolOpt("shared", default=False,
                help="Whether every host sees that directory at the same path, as on NFS. Else a backup can be restored and "
                     "deleted by the host alone that made it."),
    *ENDPOINT_OPTIONS,
    cfg.IntOpt("timeout_s", default=43200, min=60, max=30 * 86400,
               help="Seconds after which a backup or a restoration that has not ended is undone. Twelve hours let a large "
                    "volume be read, and a host come back."),
    cfg.IntOpt("answer_timeout_s", default=60, min=1, max=3600,
               help="Seconds without an answer after which the S3 service counts as away."),
    cfg.StrOpt("ca_file", default="",
               help="File with the certificates that sign the S3 service's. Empty means those of the system."),
    cfg.IntOpt("chunk_mib", default=4, min=1, max=64,
               help="MiB of the pieces that a new backup is made of. Smaller ones let incremental backups keep less, and make "
                    "more objects. An incremental backup has those of the one before."),
    cfg.IntOpt("compression_level", default=3, min=1, max=19,
               help="How hard zstd tries; above 3 it takes much time for little room."),
    cfg.StrOpt("key_file", default="",
               help="File of keys, 64 hexadecimal digits a line, that seal what is kept (AES-256-GCM): the first one seals, each "
                    "opens. Empty, the default, seals nothing. Whoever loses it loses every backup."),
]
KEYS_GROUP = "keys"
KEYS_OPTIONS = [
    cfg.StrOpt("manager", default="local", choices=("local", "barbican"),
               help="Who keeps the keys of new encrypted volumes: local, the database, sealed with [volume] key_file; barbican, a "
                    "key manager with Barbican's API. Volumes that are there keep theirs where they are, and copies have "
                    "theirs where the original's is."),
    cfg.URIOpt("barbican_endpoint", default=None, schemes=["http", "https"],
               help="URL of the key manager, without /v1. Stays set for as long as it has keys of this cloud."),
    cfg.URIOpt("auth_url", default=None, schemes=["http", "https"],
               help="URL of the Keystone, with /v3, that the key manager trusts; it may be this cloud's own, /identity/v3."),
    cfg.StrOpt("username", default="", help="User that the keys are kept as. In its project it needs the role creator."),
    cfg.StrOpt("password", default="", secret=True, help="The user's password."),
    cfg.StrOpt("user_domain_name", default="Default", help="Domain of the user."),
    cfg.StrOpt("project_name", default="service", help="Project that has the keys."),
    cfg.StrOpt("project_domain_name", default="Default", help="Domain of the project."),
    cfg.FloatOpt("timeout_s", default=5.0, min=0.5, max=60.0,
                 help="Seconds without an answer after which the key manager counts as away, and is asked again later."),
    cfg.StrOpt("ca_file", default="",
               help="File with the certificates that sign the key manager's and Keystone's. Empty means those of the system."),
]
BACKEND_OPTIONS = {"file": FILE_OPTIONS, "rbd": RBD_OPTIONS, "fake": FAKE_OPTIONS}
"""What a backend of each kind is told, in the group volume_backend_<its name>."""
OPTIONS = [
    cfg.ListOpt("enabled_backends", default=["file:file"],
                help="Where volumes of this host are: name:kind of each backend, names of letters, digits, - and _. What a "
                     "backend is told stands in a group of its own: [volume_backend_<name>]."),
    cfg.StrOpt("availability_zone", default="nova",
               help="Name of the availability zone that this host's backends are in; nova is what clients expect."),
    cfg.StrOpt("key_file", default="$state_dir/volume-keys",
               help="File of the master keys that seal the keys of encrypted volumes, 64 hexadecimal digits a line: the first one "
                    "seals, all of them open. Made when the first encrypted volume is. Every controller needs the same "
                    "one; without it, encrypted volumes are lost."),
    cfg.StrOpt("default_type", default="",
               help="Name of the type of volumes for which nobody names one. Empty, the default: they have none."),
    cfg.FloatOpt("agent_heartbeat_s", default=5.0, min=0.1, max=60.0,
                 help="Seconds between heartbeats to the scheduler. Three missed ones make a backend count as down."),
    cfg.IntOpt("image_cache_gib", default=10, min=0, max=100000,
               help="GiB of images that a host keeps after it made volumes of them, so that the next one needs no download. "
                    "0 keeps none."),
    cfg.IntOpt("image_download_timeout_s", default=60, min=5, max=3600,
               help="Seconds without a single byte after which an image download is given up and tried again."),
    cfg.FloatOpt("service_down_after_s", default=30.0, min=1.0, max=3600.0,
                 help="Seconds without a heartbeat after which a service is shown as down and gets no new volumes: six "
                      "heartbeats of 5 s."),
    cfg.FloatOpt("backend_wait_s", default=60.0, min=0.0, max=3600.0,
                 help="Seconds after its request for which a volume without a backend waits for backends that are silent "
                      "but known. Covers the restart of every agent."),
    cfg.FloatOpt("over_subscription_ratio", default=20.0, min=1.0, max=1000.0,
                 help="GiB that volumes and snapshots of a backend may have together per GiB that it really has. They take "
                      "only what is written to them."),
    cfg.IntOpt("reserved_percentage", default=0, min=0, max=99,
               help="Percent of a backend's room that volumes never get."),
    cfg.IntOpt("largest_gib", default=65536, min=1, max=0x7FFFFFFF,
               help="Largest volume that is accepted, in GiB. The default stops sizes that nobody means."),
    cfg.IntOpt("quota_volumes", default=10, min=-1, help="Volumes a project may have; -1 is no limit."),
    cfg.IntOpt("quota_snapshots", default=10, min=-1, help="Snapshots a project may have; -1 is no limit."),
    cfg.IntOpt("quota_gigabytes", default=1000, min=-1,
               help="GiB that the volumes and snapshots of a project may have together; -1 is no limit."),
    cfg.IntOpt("quota_groups", default=10, min=-1, help="Groups of volumes a project may have; -1 is no limit."),
    cfg.IntOpt("quota_backups", default=10, min=-1, help="Backups a project may have; -1 is no limit."),
    cfg.IntOpt("quota_backup_gigabytes", default=1000, min=-1,
               help="GiB that the volumes of a project's backups may have together, whatever of them is kept; -1 is no limit."),
    cfg.IntOpt("quota_per_volume_gigabytes", default=-1, min=-1, help="GiB one volume may have; -1 is no limit."),
    cfg.StrOpt("default_group_type", default="",
               help="Name of the group type that users are advised to take. Empty: none."),
    cfg.IntOpt("page_limit", default=1000, min=1, max=10000,
               help="Most entries one page of a list has; larger limits are cut to it. A page then stays below 1 MiB."),
]
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def register(conf: cfg.ConfigOpts) -> None:
    """Declare the options of this part, and those of every backend that is named."""
    conf.register_opts(OPTIONS, group=GROUP)
    conf.register_opts(BACKUP_OPTIONS, group=BACKUP_GROUP)
    conf.register_opts(KEYS_OPTIONS, group=KEYS_GROUP)


def backends(conf: cfg.ConfigOpts) -> list[tuple[str, str]]:
    """Return name and kind of each backend, with its options declared; raises ValueError for what makes no sense."""
    found: list[tuple[str, str]] = []
    for entry in conf.volume.enabled_backends:
        name, _, kind = entry.strip().partition(":")
        if not _NAME.fullmatch(name) or kind not in BACKEND_OPTIONS or name in dict(found):
            raise ValueError(f"[volume] enabled_backends: {entry!r} is not name:kind, with kinds {', '.join(BACKEND_OPTIONS)}")
        conf.register_opts(BACKEND_OPTIONS[kind], group=BACKEND_GROUP + name)
        found.append((name, kind))
    return found


def told(conf: cfg.ConfigOpts, name: str) -> Any:
    """Return the options of one backend that backends() returned."""
    return conf[BACKEND_GROUP + name]


def export_of(conf: cfg.ConfigOpts, name: str) -> str:
    """Return how volumes of a backend are exported; raises ValueError where nobody says at which address."""
    how = str(told(conf, name).export)
    if how != LOCAL and not told(conf, name).export_address:
        raise ValueError(f"[{BACKEND_GROUP}{name}] export = {how} needs export_address")
    return how


def format_of(conf: cfg.ConfigOpts, name: str) -> str:
    """Return the form of a backend's files; raises ValueError where they are exported by what cannot read it."""
    form = str(told(conf, name).format)
    if form == QCOW2 and export_of(conf, name) == ISCSI:
        raise ValueError(f"[{BACKEND_GROUP}{name}] format = {form} cannot be exported by {ISCSI}: tgtd serves raw files")
    return form


def image_directory(conf: cfg.ConfigOpts) -> pathlib.Path:
    """Return where a host keeps images that volumes were made of."""
    return pathlib.Path(conf.state_dir) / "volume-images"


def directory(conf: cfg.ConfigOpts, name: str) -> pathlib.Path:
    """Return where a backend of the kind file keeps its volumes."""
    return pathlib.Path(told(conf, name).directory or os.path.join(conf.state_dir, "volumes", name))


def backup_directory(conf: cfg.ConfigOpts) -> pathlib.Path:
    """Return where backups are kept in a directory."""
    return pathlib.Path(conf.backup.directory or os.path.join(conf.state_dir, "backups"))
