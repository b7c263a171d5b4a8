"""The words that a person wrote themself, as sentences of words."""

import re
from collections.abc import Iterator

#: What is looked at of one text. More of it says nothing new about whether something is asked.
CHARACTERS = 20_000
SENTENCES = 200
SENTENCE_CHARACTERS = 1_000

MARKS = "?؟？⸮՞፧꘏¿"
"""Question marks of all scripts; a Greek one only stands at the end of Greek words."""
_GREEK_MARK = re.compile(r"(?<=[\u0370-\u03ff\u1f00-\u1fff])[;\u037e](?=\s|$)")

_CODE = re.compile(r"(?s)```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`|<(code|pre)\b.*?(?:</\1>|\Z)")
_LINK = re.compile(r"(?:https?|ftp)://\S+|www\.\S+")
_SIGNATURE = re.compile(r"(?m)^-- ?$")
_QUOTED = re.compile(r"(?m)^[ \t]*>.*$")
_FORWARDED = re.compile(r"(?mi)^-{2,} ?(?:original message|forwarded message|forwarded by)")
_INDENTED = re.compile(r"(?m)^(?: {4}|\t).*$")
_END = re.compile(r"(?<=[.!?؟？⸮…])[\"')\]”’]*\s+|(?<=[。！？])")
_STOP = re.compile("[.!?؟？⸮…。！]")  # without one of which there is no end
_WRAPPED = 55  # a line so long was broken by a program, a shorter one by its writer

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+|!+|[.:;,]")


def own_words(text: str) -> str:
    """Return what the writer of a text said: no quotes, code, signature or links; at most ``CHARACTERS``."""
    said = text[:CHARACTERS]
    if "--" in said:
        for begin in (_SIGNATURE, _FORWARDED):
            if found := begin.search(said):
                said = said[: found.start()]
    for left_out in (_CODE, _QUOTED, _INDENTED):
        said = left_out.sub(" ", said)
    if "://" in said or "www." in said:
        said = _LINK.sub(" ", said)
    return said if said.isascii() else _GREEK_MARK.sub("?", said)


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text, ``SENTENCES`` of ``SENTENCE_CHARACTERS`` at most."""
    count = 0
    for paragraph in _paragraphs(text):
        for sentence in _END.split(paragraph) if _STOP.search(paragraph) else (paragraph,):
            said = sentence.strip()[:SENTENCE_CHARACTERS]
            if said:
                yield said
                count += 1
                if count == SENTENCES:
                    return


def _paragraphs(text: str) -> Iterator[str]:
    """Join lines that a program has wrapped."""
    held = ""
    for line in text.split("\n"):
        held = f"{held} {line}" if held else line
        if len(line.strip()) < _WRAPPED:
            yield held
            held = ""
    if held:
        yield held


def words(sentence: str) -> list[str]:
    """Return words in lower case, runs of marks as one, each number as 0."""
    return words_of(sentence.lower())


def words_of(lowered: str) -> list[str]:
    """Return the words of what stands in lower case; those of parts between blanks, too, are those of the whole."""
    return ["0" if "0" <= word[0] <= "9" else word.replace("’", "'") for word in _WORD.findall(lowered)]
