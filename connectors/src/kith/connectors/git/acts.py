"""What a commit tells about people: who contributed, and who reviewed, tested, reported, signed off or merged it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from kith.connectors import Interaction, InteractionKind, InteractionRef, Ref, Target, Visibility
from kith.connectors._lists import is_list
from kith.connectors.git.messages import KINDS as OF_TRAILERS
from kith.connectors.git.messages import Message, Trailer, parse
from kith.connectors.git.people import Human, human

#: When the last month of the calendar begins, in seconds since 1970: what lies at its very end cannot be stored.
_END = int(datetime(9999, 12, 1, tzinfo=UTC).timestamp())
#: The fields of ``git log`` that ``read_commit`` takes, in its order.
FORMAT = "%x00".join(["%H", "%P", "%an", "%ae", "%at", "%cn", "%ce", "%ct", "%B"])
FIELDS = 9
#: As much of a commit as later merges need to know; ``read_brief`` takes it.
BRIEF = "%x00".join(["%H", "%P", "%an", "%ae", "%cn", "%ce"])
BRIEF_FIELDS = 6

KINDS: tuple[InteractionKind, ...] = tuple(sorted({"contribute", "merge", "copy", "thank", *OF_TRAILERS}))
#: Commits made by pressing a button on GitHub: the human is the author.
_WEB_FLOW = Human("GitHub", "noreply@github.com")


class Commit(NamedTuple):
    """A commit; authored and committed are None where the network's date is none."""

    hash: str
    parents: tuple[str, ...]
    author: Human
    authored: datetime | None
    committer: Human
    committed: datetime | None
    message: Message

    @property
    def is_merge(self) -> bool:
        return len(self.parents) > 1

    @property
    def people(self) -> Iterator[Human]:
        yield self.author
        yield self.committer
        for trailer in self.message.trailers:
            yield from trailer.people

    @property
    def seen(self) -> Iterator[tuple[Human, datetime | None]]:
        """Yield whom the commit names, and when that was so: at the author's date for what a copy repeats."""
        authored, committed = self.authored or self.committed, self.committed or self.authored
        yield self.author, authored
        yield self.committer, committed
        for trailer in self.message.trailers:
            for who in trailer.people:
                yield who, authored if trailer.origin or who == self.author else committed


def read_commit(fields: Sequence[bytes]) -> Commit:
    commit, parents, author, address, authored, committer, committer_address, committed, message = fields
    dates = _moment(authored), _moment(committed)
    if dates == (None, None):
        dates = _end(authored), _end(committed)
    return Commit(
        commit.decode(),
        tuple(parents.decode().split()),
        human(decoded(author), decoded(address)),
        dates[0],
        human(decoded(committer), decoded(committer_address)),
        dates[1],
        parse(decoded(message)),
    )


def read_brief(fields: Sequence[bytes]) -> Commit:
    commit, parents, author, address, committer, committer_address = fields
    return Commit(
        commit.decode(),
        tuple(parents.decode().split()),
        human(decoded(author), decoded(address)),
        None,
        human(decoded(committer), decoded(committer_address)),
        None,
        parse(""),
    )


class Copy(NamedTuple):
    """What a commit repeats of others.

    first: the original's own act. said: the acts of originals that are read here too, by kind and actor. away: the
    originals that are not, as the message names them, each with its whole hash, empty where that is not known.
    """

    first: InteractionRef
    said: frozenset[tuple[InteractionKind, str]]
    away: dict[str, str]

    def is_known(self, act: "_Act") -> bool:
        """Whether an original tells of the act already; a sign-off or review of the copy itself is another."""
        return (act.kind, act.actor.known_by) in self.said and (act.origin != "" or act.kind == "contribute")


def interactions(
    commit: Commit,
    channel: Ref | None,
    merged: Sequence[Human],
    visibility: Visibility,
    arrived_at: datetime | None = None,
    copy: Copy | None = None,
) -> Iterator[Interaction]:
    """Yield the acts of a commit. merged: whose work a merge brought in. arrived_at: where its clock lied.

    The author's act has the author's date, all others the committer's: the latest that they can have happened. What a
    copy repeats is the original's act; where that is not read here, it happened before the author's date at the latest.
    Raises ValueError where the commit has no author or no date.
    """
    committed = commit.committed or commit.authored
    authored = commit.authored or committed
    if authored is None or committed is None:
        raise ValueError("neither author nor committer date can be read")
    if not any(commit.author):
        raise ValueError("the commit names no author")
    title = commit.message.title or None
    text: str | None = commit.message.text or None
    first: InteractionRef | None = None
    for act in _acts(commit, merged):
        own = act.actor == commit.author and act.kind != "merge"
        original = copy.away.get(act.origin) if copy else None
        ref = InteractionRef("git", original or commit.hash, act.kind, actor=act.actor.ref)
        if copy and copy.is_known(act):
            first, text = first or copy.first, None
            continue
        yield Interaction(
            ref,
            act.actor.ref,
            authored if own or original is not None else committed,
            act.targets,
            channel=channel,
            reply_to=first,
            native_kind=act.word,
            title=title,
            text=text,
            visibility=visibility,
            arrived_at=arrived_at,
            copied=bool(original),
        )
        first, text = first or ref, None


