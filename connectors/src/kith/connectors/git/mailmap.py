"""``.mailmap``: the project's own word on which (name, address) pairs are one person; evidence, not a rewriting."""

import re

from kith.connectors import Claim
from kith.connectors.git.people import Human, human

KIND = "mailmap"

_ENTRY = re.compile(r"(?!#)([^<>]*)<([^<>]*)>(?:([^<>]*)<([^<>]*)>)?")


class Mailmap:
    """Parsed entries, asked as git asks them: first by name and address, then by address; letter case is ignored."""

    def __init__(self, text: str, edition: str = "") -> None:
        self._edition = edition
        self._entries: dict[tuple[str | None, str], tuple[str, str, str]] = {}
        for line in text.splitlines():
            if match := _ENTRY.match(line):
                name, address, old_name, old_address = (" ".join((part or "").split()) for part in match.groups())
                if match[4] is None:
                    old_address, address = address, ""
                elif not address:  # git takes such a line for none
                    continue
                key = (old_name.lower() or None, old_address.lower())
                earlier = self._entries.get(key, ("", "", ""))
                self._entries[key] = (name or earlier[0], address or earlier[1], line.strip())

    def canonical(self, who: Human) -> tuple[Human, str] | None:
        """Return whom the project takes this one for, and the line that says so; None where it says nothing new."""
        entry = self._entries.get((who.name.lower(), who.address)) or self._entries.get((None, who.address))
        if entry is None:
            return None
        name, address, line = entry
        proper = human(name or who.name, address or who.address)
        return None if proper == who else (proper, line)

    def claim(self, who: Human) -> tuple[Human, Claim] | None:
        """Return the proper identity and the claim, None where no entry speaks of this one."""
        found = self.canonical(who)
        if found is None:
            return None
        proper, line = found
        return proper, Claim(who.ref, proper.ref, KIND, f".mailmap: {line}"[:1000], self._edition)
