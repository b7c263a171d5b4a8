"""Who is a robot and who is a list, from what an identity shows of itself.

A connector says what it saw; this judges it, the same for every network and whichever record comes first. Evidence is
weighed: what only robots bear (``[bot]``, a model with its number) decides alone, what humans bear too (a name, an
address that nobody answers) decides only beside another sign, and a human's full name stands against an address that
several read. What programs set where nobody said who somebody is stands for nobody.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from anyascii import anyascii

from kith.domain.kinds import words as w
from kith.domain.kinds.places import EXAMPLES, is_machine, is_nowhere

VERSION = "6"
# Different people who address somebody that never acts, from which on it is suspected to be a list.
MANY = 10
VERY_MANY = 30

Kind = Literal["person", "bot", "organization", "group", "unknown"]
Reason = Literal[
    "network", "mark", "model", "service", "robot_name", "robot_address", "list", "list_address", "name",
    "nobody", ""
]  # fmt: skip

_MARK = "[bot]"
_VIA = re.compile(r"\s+via\s.*$", re.IGNORECASE)
_BRACKETS = re.compile(r"\([^)]*\)")
_TOKEN = re.compile(r"[a-z]+|\d+(?:\.\d+)*")
_APART = re.compile(r"[^a-z0-9]+")
_ADDRESS = re.compile(r"[\w.+-]@[\w(-]")
_OPEN_LIST = re.compile(r"\b(?:mailing|open|moderated|discussion)[\s-]+lists?\b|\blist:")
#: Written as one word: ``GopherBot``, and ``triagebot``, but not as family names end (Abbot, Talbot, Lambot).
_CAMEL = re.compile(r"(?:^|[\s_.-])(?:\w*[a-z0-9]{3}|[A-Z]{3,})(?:Bot|Robot)\d?$")
_GLUED = re.compile(r"(?!.*[abolmr]bot\d?$)(?:[a-z0-9]+[-_.])*[a-z0-9]{4,}bot\d?$")
_CONVERTER = re.compile(r"^(?:cvs|svn|hg|bzr|git|p4|darcs|tfs|rcs)(?:2|-to-)(?:cvs|svn|hg|git)\b", re.IGNORECASE)
_CI = re.compile(r"[A-Za-z0-9](?:\s+|[_-])CI$|^[^A-Z\s]+[_-]ci$")
#: ``LLVM GN Syncbot``: a task and ``bot`` in one word.
_TASKED = re.compile(rf"(?:{'|'.join(sorted(w.BOT_TASKS))})e?r?s?bot\d?$")
#: Models and tools whose words alone are no service's: a letter makes their name.
_LETTERED = re.compile(r"^(?:openai\s+)?o[1-9]-(?:mini|pro|preview)\b|^amazon\s+q(?:\s+developer)?\b", re.IGNORECASE)
#: Where a tracker takes mails: of one ticket, or one thread.
_TICKET = re.compile(
    r"(?:\d+|control|submit)(?:-\w+)?@bugs\..+|(?:reply|incoming)@(?:reply|incoming)\..+|help-debbugs@.+"
)
_LIST_HOST = re.compile(r"^(?:lists?|groups|mailman|listserv)\.")
_LIST_SERVICE = re.compile(
    r"(?:^|\.)(?:googlegroups\.com|groups\.io|yahoogroups\.com|vger\.kernel\.org|freelists\.org)$"
)
_CODE_HOST = re.compile(r"^(?:users\.)?noreply\.")
_CERTAIN = w.SERVICES | w.MODELS
_THINGS = _CERTAIN | w.NAMESAKES | w.FUNCTIONS
_MAILBOX_WORDS = _THINGS | w.SHARED | w.LIST_ENDINGS | w.GROUPS | w.ROBOT | w.NO_REPLY
_CACHED = 2**15


class Judgment(NamedTuple):
    """A kind, and what it rests on: "" where it is only what was seen."""

    kind: Kind
    reason: Reason = ""


class _Shown(NamedTuple):
    """What an identity shows, in words. `local` without a plus-tag, which is `tag`."""

    raw: str
    words: tuple[str, ...]
    local: str
    tag: str
    domain: str
    handle: bool
    relayed: bool

    @property
    def parts(self) -> list[str]:
        return [part for part in _APART.split(self.local) if part]

    @property
    def labels(self) -> set[str]:
        return set(_APART.split(self.domain))


def judge(
    kind: Kind, name: str = "", handle: str = "", address: str = "", *, is_list: bool = False, vouched: bool = False
) -> Judgment:
    """Say what stands behind an identity of which the network says `kind`.

    is_list: some source names its address as a list's. vouched: the network vouches for one human.
    """
    if is_list:
        return Judgment("group", "list")
    if vouched or kind not in ("person", "unknown"):
        return Judgment(kind, "network")
    shown = _show(name, handle, address)
    if reason := _robot(shown, name, handle) or _group(shown) or _nobody(shown, name):
        return Judgment("group" if reason in ("list_address", "name", "nobody") else "bot", reason)
    return Judgment(kind)


def is_suspected(name: str, address: str, addressers: int) -> bool:
    """Whether a target that never acts is suspected to be a list: so many different ones address it.

    A human's full name stands against it, until more do than write to most humans.
    """
    if addressers < MANY:
        return False
    shown = _show(name, "", address)
    return addressers >= VERY_MANY or len(shown.words) < 2 or not _is_human(shown)


def _show(name: str, handle: str, address: str) -> _Shown:
    local, _, domain = address.lower().rpartition("@")
    local, _, tag = local.partition("+")
    if tag and _CODE_HOST.match(domain):  # 1008+renovate[bot]@users.noreply.github.com
        local, tag = tag, ""
    whole = name.strip() or handle.lstrip("@").strip()
    raw = _VIA.sub("", whole)
    if " " not in raw:  # patchwork-bot+netdevbpf
        raw = raw.partition("+")[0]
    if _ADDRESS.search(raw):  # in place of a name
        raw = ""
    return _Shown(raw, _read(raw), local, tag, domain, bool(handle), len(raw) < len(whole))


@lru_cache(maxsize=_CACHED)
def _read(text: str) -> tuple[str, ...]:
    plain = text if text.isascii() else anyascii(unicodedata.normalize("NFKC", text))
    return tuple(_TOKEN.findall(plain.lower()))


def _robot(shown: _Shown, name: str, handle: str) -> Reason:
    if _MARK in f"{name} {handle} {shown.local}".lower():
        return "mark"
    found = shown.words
    if _LETTERED.search(shown.raw) or _has_number(found):
        return "model"
    if _is_no_reply(shown.local) and shown.labels & w.AGENT_DOMAINS:
        return "service"
    if reason := _named_service(shown):
        return reason
    if _is_robot_name(shown):
        return "robot_name"
    if shown.local and _runs(shown):
        return "robot_address"
    return ""


def _is_robot_name(shown: _Shown) -> bool:
    found = shown.words
    if not found:
        return False
    if (
        " ".join(found) in w.WHOLE
        or "".join(found) in w.NO_REPLY
        or _CONVERTER.search(shown.raw)
        or _CAMEL.search(shown.raw)
    ):
        return True
    if " " not in shown.raw and (_GLUED.search(shown.raw) or not w.PROGRAMS.isdisjoint((found[0], found[-1]))):
        return True
    if found[0] == "launchpad" and "on behalf of" in " ".join(found):
        return True
    if _is_given(found) and not (found[0] in w.NAMESAKES and found[-1] in w.ROBOT):
        return False
    found = _outside(shown) or found
    if not w.AUTO.isdisjoint(found[:1]) and len(found) > 1 and _THINGS.issuperset(found):
        return True
    if " " not in shown.raw and len(found) > 2 and not w.ROLLERS.isdisjoint(found):
        return True
    if _TASKED.match(found[-1]):
        return True
    # ``tip-bot for Ada``, ``tip-bot2``
    if found[0] in w.ROBOT or any(word in w.ROBOT and behind in ("for", "2") for word, behind in pairwise(found)):
        return True
    return (found[-1] in w.ROBOT_ENDINGS or _CI.search(shown.raw) is not None) and not _signs(shown)


def _signs(shown: _Shown) -> bool:
    """Whether the address is that of a human so called: ``sander.bot``, ``sbot``."""
    first, last = shown.words[0], shown.words[-1]
    parts = shown.parts
    if len(parts) == 2 and "." in shown.local and parts[-1] not in w.ROBOT and {*parts} <= {*shown.words}:
        return True
    return len(shown.words) == 2 and shown.local in (f"{first}.{last}", f"{first[0]}{last}", f"{first[0]}.{last}")


def _outside(shown: _Shown) -> tuple[str, ...]:
    """Return the words outside brackets: ``Release Bot (LUCI)``."""
    return _read(_BRACKETS.sub(" ", shown.raw)) if "(" in shown.raw else ()


def _has_number(found: tuple[str, ...]) -> bool:
    """Whether a model and its number are named: ``Opus 4.5``, ``gpt-5``, ``Claude Haiku 3``."""
    for place, word in enumerate(found):
        if word in w.NUMBERED:
            behind = found[place + 1 : place + (3 if word == "claude" else 2)]
            if any(part[0].isdecimal() for part in behind):
                return True
    return False


def _named_service(shown: _Shown) -> Reason:
    """Whether the whole name is one of a service or a model, with words that say what it does."""
    if _THINGS.isdisjoint(shown.words):
        return ""
    found = {word for word in _outside(shown) or shown.words if len(word) > 1 and word.isalpha()}
    if not found or not found - (w.EDITIONS if found & w.MODELS else set()) <= _THINGS:
        return ""
    if known := found & _CERTAIN:
        return "model" if known & w.MODELS else "service"
    if namesakes := found & w.NAMESAKES:
        is_program = (len(found) == 1 and _is_supported(next(iter(found)), shown)) or _runs_model(shown)
        return "service" if is_program or found != namesakes else ""
    if len(found) > 1 and found & w.LEARNED and found & w.LEARNING:
        return "model"
    return "service" if found & w.RUNNING else ""


def _runs_model(shown: _Shown) -> bool:
    """Whether brackets say which model it runs: ``aider (openrouter/claude-sonnet)``."""
    outside = _outside(shown)
    return outside != () and not (w.MODELS | w.NUMBERED).isdisjoint(shown.words[len(outside) :])


def _is_supported(namesake: str, shown: _Shown) -> bool:
    """Whether the address says that a name which humans have too is a program's."""
    if not shown.local:
        return not shown.handle
    if _is_no_reply(shown.local) or shown.tag or shown.labels & (w.RUNNING_DOMAINS | w.AGENT_DOMAINS):
        return True
    if shown.local == namesake and shown.labels & w.FIRMS.get(namesake, frozenset()):
        return True
    return namesake in w.FAMILY_NAMESAKES and shown.local == namesake and shown.domain not in w.FREE_MAIL


