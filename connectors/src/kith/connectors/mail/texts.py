"""The new text of a mail: without what it quotes, its signature and what the list added."""

import re

from kith.connectors.mail.quotes import begins_old_mail, is_attribution, is_quoted, is_whole_attribution

CHARACTERS = 100_000  # that are kept of one mail; what goes beyond is no conversation, and is told
READ_CHARACTERS = 4 * CHARACTERS

_ATTRIBUTION_LINES = 4
_SIGNATURE_LINES, _SIGNATURE_CHARACTERS = 8, 80  # of one after dashes that are no proper mark
_FOOTER_LINES = 15
_SENTENCE = re.compile(r"(?:\S+\s+){4,}\S*[^\W\d_]{2}[.!?…][\"'”»)]*\s*$")
_RULE = re.compile(r"\s*(?:_{10,}|-{10,}|={10,}|\*{10,}|~{10,}|#{10,}|(?:-=){5,}-?)\s*$")
_LISTS_WORDS = re.compile(
    r"mailing[\s-]?list|unsubscribe|subscri(?:be|ption)|listinfo|mailman|groups\.io|google groups|yahoo groups"
    r"|verteiler"
    r"|abmelden|désabonn|cancelar|lista de|\blists?[./@-]|\blist\b.*@|@lists?\.",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"\s*(?:sent from (?:my |mail for |yahoo |outlook )?\S.{0,40}|get outlook for \S.{0,40}|von meinem \S+ gesendet"
    r"|gesendet von (?:mail|meinem) \S.{0,40}|envoyé de mon \S.{0,30}|enviado (?:desde|do) (?:mi|meu) \S.{0,30}"
    r"|inviato da (?:mio )?\S.{0,30}|verstuurd vanaf mijn \S.{0,30}|skickat från min \S.{0,30}"
    r"|отправлено с \S.{0,30}|sendt fra min \S.{0,30}|wysłan[eo] z \S.{0,30}|odesláno z \S.{0,30}"
    r"|lähetetty \S*(?:phone|pad|android)\S*|envoyé à partir de \S.{0,30}|发自我的\s?\S.{0,20}|從我的\s?\S.{0,20}傳送"
    r"|(?:iphone|ipad)から送信|나의 \S{1,12}에서 보냄"
    r"|sent (?:with|via|using) (?:proton|spark|superhuman|shortwave|canary|airmail|blackberry|mimestream)\b.{0,40})\s*",
    re.IGNORECASE,
)
_BLANKS = re.compile(r"\n{3,}")
#: Stands for a quoted passage while the lines around it are looked at; splitlines never yields it.
_QUOTE = "\n"


def new_text(text: str) -> str:
    """Return what the author adds.

    Quoted lines go, with the line that says who wrote them; all from a signature, an old mail or a list's footer on
    goes.
    """
    lines = [line.rstrip("\r\n\f\v") for line in text[:READ_CHARACTERS].splitlines()]
    kept: list[str] = []
    for number, line in enumerate(lines):
        if is_quoted(line):
            if kept and kept[-1] != _QUOTE:
                _drop_attribution(kept)
                kept.append(_QUOTE)
            continue
        if _ends(lines, number):
            break
        kept.append(line.rstrip())
    _drop_end(kept)
    return _BLANKS.sub("\n\n", "\n".join("" if line == _QUOTE else line for line in kept)).strip()


def _ends(lines: list[str], number: int) -> bool:
    """Whether nothing of the author's follows from this line on."""
    line = lines[number]
    if line == "-- " or begins_old_mail(lines, number):
        return True
    if line.strip() in ("--", "—", "- --"):
        return _is_signature(lines, number + 1)
    if _RULE.match(line):
        following = number + 1
        while following < min(len(lines), number + 4) and not lines[following].strip():
            following += 1
        return _is_footer(lines, number + 1) or (following < len(lines) and begins_old_mail(lines, following))
    return bool(line.strip()) and _leads_to_the_end(lines, number)


def _is_signature(lines: list[str], start: int) -> bool:
    """Whether a few short lines follow to the end at once, none of them a sentence."""
    if len(lines) - start > 3 * _SIGNATURE_LINES:
        return False
    words = [line for line in lines[start:] if line.strip()]
    if not words:
        return True
    return (
        bool(lines[start].strip())
        and len(words) <= _SIGNATURE_LINES
        and not any(len(line) > _SIGNATURE_CHARACTERS or _SENTENCE.match(line) for line in words)
    )


def _is_footer(lines: list[str], start: int) -> bool:
    """Whether what follows a rule to the end speaks of the list, or is nothing."""
    if len(lines) - start > 3 * _FOOTER_LINES:
        return False
    words = [line[:300] for line in lines[start:] if line.strip()]
    return not words or (len(words) <= _FOOTER_LINES and any(map(_LISTS_WORDS.search, words)))


def _leads_to_the_end(lines: list[str], first: int) -> bool:
    """Whether an attribution begins here behind which all is old, though nothing marks it."""
    for last in range(first, min(len(lines), first + 3)):
        if not lines[last].strip():
            return False
        if lines[last].rstrip().endswith((":", "：", "--")) and is_whole_attribution(" ".join(lines[first : last + 1])):
            return not any(is_quoted(line) for line in lines[last + 1 :])
    return False


def _drop_attribution(kept: list[str]) -> None:
    """Drop ``On ... wrote:`` from the end of the lines, which a quoted passage follows."""
    end = len(kept)
    while end and not kept[end - 1].strip():
        end -= 1
    for start in range(max(0, end - _ATTRIBUTION_LINES), end):
        lines = kept[start:end]
        if all(line.strip() and line != _QUOTE for line in lines) and is_attribution(" ".join(lines)):
            del kept[start:]
            return


def _drop_end(kept: list[str]) -> None:
    """Drop what stands last: blanks, the device that sent it, an attribution whose old mail is cut off."""
    while kept and (not kept[-1].strip() or _DEVICE.fullmatch(kept[-1])):
        kept.pop()
    if kept and kept[-1] != _QUOTE:
        _drop_whole_attribution(kept)


def _drop_whole_attribution(kept: list[str]) -> None:
    for start in range(max(0, len(kept) - 3), len(kept)):
        if all(line.strip() and line != _QUOTE for line in kept[start:]) and is_whole_attribution(
            " ".join(kept[start:])
        ):
            del kept[start:]
            return
