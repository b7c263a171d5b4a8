"""From statements of a file to rows of what members say, and back."""

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from typing import Any, Protocol, get_args
from uuid import UUID

import msgspec

from kith.connectors import _records as sdk
from kith.connectors import statements as sdk_statements
from kith.domain.ids import dated_id, fact_id
from kith.projections.mentions import mention_id
from kith.store import statements as store
from kith.store.db import Db
from kith.store.statements import Said

FIRST = ("organization", "attribute", "decision", "correction", "objection")
"""What an export tells before the facts, so that nothing is concluded without it."""
KINDS: dict[str, type[sdk.Stated]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(sdk_statements.Statement)
}
"""The kinds of statements, by their types."""


class Keys(Protocol):
    """What gives ids to natural keys."""

    now: datetime

    def identity_id(self, ref: sdk.Ref) -> UUID: ...
    def channel_id(self, ref: sdk.Ref) -> UUID: ...
    def act_id(self, ref: sdk.InteractionRef) -> UUID: ...
    def own_id(self, noun: str, key: str, moment: datetime | None) -> UUID: ...


def own_id(id_key: bytes, noun: str, key: str, moment: datetime | None) -> UUID:
    """Return the id of a statement: its key, where that is a UUID; else one made of it, which sorts by its moment."""
    try:
        return UUID(key)
    except ValueError:
        return fact_id(id_key, noun, (key,)) if moment is None else dated_id(id_key, noun, key, moment)


def rows(keys: Keys, said: sdk.Stated, number: int) -> list[Said]:
    """Return the rows of a statement. number: its own in the page. Raises ValueError."""
    return _ROWS[type(said)](keys, said, number)


async def told(
    db: Db, workspace_id: UUID, names: Iterable[str], ref_of: Callable[[UUID, sdk.InteractionRef], sdk.InteractionRef]
) -> AsyncIterator[sdk.Stated]:
    """Yield what people said, of these types. ref_of: gives the key of an act its actor where its id has it."""
    for name in names:
        kind, last = KINDS[name], None
        async for row in store.told(db, workspace_id, name):
            found = {field: row[field] for field in row.keys() if field not in _IDS}  # noqa: SIM118 -- a record
            for field in ("act", "answers"):
                if (act := found.get(field)) is not None:
                    ref = msgspec.convert({key: act[key] for key in act if key != "id"}, sdk.InteractionRef)
                    found[field] = ref_of(UUID(act["id"]), ref)
            if found.get("act", "") is None or (name == "mention_verdict" and not _is_of(row)) or row["key"] == last:
                continue
            last = row["key"]
            if name == "decision":  # by their keys: ids differ from workspace to workspace
                found["one"], found["other"] = sorted((found["one"], found["other"]), key=_natural)
            for field in ("key", "retracts", "watch", "community"):
                if isinstance(found.get(field), UUID):
                    found[field] = str(found[field])
            yield msgspec.convert(msgspec.to_builtins(found, builtin_types=(datetime,)), kind, strict=False)


_IDS = ("mention_id", "watch_id", "interaction_id")


def _natural(ref: dict[str, str]) -> tuple[str, str, str]:
    return ref["network"], ref["host"], ref["key"]


def _is_of(row: Any) -> bool:
    return bool(mention_id(row["interaction_id"], row["watch_id"], row["start"]) == row["mention_id"])


_NAMED_BY_KEY = ("decisions", "watches", "communities")


def _row(
    table: str, keys: Keys, said: Any, number: int, at: str, identity_ids: Iterable[UUID] = (), **columns: Any
) -> Said:
    """Return a row with its id. at: the field that tells when it was said."""
    id_ = keys.own_id(table, said.key, None if table in _NAMED_BY_KEY else getattr(said, at))
    given = {name: getattr(said, name) for name in store.TABLES[table] if name in said.__struct_fields__}
    return Said(table, {**given, "id": id_, **columns}, number, tuple(identity_ids))


def _of(
    table: str, owner: str, owner_id: Any, ids: Iterable[UUID], number: int, column: str = "identity_id", **more: Any
) -> list[Said]:
    return [Said(table, {owner: owner_id, column: id_, **more}, number, (id_,)) for id_ in dict.fromkeys(ids)]


def _decision(keys: Keys, said: sdk_statements.Decision, number: int) -> list[Said]:
    one, other = sorted((keys.identity_id(said.one), keys.identity_id(said.other)))
    if one == other:
        raise ValueError("a decision is on two identities")
    if (said.verdict == "retract") != (said.retracts is not None):
        raise ValueError("`retracts` names what the verdict `retract` takes back")
    retracts = None if said.retracts is None else keys.own_id("decisions", said.retracts, None)
    learnt_at = said.learnt_at or said.decided_at
    return [
        _row(
            "decisions", keys, said, number, "decided_at", (one, other), one_id=one, other_id=other, retracts=retracts,
            learnt_at=learnt_at,
        )
    ]  # fmt: skip


def _correction(keys: Keys, said: sdk_statements.Correction, number: int) -> list[Said]:
    id_ = keys.identity_id(said.identity)
    learnt_at = said.learnt_at or said.decided_at
    return [_row("corrections", keys, said, number, "decided_at", (id_,), identity_id=id_, learnt_at=learnt_at)]


def _objection(keys: Keys, said: sdk_statements.Objection, number: int) -> list[Said]:
    ids = [keys.identity_id(ref) for ref in said.people]
    made = _row(
        "objections", keys, said, number, "objected_at", ids, created_at=said.created_at or said.objected_at
    )  # fmt: skip
    return [made, *_of("objection_identities", "objection_id", made.columns["id"], ids, number)]


