"""Of a mail only the new words are kept."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.connectors.html import html_text
from kith.connectors.mail.texts import new_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes.\n\nOn Wed, 1 May 2024, Ada wrote:\n> Shall we?\n> Now?\n", "Yes."),
        ("On Wed, 1 May 2024 at 12:00,\nAda <ada@example.org>\nwrote:\n\n> Shall we?\nYes.", "Yes."),
        ("> One?\n1\n\n> Two?\n2\n", "1\n\n2"),
        ("Am 1. Mai schrieb Ada:\n> Sollen wir?\nJa.", "Ja."),
        ("Le 1 mai, Ada a écrit :\n> On y va ?\nOui.", "Oui."),
        ("Ada <ada@example.org> writes:\n> Shall we?\nYes.", "Yes."),
        ("As I said:\n> hm\nno", "As I said:\n\nno"),
        ("Hello\n-- \nAda\nhttps://example.org", "Hello"),
        ("Hello\n--\nAda Birk, Acorn Ltd.\nhttps://example.org", "Hello"),
        ("Hello\n--\n\nMore of it.", "Hello\n--\n\nMore of it."),
        ("Hello\n--\nAnd then we went on to talk.", "Hello\n--\nAnd then we went on to talk."),
        ("[Ada Birk]\n> Old.\nNew.", "New."),
        ("Quoting Ada Birk (2024-05-01 10:00:00)\n> Old.\nNew.", "New."),
        ("[1] a list\n> Old.\nNew.", "[1] a list\n\nNew."),
        ("Hello\n_______________________________________________\ndev mailing list\n", "Hello"),
        ("Hello\n-----Original Message-----\nFrom: Ada\nOld.", "Hello"),
        ("Hello\n-------------- next part --------------\nAn HTML attachment was scrubbed...", "Hello"),
        ("a\n--- a/file\n+++ b/file\n--\n2.39\n", "a\n--- a/file\n+++ b/file"),
        ("", ""),
        ("> only\n> quoted", ""),
    ],
)
def test_quotations_signatures_and_footers_go_and_the_rest_stays(text: str, expected: str) -> None:
    assert new_text(text) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>Hello <b>you</b></p><p>Bye</p>", "Hello you\n\nBye"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<style>x{}</style><script>1</script>Text &amp; more &#8212;", "Text & more —"),
        ("<blockquote>old</blockquote><div>new</div>", "> old\n\nnew"),
        ("<pre>one\n  two</pre>", "one\n  two"),
        ("<p>never closed <i>tag", "never closed tag"),
        ("<![if x]>odd<![endif]>", "odd"),
    ],
)
def test_html_becomes_text(html: str, expected: str) -> None:
    assert html_text(html) == expected


def test_what_an_html_mail_quotes_goes_too() -> None:
    html = "<div>Yes.</div><div>On Wed, Ada wrote:<br><blockquote>Shall<br>we?</blockquote></div>"
    assert new_text(html_text(html)) == "Yes."


@settings(deadline=None)
@given(st.text())
def test_any_text_can_be_cut(text: str) -> None:
    assert len(new_text(html_text(text))) <= len(new_text(text)) + len(text) * 4
