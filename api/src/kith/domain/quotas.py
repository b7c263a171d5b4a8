"""Quotas: how much each workspace may have."""

from typing import NamedTuple


class Quotas(NamedTuple):
    """How much each workspace may have; 0: any amount."""

    people: int = 0
    interactions: int = 0
    megabytes: int = 0

    def reached(self, used: "Quotas") -> str | None:
        """Return in a sentence which quota is reached, if any is. used: what there is."""
        for name, amount, quota in zip(("people", "interactions", "MB"), used, self, strict=True):
            if quota and amount >= quota:
                return f"The workspace has {amount} {name}, and may have {quota}."
        return None


NO_QUOTAS = Quotas()
