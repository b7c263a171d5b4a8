from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.http.ids import AttributeId, encode
from kith.api.http.kinds import TEXT, Instant
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.api.subjects import About, AboutBody, SubjectParams, shown
from kith.store import attributes as store

Name = Annotated[
    str, Meta(pattern="^[a-z][a-z0-9_-]{0,62}$", description="Name, unique in the workspace.", examples=["tier"])
]
Type = Annotated[store.Type, Meta(description="Type of its values; a `tag` is set to true.", examples=["choice"])]
Choice = Annotated[str, Meta(min_length=1, max_length=200, pattern=TEXT, examples=["gold"])]
Choices = Annotated[list[Choice], Meta(max_length=200, description="The values of a `choice`; empty for other types.")]
Text = Annotated[str, Meta(max_length=2000, pattern=TEXT, examples=["gold"])]
_AUTHOR = Meta(description="Member, app or token that set it.", examples=["member:tok_06ae9jv9tg8009z1ajt0ds00tg"])


class AttributesParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class AttributeCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An attribute to create."""

    name: Name
    type: Type
    choices: Choices = []


class Attribute(msgspec.Struct, frozen=True):
    """A tag, or a field of the workspace's own."""

    id: AttributeId
    name: Name
    type: Type
    choices: Choices
    created_at: Annotated[Instant, Meta(description="When it was created.")]

    @classmethod
    def of(cls, row: store.Attribute) -> "Attribute":
        return shape(cls, row, id=encode("attribute", row.id))


class AttributeValuesParams(SubjectParams, frozen=True, forbid_unknown_fields=True, kw_only=True):
    attribute: Annotated[AttributeId | None, Meta(description="Values of this attribute.")] = None
    value: Annotated[
        Annotated[str, Meta(max_length=2000, pattern=TEXT)] | None, Meta(description="With this value, such as `true`.")
    ] = None


class AttributeValueSet(AboutBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A value to set."""

    attribute_id: AttributeId
    value: Annotated[
        Text | float | bool | None, Meta(description="A value that fits the type of the attribute; null clears it.")
    ]


class AttributeValue(About, frozen=True):
    """The value of an attribute."""

    attribute_id: AttributeId
    name: Name
    value: Annotated[Text | float | bool | None, Meta(description="null: it was cleared.")]
    author: Annotated[str | None, _AUTHOR]
    updated_at: Annotated[Instant | None, Meta(description="When it was set.")]

    @classmethod
    def of(cls, row: store.Set) -> "AttributeValue":
        return shape(cls, row, attribute_id=encode("attribute", row.attribute_id), **shown(row))
