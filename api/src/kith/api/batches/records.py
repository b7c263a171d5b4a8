"""The records of the import format, as bodies have them: which go where, and their schemas in the OpenAPI document."""

from typing import Any, get_args

import msgspec
from msgspec import Meta

from kith import connectors as sdk
from kith.api.batches.fields import MEANINGS

INTERACTIONS = sdk.Interaction | sdk.Ending | sdk.Tombstone | sdk.Sweep | sdk.Coverage
IDENTITIES = sdk.Identity | sdk.Claim | sdk.Edition | sdk.Standing
CHANNELS = sdk.Channel | sdk.Conversation
AFFILIATIONS = sdk.Affiliation

MOST = 500
_FIT = 100_000  # of a list within a record; a body has no room for more
_REF = "#/components/schemas/{name}"
_NAMES = {"Ref": "NaturalKey", "InteractionRef": "InteractionKey"}


def shaped(kinds: Any) -> Meta:
    """Return what describes a record of one of these kinds, which is read by itself: one bad spoils no other."""
    refs = [{"$ref": _REF.format(name=_name(kind.__name__))} for kind in get_args(kinds) or (kinds,)]
    return Meta(extra_json_schema=refs[0] if len(refs) == 1 else {"oneOf": refs})


def schemas() -> dict[str, Any]:
    """Return the schemas of all records, by their public names."""
    _, components = msgspec.json.schema_components(
        [INTERACTIONS, IDENTITIES, CHANNELS, AFFILIATIONS], ref_template=_REF
    )
    text = msgspec.json.encode(components).decode()
    for name in components:
        text = text.replace(f'"{_REF.format(name=name)}"', f'"{_REF.format(name=_name(name))}"')
    found = {_name(name): {**schema, "title": _name(name)} for name, schema in msgspec.json.decode(text).items()}
    for name, schema in found.items():
        meanings = MEANINGS[name]
        schema["description"] = meanings.get("", schema["description"])
        for field, part in schema["properties"].items():
            if part.get("type") == "array":
                part["maxItems"] = _FIT
            if field == "type":
                part["description"] = "Kind of the record."
            elif "$ref" not in part:
                part["description"] = meanings[field]
    return found


def _name(name: str) -> str:
    return _NAMES.get(name, f"{name}Record")
