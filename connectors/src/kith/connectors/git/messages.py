"""What a commit message says: title, text, area, and the trailers that name people."""

import re
from functools import lru_cache
from typing import NamedTuple

from kith.connectors import InteractionKind
from kith.connectors.git.people import Human, named_in

PEOPLE = 1000  # named by one commit; a machine wrote what goes beyond
TITLE_CHARACTERS = 1000
TEXT_CHARACTERS = 1_000_000
TRAILER_CHARACTERS = 20_000  # of one that goes on over several lines

_TRAILER = re.compile(r"([A-Za-z][A-Za-z0-9]*(?:[-/& _]+[A-Za-z0-9]+){0,8})\s?[:：]\s*(.*)", re.DOTALL)
#: Dashes that programs make of hyphens, and marks that nobody sees.
_PLAIN_SIGNS = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2212", "-") | dict.fromkeys("\u200b\u2060\ufeff", "")
)
#: White space, and marks that nobody sees.
_BLANK = "\ufeff\u200b\u2060\u00ad \t\n\r\v\f\u00a0\u3000\x85\u2028\u2029"
_NOTE = re.compile(r"\[.*\]?$|---?$")
_HASH = r"['\"`]?(?:https?://[^\s()]{1,200}/(?:commit|c|\+)/|[\w.-]{1,60}/[\w.-]{1,60}@)?(?P<hash>[0-9a-f]{7,64})\b"
#: A line that ends what stood in the message of the commit that this one copies.
_PICKED = re.compile(
    r"[\[(*\s]*(?:this\s+is\s+)?(?:an?\s+)?(?:(?:partial|manual|clean|automatic)(?:ly)?\s+)?"
    r"(?:(?:cherry[- ]?pick(?:ed|s)?|(?:back|forward)[- ]?port(?:ed|s)?)(?:[- ](?:from|of))?"
    r"|(?:ported|grafted|transplanted|picked)[- ]from|graft of):?\s+"
    rf"(?:(?:from|of|the|original|upstream|mainline|main|master|commit|revision|rev|sha)\b:?\s*){{0,4}}{_HASH}",
    re.IGNORECASE,
)
#: A line that says of the whole commit that it is a copy.
_UPSTREAM = re.compile(
    r"[\[(*\s]*(?:this\s+is\s+)?(?:the\s+)?(?:"
    r"(?:upstream|mainline|original|linus|linux|master|x-upstream)"
    rf"(?:[- ](?:commit|sha|id|change)){{0,2}}\s*:?\s+{_HASH}|"
    rf"commit\s+{_HASH.replace('hash', 'other')},?\s+(?:from\s+|in\s+)?(?:upstream|mainline|linus|linux)\S*(?:\s+tree)?"
    r")[\s.,\])]*",
    re.IGNORECASE,
)
_COPY_WORDS = (
    "cherry", "port", "stream", "mainline", "riginal", "linus", "linux", "graft", "transplant", "picked",
    "master commit",
)  # fmt: skip
_LINE_CHARACTERS = 300
#: Trailers that name no person, but show that a paragraph is made of trailers.
_PLAIN = {
    "bug", "bugs", "bug-id", "bugzilla", "change-id", "closes", "cc", "see-also", "differential revision", "fixes",
    "git-svn-id", "issue", "issues", "link", "maniphest tasks", "message-id", "pr", "reference", "references", "refs",
    "related", "resolves", "reviewed-on", "reviewers", "subscribers", "thanks-to",
}  # fmt: skip
#: The words of a ``*-by`` trailer and the act each stands for; several may be joined, as in Reported-and-tested-by.
_ACTS: dict[str, InteractionKind] = {
    "authored": "contribute", "developed": "contribute", "written": "contribute", "patch": "contribute",
    "contributed": "contribute", "reviewed": "review", "acked": "approve", "ack": "approve", "approved": "approve",
    "nacked": "conflict", "nack": "conflict", "naked": "conflict", "nak": "conflict", "rejected": "conflict",
    "objected": "conflict", "opposed": "conflict", "vetoed": "conflict", "declined": "conflict", "refused": "conflict",
    "disapproved": "conflict", "disagreed": "conflict", "blocked": "conflict", "disliked": "conflict",
    "denied": "conflict", "disputed": "conflict", "contested": "conflict", "questioned": "conflict",
    "doubted": "conflict", "protested": "conflict", "discouraged": "conflict", "criticized": "conflict",
    "criticised": "conflict", "refuted": "conflict", "challenged": "conflict", "dissented": "conflict",
    "dissenting": "conflict", "minus": "conflict", "lgtm": "approve",
    "hated": "conflict", "downvoted": "conflict", "nixed": "conflict", "condemned": "conflict",
    "tested": "test", "verified": "test", "checked": "test", "reported": "report", "noticed": "report",
    "spotted": "report", "found": "report", "discovered": "report", "diagnosed": "report", "identified": "report",
    "suggested": "suggest", "requested": "suggest", "proposed": "suggest", "inspired": "suggest", "idea": "suggest",
    "helped": "help", "mentored": "help", "assisted": "help", "analyzed": "help", "analysed": "help",
    "debugged": "help", "bisected": "help", "improved": "help", "explained": "help", "fixed": "help",
    "commented": "comment", "signed": "sign_off", "merged": "merge", "committed": "merge", "applied": "merge",
    "sponsored": "sponsor", "liked": "endorse",
}  # fmt: skip
KINDS = frozenset(_ACTS.values())
#: How words begin that speak against a change, in whatever form.
_AGAINST = re.compile(
    r"(?:object|reject|na(?:c?k|kc)|veto|oppos|disapprov|dissent|against|disagree|down-?vot|minus|protest|contest|critici[sz]"
    r"|concern|disput|condemn|denounc|deplor|loath|scorn|rebuk|resent|fought|turned|nope|nay|unhappy|s[ck]eptic|complain)"
)
#: Words that say that something did not happen, no longer holds or is still to come.
_DENIED = {
    "not",
    "non",
    "no",
    "never",
    "un",
    "without",
    "mis",
    "nicht",
    "kein",
    "niet",
    "pas",
    "ikke",
    "inte",
    "former",
    "formerly",
    "ex",
    "withdrawn",
    "retracted",
    "revoked",
    "rescinded",
    "pending",
    "awaiting",
    "needs",
    "unless",
    "be",
    "anti",
    "de",
    "dis",
    "wont",
    "cant",
    "cannot",
    "dont",
    "didnt",
    "isnt",
    "wasnt",
    "shouldnt",
    "wouldnt",
    "hardly",
    "barely",
    "almost",
    "maybe",
    "perhaps",
    "nobody",
    "none",
    "failed",
    "failing",
    "wrongly",
    "falsely",
    "incorrectly",
    "lacks",
    "lacking",
    "missing",
    "expired",
    "cancelled",
    "canceled",
    "voided",
    "overruled",
    "unacknowledged",
    "withheld",
    "lapsed",
}
#: What somebody did who helped nobody with this change.
_NO_HELP = {
    "reverted", "broken", "broke", "introduced", "regressed", "caused", "superseded", "obsoleted", "replaced",
    "triggered", "blamed", "complained", "abandoned", "closed", "dropped", "removed", "ignored", "abstained",
    "expected", "wanted", "required", "build", "dismissed", "skipped", "forgotten", "postponed", "deferred", "delayed",
    "disowned", "whined", "overlooked", "unnoticed",
}  # fmt: skip
#: ``Unendorsed``, and not what begins so without denying anything, as in Uncovered-by.
_UNDONE = re.compile(r"un(?!der|cover|earth|block|lock|rav|veil|if|it|tangle|mask|stuck|wound)\w+ed")
_UNDOING = ("un", "de", "dis", "mis", "non", "not", "never")
#: Words of trailers that name tools: without an address, nobody is missing.
_TOOLS = {"assisted", "generated", "ai", "llm", "tool", "tools", "powered"}
_AREA = re.compile(
    r"\s*(?:\[[^\]]*\]\s*)*(@?[A-Za-z0-9_.][\w./+*-]{0,60})(?:, ?[\w./+*-]{1,60}){0,5}"
    r"(?:\(([\w./+, -]{1,60})\))?!?:\s+(?=\S)"
)
#: What stands before the subject of the commit that this one undoes, redoes or mends.
_ABOUT = re.compile(r"(?:(?:revert|reapply|reland)\s+[\"']|(?:fixup|squash|amend)!\s+)+", re.IGNORECASE)
#: What a change is, not where: the area is the scope in brackets, else what stands before the next colon.
_TYPES = {
    "feat", "feature", "fix", "bugfix", "hotfix", "chore", "refactor", "perf", "style", "revert", "reapply", "wip",
    "merge", "improvement", "improve", "backport", "cherry-pick", "enhancement", "bug", "bug/minor", "bug/medium",
    "bug/major", "bug/critical", "minor", "medium", "major", "critical", "trivial", "cleanup", "clean", "optim", "typo",
    "misc", "various", "note", "todo", "rfc",
}  # fmt: skip
#: What a change is as well as where: the scope is nearer, where there is one.
_BROAD = {"build", "ci", "docs", "doc", "test", "tests", "deps"}
#: Tickets, versions and plain numbers.
_NOWHERE = re.compile(
    r"(?!(?:UTF|SHA|AES|ISO|MD)-)[A-Z][A-Z0-9]+-\d+|(?:bpo|gh|issue|bug|ticket|pr)[-_]?\d+|v?\d[\d.]*", re.ASCII
)


