"""Dialogue in a sentence each, for readers in a hurry."""

from kith.domain.dialogue.shares import FLOOR, Interval
from kith.domain.sentences import many


def conversing(exchanged: Interval | None, conversations: int) -> str:
    """Say how far somebody converses, or that too little is known."""
    if exchanged is None:
        return f"Too little is known: {many(conversations, 'conversation')}, and {FLOOR} are needed."
    return (
        f"{exchanged.share:.0%} of the acts stand in exchanges, in which both sides speak within two weeks "
        f"({exchanged.low:.0%} to {exchanged.high:.0%})."
    )


def answering(answered: Interval | None, reached: int) -> str:
    """Say how many of those who turn to somebody get an answer, or that too little is known."""
    if answered is None:
        return f"Others turned to them in {many(reached, 'conversation')}; a share needs {FLOOR}."
    return (
        f"{answered.share:.0%} of {many(reached, 'conversation')} in which others turned to them were answered within "
        f"a week ({answered.low:.0%} to {answered.high:.0%})."
    )