def _is_no_reply(local: str) -> bool:
    return _APART.sub("", local) in w.NO_REPLY or local.endswith("-daemon")


def _runs(shown: _Shown) -> bool:
    """Whether the address is one from which programs write, and no human's name stands beside it."""
    if shown.local.endswith("-daemon"):
        return True
    if _is_no_reply(shown.local):
        return not (_is_human(shown) and len(shown.words) > 1 and (_is_given(shown.words) or _is_foreign(shown)))
    parts = shown.parts
    address = f"{shown.local}@{shown.domain}"
    if (shown.local in w.ROBOT_MAILBOXES or _TICKET.fullmatch(address)) and {*shown.words} <= {*parts}:
        return True
    if not parts or _is_given(shown.words):
        return False
    if len(parts) > 1 and parts[-1] in w.ROBOT:  # of a human so called, dots part the words
        return shown.words[-1:] != (parts[-1],) or "-" in shown.local
    if len(shown.words) == 1 and (_GLUED.search(shown.local) or (len(parts) > 1 and parts[-1] in w.AGENTS)):
        return True
    return (parts[0] in w.ROBOT_LOCALS or parts[-1] in w.ROBOT) and not _is_human(shown) and not _spells(shown)


def _spells(shown: _Shown) -> bool:
    """Whether the address spells a name of two words, as those of humans do: ``ci.chen`` for Ci Chen."""
    return len(shown.words) == 2 and [*shown.words] == shown.parts and shown.words[-1] not in w.ROBOT_ENDINGS


