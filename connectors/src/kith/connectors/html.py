"""The text of HTML, with what it quotes from others marked as quotations."""

import re
from html.parser import HTMLParser

CHARACTERS = 200_000
_BLANKS = re.compile(r"\n{3,}")


def html_text(html: str) -> str:
    """Return the text of HTML: a post, a mail; quotations in it begin with ``>``, as in plain text.

    Only the first CHARACTERS are read: who has more says so with a Skip.
    """
    reader = _TextOfHtml()
    reader.feed(_without_comments(html[:CHARACTERS]))
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


#: Elements of mail programs that hold an old mail, or say who wrote it; and those that end what is new.
_OLD = re.compile(
    r"\b(?:x_|ydp[0-9a-f]*)*(?:yahoo_quoted(?:_\d+)?|aolreplacedbody|moz-cite-prefix|gmail_attr|gmail_signature|moz-signature|protonmail_quote"
    r"|tutanota_quote"
    r"|zmail_extra|mail_android_quote|ms-outlook-mobile-reference-message|replyheader|isforwardcontent|quoted-reply"
    r"|hm_quote|mailru-blockquote|ya-quote|wacimagecontainer-reply|skype_reply|airmail_ext_on|front-blockquote"
    r"|email_quote|quote-header|reply-intro|gmail_quote_attribution|nylas-quote|zoho_quote|freebirdmsg"
    r"|missive_quote|history_container|quoted-text)\b",
    re.IGNORECASE,
)
_FROM_HERE = re.compile(
    r"\b(?:x_)*(?:divrplyfwdmsg|appendonsend|olk_src_body_section|mailcontainerbodyorig|replysplit|originalmessage"
    r"|stopspelling|gmail_extra_end|forwardbody"
    r"|mail-editor-reference-message-container)\b",
    re.IGNORECASE,
)


class _TextOfHtml(HTMLParser):
    _BLOCKS = frozenset(
        ("p", "div", "br", "tr", "li", "ul", "ol", "table", "blockquote", "h1", "h2", "h3", "h4", "pre", "hr")
    )
    _VOID = frozenset(("br", "hr", "img", "input", "meta", "link", "col", "area", "base", "wbr"))
    _HIDDEN = frozenset(("script", "style", "head", "title"))

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = [""]
        self._hidden = 0
        self._quoted = 0
        self._plain = 0
        self._old: list[str] = []  # the open elements since one that is old began

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in self._HIDDEN:
            self._hidden += 1
        if tag in self._BLOCKS:
            self._lines.append("")
        self._quoted += tag == "blockquote"
        self._plain += tag == "pre"
        marks = " ".join(value for name, value in attributes if name in ("id", "class") and value)
        if self._old or (marks and (_OLD.search(marks) or (tag == "aside" and "quote" in marks.split()))):
            self._old += [tag] * (tag not in self._VOID)
        if marks and _FROM_HERE.search(marks):
            self._quoted += 1_000_000  # to the end

    def handle_endtag(self, tag: str) -> None:
        if tag in self._HIDDEN and self._hidden:
            self._hidden -= 1
        if tag in self._old:
            del self._old[len(self._old) - 1 - self._old[::-1].index(tag) :]
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
                self._lines[-1] = line + space + part if line else "> " * bool(self._quoted or self._old) + part
                if not self._plain and data[-1:].isspace():
                    self._lines[-1] += " "

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._lines)