class _Act(NamedTuple):
    """word: the network's own. origin: the commit that it was copied from."""

    kind: InteractionKind
    actor: Human
    word: str
    targets: tuple[Target, ...]
    origin: str = ""


def said(commit: Commit) -> Iterator[tuple[InteractionKind, str]]:
    """Yield kind and actor of each act that a commit tells of, its own or copied."""
    for act in _acts(commit, ()):
        yield act.kind, act.actor.known_by


def _acts(commit: Commit, merged: Sequence[Human]) -> Iterator[_Act]:
    """Yield the acts, first the contribution or the merge itself."""
    author = commit.author
    to_author = (Target(author.ref, "author"),)
    root = next(iter(commit.message.origins), "")
    found: dict[tuple[InteractionKind, Human, str], str] = {}
    addressed: dict[InteractionKind, dict[Human, None]] = {"contribute": {}, "copy": {}, "thank": {}}
    told: set[tuple[InteractionKind, str, str]] = set()
    for trailer, kind, who, origin in _told(commit):
        if (kind, who.known_by, origin) in told:  # under another name
            continue
        told.add((kind, who.known_by, origin))
        if kind in addressed and not is_list(who.address):
            addressed[kind][who] = None
        if kind not in ("copy", "thank"):
            found.setdefault((kind, who, origin), trailer.word)
    if commit.is_merge:
        merger = author if commit.committer == _WEB_FLOW else commit.committer
        merger = merger if any(merger) else author
        brought = tuple(Target(who.ref, "author") for who in merged if not who.is_same(merger))
        yield _Act("merge", merger, "merge", brought)
        found.pop(("merge", merger, ""), None)
    else:
        co_authors = tuple(Target(who.ref, "author") for who in addressed["contribute"])
        yield _Act("contribute", author, "author", co_authors, root)
        if _took_in(commit, found):
            found["merge", commit.committer, ""] = "committer"
    for (kind, who, origin), word in found.items():
        yield _Act(kind, who, word, to_author, origin)
    if addressed["copy"]:
        yield _Act("copy", author, "cc", tuple(Target(who.ref, "cc") for who in addressed["copy"]), root)
    if addressed["thank"]:
        yield _Act("thank", author, "thanks-to", tuple(Target(who.ref, "to") for who in addressed["thank"]), root)


def _told(commit: Commit) -> Iterator[tuple[Trailer, InteractionKind, Human, str]]:
    """Yield each trailer's acts by others than the author, with the commit that they were copied from.

    The committer's sign-off at the very end is the copy's own.
    """
    for trailer in commit.message.trailers:
        last = trailer is commit.message.trailers[-1] and trailer.word == "signed-off-by"
        for kind in trailer.acts:
            for who in trailer.people:
                if not who.is_same(commit.author):
                    own = last and who.is_same(commit.committer)
                    yield trailer, kind, who, "" if own else trailer.origin


def _took_in(commit: Commit, found: Iterable[tuple[InteractionKind, Human, str]]) -> bool:
    """Whether the committer took in another's work without saying so in a sign-off, which would be the same act."""
    committer = commit.committer
    if committer == _WEB_FLOW or not any(committer) or committer.is_same(commit.author):
        return False
    return not any(
        kind in ("sign_off", "merge") and who.is_same(committer) and not origin for kind, who, origin in found
    )


def decoded(data: bytes) -> str:
    """Decode what git could not recode by the commit's own header: most often that is Latin-1, as Windows has it."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _moment(seconds: bytes) -> datetime | None:
    """Return the moment; None where no calendar has it."""
    try:
        return datetime.fromtimestamp(int(seconds), UTC) if int(seconds) <= _END else None
    except (ValueError, OverflowError, OSError):
        return None


def _end(seconds: bytes) -> datetime | None:
    """Return the end of the calendar for a date beyond it, which lies in the future like any other lie."""
    try:
        return datetime.fromtimestamp(_END, UTC) if int(seconds) > _END else None
    except ValueError:
        return None
