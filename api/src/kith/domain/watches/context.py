"""Whether somebody is meant by a word that others may bear too: what the conversation says."""

from collections.abc import Collection

from kith.domain.watches.names import bears


def is_meant(word: str, others: Collection[str], *, takes_part: bool, named_before: bool, named_beside: bool) -> bool:
    """Tell whether who is watched is meant by a part of their name, or a common word.

    Args:
        word: the given name, the family name or the common word, folded.
        others: names of the other people of the conversation.
        takes_part: who is watched acts in the conversation, or is addressed.
        named_before: an alias that is sure stood earlier in the conversation.
        named_beside: another alias, or a word of the subject, stands in the same act.
    """
    return (takes_part or named_before or named_beside) and not any(bears(name, word) for name in others)
