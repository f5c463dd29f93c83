"""Routes of tasks."""

from cumulo.api.image.tasks import handlers, schema
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/v2/images/{image_id}/tasks", handlers.of_image, policy="image:tasks:of_image"),
    Route("GET", "/v2/tasks", handlers.list_tasks, policy="image:tasks:list", query=handlers.QUERY),
    Route("POST", "/v2/tasks", handlers.create, policy="image:tasks:create", status=201, body=schema.CREATE),
    Route("GET", "/v2/tasks/{task_id}", handlers.show, policy="image:tasks:list"),
)
