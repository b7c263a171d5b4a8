"""Detections: what one needs to know of a workspace, and what it found.

A detection speaks of the day until which sources were read (``reach.of_workspace``), not of the day on which it is
made: months that nobody read are neither silence nor part of the last year. What is said of a community or a pair is as
of the day of the sources that see them. When it was made says when the next is due.

Reading takes whole columns at once: about 100 bytes for each pair in touch and 250 for each act of the last years.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import msgspec
import numpy as np

from kith.domain.communities.contact import Counting
from kith.domain.detection.facts import (
    CHANGED,
    HALF_LIFE,
    HISTORY,
    LIVING,
    Facts,
    Floats,
    Former,
    Found,
    Ints,
    Last,
    Texts,
    day_of,
)
from kith.domain.ids import NOWHERE
from kith.domain.roles.acts import Acts, decayed
from kith.domain.topics.areas import area
from kith.store import columns, detections, events, reach
from kith.store.db import Db
from kith.store.detections import Channel, Detection, Division, FoundCommunity, FoundEvent, FoundRole, FoundTopic

TEXTS = 20_000
"""Of the latest so many texts the topics are found; of each the first ``LETTERS`` characters."""
LETTERS = 2_000
WHOLE_HOURS = 24
"""So long the former communities are brought up to date; then everything is looked at from scratch."""

AREA = "area"
"""The kind of channels that are parts of a product."""

_SECONDS = 86_400
_EARLIER = timedelta(minutes=10)  # what was learnt in a transaction that was long in committing


async def load(db: Db, workspace_id: UUID, moment: datetime, before: Detection | None, *, whole: bool) -> Facts:
    """Return what a detection at this moment needs to know. whole: from scratch, whatever has changed."""
    now = await _spoken_of(db, workspace_id, moment)
    since = now - timedelta(days=HISTORY)
    await detections.prepare(db, workspace_id, since, now, TEXTS)
    people = await detections.people(db)
    first, second, weight, days = await _ties(db, workspace_id, now)
    acts = await detections.acts(db, workspace_id, since, now)
    acts = acts[np.argsort(acts["day"], kind="stable")]
    ids = _ids(people["id"])
    channels = await detections.channels(db)
    names = [area(channel.name) if channel.kind == AREA else channel.name for channel in channels]
    meant = _meant(channels, names)
    nowhere = await reach.of_channels(db, workspace_id, [NOWHERE])
    ends = np.array([_end(day, now) for day in (*(channel.until for channel in channels), nowhere)])
    told = Acts(
        ids,
        acts["day"],
        _ints(acts["actor"]),
        _ints(acts["other"]),
        _ints(acts["kind"]),
        await detections.kinds(db),
        _ints(meant[acts["channel"]]),
        ["" if channel.private else name for channel, name in zip(channels, names, strict=True)],
    )
    once = told.told_once()
    acts = acts[once]
    return Facts(
        now=_day(now),
        moment=_day(moment),
        id_key=await detections.id_key(db, workspace_id),
        people=ids,
        first=first,
        second=second,
        weight=weight,
        days=days,
        acts=told.where(once),
        places=np.array([channel.place for channel in channels], dtype=np.int64),
        act_ids=acts["id"],
        act_texts=_ints(acts["text"]),
        act_learnt=np.ascontiguousarray(acts["learnt"]),
        act_ends=ends[acts["channel"]],
        arrivals=people["first"],
        us=_ints((await detections.us(db, workspace_id))["person"]),
        texts=await _texts(db, workspace_id, channels, names, meant),
        former=await _communities(db, workspace_id, "detected"),
        last=None
        if whole or before is None or before.as_of != _date(now)
        else await _last(db, workspace_id, moment, before, acts, len(first)),
        curated=tuple((each.id, each.people) for each in await _communities(db, workspace_id, "curated")),
        topics={str(id_): tuple(terms) for id_, terms in (await detections.topics(db, workspace_id)).items()},
    )


async def _spoken_of(db: Db, workspace_id: UUID, moment: datetime) -> datetime:
    """Return until when a detection at this moment speaks: the moment, or the end of the last day that was read."""
    read = await reach.of_workspace(db, workspace_id)
    return moment if read is None else min(moment, datetime.combine(read, time.max, UTC))


def _end(read: date | None, now: datetime) -> float:
    """Return until when can be spoken of what sources see that were read until this day."""
    return _day(now if read is None else min(now, datetime.combine(read, time.max, UTC)))


async def _ties(db: Db, workspace_id: UUID, now: datetime) -> tuple[Ints, Ints, Floats, Floats]:
    """Return the living contact of each pair: one, other, and its weight and its days as faded when it was last seen.

    That is on this day, or on the last until which a source was read that tells of a channel where the two meet.
    """
    rows = await detections.ties(db, workspace_id, _date(now), HALF_LIFE)
    pair = _ints(rows["first"]) << 32 | rows["second"]
    order = np.lexsort((rows["age"], pair))
    pair, age = pair[order], rows["age"][order]
    starts = np.flatnonzero(np.diff(pair, prepend=-1))
    another_day = np.diff(age, prepend=-1) != 0
    another_day[starts] = True
    faded = np.where(another_day, decayed(age, HALF_LIFE), 0.0)
    weight, days = (np.add.reduceat(each, starts) if len(starts) else each for each in (rows["weight"][order], faded))
    unread = np.minimum.reduceat(rows["unread"][order], starts) if len(starts) else rows["unread"]
    weight, days = (each * 2.0 ** (unread / HALF_LIFE) for each in (weight, days))
    living = weight >= LIVING
    pair = pair[starts][living]
    return pair >> 32, pair & 0xFFFFFFFF, weight[living], days[living]


def _meant(channels: Sequence[Channel], names: Sequence[str]) -> Ints:
    """Return the channel meant by each: of the areas of one place that people call alike, the first; -1 by none."""
    first: dict[tuple[int, str], int] = {}
    keys = [
        (channel.place, name) if channel.kind == AREA else (-1, str(number))
        for number, (channel, name) in enumerate(zip(channels, names, strict=True))
    ]
    return np.array([*(first.setdefault(key, i) for i, key in enumerate(keys)), -1], dtype=np.int64)


async def _texts(db: Db, workspace_id: UUID, channels: Sequence[Channel], names: list[str], meant: Ints) -> Texts:
    rows = await detections.texts(db, workspace_id, LETTERS)
    return Texts(
        [row.text_id.bytes for row in rows],
        [row.said for row in rows],
        meant[np.array([row.channel for row in rows], dtype=np.int64)],
        names,
        np.array([row.open for row in rows], dtype=np.bool_),
        np.array([channel.private for channel in channels], dtype=np.bool_),
    )


async def _last(
    db: Db, workspace_id: UUID, moment: datetime, before: Detection, acts: columns.Columns, ties: int
) -> Last | None:
    """Return the division to start from; None where too much changed since, or it goes back too far."""
    news = acts[(acts["learnt"] > _day(before.moment - _EARLIER)) & (acts["other"] >= 0)]
    one, other = _ints(news["actor"]), _ints(news["other"])
    changed = np.unique(np.minimum(one, other) << 32 | np.maximum(one, other))
    if moment - before.whole > timedelta(hours=WHOLE_HOURS) or len(changed) > CHANGED * ties:
        return None
    touched = np.unique(np.concatenate([changed >> 32, changed & 0xFFFFFFFF]))
    division = await detections.division(db, workspace_id)
    if division is None:
        return None
    return Last(division.resolution, msgspec.convert(division.counting, Counting), division.foreseen, touched)


async def _communities(db: Db, workspace_id: UUID, kind: str) -> tuple[Former, ...]:
    """Return who is at home in each community of a kind, by the places of the living people."""
    rows = await detections.communities(db, workspace_id, kind, _EARLIER)
    parts = np.split(rows, 1 + np.flatnonzero(rows["id"][1:] != rows["id"][:-1])) if len(rows) else []
    return tuple(
        Former(str(UUID(bytes=each["id"][0].tobytes())), int(each["level"][0]), _ints(each["person"]),
               float(each["looked"][0]))
        for each in parts
    )  # fmt: skip


async def save(
    db: Db, workspace_id: UUID, moment: datetime, before: Detection | None, facts: Facts, found: Found
) -> bool:
    """Store what a detection found; return False, and store nothing, where another was stored since ``before``."""
    await detections.lock(db, workspace_id)
    newest = await detections.last(db, workspace_id)
    if (newest and newest.id) != (before and before.id):
        return False
    await detections.add(
        db, workspace_id, moment, facts.as_of, Division(found.resolution, found.counting, found.foreseen),
        whole=facts.last is None, people=found.people, ties=found.ties,
    )  # fmt: skip
    roles = await detections.save_communities(
        db, workspace_id, moment, _communities_found(found), _belonging(facts, found),
        _roles_found(facts, found), _events_found(found),
    )  # fmt: skip
    await _save_topics(db, workspace_id, moment, facts, found)
    changes = _events_found(found)
    told = [events.tell_change(*change) for change in changes]
    await events.add(db, workspace_id, told + [events.tell_roles(*change) for change in roles])
    return True


def _communities_found(found: Found) -> list[FoundCommunity]:
    return [
        FoundCommunity(
            UUID(each.id),
            each.kind,
            *each.names,
            each.level,
            UUID(each.parent) if each.parent else None,
            len(each.people),
            _json(each.portrait.health) if each.portrait else None,
            each.portrait.map if each.portrait else None,
            day_of(each.portrait.end) if each.portrait else None,
            datetime.fromtimestamp(each.portrait.born * _SECONDS, UTC) if each.portrait else None,
        )
        for each in found.communities
    ]


def _belonging(facts: Facts, found: Found) -> dict[str, Any] | None:
    """Return, as columns, who belongs to the detected communities."""
    detected = [each for each in found.communities if each.kind == "detected"]
    if not detected:
        return None
    return {
        "community_id": _packed([UUID(each.id).bytes for each in detected for _ in each.people]),
        "person_id": _packed(facts.people)[np.concatenate([each.people for each in detected])],
        "belonging": np.concatenate([each.belonging for each in detected]).astype(np.float32),
        "home": np.concatenate([each.home for each in detected]),
    }


def _roles_found(facts: Facts, found: Found) -> list[FoundRole]:
    return [
        FoundRole(
            UUID(each.id),
            UUID(bytes=facts.people[held.role.person]),
            held.role.role,
            held.role.rank,
            held.role.score,
            held.role.stability,
            _json(held.role.evidence),
            [UUID(bytes=facts.act_ids[act].tobytes()) for act in held.acts.tolist()],
            held.place,
        )
        for each in found.communities
        if each.portrait
        for held in each.portrait.roles
    ]


def _events_found(found: Found) -> list[FoundEvent]:
    return [
        FoundEvent(event.change, list(map(UUID, event.before)), list(map(UUID, event.after))) for event in found.events
    ]


async def _save_topics(db: Db, workspace_id: UUID, moment: datetime, facts: Facts, found: Found) -> None:
    topics = [
        FoundTopic(UUID(each.id), each.name, each.terms, each.texts, each.open.name, each.open.terms, each.plain.name,
                   each.plain.terms)
        for each in found.topics
    ]  # fmt: skip
    spoken = np.flatnonzero(found.of_text >= 0)
    await detections.save_topics(
        db, workspace_id, moment, topics, [UUID(bytes=facts.texts.ids[place]) for place in spoken.tolist()],
        [topics[topic].id for topic in found.of_text[spoken].tolist()],
    )  # fmt: skip


def _day(moment: datetime) -> float:
    return moment.astimezone(UTC).timestamp() / _SECONDS


def _date(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _ints(column: Any) -> Ints:
    return np.asarray(column).astype(np.int64)


def _ids(column: Any) -> list[bytes]:
    return [value.tobytes() for value in column]


def _packed(ids: Sequence[bytes]) -> Any:
    return np.frombuffer(b"".join(ids), dtype="V16")
