"""One run over a repository: what vanished, then what is new, oldest first, then what .mailmap says."""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice

import msgspec

from kith.connectors import (
    Channel,
    Coverage,
    Edition,
    Fatal,
    Identity,
    Interaction,
    InteractionRef,
    Page,
    Record,
    Ref,
    Skip,
    Sweep,
    Tombstone,
    load_cursor,
    save_cursor,
)
from kith.connectors.git.acts import (
    BRIEF,
    BRIEF_FIELDS,
    FIELDS,
    FORMAT,
    KINDS,
    Commit,
    Copy,
    interactions,
    read_brief,
    read_commit,
)
from kith.connectors.git.copies import Copies
from kith.connectors.git.graph import Graph
from kith.connectors.git.mailmap import KIND, Mailmap
from kith.connectors.git.merges import caught_up, is_vague
from kith.connectors.git.messages import area
from kith.connectors.git.people import Human
from kith.connectors.git.repository import Repository

PAGE_RECORDS = 5000  # one commit more may name a thousand people, each with several acts
PAGE_CHARACTERS = 4_000_000
BATCH = 2000  # commits asked from git at once
WARM = 50_000  # commits before a resumed walk's place, whose authors its first merges ask for
MERGED = 100  # people whose work a merge is said to bring in, those with most commits first

#: Dates before, like those after the reading, were never a commit's: they say nothing about the period that was read.
_FIRST = datetime(1971, 1, 1, tzinfo=UTC)
#: Of what is told of a commit: sources read by another version are read again, and what it alone told is taken back.
VERSION = 5

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Walk(msgspec.Struct, frozen=True):
    """A walk under way: its tips and .mailmap, frozen when it began, and how far it is; after is the last commit."""

    tips: tuple[str, ...]
    mailmap: str = ""
    position: int = 0
    after: str = ""
    version: int = 1


class Cursor(msgspec.Struct, frozen=True):
    """done: tips of which all history was read, between since and until. mailmap: the blob that was read.

    boundary: where the history was cut off then, in a shallow clone.
    """

    done: tuple[str, ...] = ()
    walk: Walk | None = None
    since: datetime | None = None
    until: datetime | None = None
    mailmap: str = ""
    boundary: str = ""
    version: int = 1


