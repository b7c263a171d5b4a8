"""Addresses that are spelled in words, for no program to find: ``ada at birk dot org``, ``ada [at] birk (dot) org``."""

import re

#: Of each way to read a text only one fits, so that none takes long.
_BEFORE, _BEHIND = r"(?:\s*[\[({]\s*|\s+)", r"(?:\s*[\])}]\s*|\s+)"
_DOT = re.compile(rf"{_BEFORE}dot{_BEHIND}", re.IGNORECASE)
_ADDRESS = re.compile(
    rf"(?<![\w.+-])(?P<local>[\w.+-]+){_BEFORE}at{_BEHIND}(?P<host>[\w-]+(?:(?:{_DOT.pattern}|\.)[\w-]+)+)[>)\"\s]*$",
    re.IGNORECASE,
)


def spelled(text: str) -> tuple[str, str] | None:
    """Return what stands before an address in words at the end of a text, and the address; None where there is none."""
    match = _ADDRESS.search(text)
    return (text[: match.start()], f"{match['local']}@{_DOT.sub('.', match['host'])}") if match else None
