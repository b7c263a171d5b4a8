"""Events: what happens in kith, kind by kind, with the shape of what each tells and the scope of who may hear it."""

from collections.abc import Collection
from typing import Any, Literal, NamedTuple

import msgspec

Type = Literal[
    "person.joined",
    "person.split",
    "person.erased",
    "person.objected",
    "person.scored",
    "rights.requested",
    "suggestion.opened",
    "identity.suspected",
    "identity.cleared",
    "community.born",
    "community.ended",
    "community.merged",
    "community.split",
    "grant.revoked",
    "member.joined",
    "member.changed",
    "member.left",
    "mention.found",
    "relationship.changed",
    "role.changed",
    "ask.opened",
    "ask.answered",
    "ask.overdue",
    "webhook.tested",
    "webhook.disabled",
]

_PERSON, _OTHER = "per_06ae9jv9tg8009z1ajt0ds00tg", "per_06ae9jv9tg8009z1ajt0ds00v0"
_IDENTITIES = ["idn_06ae9jv9tg8009z1ajt0ds00tg", "idn_06ae9jv9tg8009z1ajt0ds00v0"]
_COMMUNITIES = ["com_06ae9jv9tg8009z1ajt0ds00tg", "com_06ae9jv9tg8009z1ajt0ds00v0"]
_ASK = ("int_06ae9jv9tg8009z1ajt0ds00tg", _PERSON, "chn_06ae9jv9tg8009z1ajt0ds00tg")
_MEMBER = "mem_06ae9jv9tg8009z1ajt0ds00tg"


class PersonJoined(msgspec.Struct, frozen=True):
    person_id: str
    retired_id: str
    identity_ids: list[str]


class PersonSplit(msgspec.Struct, frozen=True):
    person_id: str
    other_id: str
    identity_ids: list[str]


class PersonErased(msgspec.Struct, frozen=True):
    person_id: str | None
    retired_ids: list[str]
    identity_ids: list[str]


class PersonTold(msgspec.Struct, frozen=True):
    person_id: str


class RightsRequested(msgspec.Struct, frozen=True):
    request_id: str
    kind: str
    due_at: str


class SuggestionOpened(msgspec.Struct, frozen=True):
    suggestion_id: str
    identity_ids: list[str]
    probability: float


class IdentityJudged(msgspec.Struct, frozen=True):
    identity_id: str
    kind: str
    reason: str


class CommunityChanged(msgspec.Struct, frozen=True):
    before_ids: list[str]
    after_ids: list[str]


class GrantRevoked(msgspec.Struct, frozen=True):
    grant_id: str
    app_id: str
    member_id: str | None


class MemberTold(msgspec.Struct, frozen=True):
    member_id: str
    role: str


class RelationshipChanged(msgspec.Struct, frozen=True):
    person_id: str
    other_id: str
    before: str
    after: str


class RolesChanged(msgspec.Struct, frozen=True):
    community_id: str
    person_id: str
    before: list[str]
    after: list[str]


class AskOpened(msgspec.Struct, frozen=True):
    ask_id: str
    person_id: str
    channel_id: str | None


class AskAnswered(AskOpened, frozen=True):
    answer_id: str | None
    answerer_id: str | None


class AskOverdue(AskOpened, frozen=True):
    overdue_at: str


class MentionFound(msgspec.Struct, frozen=True):
    mention_id: str
    watch_id: str
    interaction_id: str


class WebhookTested(msgspec.Struct, frozen=True):
    webhook_id: str


class WebhookDisabled(msgspec.Struct, frozen=True):
    webhook_id: str
    reason: str


