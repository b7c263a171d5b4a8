"""The new text of a mail: without what it quotes, its signature and what the list added."""

import re
from html.parser import HTMLParser

CHARACTERS = 100_000  # of one mail; what goes beyond is no conversation

_ATTRIBUTION_LINES = 4
_ATTRIBUTION_CHARACTERS = 400
_WROTE = re.compile(
    r"\b(?<!\bI )(wrote|writes|schrieb|a écrit|escribió|escreveu|ha scritto"
    r"|skrev|schreef|napisał|написал|пишет)\b.{0,80}:$",
    re.IGNORECASE,
)
_WHEN = re.compile(r"(on|am|le|el|em|il|den|op|w dniu|в|at|\d)\b.*\d", re.IGNORECASE)
_WHO = re.compile(r"\S+(@|\sat\s)[\w.-]+")
#: All that follows is another's mail, or the list's own words.
_REST = re.compile(
    r"-{2,}\s*(original message|ursprüngliche nachricht|message d'origine|forwarded message)\s*-{2,}|"
    r"begin forwarded message:|-{6,} next part -{6,}|_{20,}$",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"\n{3,}")


def new_text(text: str) -> str:
    """Return what the author adds.

    Lines that begin with ``>`` go, with the line that says who wrote them; all from a signature (``-- ``), a forwarded
    mail or a list's footer on goes.
    """
    kept: list[str] = []
    for line in text[: 4 * CHARACTERS].splitlines():
        if line.startswith(">"):
            if kept and kept[-1] != _QUOTE:
                _drop_attribution(kept)
                kept.append(_QUOTE)
            continue
        if line.rstrip("\r") in ("-- ", "--") or _REST.match(line):
            break
        kept.append(line.rstrip())
    return _BLANKS.sub("\n\n", "\n".join("" if line == _QUOTE else line for line in kept)).strip()[:CHARACTERS]


#: Stands for a quoted passage while the lines around it are looked at; splitlines never yields it.
_QUOTE = "\n"


def _drop_attribution(kept: list[str]) -> None:
    """Drop ``On ... wrote:`` from the end of the lines, which a quoted passage follows."""
    end = len(kept)
    while end and not kept[end - 1].strip():
        end -= 1
    for start in range(max(0, end - _ATTRIBUTION_LINES), end):
        lines = kept[start:end]
        if all(line.strip() and line != _QUOTE for line in lines) and _is_attribution(" ".join(lines).strip()):
            del kept[start:]
            return


def _is_attribution(text: str) -> bool:
    """Whether this says who wrote what follows: by a date, an address, or in a few words (``Ada wrote:``)."""
    if len(text) > _ATTRIBUTION_CHARACTERS:
        return False
    dated = _WHEN.match(text) is not None
    if _WROTE.search(text):
        return dated or _WHO.match(text) is not None or len(text.split()) <= 4
    return dated and text.endswith(":") and _WHO.search(text) is not None


def html_text(html: str) -> str:
    """Return the text of an HTML mail; quotations in it begin with ``>``, as in plain text."""
    reader = _TextOfHtml()
    reader.feed(_without_comments(html[: 2 * CHARACTERS]))
    reader.close()
    return _BLANKS.sub("\n\n", reader.text()).strip()


def _without_comments(html: str) -> str:
    """Cut comments out; the library's parser takes minutes for thousands that never end."""
    kept, position = [], 0
    while (start := html.find("<!--", position)) >= 0:
        kept.append(html[position:start])
        end = html.find("-->", start)
        position = len(html) if end < 0 else end + 3
    return "".join([*kept, html[position:]])


class _TextOfHtml(HTMLParser):
    _BLOCKS = frozenset(
        ("p", "div", "br", "tr", "li", "ul", "ol", "table", "blockquote", "h1", "h2", "h3", "h4", "pre", "hr")
    )
    _HIDDEN = frozenset(("script", "style", "head", "title"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = [""]
        self._hidden = 0
        self._quoted = 0
        self._plain = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in self._HIDDEN:
            self._hidden += 1
        if tag in self._BLOCKS:
            self._lines.append("")
        self._quoted += tag == "blockquote"
        self._plain += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in self._HIDDEN and self._hidden:
            self._hidden -= 1
        if tag == "blockquote" and self._quoted:
            self._quoted -= 1
        if tag == "pre" and self._plain:
            self._plain -= 1
        if tag in self._BLOCKS and tag not in ("br", "hr"):
            self._lines.append("")

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        for number, part in enumerate(data.split("\n") if self._plain else [" ".join(data.split())]):
            if number:
                self._lines.append("")
            if part:
                line = self._lines[-1]
                space = " " if line and not self._plain and data[:1].isspace() else ""
                self._lines[-1] = line + space + part if line else "> " * bool(self._quoted) + part
                if not self._plain and data[-1:].isspace():
                    self._lines[-1] += " "

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._lines)