class Trailer(NamedTuple):
    """One trailer that names people: its word in lower case, the acts it stands for, and whom it names.

    origin: the commit in whose message it stood before it was copied into this one; empty where it is this one's own.
    """

    word: str
    acts: tuple[InteractionKind, ...]
    people: tuple[Human, ...]
    origin: str = ""


class Message(NamedTuple):
    """A message taken apart. unread: trailers that should name a person but give no address. cut: what was too much.

    origins: the commits that this one says it is a copy of, the first one first; perhaps abbreviated.
    """

    title: str
    text: str
    trailers: tuple[Trailer, ...]
    unread: tuple[str, ...]
    origins: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()


def parse(message: str) -> Message:
    """Take a commit message apart; trailers stand in the last paragraphs, notes and foreign lines among them."""
    paragraphs = _paragraphs(message)
    if not paragraphs:
        return Message("", "", (), ())
    title = " ".join(paragraphs[0].split())
    lines: list[tuple[str, str]] = []
    while len(paragraphs) > 1 and (block := _trailer_lines(paragraphs[-1])):
        lines = block + lines
        paragraphs.pop()
    trailers, unread, cut = [], [], []
    named = 0
    origins = _origins(paragraphs[1:])
    told_of = _told_of(lines, origins)
    for (word, value), origin in zip(lines, told_of, strict=True):
        if not word:
            origins = (*origins, value)
            continue
        acts, known = acts_of(word.lower())
        people = named_in(value) if acts else ()
        if people:
            trailers.append(Trailer(word.lower(), acts, people[: max(0, PEOPLE - named)], origin))
            named += len(people)
        elif known and _TOOLS.isdisjoint(_parts(word.lower())):
            unread.append(f"{word}: {value}"[:200])
        if len(value) > TRAILER_CHARACTERS:
            cut.append(f"lines of {word} beyond {TRAILER_CHARACTERS:,} characters")
    text = "\n\n".join(paragraphs).strip()
    for what, count, most in (
        ("people", named, PEOPLE),
        ("characters of the subject", len(title), TITLE_CHARACTERS),
        ("characters of the text", len(text), TEXT_CHARACTERS),
    ):
        if count > most:
            cut.append(f"{count - most:,} {what} beyond {most:,}")
    return Message(
        title[:TITLE_CHARACTERS], text[:TEXT_CHARACTERS], tuple(trailers), tuple(unread),
        tuple(dict.fromkeys(origins)), tuple(cut),
    )  # fmt: skip


