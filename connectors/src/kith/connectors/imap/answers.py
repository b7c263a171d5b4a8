"""What an IMAP server answers (RFC 3501, 4731, 5161, 7162), from bytes to values. No I/O.

A line that announces a literal goes on behind it, so an answer comes in parts: text, literal, text, ...
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from kith.connectors import Fatal

#: An atom is text, a string is bytes, NIL is None.
Value = str | bytes | None | list["Value"]

DEPTH = 50  # of lists in lists
_LITERAL = re.compile(rb"\{(\d{1,10})\+?\}\Z")
_TOKEN = re.compile(
    rb"""\s*(?:(?P<open>\()|(?P<close>\))|"(?P<quoted>(?:[^"\\\r\n]|\\.)*)"
    |(?P<atom>(?:[^\s()"{\[]|\[[^\]]*\])+))""",
    re.VERBOSE,
)
_STATUS = re.compile(rb"(?i)(\S+) (OK|NO|BAD|BYE|PREAUTH)(?: \[([^\]]*)\])?(?: ?(.*))?", re.DOTALL)


class Answer(msgspec.Struct, frozen=True):
    """One answer. tag: ``*`` where it ends no command, ``+`` where the server waits for more.

    word: OK, NO, BAD, BYE, PREAUTH with their code and words, else what the values are: FETCH, LIST, VANISHED, ...
    number: that stands before the word.
    """

    tag: str
    word: str
    number: int = 0
    code: str = ""
    text: str = ""
    values: list[Value] = []


def literal_size(line: bytes) -> int | None:
    """Return how many bytes follow a line that announces them."""
    match = _LITERAL.search(line)
    return int(match[1]) if match else None


def answer_of(parts: Sequence[bytes]) -> Answer:
    """Return what the parts of an answer mean. Raises Fatal where they are no IMAP."""
    first = parts[0]
    if first.startswith(b"+"):
        return Answer("+", "", text=_text(first[1:].strip()))
    if match := _STATUS.fullmatch(first):
        return Answer(_text(match[1]), _text(match[2]).upper(), 0, _text(match[3] or b""), _text(match[4] or b""))
    tag, _, rest = first.partition(b" ")
    if tag != b"*":
        raise _malformed(first)
    values = _values([rest, *parts[1:]])
    number = 0
    if values and isinstance(values[0], str) and values[0].isdigit():
        number = int(str(values.pop(0)))
    if not values or not isinstance(values[0], str):
        raise _malformed(first)
    return Answer("*", str(values.pop(0)).upper(), number, values=values)


def pairs(value: Value) -> dict[str, Value]:
    """Return a list of names and values as such; without what follows an odd one."""
    if not isinstance(value, list):
        return {}
    names = (name.upper() for name in value[::2] if isinstance(name, str))
    return dict(zip(names, value[1::2], strict=False))


def number(value: Value) -> int:
    """Return a number; 0 where it is none."""
    if isinstance(value, list):
        value = value[0] if value else None
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return int(text) if isinstance(text, str) and text.isdecimal() and len(text) < 20 else 0


def ranges(text: str) -> list[tuple[int, int]]:
    """Return a sequence set, ``1:3,7``, as first and last numbers in order. Raises Fatal."""
    found = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition(":")
        if not (number(first) and number(last or first)):
            raise _malformed(text.encode())
        found.append((min(number(first), number(last or first)), max(number(first), number(last or first))))
    return sorted(found)


def ranges_of(numbers: Iterator[int]) -> list[tuple[int, int]]:
    """Return numbers as ranges, in order."""
    found: list[tuple[int, int]] = []
    for one in sorted(set(numbers)):
        if found and found[-1][1] == one - 1:
            found[-1] = (found[-1][0], one)
        else:
            found.append((one, one))
    return found


def quoted(text: str) -> bytes:
    """Return a text as a quoted string. Raises Fatal where none can hold it."""
    if not text.isascii() or any(ord(sign) < 32 for sign in text):
        raise Fatal("A name or password with such characters cannot be sent to this server.")
    return b'"' + re.sub(r'(["\\])', r"\\\1", text).encode() + b'"'


def folder_name(raw: str) -> str:
    """Return a folder's name as people see it: the server writes it in a kind of UTF-7."""

    def wide(match: re.Match[str]) -> str:
        if not match[1]:
            return "&"
        encoded = "+" + match[1].replace(",", "/") + "-"
        try:
            return encoded.encode("ascii").decode("utf-7")
        except (UnicodeDecodeError, UnicodeEncodeError):
            return match[0]

    return re.sub(r"&([^-]*)-", wide, raw)


def _values(parts: Sequence[bytes]) -> list[Value]:
    whole: list[Value] = []
    open_: list[list[Value]] = [whole]
    for number_, part in enumerate(parts):
        if number_ % 2:
            open_[-1].append(part)
            continue
        text = _LITERAL.sub(b"", part) if number_ + 1 < len(parts) else part
        at = 0
        while at < len(text.rstrip()):
            match = _TOKEN.match(text, at)
            if match is None:
                raise _malformed(parts[0])
            at = match.end()
            if match["open"]:
                open_[-1].append([])
                open_.append(open_[-1][-1])  # type: ignore[arg-type] # the list that was just put there
                if len(open_) > DEPTH:
                    raise _malformed(parts[0])
            elif match["close"]:
                open_.pop()
                if not open_:
                    raise _malformed(parts[0])
            elif match["atom"] is not None:
                atom = _text(match["atom"])
                open_[-1].append(None if atom.upper() == "NIL" else atom)
            else:
                open_[-1].append(re.sub(rb"\\(.)", rb"\1", match["quoted"]))
    if len(open_) != 1:
        raise _malformed(parts[0])
    return whole


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _malformed(data: bytes) -> Fatal:
    return Fatal(f"The server answers what is no IMAP: {_text(data[:100])!r}.")
