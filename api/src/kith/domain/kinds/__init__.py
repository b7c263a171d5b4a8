"""What stands behind an identity: a human, a robot or a list, as far as its own words tell."""

from kith.domain.kinds.judge import MANY, VERSION, VERY_MANY, Judgment, Reason, is_suspected, judge

__all__ = ["MANY", "VERSION", "VERY_MANY", "Judgment", "Reason", "is_suspected", "judge"]
