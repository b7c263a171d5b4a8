"""What of a text is listened to: what its writer said, sign by sign in its place."""

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

CHARACTERS = 100_000
"""What is listened to of one text."""
QUOTE = 300  # characters

_LEFT_OUT = (
    re.compile(r"(?m)^-- ?\n(?s:.*)"),
    re.compile(r"(?mi)^-{2,} ?(?:original message|forwarded message|forwarded by)(?s:.*)"),
    re.compile(r"(?s)```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`|<(code|pre)\b.*?(?:</\1>|\Z)"),
    re.compile(r"(?m)^[ \t]*>.*$"),
    re.compile(r"(?m)^(?: {4}|\t).*$"),
    re.compile(r"(?:https?|ftp)://\S+|www\.\S+"),
    re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,9}\w+"),
)
_BREAKS = str.maketrans("\t\n\r\v\f\u00a0", "      ")
_ENDS = re.compile(r"[.!?؟？⸮…][\"')\]”’]*\s|[。！？]|\n")
_WITHOUT_SPACES = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def own(text: str) -> str:
    """Blank quotes, code, signature, links and addresses; every other sign stays where it is."""
    said = text[:CHARACTERS]
    for left_out in _LEFT_OUT:
        said = left_out.sub(_blank, said)
    return said


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def fold(text: str) -> tuple[str, Sequence[int]]:
    """Return a text with cases and kinds of white space folded, and where each sign of it stood."""
    said = text.translate(_BREAKS).casefold()
    if len(said) == len(text):
        return said, range(len(text) + 1)
    return said, [*(i for i, sign in enumerate(text) for _ in sign.casefold()), len(text)]


def is_bounded(text: str, start: int, stop: int) -> bool:
    """Whether whole words stand there, or a script without spaces; never a part of a file's or a domain's name."""
    before, after = text[max(start - 2, 0) : start], text[stop : stop + 2]
    if _goes_on(before[-1:], text[start]) or _goes_on(after[:1], text[stop - 1]):
        return False
    return not (before[-1:] == "." and before[:1].isalnum()) and not (after[:1] == "." and after[1:].isalnum())


def _goes_on(beside: str, edge: str) -> bool:
    return (beside.isalnum() or beside == "_") and edge.isalnum() and not _WITHOUT_SPACES.match(edge)


def begins_sentence(text: str, start: int) -> bool:
    before = text[max(start - 100, 0) : start].rstrip(" \t\"'“‘(*-–")
    return not before or before[-1] in "\n\r.!?:;؟？。！…>"


def quote(text: str, start: int, stop: int) -> tuple[str, int]:
    """Return the sentence in which something stands, ``QUOTE`` characters at most, and where in it that begins."""
    near = max(stop - QUOTE, 0)
    begin = max((near + found.end() for found in _ENDS.finditer(text[near:start])), default=near)
    found = _ENDS.search(text, stop)
    end = min(found.end() if found else len(text), begin + QUOTE)
    said = text[begin:end]
    return said.strip(), start - begin - (len(said) - len(said.lstrip()))


@cache
def common() -> frozenset[str]:
    """Words that people write in small letters in mail and chat alike (``tests.quality.train_watches``)."""
    return frozenset(files(__package__).joinpath("common.txt").read_text(encoding="utf-8").split())
