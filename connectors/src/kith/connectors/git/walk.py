"""One run over a repository: what vanished, then what is new, oldest first, then what .mailmap says."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

import msgspec

from kith.connectors import (
    Channel,
    Coverage,
    Fatal,
    Identity,
    Interaction,
    Page,
    Record,
    Ref,
    Skip,
    Tombstone,
    load_cursor,
    save_cursor,
)
from kith.connectors.git.acts import FIELDS, FORMAT, Commit, interactions, read_commit
from kith.connectors.git.graph import Graph
from kith.connectors.git.mailmap import Mailmap
from kith.connectors.git.messages import area
from kith.connectors.git.people import Human
from kith.connectors.git.repository import Repository

PAGE_RECORDS = 5000  # one commit more may name a thousand people, each with several acts
PAGE_CHARACTERS = 4_000_000
BATCH = 1000  # commits whose folders are asked for at once
MERGED = 100  # people whose work a merge is said to bring in, those with most commits first

#: Dates outside were never a commit's: they say nothing about the period that was read.
_PLAUSIBLE = (datetime(1971, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


_CATCHING_UP = re.compile(r"Merge (remote-tracking )?branch '(\w+/)?(main|master|trunk|develop)'( of \S+)? into ")


class Walk(msgspec.Struct, frozen=True):
    """A walk under way: its tips, frozen when it began, and how far it is; after is the last commit."""

    tips: tuple[str, ...]
    position: int = 0
    after: str = ""


class Cursor(msgspec.Struct, frozen=True):
    """done: tips of which all history was read, between since and until. mailmap: the blob that was read."""

    done: tuple[str, ...] = ()
    walk: Walk | None = None
    since: datetime | None = None
    until: datetime | None = None
    mailmap: str = ""


class Reader:
    """Makes the pages of one run. Blocks: keep it off the event loop."""

    def __init__(
        self, repository: Repository, refs: tuple[str, ...], channel: Channel, raw: msgspec.Raw | None
    ) -> None:
        self._repository = repository
        self._refs = refs
        self._channel = channel
        self._cursor = load_cursor(raw, Cursor) or Cursor()
        self._walk = Walk(())
        self._graph = Graph()
        self._people: set[Human] = set()
        self._since, self._until = self._cursor.since, self._cursor.until

    def pages(self) -> Iterator[Page]:
        tips, others = self._repository.tips(self._refs)
        walk = self._cursor.walk or Walk(())
        read = {*self._cursor.done, *walk.tips}
        known = self._repository.known(read)
        blob, text = self._repository.mailmap()
        if not tips and read:
            raise Fatal("There are no commits below these refs any more; what was read is kept.")
        if not walk.tips or not known.issuperset(walk.tips):
            if set(tips) == set(self._cursor.done) and blob == self._cursor.mailmap:
                return
            walk = Walk(tuple(tips))
        self._walk = walk
        done = tuple(tip for tip in self._cursor.done if tip in known)
        if not walk.position:
            yield from self._gone(done, tips, _left_out(others, len(read) - len(known)))
        yield from self._new(done)
        draft = _Draft(self._channel)
        if text:
            everyone = self._everyone() if done and blob != self._cursor.mailmap else self._people
            for proper, claim in Mailmap(text).claims(sorted(everyone)):
                draft.add_identity(proper, None)
                draft.add(claim)
                if draft.is_full:
                    yield draft.page(self._standing())
        draft.extend(self._coverage())
        yield draft.page(save_cursor(Cursor(walk.tips, None, self._since, self._until, blob)))

    def _gone(self, done: tuple[str, ...], tips: list[str], skipped: tuple[Skip, ...]) -> Iterator[Page]:
        """Withdraw what no ref reaches any more: rewritten and pushed by force, or its branch deleted."""
        draft = _Draft(self._channel, skipped)
        if not set(done) <= set(tips) or set(done) - set(self._walk.tips):
            reached = (*self._walk.tips, *tips, *self._every_tip())
            for commit in self._log(done, reached):
                try:
                    acts = list(interactions(commit, None, (), self._channel.visibility))
                except ValueError:
                    continue
                draft.extend(Tombstone(act.ref, "rewritten") for act in acts)
                if draft.is_full:
                    yield draft.page(self._standing())
        if not draft.is_empty:
            yield draft.page(self._standing())

    def _new(self, done: tuple[str, ...]) -> Iterator[Page]:
        """Yield the pages of the new commits; those up to the walk's position are read again but not sent again."""
        sent = self._walk
        total = self._repository.count(sent.tips, done)
        draft = _Draft(self._channel)
        position = 0
        commits = self._log(sent.tips, done)
        while batch := list(islice(commits, BATCH)):
            unsent = batch[max(0, sent.position - position) :]
            folders = self._repository.folders(
                commit.hash for commit in unsent if not commit.is_merge and not area(commit.message.title)
            )
            for commit in batch:
                position += 1
                self._learn(commit)
                if position == sent.position and commit.hash != sent.after:
                    # Another git, or a tip that was lost meanwhile, made another order: send all again.
                    self._graph = Graph()
                    self._walk = Walk(sent.tips)
                    yield from self._new(done)
                    return
                if position > sent.position:
                    self._send(draft, commit, folders.get(commit.hash))
                    if draft.is_full:
                        self._walk = Walk(sent.tips, position, commit.hash)
                        yield draft.page(self._standing(), position, total)
        if not draft.is_empty:
            self._walk = Walk(sent.tips, position, commit.hash)
            yield draft.page(self._standing(), position, total)

    def _learn(self, commit: Commit) -> None:
        """Keep what later commits and .mailmap need to know."""
        self._graph.add(commit)
        self._people.update(commit.people)
        moment = commit.committed
        if moment and _PLAUSIBLE[0] <= moment < _PLAUSIBLE[1]:
            self._since = min(self._since or moment, moment)
            self._until = max(self._until or moment, moment)

    def _send(self, draft: "_Draft", commit: Commit, folder: str | None) -> None:
        place = f"commit {commit.hash}"
        channel = self._channel.ref
        if name := area(commit.message.title) or folder:
            channel = draft.area(name)
        merged = self._merged(commit) if commit.is_merge else ()
        try:
            acts = list(interactions(commit, channel, merged, self._channel.visibility))
        except ValueError as error:
            draft.skip(Skip(place, "unreadable_commit", str(error)))
            return
        for who in commit.people:
            own = who == commit.author
            draft.add_identity(who, commit.authored or commit.committed if own else commit.committed or commit.authored)
        draft.extend(acts)
        for reason in commit.message.unread:
            draft.skip(Skip(place, "unreadable_trailer", reason))

    def _merged(self, merge: Commit) -> list[Human]:
        """Return whose work a merge brought in; nobody's, where a branch only caught up with the main line."""
        if _CATCHING_UP.match(merge.message.title):
            return []
        counts = self._graph.merged(merge)
        if counts is None:
            first, *others = merge.parents
            printed = self._repository.run(
                "log", "-z", "--no-merges", "--format=tformat:" + FORMAT, "--end-of-options", *others, f"^{first}"
            )
            fields = printed.split(b"\0")[:-1]
            starts = range(0, len(fields), FIELDS)
            counts = Counter(read_commit(fields[start : start + FIELDS]).author for start in starts)
        ranked = sorted(counts, key=lambda who: (-counts[who], who))
        return [who for who in ranked if any(who)][:MERGED]

    def _everyone(self) -> set[Human]:
        return {who for commit in self._log(self._walk.tips, ()) for who in commit.people}

    def _every_tip(self) -> list[str]:
        return self._repository.tips(self._refs, most=None)[0]

    def _log(self, tips: Iterable[str], without: Iterable[str]) -> Iterator[Commit]:
        """Yield the commits that the tips reach and the others do not, parents before children, always in one order."""
        given = "".join(f"{tip}\n" for tip in sorted(set(tips))) + "".join(f"^{tip}\n" for tip in sorted(set(without)))
        if not given or given.startswith("^"):
            return
        stream = self._repository.stream(
            "log", "--stdin", "--reverse", "--topo-order", "-z", "--no-patch", "--no-notes", "--no-color",
            "--no-decorate", "--format=tformat:" + FORMAT, given=given.encode(),
        )  # fmt: skip
        try:
            yield from map(read_commit, stream.records(FIELDS))
        finally:
            stream.close()

    def _standing(self) -> msgspec.Raw:
        return save_cursor(msgspec.structs.replace(self._cursor, walk=self._walk))

    def _coverage(self) -> Iterator[Coverage]:
        if self._since is None or self._until is None:
            return
        end = datetime.fromtimestamp(self._until.timestamp() + 1, UTC)
        yield Coverage("read", self._since, end)
        if self._repository.is_shallow():
            yield Coverage(
                "truncated", datetime(1970, 1, 1, tzinfo=UTC), self._since, "a shallow clone: older history is not here"
            )


