"""How many mails of the field cases two kept libraries cut as they should be: python -m tests.quality.quotes.

kith cuts all of them, as ``tests/integration/mail/test_cases.py`` holds. The libraries are installed apart, like labs.
"""

import email
import re
import sys
from collections.abc import Callable, Iterator
from email import policy
from email.message import EmailMessage
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.integration.mail.test_cases import CASES
from tests.labs.lab import pypi
from tests.paths import shared

NAMES = [
    "attribution-six-languages", "bare-dashes", "original-message-es-it-pt", "outlook-de-fr-da", "outlook-en",
    "outlook-html", "outlook-stars", "own-words-like-a-header", "quote-marks", "underscores", "webmail-html",
]  # fmt: skip
LIBRARIES = ("mail-parser-reply==1.36", "quotequail==0.5.4")
LANGUAGES = ["en", "de", "fr", "it", "pl", "sv", "es", "pt", "nl", "ja", "ko", "zh", "da", "cs", "fi", "hu", "tr"]
_BOUNDARY = re.compile(rb"(?m)^From .*\n(?=[A-Za-z-]+:)")
_TAG = re.compile("<[^>]+>")

Cut = Callable[[str | None, str], str]


def main() -> None:
    sys.path.append(str(next(pypi(*LIBRARIES).glob("lib/python*/site-packages"))))
    for name, cut in (("mail-parser-reply", _parser_reply()), ("quotequail", _quotequail())):
        right = [_is_right(cut, mail, expected) for mail, expected in _mails()]
        print(f"{name}: {sum(right)} of {len(right)} mails")


def _parser_reply() -> Cut:
    parser = import_module("mailparser_reply").EmailReplyParser(languages=LANGUAGES)
    return lambda text, html: parser.parse_reply(_TAG.sub(" ", html) if text is None else text) or ""


def _quotequail() -> Cut:
    library = import_module("quotequail")

    def cut(text: str | None, html: str) -> str:
        parts = library.quote_html(html) if text is None else library.quote(text)
        return _TAG.sub(" ", "\n".join(part for is_own, part in parts if is_own))

    return cut


def _mails() -> Iterator[tuple[EmailMessage, dict[str, Any]]]:
    for name in NAMES:
        files = [file for file in sorted(shared(f"cases/mail/{name}").rglob("*")) if _is_mail(file)]
        mails = [each for file in files for each in _BOUNDARY.split(file.read_bytes()) if each.strip()]
        read = [email.message_from_bytes(each, policy=policy.default) for each in mails]
        expected = CASES[name].acts
        keyed = {each["key"]: each for each in expected if "key" in each}
        for number, mail in enumerate(read):
            yield mail, keyed.get(str(mail["message-id"]).strip("<> "), expected[min(number, len(expected) - 1)])


def _is_mail(file: Path) -> bool:
    return file.is_file() and file.suffix != ".md"


def _is_right(cut: Cut, mail: EmailMessage, expected: dict[str, Any]) -> bool:
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    got = _words(cut(plain.get_content() if plain else None, html.get_content() if html else ""))
    if "text" in expected:
        return got == _words(expected["text"])
    return "OLD" not in got and all(_words(each) in got for each in expected["has"])


def _words(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    main()