def area(title: str) -> str | None:
    """Return the part of the project that a subject names (``refs: fix x``, ``feat(refs): x``), or None.

    Of several parts the first; of a commit about another, that one's.
    """
    about = _ABOUT.match(title)
    position = about.end() if about else 0
    while match := _AREA.match(title, position):
        prefix, scope = match[1].lower(), (match[2] or "").partition(",")[0].strip().lower()
        if scope and (prefix in _TYPES or prefix in _BROAD):
            return scope
        if prefix not in _TYPES and not _NOWHERE.fullmatch(match[1]):
            return prefix
        position = match.end()
    return None


@lru_cache(maxsize=10_000)
def acts_of(word: str) -> tuple[tuple[InteractionKind, ...], bool]:
    """Return the acts of a trailer's word in lower case, and whether kith knows the word.

    An unknown ``*-by`` that names an address is help of some kind: the word is kept as native_kind. What is denied
    (Not-reviewed-by, Untested-by) did not happen: it stands for no act.
    """
    if word == "cc":
        return ("copy",), True
    if word in ("thanks-to", "thanks"):
        return ("thank",), True
    if not word.endswith(("-by", " by")):
        return (), False
    parts = _parts(word)
    if "generated" in parts or any(map(_is_denied, parts)):
        return (), True
    if parts[0] in _NO_HELP:
        return (), False
    found = (
        _ACTS.get(part) or ("conflict" if _AGAINST.match(part) or _is_thumb_down(parts) else None) for part in parts
    )
    acts = tuple(dict.fromkeys(act for act in found if act))
    if "conflict" in acts:  # whatever was refused
        acts = tuple(act for act in acts if act != "approve")
    return acts or ("help",), bool(acts)