def _is_foreign(shown: _Shown) -> bool:
    """Whether no word of the name is one of the domain: firms write under their own."""
    return not shown.labels.intersection(shown.words)


def _group(shown: _Shown) -> Reason:
    if _CODE_HOST.match(shown.domain):
        return ""
    if not shown.local:
        is_named = len(shown.words) > 2 and shown.words[-1] in w.GROUPS and not (shown.handle or _is_given(shown.words))
        return "name" if is_named or _OPEN_LIST.search(shown.raw.lower()) else ""
    relayed = _is_relayed(shown)
    if _LIST_SERVICE.search(shown.domain):
        return "" if relayed else "list_address"
    named = _is_given(shown.words) and len(shown.words) > 1
    if _LIST_HOST.match(shown.domain):
        return "" if relayed or named else "list_address"
    if named:
        return ""
    if _OPEN_LIST.search(shown.raw.lower()) or (len(shown.words) > 1 and shown.words[-1] in w.GROUPS):
        return "name"
    is_spelled = "-" in shown.local and [*shown.words] == shown.parts  # no name but the address again
    return "list_address" if _is_shared(shown) and (is_spelled or not _is_human(shown)) else ""


def _is_shared(shown: _Shown) -> bool:
    """Whether the local part is that of several: ``office``, ``stable``, and where a firm gives it, ``git-devel``."""
    if shown.local in w.SHARED:
        return True
    parts = shown.parts
    if len(parts) < 2 or shown.domain in w.FREE_MAIL:
        return False
    is_dashed = "-" in shown.local and (parts[-1] in w.DASHED_ENDINGS or parts[0] in w.DASHED_BEGINNINGS)
    return parts[-1] in w.LIST_ENDINGS or is_dashed


