"""Routes of metadata definitions."""

from cumulo.api.image.metadefs import items, namespaces, schema
from cumulo.api.wsgi import paging
from cumulo.api.wsgi.route import Route

_ALL = "/v2/metadefs/namespaces"
_ONE = "/v2/metadefs/namespaces/{namespace}"
_OBJECTS, _OBJECT = f"{_ONE}/objects", f"{_ONE}/objects/{{object_name}}"
_PROPERTIES, _PROPERTY = f"{_ONE}/properties", f"{_ONE}/properties/{{property_name}}"
_TAGS, _TAG = f"{_ONE}/tags", f"{_ONE}/tags/{{tag_name}}"
_TYPES, _TYPE = f"{_ONE}/resource_types", f"{_ONE}/resource_types/{{resource_type}}"
_SHOW, _CHANGE = "image:metadefs:show", "image:metadefs:change"
_PREFIX = ("resource_type",)

ROUTES = (
    Route("GET", _ALL, namespaces.list_namespaces, policy=_SHOW,
          query=(*paging.QUERY, "visibility", "resource_types")),
    Route("POST", _ALL, namespaces.create, policy=_CHANGE, status=201, body=schema.CREATE_NAMESPACE),
    Route("GET", _ONE, namespaces.show, policy=_SHOW, query=_PREFIX),
    Route("PUT", _ONE, namespaces.update, policy=_CHANGE, body=schema.UPDATE_NAMESPACE),
    Route("DELETE", _ONE, namespaces.delete, policy=_CHANGE, status=204),

    Route("GET", _OBJECTS, items.list_objects, policy=_SHOW, query=_PREFIX),
    Route("POST", _OBJECTS, items.create_object, policy=_CHANGE, status=201, body=schema.OBJECT),
    Route("DELETE", _OBJECTS, items.delete_objects, policy=_CHANGE, status=204),
    Route("GET", _OBJECT, items.show_object, policy=_SHOW, query=_PREFIX),
    Route("PUT", _OBJECT, items.update_object, policy=_CHANGE, body=schema.OBJECT),
    Route("DELETE", _OBJECT, items.delete_object, policy=_CHANGE, status=204),

    Route("GET", _PROPERTIES, items.list_properties, policy=_SHOW, query=_PREFIX),
    Route("POST", _PROPERTIES, items.create_property, policy=_CHANGE, status=201, body=schema.PROPERTY),
    Route("DELETE", _PROPERTIES, items.delete_properties, policy=_CHANGE, status=204),
    Route("GET", _PROPERTY, items.show_property, policy=_SHOW, query=_PREFIX),
    Route("PUT", _PROPERTY, items.update_property, policy=_CHANGE, body=schema.PROPERTY),
    Route("DELETE", _PROPERTY, items.delete_property, policy=_CHANGE, status=204),

    Route("GET", _TAGS, items.list_tags, policy=_SHOW),
    Route("POST", _TAGS, items.create_tags, policy=_CHANGE, status=201, body=schema.TAGS),
    Route("DELETE", _TAGS, items.delete_tags, policy=_CHANGE, status=204),
    Route("GET", _TAG, items.show_tag, policy=_SHOW),
    Route("POST", _TAG, items.create_tag, policy=_CHANGE, status=201),
    Route("PUT", _TAG, items.update_tag, policy=_CHANGE, body=schema.TAG),
    Route("DELETE", _TAG, items.delete_tag, policy=_CHANGE, status=204),

    Route("GET", "/v2/metadefs/resource_types", namespaces.list_resource_types, policy=_SHOW),
    Route("GET", _TYPES, namespaces.list_associations, policy=_SHOW),
    Route("POST", _TYPES, namespaces.associate, policy=_CHANGE, status=201, body=schema.ASSOCIATION),
    Route("DELETE", _TYPE, namespaces.dissociate, policy=_CHANGE, status=204),
)
