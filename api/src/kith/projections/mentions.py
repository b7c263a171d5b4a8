"""Mentions from the facts: aliases are found once in each act, and each conversation decides what is meant."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from kith.domain.dialogue import shares
from kith.domain.erasures import SOMEONE
from kith.domain.events import Type
from kith.domain.ids import encode
from kith.domain.watches.context import is_meant
from kith.domain.watches.finding import Alias, Finder, finder
from kith.domain.watches.words import fold, quote
from kith.store import events, watches
from kith.store import mentions as store
from kith.store import rebuild as rebuilding
from kith.store.db import Db
from kith.store.mentions import Hit, Placed, Present, Row
from kith.store.rebuild import Difference
from kith.store.watches import Watch

_AT_ONCE = 5_000  # texts
_PLACES = 1_000  # conversations that are decided at once
MOST = 10_000
"""Watches of a workspace."""
TOLD = timedelta(days=1)
"""Acts older than this are read from the past: their mentions are no events."""
TRUSTED = 0.5
"""A watch whose measured precision is below this tells of nothing any more."""
_TITLED = ("post", "question")  # kinds whose title was written for them; the subject of a mail is its thread's


class Preview(NamedTuple):
    """What a watch would have found. acts: how many were listened to; since: back to which moment; complete: to all."""

    acts: int
    since: datetime
    complete: bool
    found: list[Row]


class _Ears(NamedTuple):
    """All watches of a workspace. terms: folded words of each subject."""

    watches: Sequence[Watch]
    finder: Finder
    terms: Sequence[frozenset[str]]


def precision(counts: store.Counts) -> shares.Interval | None:
    """Return the measured precision of a watch; None below 10 verdicts."""
    return shares.interval(shares.each(counts.verdicts, counts.right))


def tells(counts: store.Counts) -> bool:
    """Whether the mentions of a watch become events."""
    found = precision(counts)
    return found is None or found.share >= TRUSTED


async def work_in(
    db: Db,
    workspace_id: UUID,
    act_ids: Collection[UUID],
    place_ids: Collection[UUID],
    identity_ids: Collection[UUID],
    now: datetime,
) -> None:
    """Listen to acts that changed; decide again what is meant in conversations, and where these identities are."""
    all_watches = await watches.list_watches(db, workspace_id, None, MOST)
    if not all_watches:
        return
    ears, ids = _ears(all_watches), list(act_ids)
    before = await store.places_of(db, workspace_id, ids, place_ids)
    for start in range(0, len(ids), _AT_ONCE):
        some = ids[start : start + _AT_ONCE]
        hits = await asyncio.to_thread(_hear, ears, await store.texts_of(db, workspace_id, some))
        await store.save_hits(db, workspace_id, some, hits, None)
    places = {*before, *await store.places_of(db, workspace_id, ids, place_ids)}
    changed = await store.changed_people(db, workspace_id, identity_ids)
    if changed:
        places |= set(await store.places_of_people(db, workspace_id, changed))
    added = await _decide_in(db, workspace_id, all_watches, places)
    if changed:
        await store.renew_people(db, workspace_id, changed)
    await _tell(db, workspace_id, [row for row in added if row.occurred_at >= now - TOLD])


async def hear_past(db: Db, workspace_id: UUID, watch: Watch) -> tuple[int, datetime]:
    """Listen to the next acts of the past for a watch; return how many, and how far back all were heard."""
    texts = await store.texts_before(db, workspace_id, watch.since, watch.heard_since, _AT_ONCE)
    ids = [text.id for text in texts]
    hits = await asyncio.to_thread(_hear, _ears([watch]), texts)
    await store.save_hits(db, workspace_id, ids, hits, watch.id)
    all_watches = await watches.list_watches(db, workspace_id, None, MOST)
    places = await store.places_of(db, workspace_id, [hit.interaction_id for hit in hits], [])
    await _decide_in(db, workspace_id, all_watches, places)
    heard = watch.since if len(texts) < _AT_ONCE else texts[-1].occurred_at
    await watches.set_heard(db, workspace_id, watch.id, heard)
    return len(texts), heard


async def preview(db: Db, workspace_id: UUID, watch: Watch, now: datetime, most: int) -> Preview:
    """Return what a watch would have found since its moment, in the latest acts, so many at most."""
    ears, hits = _ears([watch]), list[Hit]()
    acts, before, complete = 0, now, False
    while acts < most and not complete:
        wanted = min(_AT_ONCE, most - acts)
        texts = await store.texts_before(db, workspace_id, watch.since, before, wanted)
        hits += await asyncio.to_thread(_hear, ears, texts)
        acts += len(texts)
        complete = len(texts) < wanted
        before = watch.since if complete else texts[-1].occurred_at
    acted = await store.place_acts(db, workspace_id, [hit.interaction_id for hit in hits])
    placed = {act.interaction_id: act for act in acted}
    rank = {act.interaction_id: n for n, act in enumerate(acted)}
    hits = [hit for hit in hits if hit.interaction_id in placed]  # an act may have gone in between
    hits.sort(key=lambda hit: (rank[hit.interaction_id], hit.start))
    rows, _ = await _decide(db, workspace_id, [watch], hits, [placed[hit.interaction_id] for hit in hits])
    return Preview(acts, before, complete, rows[::-1])


async def restore(db: Db, workspace_id: UUID) -> dict[str, Difference]:
    """Listen to all acts again and decide again what is meant; return how what was stored differed."""
    all_watches = await watches.list_watches(db, workspace_id, None, MOST)
    ears = _ears(all_watches)
    await store.begin_rebuilt(db, store.HITS)
    after = UUID(int=0)
    while all_watches and (texts := await store.next_texts(db, workspace_id, after, _AT_ONCE)):
        await store.add_rebuilt(db, store.HITS, await asyncio.to_thread(_hear, ears, texts))
        after = texts[-1].id
    found = {"mention_hits": await rebuilding.put_right(db, workspace_id, store.HITS)}
    rows, people = list[Row](), set[UUID]()
    places = await store.all_places(db, workspace_id)
    for start in range(0, len(places), _PLACES):
        hits, acts = await store.hits_in(db, workspace_id, places[start : start + _PLACES])
        some, present = await _decide(db, workspace_id, all_watches, hits, acts)
        rows += some
        people |= present
    await store.begin_rebuilt(db, store.MENTIONS)
    await store.add_rebuilt(db, store.MENTIONS, rows)
    found["mentions"] = await rebuilding.put_right(db, workspace_id, store.MENTIONS)
    await store.forget_people(db, workspace_id)
    await store.keep_people(db, workspace_id, people)
    return found


def _ears(all_watches: Sequence[Watch]) -> _Ears:
    aliases = tuple(
        Alias(number, text, "always" if rule == "always" else "in_context")
        for number, watch in enumerate(all_watches)
        for text, rule in zip(watch.aliases, watch.rules, strict=True)
        if text.casefold() != SOMEONE
    )
    terms = [frozenset(fold(term)[0] for term in watch.terms) for watch in all_watches]
    return _Ears(all_watches, finder(aliases), terms)


def _hear(ears: _Ears, texts: Sequence[store.Text]) -> list[Hit]:
    """Return where aliases stand in texts, as far back as each watch listens."""
    return list(chain.from_iterable(_hits(ears, text) for text in texts))


def _hits(ears: _Ears, text: store.Text) -> list[Hit]:
    said = text.text or ""
    if text.title and text.kind in _TITLED:
        said = f"{text.title}\n{said}"
    found = ears.finder.find(said)
    if not found:
        return []
    words, aliases = fold(said)[0], ears.finder.aliases
    called = defaultdict[int, set[str]](set)
    for hit in found:
        called[aliases[hit.alias].watch].add(hit.word)
    hits = list[Hit]()
    for hit in found:
        number = aliases[hit.alias].watch
        watch = ears.watches[number]
        if text.occurred_at >= watch.since:
            beside = len(called[number]) > 1 or any(term in words for term in ears.terms[number])
            sentence, start = quote(said, hit.start, hit.stop)
            stop = min(start + hit.stop - hit.start, len(sentence))
            hits.append(Hit(text.id, watch.id, hit.start, hit.sure, beside, hit.word, sentence, start, stop))
    return hits


async def _decide_in(
    db: Db, workspace_id: UUID, all_watches: Sequence[Watch], place_ids: Collection[UUID]
) -> list[Row]:
    """Decide what is meant in conversations; return the mentions that were not there."""
    added, ids = list[Row](), sorted(place_ids)
    for start in range(0, len(ids), _PLACES):
        some = ids[start : start + _PLACES]
        rows, people = await _decide(db, workspace_id, all_watches, *await store.hits_in(db, workspace_id, some))
        new = set(await store.save(db, workspace_id, some, rows))
        await store.keep_people(db, workspace_id, people)
        added += [row for row in rows if row.id in new]
    return added


async def _decide(
    db: Db, workspace_id: UUID, all_watches: Sequence[Watch], hits: Sequence[Hit], acts: Sequence[Placed]
) -> tuple[list[Row], set[UUID]]:
    """Return what is meant, and the identities whose names and persons decided that.

    hits: in the order of time. acts: of each.
    """
    known = {watch.id: watch for watch in all_watches}
    unsure = {act.place_id for hit, act in zip(hits, acts, strict=True) if not hit.sure}
    present = defaultdict[UUID, list[Present]](list)
    for one in await store.present_in(db, workspace_id, unsure) if unsure else []:
        present[one.place_id].append(one)
    people = {one.identity_id for there in present.values() for one in there}
    if unsure:
        people |= {watch.identity_id for watch in all_watches if watch.identity_id}
    named, rows = set[tuple[UUID, UUID]](), list[Row]()
    for hit, act in zip(hits, acts, strict=True):
        if watch := known.get(hit.watch_id):
            before = (act.place_id, watch.id) in named
            if reason := _reason(hit, watch, present[act.place_id], named_before=before):
                rows.append(_row(hit, act, reason))
            if hit.sure:
                named.add((act.place_id, watch.id))
    return rows, people


def _reason(hit: Hit, watch: Watch, present: Sequence[Present], *, named_before: bool) -> str | None:
    """Return why it is a mention; None where it is none."""
    if hit.sure:
        return "name"
    there = {
        "takes_part": any(one.person_id == watch.person_id for one in present),
        "named_before": named_before,
        "named_beside": hit.beside,
    }
    others = {one.name for one in present if one.name and one.person_id != watch.person_id}
    if not is_meant(hit.word, others, **there):
        return None
    return next(reason for reason, holds in there.items() if holds)


def mention_id(interaction_id: UUID, watch_id: UUID, start: int) -> UUID:
    """Return the id of the mention of a watch that begins at a place of an act."""
    key = interaction_id.bytes + watch_id.bytes + start.to_bytes(4, "big")
    return UUID(bytes=blake2b(key, digest_size=16).digest())


def _row(hit: Hit, act: Placed, reason: str) -> Row:
    id_ = mention_id(hit.interaction_id, hit.watch_id, hit.start)
    said = hit.quote, hit.quote_start, hit.quote_stop
    return Row(
        id_, hit.watch_id, act.interaction_id, act.place_id, act.actor_id, act.channel_id, act.occurred_at, reason,
        *said,
    )  # fmt: skip


async def _tell(db: Db, workspace_id: UUID, added: Sequence[Row]) -> None:
    """Tell of mentions, but not of those of watches that are mostly wrong."""
    if not added:
        return
    counts = await store.count(db, workspace_id, {row.watch_id for row in added})
    await events.add(db, workspace_id, [_event(row) for row in added if tells(counts[row.watch_id])])


def _event(row: Row) -> tuple[Type, Mapping[str, str]]:
    return "mention.found", {
        "mention_id": encode("mention", row.id),
        "watch_id": encode("watch", row.watch_id),
        "interaction_id": encode("interaction", row.interaction_id),
    }