class Reader:
    """Makes the pages of one run. Blocks: keep it off the event loop. known_as: the repository's address or path."""

    def __init__(
        self,
        repository: Repository,
        refs: tuple[str, ...],
        channel: Channel,
        known_as: str,
        raw: msgspec.Raw | None,
    ) -> None:
        self._repository = repository
        self._refs = refs
        self._channel = channel
        self._known_as = known_as
        self._cursor = load_cursor(raw, Cursor) or Cursor(version=VERSION)
        self._walk = Walk(())
        self._now = datetime.now(UTC)
        self._boundary = ""
        self._graph = Graph()
        self._copies = Copies(repository, (), ())
        self._mailmap = Mailmap("")
        self._since, self._until = self._cursor.since, self._cursor.until

    def pages(self) -> Iterator[Page]:
        tips, others = self._repository.tips(self._refs)
        begun = self._cursor.walk
        walk = begun if begun and begun.version == VERSION else Walk(())
        read = {*self._cursor.done, *walk.tips}
        known = self._repository.known(read)
        mailmap, text, too_large = self._repository.mailmap()
        self._mailmap = Mailmap(text, mailmap)
        self._boundary = self._repository.boundary()
        deepened = self._boundary != self._cursor.boundary
        is_older = self._cursor.version != VERSION
        again = deepened or is_older
        if not tips and read:
            raise Fatal("There are no commits below these refs any more; what was read is kept.")
        if not walk.tips or not known.issuperset(walk.tips):
            if set(tips) == set(self._cursor.done) and mailmap == self._cursor.mailmap and not again:
                return
            walk = Walk(tuple(tips), mailmap, version=VERSION)
        self._walk = walk
        done = tuple(tip for tip in self._cursor.done if tip in known)
        told = () if again else done
        self._copies = Copies(self._repository, walk.tips, told)
        if not walk.position:
            # Where a shallow clone is cut off elsewhere than before, what it lacks may be there all the same.
            lost = () if deepened and self._boundary else done
            yield from self._gone(lost, tips, _left_out(others, len(read) - len(known)))
            if is_older:
                yield Page((Sweep("begun", KINDS),), self._standing())
        total = yield from self._new(told)
        draft = self._draft()
        if mailmap != (self._cursor.mailmap if done else walk.mailmap):
            for who in self._everyone():
                draft.claim(who)
                if draft.is_full:
                    yield draft.page(self._standing(), total, total)
        if mailmap != self._cursor.mailmap:
            draft.add(Edition(KIND, mailmap))
        if left := self._copies.left:
            draft.skip(
                Skip("history", "not_compared", f"{left:,} commits under titles of others are taken for new work")
            )
        if too_large:
            draft.skip(Skip(".mailmap", "not_read", f"it has {too_large:,} bytes, which is too much"))
        draft.extend(self._coverage())
        if is_older:
            draft.add(Sweep("complete", KINDS))
        cursor = Cursor(walk.tips, None, self._since, self._until, mailmap, self._boundary, VERSION)
        yield draft.page(save_cursor(cursor), total, total)

    def _gone(self, done: tuple[str, ...], tips: list[str], skipped: tuple[Skip, ...]) -> Iterator[Page]:
        """Withdraw what no ref reaches any more: rewritten and pushed by force, or its branch deleted."""
        draft = self._draft(skipped)
        if done:
            reached = (*self._walk.tips, *tips, *self._repository.tips(self._refs, most=None)[0])
            gone: list[Commit] = []
            for _, lines in _batches(self._repository.history(done, reached), 0):
                batch = self._copies.read(lines)
                copies = self._copies.of(batch)
                gone += [commit._replace(message=commit.message._replace(text="")) for commit in batch]
                for commit in batch:
                    copy = copies.get(commit.hash)
                    draft.withdraw(_refs(commit, None) | _refs(commit, copy))
                    if draft.is_full:
                        yield draft.page(self._standing())
            for _ in self._tell(draft, list(self._copies.told_before(gone)), again=True):
                if draft.is_full:
                    yield draft.page(self._standing())
        if not draft.is_empty:
            yield draft.page(self._standing())

    def _new(self, done: tuple[str, ...]) -> Generator[Page, None, int]:
        """Yield the pages of the new commits, from the walk's position on; return how many there are."""
        history = self._repository.history(self._walk.tips, done)
        if _at(history, self._walk.position) != self._walk.after:
            # Another git, or a tip that was lost meanwhile, made another order: send all again.
            self._walk = Walk(self._walk.tips, self._walk.mailmap, version=VERSION)
        total = history.count(b"\n")
        draft = self._draft()
        position, commit = self._walk.position, None
        self._warm(history, position)
        for _, lines in _batches(history, position):
            batch = self._copies.read(lines)
            for commit in batch:  # parents stand before their children
                self._graph.add(commit)
            for commit in self._tell(draft, batch):
                position += 1
                if draft.is_full:
                    self._walk = msgspec.structs.replace(self._walk, position=position, after=commit.hash)
                    yield draft.page(self._standing(), position, total)
        if commit is not None and not draft.is_empty:
            self._walk = msgspec.structs.replace(self._walk, position=position, after=commit.hash)
            yield draft.page(self._standing(), position, total)
        return total

    def _tell(self, draft: "_Draft", batch: list[Commit], *, again: bool = False) -> Iterator[Commit]:
        """Put what the commits tell into the draft, and yield each when it is there.

        again: they were told before, perhaps by an older version; what they tell no more is taken back.
        """
        asked = [commit.hash for commit in batch if not commit.is_merge and not area(commit.message.title)]
        folders = self._repository.folders(asked)
        if without := [commit for commit in asked if commit not in folders]:
            draft.skip(_without_trees(without))
        copies = self._copies.of(batch)
        for commit in batch:
            self._cover(commit)
            copy = copies.get(commit.hash)
            told = self._send(draft, commit, folders.get(commit.hash), copy)
            if copy and (again or self._cursor.version != VERSION):
                draft.withdraw(_refs(commit, None) - told)
            yield commit

    def _warm(self, history: bytes, position: int) -> None:
        """Learn again whose the commits just before the position are."""
        for number, lines in _batches(history, max(0, position - WARM)):
            if number >= position:
                return
            for fields in islice(self._repository.log(lines, BRIEF, BRIEF_FIELDS), position - number):
                self._graph.add(read_brief(fields))

    def _cover(self, commit: Commit) -> None:
        moment = commit.committed
        if moment and _FIRST <= moment <= self._now:
            self._since = min(self._since or moment, moment)
            self._until = max(self._until or moment, moment)

    def _arrived_at(self, commit: Commit) -> datetime | None:
        """Return when a commit was here at the latest, where one of its dates lies in the future: as its neighbors."""
        dates = [date for date in (commit.authored, commit.committed) if date]
        past = [date for date in dates if date <= self._now]
        return max(past or [self._until or self._now]) if len(past) < len(dates) else None

    def _send(self, draft: "_Draft", commit: Commit, folder: str | None, copy: Copy | None) -> set[InteractionRef]:
        """Put what a commit tells into the draft; return the keys of its acts."""
        place = f"commit {commit.hash}"
        channel = self._channel.ref
        if name := area(commit.message.title) or folder:
            channel = draft.area(name)
        merged = self._merged(commit) if commit.is_merge else []
        cut = [*commit.message.cut]
        if left := len(merged[MERGED:]):
            cut.append(f"{left:,} people whose work it brought in beyond {MERGED}")
        arrived_at = self._arrived_at(commit)
        try:
            acts = list(interactions(commit, channel, merged[:MERGED], self._channel.visibility, arrived_at, copy))
        except ValueError as error:
            draft.skip(Skip(place, "unreadable_commit", str(error)))
            return set()
        for who, seen_at in commit.seen:
            draft.add_identity(who, min(filter(None, (seen_at, arrived_at)), default=None))
        draft.extend(acts)
        for reason in commit.message.unread:
            draft.skip(Skip(place, "unreadable_trailer", reason))
        if cut:
            draft.skip(Skip(place, "cut", f"the commit is kept without {' and '.join(cut)}"[:500]))
        return {act.ref for act in acts}

    def _merged(self, merge: Commit) -> list[Human]:
        """Return whose work a merge brought in; nobody's, where a branch only caught up with the main line."""
        title = merge.message.title
        if caught_up(title, self._main_branch, self._known_as):
            return []
        if is_vague(title, self._main_branch) and self._takes_in_main(merge):
            return []
        counts = self._graph.merged(merge)
        if counts is None:
            first, *others = merge.parents
            given = "".join([*(f"{parent}\n" for parent in others), f"^{first}\n"]).encode()
            lines = self._repository.run("rev-list", "--no-merges", "--stdin", given=given)
            counts = Counter(read_brief(fields).author for fields in self._repository.log(lines, BRIEF, BRIEF_FIELDS))
        ranked = sorted(counts, key=lambda who: (-counts[who], who))
        return [who for who in ranked if any(who)]

    def _takes_in_main(self, merge: Commit) -> bool:
        """Whether another branch took in what the main line had as its own."""
        line = self._main_line
        return merge.hash not in line and all(parent in line for parent in merge.parents[1:])

    @cached_property
    def _main_line(self) -> frozenset[str]:
        return frozenset((self._repository.maybe("rev-list", "--first-parent", "HEAD") or b"").decode().split())

    @cached_property
    def _main_branch(self) -> str:
        return self._repository.main_branch()

    def _everyone(self) -> Iterator[Human]:
        """Yield everybody that the commits name."""
        seen: set[Human] = set()
        for _, lines in _batches(self._repository.history(self._walk.tips, ()), 0):
            for commit in map(read_commit, self._repository.log(lines, FORMAT, FIELDS)):
                for who in commit.people:
                    if who not in seen:
                        seen.add(who)
                        yield who

    def _draft(self, skipped: tuple[Skip, ...] = ()) -> "_Draft":
        return _Draft(self._channel, self._mailmap, skipped)

    def _standing(self) -> msgspec.Raw:
        standing = msgspec.structs.replace(self._cursor, walk=self._walk, since=self._since, until=self._until)
        return save_cursor(standing)

    def _coverage(self) -> Iterator[Coverage]:
        if self._since is None or self._until is None:
            return
        end = datetime.fromtimestamp(self._until.timestamp() + 1, UTC)
        yield Coverage("read", self._since, end)
        if self._boundary:
            yield Coverage("truncated", _EPOCH, self._since, "a shallow clone: older history is not here")
        elif self._cursor.boundary and self._since > _EPOCH:
            yield Coverage("read", _EPOCH, self._since)  # nothing is missing there any more