def _parts(word: str) -> list[str]:
    return re.split(r"[-/& ]+", word)


def _is_thumb_down(parts: list[str]) -> bool:
    return "down" in parts and not {"thumb", "thumbs"}.isdisjoint(parts)


def _origins(paragraphs: list[str]) -> tuple[str, ...]:
    """Return the commits that lines of the text name as what this one copies, in lower case."""
    found = (_copied(line) for paragraph in paragraphs for line in paragraph.split("\n"))
    return tuple(origin for origin in found if origin)


def _told_of(lines: list[tuple[str, str]], origins: tuple[str, ...]) -> list[str]:
    """Return for each trailer the commit whose message it stood in, empty for this one's.

    A line such as ``(cherry picked from commit ...)`` ends what was copied; without one among the trailers, all of them
    may have been.
    """
    origin = "" if any(not word for word, _ in lines) else next(iter(origins), "")
    found: list[str] = []
    for word, value in reversed(lines):
        origin = origin if word else value
        found.append(origin)
    first = next((number for number, (word, _) in enumerate(lines) if not word), 0)
    return [origins[0]] * first + found[::-1][first:] if origins else found[::-1]


def _copied(line: str) -> str:
    """Return the commit that a line names as what this one copies, empty where it names none."""
    line = line[:_LINE_CHARACTERS]
    lower = line.lower()
    if not any(word in lower for word in _COPY_WORDS):
        return ""
    match = _PICKED.match(line) or _UPSTREAM.fullmatch(line)
    return (match.groupdict().get("hash") or match["other"]).lower() if match else ""


def _is_denied(part: str) -> bool:
    undone = any(part.startswith(prefix) and part.removeprefix(prefix) in _ACTS for prefix in _UNDOING)
    return part in _DENIED or (part not in _ACTS and (undone or _UNDONE.fullmatch(part) is not None))


def _paragraphs(message: str) -> list[str]:
    """Return the paragraphs, whatever ends their lines; a line of white space alone ends one, as git holds."""
    lines = message.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    text = "\n".join(["" if not line.strip(_BLANK) else line.rstrip() for line in lines]).strip(_BLANK)
    return [paragraph.strip("\n") for paragraph in text.split("\n\n") if paragraph.strip()]


def _trailer_lines(paragraph: str) -> list[tuple[str, str]]:
    """Return the trailers of a paragraph; none where it is prose.

    It is a block of trailers if it has one that is in use for that, and at least half of its lines are trailers or go
    with them: git's own rule asks for a quarter, but takes known words from the configuration.
    """
    found: list[tuple[str, str]] = []
    fitting = count = 0
    known = False
    lines = paragraph.split("\n")
    for line in lines:
        count += 1
        if origin := _copied(line):
            found.append(("", origin))
            known = True
            fitting += 1
        elif line[:1] in " \t" and found:
            word, value = found[-1]
            if word and len(value) <= TRAILER_CHARACTERS:
                found[-1] = (word, f"{value} {line.strip()}")
            fitting += 1
        elif match := _trailer(line, lines[count] if count < len(lines) else ""):
            word = " ".join(match[1].split("_")).replace(" by", "-by") if "_" in match[1] else match[1]
            is_known = word.lower() in _PLAIN or word.lower().endswith("-by")
            known = known or is_known or ("@" in match[2] and acts_of(word.lower())[1])
            found.append((word, match[2].rstrip()))
            fitting += 1
        elif _NOTE.match(line):
            fitting += 1
    return found if known and fitting * 2 >= count else []


def _trailer(line: str, after: str) -> re.Match[str] | None:
    """Return word and value of a trailer; the value may stand on the indented line after it alone."""
    if ":" not in line and "：" not in line:
        return None
    word, colon, value = line.partition(":") if ":" in line else line.partition("：")
    match = _TRAILER.fullmatch(f"{word.translate(_PLAIN_SIGNS)}{colon}{value}")
    return match if match and (match[2] or (after[:1] in " \t" and after.strip())) else None
