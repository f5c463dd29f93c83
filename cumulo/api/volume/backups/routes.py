"""Routes of backups."""

from cumulo.api.volume.backups import handlers, restoring, schema
from cumulo.api.wsgi.route import Route

_LIST, _ONE, _RECORDS = "volume:backups:list", "/backups/{backup_id}", "volume:backups:records"

ROUTES = (
    Route("POST", "/backups", handlers.create, policy="volume:backups:create", status=202, body=schema.CREATE),
    Route("GET", "/backups", handlers.list_brief, policy=_LIST, query=handlers.QUERY),
    Route("GET", "/backups/detail", handlers.list_full, policy=_LIST, query=handlers.QUERY),
    Route("POST", "/backups/import_record", restoring.import_record, policy=_RECORDS, status=201, body=schema.IMPORT),
    Route("GET", _ONE, handlers.show, policy="volume:backups:show"),
    Route("PUT", _ONE, handlers.update, policy="volume:backups:update", since="3.9", body=schema.UPDATE),
    Route("DELETE", _ONE, handlers.delete, policy="volume:backups:delete", status=202),
    Route("POST", f"{_ONE}/restore", restoring.restore, policy="volume:backups:restore", status=202, body=schema.RESTORE),
    Route("GET", f"{_ONE}/export_record", restoring.export_record, policy=_RECORDS),
    Route("POST", f"{_ONE}/action", handlers.act, policy="volume:backups:administer", status=202, body=schema.ACTION),
)
