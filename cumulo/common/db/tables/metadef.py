"""Tables of metadata definitions: what the properties of images and other resources may be, for people to choose from.

    metadef_namespace       definitions that belong together; a private one is its owner's
    metadef_resource_type   kinds of resources that definitions can be about
    metadef_association     a namespace is about a kind of resource
    metadef_item            one object, property or tag of a namespace

Nothing else refers to them, and no image is held to them.
"""

import sqlalchemy as sa

from cumulo.common.db.tables.base import Id, Json, LongText, Time, id_column, metadata

Name = sa.String(80)

metadef_namespace = sa.Table(
    "metadef_namespace", metadata,
    id_column(),
    sa.Column("namespace", Name, nullable=False, unique=True),
    sa.Column("display_name", Name),
    sa.Column("description", LongText),
    sa.Column("visibility", sa.String(16), nullable=False),
    sa.Column("protected", sa.Boolean, nullable=False),
    sa.Column("owner", Id, index=True),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
)

metadef_resource_type = sa.Table(
    "metadef_resource_type", metadata,
    sa.Column("name", Name, primary_key=True),
    sa.Column("created_at", Time, nullable=False),
)

metadef_association = sa.Table(
    "metadef_association", metadata,
    sa.Column("namespace_id", Id, sa.ForeignKey("metadef_namespace.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", Name, sa.ForeignKey("metadef_resource_type.name"), primary_key=True),
    # What the names of the properties begin with on this kind of resource, and which part of it has them.
    sa.Column("prefix", Name),
    sa.Column("properties_target", Name),
    sa.Column("created_at", Time, nullable=False),
)

metadef_item = sa.Table(
    "metadef_item", metadata,
    sa.Column("namespace_id", Id, sa.ForeignKey("metadef_namespace.id", ondelete="CASCADE"), primary_key=True),
    # object, property or tag
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("name", Name, primary_key=True),
    # Of an object its description, required names and properties; of a property its JSON schema; of a tag nothing.
    sa.Column("content", Json, nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("updated_at", Time, nullable=False),
)