def _nobody(shown: _Shown, name: str) -> Reason:
    """Whether a program set this where nobody said who somebody is, or it shows in place of who left."""
    said = _APART.sub("", " ".join(shown.words))
    local = _APART.sub("", shown.local)
    if said in w.GONE or name.strip().lower() in ("[deleted]", "[removed]", "<deleted>"):
        return "nobody"
    if shown.handle:
        return ""
    is_unnamed = not said or said in w.PLACEHOLDERS or (said in w.MACHINE_ACCOUNTS and local == said)
    if not is_unnamed:
        return ""
    if not shown.local:
        return "nobody" if said else ""
    if len(shown.parts) > 1 and _is_given(shown.parts):  # donna.smith@laptop
        return ""
    if "@" in name and not is_nowhere(name.rpartition("@")[2].strip(" <>\"'").lower()):
        return ""
    if is_machine(shown.domain) and not is_nowhere(shown.domain) and said in ("", "root"):
        return ""  # sachin-laptop: whoever resolves identities may tell whose it is
    is_named_so = said in (local, shown.domain) and said != ""
    is_form = shown.domain in EXAMPLES and (said != "" or local in w.FORM_LOCALS)
    is_no_ones = local in w.PLACEHOLDER_LOCALS or is_nowhere(shown.domain)
    return "nobody" if is_named_so or is_form or is_no_ones else ""


def _is_relayed(shown: _Shown) -> bool:
    """Whether a human writes by way of the address."""
    return shown.relayed and _is_human(shown)


def _is_given(found: Sequence[str]) -> bool:
    return bool(found) and (found[0] in w.GIVEN or found[0] in w.RARER_GIVEN)


def _is_human(shown: _Shown) -> bool:
    """Whether the name is more than words of a function, a service or the address's own domain."""
    found = set(shown.words)
    if not found or _is_given(shown.words):
        return bool(found)
    if meant := found & _MAILBOX_WORDS:
        return not found <= meant.union(shown.labels, shown.parts)
    return len(found) > 1 or not found <= shown.labels  # two words are a human's own domain