def _consent(keys: Keys, said: sdk_statements.Consent, number: int) -> list[Said]:
    ids = [keys.identity_id(ref) for ref in said.people]
    made = _row("consents", keys, said, number, "given_at", ids, created_at=said.created_at or said.given_at)
    return [made, *_of("consent_identities", "consent_id", made.columns["id"], ids, number)]


def _organization(keys: Keys, said: sdk_statements.OrganizationStatement, number: int) -> list[Said]:
    domains = [
        Said("organization_domains", {"organization": said.name, "domain": domain.lower()}, number)
        for domain in said.domains
    ]
    return [_row("organizations", keys, said, number, "created_at"), *domains]


def _affiliation(keys: Keys, said: sdk_statements.AffiliationStatement, number: int) -> list[Said]:
    id_ = keys.identity_id(said.identity)
    if said.since and said.until and said.since > said.until:
        raise ValueError("an affiliation ends before it begins")
    period = f"[{said.since or ''},{said.until or ''}]"
    return [
        _row(
            "affiliations", keys, said, number, "learnt_at", (id_,), identity_id=id_, period=period,
            organization=said.organization,
        )
    ]  # fmt: skip


def _ask(keys: Keys, said: sdk_statements.AskStatement, number: int) -> list[Said]:
    return [_row("ask_statements", keys, said, number, "stated_at", interaction_id=keys.act_id(said.act))]


def _reply(keys: Keys, said: sdk_statements.ReplyStatement, number: int) -> list[Said]:
    answers_id = None if said.answers is None else keys.act_id(said.answers)
    return [
        _row(
            "reply_statements", keys, said, number, "stated_at", interaction_id=keys.act_id(said.act),
            answers_id=answers_id,
        )
    ]  # fmt: skip


def _community(keys: Keys, said: sdk_statements.Community, number: int) -> list[Said]:
    made = _row(
        "communities",
        keys,
        said,
        number,
        "created_at",
        kind="curated",
        size=len(set(said.people)),
        born_at=said.created_at,
    )
    ids = [keys.identity_id(ref) for ref in said.people]
    return [made, *_of("community_people", "community_id", made.columns["id"], ids, number, "person_id", home=True)]


def _attribute(keys: Keys, said: sdk_statements.Attribute, number: int) -> list[Said]:
    return [_row("attributes", keys, said, number, "created_at", type=said.kind)]


def _value(keys: Keys, said: sdk_statements.AttributeValue, number: int) -> list[Said]:
    ids, about = _about(keys, said.about)
    return [_row("attribute_values", keys, said, number, "updated_at", ids, attribute=said.attribute, **about)]


def _note(keys: Keys, said: sdk_statements.Note, number: int) -> list[Said]:
    ids, about = _about(keys, said.about)
    updated_at = said.updated_at or said.created_at
    return [_row("notes", keys, said, number, "created_at", ids, updated_at=updated_at, **about)]


def _group(keys: Keys, said: sdk_statements.Group, number: int) -> list[Said]:
    community_id = None if said.community is None else keys.own_id("communities", said.community, None)
    made = _row(
        "groups", keys, said, number, "created_at", organization=said.organization, attribute=said.attribute,
        channel_id=None if said.channel is None else keys.channel_id(said.channel), community_id=community_id,
    )  # fmt: skip
    return [made, *_of("group_people", "group", said.name, map(keys.identity_id, said.people), number)]


def _watch(keys: Keys, said: sdk_statements.Watch, number: int) -> list[Said]:
    if (said.identity and said.organization) or len(said.aliases) != len(said.rules):
        raise ValueError("a watch is of an identity, an organization or words alone, and each alias has a rule")
    id_ = None if said.identity is None else keys.identity_id(said.identity)
    return [
        _row(
            "watches", keys, said, number, "created_at", () if id_ is None else (id_,), identity_id=id_,
            organization=said.organization, heard_since=max(keys.now, said.since),
        )
    ]  # fmt: skip


def _verdict(keys: Keys, said: sdk_statements.MentionVerdict, number: int) -> list[Said]:
    act_id, watch_id = keys.act_id(said.act), keys.own_id("watches", said.watch, None)
    return [
        _row(
            "mention_verdicts", keys, said, number, "stated_at", interaction_id=act_id, watch_id=watch_id,
            mention_id=mention_id(act_id, watch_id, said.start),
        )
    ]  # fmt: skip


def _about(keys: Keys, about: sdk_statements.Subject) -> tuple[tuple[UUID, ...], dict[str, Any]]:
    """Return whom a subject is, and the columns that say so."""
    if (about.identity is None) == (about.organization is None) or (about.other and about.identity is None):
        raise ValueError("`about` names an identity, two of them, or an organization")
    ids = tuple(keys.identity_id(ref) for ref in (about.identity, about.other) if ref is not None)
    columns = dict(zip(("identity_id", "other_id"), ids, strict=False))
    return ids, {**columns, "organization": about.organization}


_ROWS: dict[type[sdk.Stated], Callable[[Keys, Any, int], list[Said]]] = {
    sdk_statements.Decision: _decision,
    sdk_statements.Correction: _correction,
    sdk_statements.Objection: _objection,
    sdk_statements.Consent: _consent,
    sdk_statements.OrganizationStatement: _organization,
    sdk_statements.AffiliationStatement: _affiliation,
    sdk_statements.AskStatement: _ask,
    sdk_statements.ReplyStatement: _reply,
    sdk_statements.Community: _community,
    sdk_statements.Attribute: _attribute,
    sdk_statements.AttributeValue: _value,
    sdk_statements.Note: _note,
    sdk_statements.Group: _group,
    sdk_statements.Watch: _watch,
    sdk_statements.MentionVerdict: _verdict,
}
