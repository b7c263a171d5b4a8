"""What stands behind an identity: a human, a robot or a list, as far as its own words tell."""

from kith.domain.kinds.judge import VERSION, Judgement, Reason, judge

__all__ = ["VERSION", "Judgement", "Reason", "judge"]
