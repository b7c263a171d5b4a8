from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.attributes.schemas import (
    Attribute,
    AttributeCreate,
    AttributesParams,
    AttributeValue,
    AttributeValueSet,
    AttributeValuesParams,
)
from kith.api.decisions.show import author
from kith.api.http.idempotency import Once
from kith.api.http.ids import from_body, from_path, from_query, not_found, unknown
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Fault, Problem
from kith.api.http.revisions import check_content
from kith.api.subjects import meant, wanted
from kith.store import attributes as store
from kith.store.db import Db
from kith.store.errors import NameTaken
from kith.store.tokens import Token


@get("/v1/attributes", operation_id="listAttributes", tags=["notes"], scopes=["notes:read"])
async def list_attributes(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[AttributesParams],
) -> Response[Page[Attribute]]:
    """List the tags and fields of the workspace.

    The oldest first.
    """
    key = after(request, params, tuple[UUID])
    rows = await store.list_attributes(db, workspace_id, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, Attribute.of, lambda row: (row.id,))


@post("/v1/attributes", operation_id="createAttribute", tags=["notes"], scopes=["notes:write"], errors=["conflict"])
async def create_attribute(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    payload: NamedDependency[AttributeCreate],
    once: NamedDependency[Once],
) -> Response[Attribute]:
    """Create a tag, or a field of the workspace's own."""
    if (payload.type == "choice") != bool(payload.choices):
        message = "A choice names what there is to choose from, and nothing else does."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer="/choices"))
    try:
        made = await store.create_attribute(db, workspace_id, payload.name, payload.type, payload.choices)
    except NameTaken as error:
        raise Problem("conflict", str(error), Fault("name_taken", str(error), pointer="/name")) from error
    body = Attribute.of(await _find(db, workspace_id, made))
    return await once.answer(body, 201, {"Location": f"/v1/attributes/{body.id}"})


@get(
    "/v1/attributes/{attribute_id:str}",
    operation_id="getAttribute",
    tags=["notes"],
    scopes=["notes:read"],
    errors=["not_found"],
)
async def get_attribute(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], attribute_id: FromPath[str]
) -> Attribute:
    """Show one attribute."""
    return Attribute.of(await _find(db, workspace_id, from_path("attribute", attribute_id)))


@delete(
    "/v1/attributes/{attribute_id:str}",
    operation_id="deleteAttribute",
    tags=["notes"],
    scopes=["notes:write"],
    errors=["not_found", "precondition_failed"],
    status_code=200,
)
async def delete_attribute(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    attribute_id: FromPath[str],
) -> Attribute:
    """Delete an attribute with all its values."""
    found = await _find(db, workspace_id, from_path("attribute", attribute_id))
    shown = Attribute.of(found)
    check_content(request, shown)
    await store.delete_attribute(db, workspace_id, found.id)
    return shown


@get("/v1/attribute-values", operation_id="listAttributeValues", tags=["notes"], scopes=["notes:read"])
async def list_attribute_values(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[AttributeValuesParams],
) -> Response[Page[AttributeValue]]:
    """List the values of attributes.

    Those of a person, an organization or a relationship, or all values of an attribute. If merged people had different
    values, the latest holds; undoing the merge gives each their own again.
    """
    key = after(request, params, tuple[UUID])
    attribute = from_query("attribute", "attribute", params.attribute)
    subjects = await wanted(db, workspace_id, params)
    last = key[0] if key else None
    rows = await store.list_values(db, workspace_id, subjects, attribute, params.value, last, params.limit + 1)
    return page(request, params, rows, AttributeValue.of, lambda row: (row.id,))


@post(
    "/v1/attribute-values",
    operation_id="setAttributeValue",
    tags=["notes"],
    scopes=["notes:write"],
    status_code=200,
)
async def set_attribute_value(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    payload: NamedDependency[AttributeValueSet],
    once: NamedDependency[Once],
) -> Response[AttributeValue]:
    """Set an attribute of a person, a relationship or an organization.

    It replaces the value that is set; no source overwrites it.
    """
    attribute = await store.get_attribute(
        db, workspace_id, from_body("attribute", "/attribute_id", payload.attribute_id)
    )
    if attribute is None:
        raise unknown("attribute", "/attribute_id")
    subject, same = await meant(db, workspace_id, payload)
    about = {name: getattr(payload, name) for name in ("person_id", "other_id", "organization_id")}
    shown = AttributeValue(
        attribute_id=payload.attribute_id, name=attribute.name, value=None, author=None, updated_at=None, **about
    )
    if payload.value is None:
        await store.unset(db, workspace_id, attribute.id, same)
    else:
        value = _fitting(attribute, payload.value)
        id_ = await store.set_value(db, workspace_id, attribute.id, subject, value, author(token))
        rows = await store.list_values(db, workspace_id, same, attribute.id, None, None, 1000)
        shown = AttributeValue.of(next(row for row in rows if row.id == id_))
    return await once.answer(shown, 200, {})


def _fitting(attribute: store.Attribute, value: store.Value) -> store.Value:
    """Return the value where it fits the attribute's type. Raises Problem."""
    fits = {
        "tag": value is True,
        "text": isinstance(value, str),
        "number": isinstance(value, float) and not isinstance(value, bool),
        "boolean": isinstance(value, bool),
        "date": isinstance(value, str) and _is_day(value),
        "choice": value in attribute.choices,
    }
    if not fits[attribute.type]:
        asked = f"one of {', '.join(attribute.choices)}" if attribute.type == "choice" else f"a {attribute.type}"
        message = f"{attribute.name} is {asked}." if attribute.type != "tag" else f"{attribute.name} is set to true."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer="/value"))
    return value


def _is_day(text: str) -> bool:
    try:
        msgspec.convert(text, date)
    except msgspec.ValidationError:
        return False
    return True


async def _find(db: Db, workspace_id: UUID, attribute_id: UUID) -> store.Attribute:
    found = await store.get_attribute(db, workspace_id, attribute_id)
    if found is None:
        raise not_found("attribute")
    return found


ROUTES = [
    list_attributes, create_attribute, get_attribute, delete_attribute, list_attribute_values, set_attribute_value
]  # fmt: skip