class _Draft:
    """A page being written: each identity once, with the newest date that it was seen."""

    def __init__(self, repository: Channel, mailmap: Mailmap, skipped: tuple[Skip, ...]) -> None:
        self._repository = repository
        self._mailmap = mailmap
        self._claimed: set[Human] = set()
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

    def withdraw(self, refs: Iterable[InteractionRef]) -> None:
        self.extend([Tombstone(ref, "rewritten") for ref in sorted(refs, key=str)])

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

    def claim(self, who: Human) -> None:
        """Add what .mailmap says about one identity."""
        if who not in self._claimed and (found := self._mailmap.claim(who)):
            self._claimed.add(who)
            proper, claim = found
            self._identities.setdefault(proper, None)
            self._records.append(claim)

    def add_identity(self, who: Human, seen_at: datetime | None) -> None:
        if any(who):
            self.claim(who)
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
        name=who.shown or None,
        address=who.address if "@" in who.address else None,
        seen_at=seen_at,
    )


def _batches(history: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a history from a number on, each batch with the number of its first."""
    width = max(1, history.find(b"\n") + 1)
    for first in range(start * width, len(history), BATCH * width):
        yield first // width, history[first : first + BATCH * width]


def _at(history: bytes, position: int) -> str:
    """Return the commit before a position, empty at the beginning."""
    width = history.find(b"\n") + 1
    return history[(position - 1) * width : position * width].decode().strip() if position else ""


def _refs(commit: Commit, copy: Copy | None) -> set[InteractionRef]:
    """Return the keys of all acts that a commit may have told."""
    with suppress(ValueError):
        return {act.ref for act in interactions(commit, None, (), "private", None, copy)}
    return set()


def _without_trees(commits: list[str]) -> Skip:
    """Say once of many commits that their folders cannot be told."""
    reason = (
        f"a tree of this commit or its parent is missing or damaged, and {len(commits) - 1} more commits like it: they "
        "count for the repository as a whole; git fsck names the objects, git fetch --refetch brings them back"
    )
    return Skip(f"commit {commits[0]}", "missing_tree", reason)


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
