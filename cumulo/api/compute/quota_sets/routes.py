"""Routes of quotas."""

from cumulo.api.compute.quota_sets import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/os-quota-sets/{project_id}", handlers.show, policy="compute:quota_sets:defaults"),
    Route("GET", "/os-quota-sets/{project_id}/defaults", handlers.show_defaults, policy="compute:quota_sets:defaults"),
)
