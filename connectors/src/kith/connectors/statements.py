"""What people say in a workspace, rather than networks: decisions, corrections, notes, groups, watches, consents.

A file of the import format may hold them, so that an export is whole. No connector of a network emits them. Each has a
``key`` of its own, by which it is known when it is read again; a UUID stays its id. What a statement names by the key
or name of another statement (a watch, an attribute) stands before it.
"""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from kith.connectors._records import InteractionRef, Key, Moment, Name, Ref, Stated, Text, _Part

Author = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Subject(_Part, frozen=True):
    """What a note or a value is about.

    A person, named by an identity; with ``other``, the relationship of two; or an organization, by its name.
    """

    identity: Ref | None = None
    other: Ref | None = None
    organization: Label | None = None


class Decision(Stated, frozen=True, kw_only=True, tag="decision"):
    """Two identities are the same human, or different ones. retracts: key of the decision that this one takes back."""

    verdict: Literal["same", "different", "retract"]
    one: Ref
    other: Ref
    retracts: Key | None = None
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    evidence: dict[str, Any] = msgspec.field(default_factory=dict)
    decided_at: Moment
    learnt_at: Moment | None = None


class Correction(Stated, frozen=True, kw_only=True, tag="correction"):
    """What is right of a person, by one identity. value: None takes back what was said before."""

    identity: Ref
    field: Literal["name", "kind", "handle", "address", "url"]
    value: Name | None = None
    decided_at: Moment
    learnt_at: Moment | None = None


class AskStatement(Stated, frozen=True, kw_only=True, tag="ask_statement"):
    """What became of an ask. state, taken: None leaves as it was."""

    act: InteractionRef
    state: Literal["not_an_ask", "open", "answered", "withdrawn", "closed"] | None = None
    taken: bool | None = None
    stated_at: Moment


class ReplyStatement(Stated, frozen=True, kw_only=True, tag="reply_statement"):
    """What a line answers. answers: None for nothing. stated: False takes back what was said before."""

    act: InteractionRef
    stated: bool = True
    answers: InteractionRef | None = None
    stated_at: Moment


class OrganizationStatement(Stated, frozen=True, kw_only=True, tag="organization"):
    """An employer or group. One of the same name is the same."""

    name: Label
    url: Name | None = None
    domains: tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=253)], ...] = ()
    created_at: Moment


class AffiliationStatement(Stated, frozen=True, kw_only=True, tag="affiliation_statement"):
    """Who belongs to which organization, as a member entered it. since, until: first and last day."""

    identity: Ref
    organization: Label
    evidence: Literal["address_in_act", "own_statement", "dated_record", "domain", "broker"] = "own_statement"
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    title: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    since: date | None = None
    until: date | None = None
    learnt_at: Moment


class Community(Stated, frozen=True, kw_only=True, tag="community"):
    """A declared community. people: one identity of each."""

    name: Label
    people: tuple[Ref, ...] = ()
    created_at: Moment


class Attribute(Stated, frozen=True, kw_only=True, tag="attribute"):
    """A tag or field of the workspace's own. One of the same name is the same."""

    name: Label
    kind: Literal["tag", "text", "number", "boolean", "date", "choice"]
    choices: tuple[Name, ...] = ()
    created_at: Moment


class AttributeValue(Stated, frozen=True, kw_only=True, tag="attribute_value"):
    """What an attribute, by its name, is set to."""

    attribute: Label
    about: Subject
    value: str | float | bool
    updated_at: Moment


class Group(Stated, frozen=True, kw_only=True, tag="group"):
    """A saved selection of people. people: one identity of each who was named.

    organization, channel, words, attribute, community: rules; the last by its key. One of the same name is the same.
    """

    name: Label
    description: Text | None = None
    people: tuple[Ref, ...] = ()
    organization: Label | None = None
    channel: Ref | None = None
    words: Name | None = None
    attribute: Label | None = None
    community: Key | None = None
    created_at: Moment


class Note(Stated, frozen=True, kw_only=True, tag="note"):
    """What somebody wrote down."""

    about: Subject
    text: Text
    created_at: Moment
    updated_at: Moment | None = None


class Watch(Stated, frozen=True, kw_only=True, tag="watch"):
    """A standing listening rule. rules: of each alias, ``always`` or ``in_context``. terms: words of the subject."""

    name: Label
    identity: Ref | None = None
    organization: Label | None = None
    aliases: tuple[Name, ...]
    rules: tuple[Literal["always", "in_context"], ...]
    terms: tuple[Name, ...] = ()
    since: Moment
    created_at: Moment


class MentionVerdict(Stated, frozen=True, kw_only=True, tag="mention_verdict"):
    """Whether a mention is right. watch: its key. start: how many signs of title and text stand before the name."""

    watch: Key
    act: InteractionRef
    start: Annotated[int, msgspec.Meta(ge=0, lt=1 << 31)]
    is_right: bool
    stated_at: Moment


class Consent(Stated, frozen=True, kw_only=True, tag="consent"):
    """For which purpose data of a person may be used. people: the person's identities."""

    people: tuple[Ref, ...]
    purpose: Text
    basis: Literal[
        "consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests"
    ] = "consent"
    evidence: Text = ""
    given_at: Moment
    created_at: Moment | None = None
    withdrawn_at: Moment | None = None
    withdrawn_by: Author | None = None


class Objection(Stated, frozen=True, kw_only=True, tag="objection"):
    """A person does not want to be scored. people: the person's identities."""

    people: tuple[Ref, ...]
    reason: Text = ""
    objected_at: Moment
    created_at: Moment | None = None
    ended_at: Moment | None = None
    ended_by: Author | None = None


Statement = (
    OrganizationStatement
    | Attribute
    | Decision
    | Correction
    | Objection
    | Consent
    | AffiliationStatement
    | AskStatement
    | ReplyStatement
    | Community
    | AttributeValue
    | Group
    | Note
    | Watch
    | MentionVerdict
)
