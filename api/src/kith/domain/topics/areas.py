"""Areas as people mean them."""

import re

_FURTHER = re.compile(r"[/,]")


def area(name: str) -> str:
    """Return what people mean by the area of a change: that of ``a/b,c`` is ``a``, in whatever case it is written."""
    whole = name.casefold().strip()
    return next((part for part in map(str.strip, _FURTHER.split(whole)) if part), whole)
