"""Names of communities: what they talk about and where they meet."""

from collections.abc import Sequence

TOPICS = 2
SEPARATOR = " · "  # between what a community talks about and where it meets, whichever says more first


def names(topics: Sequence[Sequence[str]], channels: Sequence[Sequence[str]], at_home: Sequence[bool]) -> list[str]:
    """Name each community after its leading topics and its first channel, such as "rebase, merge · #git-dev".

    ``topics`` and ``channels`` hold for each community its own, most characteristic first. A channel in which it is
    ``at_home``, since most who meet there are of it, says more than the topics and stands first. A word is used for one
    community only, the first that claims it; where nothing is left, the community has a number. No two names are equal.
    """
    taken: set[str] = set()
    found = []
    for number, (spoken, met, own) in enumerate(zip(topics, channels, at_home, strict=True), 1):
        free = [topic for topic in spoken if topic.casefold() not in taken][:TOPICS]
        taken |= {topic.casefold() for topic in free}
        parts = [", ".join(free), next(iter(met), "")]
        if own:
            parts.reverse()
        found.append(SEPARATOR.join(part for part in parts if part) or f"Community {number}")
    return _distinct(found)


def _distinct(found: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for name in found:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result
