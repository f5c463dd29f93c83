"""Options of the compute part's rules: what a project may have, and when a host counts as down."""

from oslo_config import cfg

GROUP = "servers"
OPTIONS = [
    cfg.IntOpt("quota_instances", default=10, min=-1,
               help="Servers a project may have; -1 is no limit. Small, so that a mistake in a script stays small."),
    cfg.IntOpt("quota_cores", default=20, min=-1,
               help="Virtual processors all servers of a project may have; -1 is no limit. Two for each server."),
    cfg.IntOpt("quota_memory_mib", default=51200, min=-1,
               help="MiB of memory all servers of a project may have; -1 is no limit. 5 GiB for each server."),
    cfg.IntOpt("quota_key_pairs", default=100, min=-1,
               help="Keypairs a user may have; -1 is no limit. More than a person needs, less than fills a disk."),
    cfg.IntOpt("quota_metadata_items", default=128, min=-1,
               help="Metadata items of one server; -1 is no limit. What fits a metadata document of a few KiB."),
    cfg.IntOpt("quota_server_groups", default=10, min=-1,
               help="Server groups a project may have; -1 is no limit. One for each server it may have."),
    cfg.IntOpt("quota_server_group_members", default=10, min=-1,
               help="Servers a server group may have; -1 is no limit. As many as a project may have."),
    cfg.IntOpt("quota_injected_files", default=5, min=-1,
               help="Files a server may be given by personality (below 2.57); -1 is no limit. They stay in its row."),
    cfg.IntOpt("quota_injected_file_content_bytes", default=10240, min=-1,
               help="Bytes each of these files may have; -1 is no limit."),
    cfg.IntOpt("quota_injected_file_path_bytes", default=255, min=-1,
               help="Bytes the path of each may have; -1 is no limit."),
    cfg.StrOpt("availability_zone", default="nova",
               help="Name of the one availability zone all hosts are in; nova is what clients expect."),
    cfg.ListOpt("pci_alias", default=[],
                help="What flavors may name by pci_passthrough:alias, each NAME=VENDOR:PRODUCT[:TYPE[:POLICY]]. TYPE is type-PCI, "
                     "type-PF, type-VF or *. POLICY says how near to a guest's memory a device must be: legacy (the same cell "
                     "where the device has one), required, preferred or socket. Empty: flavors give no devices."),
    cfg.BoolOpt("resize_on_same_host", default=True,
                help="Whether a server that is resized stays on its host if there is room: its disk is then not copied "
                     "through the image service. Its host must hold both sizes until the resize is confirmed."),
    cfg.BoolOpt("shelved_leave_hosts", default=True,
                help="Whether a shelved server leaves its host at once, which frees the room it took. Else an "
                     "administrator says when."),
    cfg.IntOpt("reclaim_deleted_after_s", default=0, min=0, max=30 * 86400,
               help="Seconds for which a deleted server can be restored. 0 deletes at once, which is what most people "
                    "expect and what keeps quotas free."),
    cfg.StrOpt("snapshot_format", default="qcow2", choices=["qcow2", "raw"],
               help="Format of images that servers are saved as. qcow2 holds only what was written; raw is for stores "
                    "that leave out zeros themselves."),
    cfg.FloatOpt("service_down_after_s", default=30.0, min=6.0, max=3600.0,
                 help="Seconds without a heartbeat after which a service is shown as down, and a host gets no new "
                      "servers. Agents are heard every 5 s: six heartbeats."),
    cfg.FloatOpt("console_timeout_s", default=10.0, min=0.1, max=60.0,
                 help="Seconds to wait for a host to hand out a console log before the caller is told to retry."),
    cfg.IntOpt("console_token_s", default=600, min=10, max=86400,
               help="Seconds for which the URL of a console opens it. A console that is open stays so."),
    cfg.IntOpt("page_limit", default=1000, min=1, max=10000,
               help="Most entries one page of a list has; larger limits are cut to it. A page then stays below 1 MiB."),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Declare the options of this part."""
    conf.register_opts(OPTIONS, group=GROUP)
