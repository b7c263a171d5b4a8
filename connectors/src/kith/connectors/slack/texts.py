"""Slack's own marks in a text, as plain text, and whom it names."""

import re
from collections.abc import Callable

from kith.connectors import items

_MARK = re.compile(r"<([^<>\n]{1,3000})>")
_PERSON = re.compile(r"[UW][A-Z0-9]{1,30}")


def plain(text: str, name: Callable[[str], str]) -> tuple[str | None, list[str]]:
    """Return a text as people see it, and the ids of those whom it names. name: what an id is shown as."""
    named: list[str] = []

    def shown(found: re.Match[str]) -> str:
        inner, _, label = found[1].partition("|")
        if inner.startswith("@"):
            if _PERSON.fullmatch(inner[1:]):
                named.append(inner[1:])
            return f"@{label or name(inner[1:])}"
        if inner.startswith("#"):
            return f"#{label or inner[1:]}"
        if inner.startswith("!"):
            return label if inner.startswith("!date") else f"@{label.lstrip('@') or inner[1:]}"
        address = inner.removeprefix("mailto:")
        return f"{label} ({address})" if label and label not in (inner, address) else address

    found = _MARK.sub(shown, text)
    for mark, sign in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        found = found.replace(mark, sign)
    return items.body(found), list(dict.fromkeys(named))
