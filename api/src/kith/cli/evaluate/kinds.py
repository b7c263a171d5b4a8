"""Words of files for kinds of acts; kith's own words are understood as they are."""

from collections.abc import Iterable

WORDS = {
    "a2q": "answer",
    "c2q": "comment",
    "c2a": "comment",
    "reviewed-by": "review",
    "acked-by": "approve",
    "tested-by": "test",
    "helped-by": "help",
    "mentored-by": "help",
    "suggested-by": "suggest",
    "reported-by": "report",
    "co-authored-by": "contribute",
    "signed-off-by": "sign_off",
    "applied": "merge",
    "merged": "merge",
}


def known(words: Iterable[str]) -> list[str]:
    """Return the kind that each word stands for."""
    return [WORDS.get(word, word) for word in words]
