"""What a commit tells about people: who contributed, and who reviewed, tested, reported, signed off or merged it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from kith.connectors import Interaction, InteractionKind, InteractionRef, Ref, Target, Visibility
from kith.connectors.git.messages import Message, parse
from kith.connectors.git.people import Human, human

#: The fields of ``git log`` that ``read_commit`` takes, in its order.
FORMAT = "%x00".join(["%H", "%P", "%an", "%ae", "%at", "%cn", "%ce", "%ct", "%B"])
FIELDS = 9
#: As much of a commit as later merges need to know; ``read_brief`` takes it.
BRIEF = "%x00".join(["%H", "%P", "%an", "%ae", "%cn", "%ce"])
BRIEF_FIELDS = 6

TITLE_CHARACTERS = 1000
TEXT_CHARACTERS = 1_000_000

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


def read_commit(fields: Sequence[bytes]) -> Commit:
    commit, parents, author, address, authored, committer, committer_address, committed, message = fields
    return Commit(
        commit.decode(),
        tuple(parents.decode().split()),
        human(_text(author), _text(address)),
        _moment(authored),
        human(_text(committer), _text(committer_address)),
        _moment(committed),
        parse(_text(message)),
    )


def read_brief(fields: Sequence[bytes]) -> Commit:
    commit, parents, author, address, committer, committer_address = fields
    return Commit(
        commit.decode(),
        tuple(parents.decode().split()),
        human(_text(author), _text(address)),
        None,
        human(_text(committer), _text(committer_address)),
        None,
        parse(""),
    )


def interactions(
    commit: Commit, channel: Ref | None, merged: Sequence[Human], visibility: Visibility
) -> Iterator[Interaction]:
    """Yield the acts of a commit. merged: whose work a merge brought in.

    The author's act has the author's date, all others the committer's: the latest that they can have happened.
    Raises ValueError where the commit has no author or no date.
    """
    committed = commit.committed or commit.authored
    authored = commit.authored or committed
    if authored is None or committed is None:
        raise ValueError("neither author nor committer date can be read")
    if not any(commit.author):
        raise ValueError("the commit names no author")
    title = commit.message.title[:TITLE_CHARACTERS] or None
    first: InteractionRef | None = None
    for kind, actor, word, targets in _acts(commit, merged):
        own = actor == commit.author
        ref = InteractionRef("git", commit.hash, kind, actor=actor.ref)
        yield Interaction(
            ref,
            actor.ref,
            authored if own and kind != "merge" else committed,
            targets,
            channel=channel,
            reply_to=first,
            native_kind=word,
            title=title,
            text=None if first else commit.message.text[:TEXT_CHARACTERS] or None,
            visibility=visibility,
        )
        first = first or ref


def _acts(commit: Commit, merged: Sequence[Human]) -> Iterator[tuple[InteractionKind, Human, str, tuple[Target, ...]]]:
    """Yield kind, actor, the network's word and targets; first the contribution or the merge itself."""
    author = commit.author
    to_author = (Target(author.ref, "author"),)
    found: dict[tuple[InteractionKind, Human], str] = {}
    addressed: dict[InteractionKind, dict[Human, None]] = {"contribute": {}, "copy": {}, "thank": {}}
    for trailer in commit.message.trailers:
        for kind in trailer.acts:
            for who in trailer.people:
                if who.is_same(author):
                    continue
                if kind in addressed:
                    addressed[kind][who] = None
                if kind not in ("copy", "thank"):
                    found.setdefault((kind, who), trailer.word)
    if commit.is_merge:
        merger = author if commit.committer == _WEB_FLOW else commit.committer
        merger = merger if any(merger) else author
        yield "merge", merger, "merge", tuple(Target(who.ref, "author") for who in merged if not who.is_same(merger))
        found.pop(("merge", merger), None)
    else:
        co_authors = tuple(Target(who.ref, "author") for who in addressed["contribute"])
        yield "contribute", author, "author", co_authors
        if _took_in(commit, found):
            found["merge", commit.committer] = "committer"
    for (kind, who), word in found.items():
        yield kind, who, word, to_author
    if addressed["copy"]:
        yield "copy", author, "cc", tuple(Target(who.ref, "cc") for who in addressed["copy"])
    if addressed["thank"]:
        yield "thank", author, "thanks-to", tuple(Target(who.ref, "to") for who in addressed["thank"])


def _took_in(commit: Commit, found: dict[tuple[InteractionKind, Human], str]) -> bool:
    """Whether the committer took in another's work without saying so in a sign-off, which would be the same act."""
    committer = commit.committer
    if committer == _WEB_FLOW or not any(committer) or committer.is_same(commit.author):
        return False
    return not any(kind in ("sign_off", "merge") and who.is_same(committer) for kind, who in found)


def _text(data: bytes) -> str:
    """Decode what git could not recode by the commit's own header: most often that is Latin-1, as Windows has it."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _moment(seconds: bytes) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
