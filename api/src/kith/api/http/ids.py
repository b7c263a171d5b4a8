"""Ids in URLs and JSON: a prefix that says what it is, and 26 characters."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from msgspec import Meta

from kith.api.http.problems import Fault, Problem
from kith.domain import ids


def _meta(noun: str) -> Meta:
    example = ids.encode(noun, UUID("0190a6c4-7f3e-8a51-9c2d-3b5e8f704a16"))
    article = "an" if noun[0] in "aeiou" else "a"
    return Meta(
        pattern=f"^{ids.PREFIXES[noun]}_{ids.DIGITS}$", description=f"Id of {article} {noun}.", examples=[example]
    )


PersonId = Annotated[str, _meta("person")]
IdentityId = Annotated[str, _meta("identity")]
ChannelId = Annotated[str, _meta("channel")]
ConversationId = Annotated[str, _meta("conversation")]
InteractionId = Annotated[str, _meta("interaction")]
SourceId = Annotated[str, _meta("source")]
RunId = Annotated[str, _meta("run")]
JobId = Annotated[str, _meta("job")]
DecisionId = Annotated[str, _meta("decision")]
SuggestionId = Annotated[str, _meta("suggestion")]
GroupId = Annotated[str, _meta("group")]
OrganizationId = Annotated[str, _meta("organization")]
AffiliationId = Annotated[str, _meta("affiliation")]
CommunityId = Annotated[str, _meta("community")]
TopicId = Annotated[str, _meta("topic")]
NoteId = Annotated[str, _meta("note")]
AttributeId = Annotated[str, _meta("attribute")]
WebhookId = Annotated[str, _meta("webhook")]
ErasureId = Annotated[str, _meta("erasure")]
RightsRequestId = Annotated[str, _meta("rights-request")]
ConsentId = Annotated[str, _meta("consent")]
DataReportId = Annotated[str, _meta("data-report")]
ObjectionId = Annotated[str, _meta("objection")]
WatchId = Annotated[str, _meta("watch")]
MentionId = Annotated[str, _meta("mention")]
DeliveryId = Annotated[str, _meta("delivery")]
UploadId = Annotated[str, _meta("upload")]
ImportId = Annotated[str, _meta("import")]
ExportId = Annotated[str, _meta("export")]
EventId = Annotated[str, _meta("event")]
TokenId = Annotated[str, _meta("token")]
WorkspaceId = Annotated[str, _meta("workspace")]

AppId = Annotated[str, _meta("app")]
SecretId = Annotated[str, _meta("app secret")]
GrantId = Annotated[str, _meta("grant")]
MemberId = Annotated[str, _meta("member")]
InvitationId = Annotated[str, _meta("invitation")]

encode = ids.encode
encode_optional = ids.encode_optional


def from_path(noun: str, text: str) -> UUID:
    """Return the id in a path; what is no id of this noun does not exist."""
    value = ids.decode(noun, text)
    if value is None:
        raise not_found(noun)
    return value


def from_query(noun: str, name: str, text: str | None) -> UUID | None:
    """Return the id in a query parameter; None when it was not given."""
    if text is None:
        return None
    value = ids.decode(noun, text)
    if value is None:
        message = f"{name} must be the id of a {noun}."
        raise Problem("invalid_parameter", message, Fault("invalid_parameter", message, parameter=name))
    return value


def many_from_query(noun: str, name: str, texts: Sequence[str]) -> tuple[UUID, ...]:
    """Return the ids in a query parameter that takes several."""
    return tuple(value for text in texts if (value := from_query(noun, name, text)) is not None)


def from_body(noun: str, pointer: str, text: str) -> UUID:
    """Return the id at a place in the body."""
    value = ids.decode(noun, text)
    if value is None:
        message = f"This must be the id of a {noun}."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer=pointer))
    return value


def unknown(noun: str, pointer: str) -> Problem:
    """Refuse a body that names what does not exist."""
    message = f"There is no such {noun}."
    return Problem("invalid_body", message, Fault("not_found", message, pointer=pointer))


def not_found(noun: str) -> Problem:
    return Problem("not_found", f"There is no such {noun}.")