class _Draft:
    """A page being written: each identity once, with the newest date that it was seen."""

    def __init__(self, repository: Channel, skipped: tuple[Skip, ...] = ()) -> None:
        self._repository = repository
        self._clear()
        self._skipped.extend(skipped)

    @property
    def is_empty(self) -> bool:
        return not (self._records or self._skipped)

    @property
    def is_full(self) -> bool:
        return (
            len(self._records) + len(self._identities) + len(self._skipped) >= PAGE_RECORDS
            or self._characters > PAGE_CHARACTERS
        )

    def add(self, record: Record) -> None:
        self._records.append(record)
        if isinstance(record, Interaction):
            self._characters += len(record.text or "") + len(record.title or "")

    def extend(self, records: Iterable[Record]) -> None:
        for record in records:
            self.add(record)

    def skip(self, skip: Skip) -> None:
        self._skipped.append(skip)

    def area(self, name: str) -> Ref:
        """Return the channel of a part of the repository."""
        if name not in self._areas:
            ref = Ref("git", f"{self._repository.ref.key}#{name}"[:1000])
            self._areas[name] = msgspec.structs.replace(
                self._repository, ref=ref, kind="area", name=name[:1000], parent=self._repository.ref
            )
        return self._areas[name].ref

    def add_identity(self, who: Human, seen_at: datetime | None) -> None:
        if any(who):
            earlier = self._identities.get(who)
            self._identities[who] = seen_at if earlier is None or (seen_at and seen_at > earlier) else earlier

    def page(self, cursor: msgspec.Raw, done: int | None = None, total: int | None = None) -> Page:
        channels = [self._repository, *self._areas.values()] if self._records else []
        identities = [_identity(who, seen_at) for who, seen_at in self._identities.items()]
        page = Page((*channels, *identities, *self._records), cursor, tuple(self._skipped), done, total, "commits")
        self._clear()
        return page

    def _clear(self) -> None:
        self._records: list[Record] = []
        self._skipped: list[Skip] = []
        self._identities: dict[Human, datetime | None] = {}
        self._areas: dict[str, Channel] = {}
        self._characters = 0


def _identity(who: Human, seen_at: datetime | None) -> Identity:
    return Identity(
        who.ref,
        kind="bot" if who.is_bot else "person",
        name=who.name or None,
        address=who.address if "@" in who.address else None,
        seen_at=seen_at,
    )


def _left_out(refs: int, tips: int) -> tuple[Skip, ...]:
    skips = []
    if refs:
        skips.append(
            Skip("refs", "too_many_refs", f"{refs} refs with the oldest tips are not read; name fewer by `refs`")
        )
    if tips:
        reason = f"{tips} of the tips read last are no longer in the repository: what only they reached is kept"
        skips.append(Skip("history", "history_lost", reason))
    return tuple(skips)