class Kind(NamedTuple):
    """scope: who may hear of it, beside ``events:read``. example: of its data."""

    scope: str
    meaning: str
    example: msgspec.Struct

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the data."""
        (_, components) = msgspec.json.schema_components([type(self.example)])
        schema: dict[str, Any] = components[type(self.example).__name__]
        return schema


_JUDGED = IdentityJudged(_IDENTITIES[0], "unknown", "It never acts, and 12 address it.")
_TOLD = MemberTold(_MEMBER, "analyst")

KINDS: dict[Type, Kind] = {
    "person.joined": Kind(
        "people:read", "A person was found to be another.", PersonJoined(_PERSON, _OTHER, _IDENTITIES[1:])
    ),
    "person.split": Kind(
        "people:read", "Identities of a person were found to be someone else's.",
        PersonSplit(_PERSON, _OTHER, _IDENTITIES[1:]),
    ),
    "person.erased": Kind(
        "people:read", "A person was erased: delete every copy.", PersonErased(_PERSON, [_OTHER], _IDENTITIES)
    ),
    "person.objected": Kind(
        "people:read", "A person objects to being scored: delete every number of them.", PersonTold(_PERSON)
    ),
    "person.scored": Kind("people:read", "A person took an objection back.", PersonTold(_PERSON)),
    "rights.requested": Kind(
        "privacy:read", "Somebody who is no member uses a right, or asks for something by a day.",
        RightsRequested("rrq_06ae9jv9tg8009z1ajt0ds00tg", "other", "2026-12-30T12:00:00+00:00"),
    ),
    "suggestion.opened": Kind(
        "identities:read", "Two identities may be one person, for a human to judge.",
        SuggestionOpened("sug_06ae9jv9tg8009z1ajt0ds00tg", _IDENTITIES, 0.7),
    ),
    "identity.suspected": Kind("identities:read", "An identity is suspected to be a list.", _JUDGED),
    "identity.cleared": Kind("identities:read", "An identity is no longer suspected.", _JUDGED),
    "community.born": Kind(
        "communities:read", "A community was found that was not there before.", CommunityChanged([], _COMMUNITIES[:1])
    ),
    "community.ended": Kind(
        "communities:read", "A community is found no longer.", CommunityChanged(_COMMUNITIES[:1], [])
    ),
    "community.merged": Kind(
        "communities:read", "Several communities became one.", CommunityChanged(_COMMUNITIES, _COMMUNITIES[:1])
    ),
    "community.split": Kind(
        "communities:read", "One community became several.", CommunityChanged(_COMMUNITIES[:1], _COMMUNITIES)
    ),
    "grant.revoked": Kind(
        "apps:read", "An app lost what it was granted.",
        GrantRevoked("gnt_06ae9jv9tg8009z1ajt0ds00tg", "app_06ae9jv9tg8009z1ajt0ds00tg", _MEMBER),
    ),
    "member.joined": Kind("members:read", "Somebody became a member.", _TOLD),
    "member.changed": Kind("members:read", "A member has another role.", _TOLD),
    "member.left": Kind("members:read", "Somebody is a member no longer.", _TOLD),
    "mention.found": Kind(
        "watches:read", "A watch found a mention in what was said in the last day.",
        MentionFound(
            "mtn_06ae9jv9tg8009z1ajt0ds00tg", "wch_06ae9jv9tg8009z1ajt0ds00tg", "int_06ae9jv9tg8009z1ajt0ds00tg"
        ),
    ),
    "relationship.changed": Kind(
        "relationships:read", "A relationship has another word: it became strong, or fades.",
        RelationshipChanged(_PERSON, _OTHER, "new", "strong"),
    ),
    "role.changed": Kind(
        "communities:read", "A person has other roles in a community.",
        RolesChanged(_COMMUNITIES[0], _PERSON, [], ["connector"]),
    ),
    "ask.opened": Kind("asks:read", "Somebody asks something, and nobody has answered yet.", AskOpened(*_ASK)),
    "ask.answered": Kind(
        "asks:read", "An ask that was told to be open was answered.",
        AskAnswered(*_ASK, "int_06ae9jv9tg8009z1ajt0ds00v0", _OTHER),
    ),
    "ask.overdue": Kind(
        "asks:read", "An ask waits longer than nine of ten do.", AskOverdue(*_ASK, "2026-05-04T12:00:00+00:00")
    ),
    "webhook.tested": Kind(
        "webhooks:read", "A webhook is tried; it alone gets this.", WebhookTested("whk_06ae9jv9tg8009z1ajt0ds00tg")
    ),
    "webhook.disabled": Kind(
        "webhooks:read", "A webhook gets no more events.",
        WebhookDisabled("whk_06ae9jv9tg8009z1ajt0ds00tg", "It answered 410: it is gone."),
    ),
}  # fmt: skip


def heard_with(scopes: Collection[str], asked: Collection[str] = ()) -> list[Type]:
    """Return the types that a holder of these scopes hears of. asked: only these; all where there are none."""
    return [name for name, kind in KINDS.items() if kind.scope in scopes and (not asked or name in asked)]
