"""Routes of messages."""

from cumulo.api.volume.messages import handlers
from cumulo.api.wsgi.route import Route

ROUTES = (
    Route("GET", "/messages", handlers.list_messages, policy="volume:messages:list", since="3.3", query=handlers.QUERY),
    Route("GET", "/messages/{message_id}", handlers.show, policy="volume:messages:show", since="3.3"),
    Route("DELETE", "/messages/{message_id}", handlers.delete, policy="volume:messages:delete", since="3.3", status=204),
)
