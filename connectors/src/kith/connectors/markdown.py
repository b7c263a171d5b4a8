"""What people write in Markdown: without quotations, and whom it names.

For partners' connectors as for ours.
"""

import re

from kith.connectors import items

_FENCE = re.compile(r"^(```|~~~).*?(?:^\1|\Z)", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_NAME = re.compile(r"(?<![\w@./-])@([A-Za-z0-9](?:[A-Za-z0-9._-]{0,99}[A-Za-z0-9_])?)(?![\w/@])")
_LONGEST = 100_000  # characters that are searched for names
_MOST = 50  # names of one text


def plain(markdown: str | None) -> str | None:
    """Return a text without what it quotes from others and without hidden notes; its marks stay."""
    shown = _HIDDEN.sub("", items.clean(markdown, items.TEXT).replace("\r\n", "\n"))
    kept, fenced = [], False
    for line in shown.split("\n"):
        fenced ^= line.startswith(("```", "~~~"))
        if fenced or not line.lstrip().startswith(">"):
            kept.append(line)
    return items.body("\n".join(kept))


def named(markdown: str | None) -> list[str]:
    """Return the names behind an @, in lower case; those in code and in quotations are none."""
    text = _CODE.sub("", _FENCE.sub("", (plain(markdown) or "")[:_LONGEST]))
    return list(dict.fromkeys(name.lower() for name in _NAME.findall(text)))[:_MOST]
