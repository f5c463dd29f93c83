"""Metadata definitions: namespaces, objects, properties, tags and resource types."""
