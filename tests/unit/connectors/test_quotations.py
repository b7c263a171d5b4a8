"""What others wrote goes, whatever program quoted it; the author's own words stay, whatever they look like."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.connectors.html import html_text
from kith.connectors.mail.texts import new_text
from tests.unit.connectors.quotations import ATTRIBUTIONS, HEADS, MARKS, OWN, SEPARATORS, head

OLD = ("OLD words.", "", "More OLD words, which go on.")
WORDS = st.lists(st.sampled_from(["NEW words.", "", "NEW ones: two.", "NEW @ all", "(NEW)"]), min_size=1, max_size=4)


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
@settings(max_examples=25)
@given(mark=st.sampled_from(MARKS), blank=st.booleans(), above=WORDS, below=WORDS)
def test_a_quotation_goes_with_the_line_above_it(
    attribution: str, mark: str, blank: bool, above: list[str], below: list[str]
) -> None:
    quoted = [mark + line for line in OLD if line or mark != "| "]
    found = new_text("\n".join([*above, "", attribution, *([""] * blank), *quoted, *below]))
    assert found.split() == " ".join(above + below).split()


@pytest.mark.parametrize("attribution", [text for text in ATTRIBUTIONS.values() if "8:00" in text and "@" in text])
def test_an_attribution_at_the_top_may_be_all_that_marks_what_is_old(attribution: str) -> None:
    if "wr" in attribution or "schr" in attribution:
        assert new_text(f"NEW words.\n\n{attribution}\n\nOLD words.\nMore of them.") == "NEW words."


@pytest.mark.parametrize("language", HEADS)
@settings(max_examples=25)
@given(
    dress=st.sampled_from(["{}: {}", "*{}:* {}", "**{}:** {}", "_{}:_ {}", "{} : {}", "{}：{}", "{}:\t{}"]),
    rule=st.sampled_from(["", "_" * 32, "-" * 20, "-----Original Message-----"]),
    above=WORDS,
)
def test_the_head_of_an_old_mail_ends_what_is_new(language: str, dress: str, rule: str, above: list[str]) -> None:
    found = new_text("\n".join([*above, "", *([rule] * bool(rule)), head(language, dress), "", *OLD]))
    assert found.split() == " ".join(above).split()


@pytest.mark.parametrize("separator", SEPARATORS)
def test_a_line_that_says_that_an_old_mail_follows_ends_what_is_new(separator: str) -> None:
    assert new_text(f"NEW words.\n\n{separator}\nBea Lund\n\nOLD words.") == "NEW words."


@given(
    st.lists(
        st.one_of(st.sampled_from(OWN), st.just("NEW words that go on for a while, so that they are a line.")),
        max_size=8,
    )
)
def test_own_words_stay_whatever_they_look_like(lines: list[str]) -> None:
    own = [line for line in lines if line not in ("From: Birk station", "Date: some day")] + ["NEW words."] * 10
    assert new_text("\n".join(own)).split() == " ".join(own).split()


TABLES = (
    "From: Lund\nTo: Birk\nDate: Friday",
    "From: Lund\nTo: Birk\nDate: 1 March",
    "From: Lund\nTo: Birk\nDate: 2024-03-01 09:00",
    "Von: Lund\nAn: Birk\nDatum: 1.3.2024, 9:00 Uhr",
    "A mail has headers:\nFrom: the author\nDate: when it was sent\nTo: whom\nSubject: what",
    "from: x\ndate: y\nto: z\nsubject: w",
    "Von: Lund\nAn: Birk\nDatum: Freitag",
)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_of_places_and_days_is_no_head(table: str) -> None:
    assert new_text(f"NEW one.\n\n{table}\n\nNEW two.").split() == f"NEW one. {table} NEW two.".split()


def test_one_line_of_a_head_is_none() -> None:
    for line in OWN:
        text = f"NEW one.\n\n{line}\n\n" + "NEW two.\n" * 10
        assert new_text(text).split() == text.split()


@pytest.mark.parametrize(
    "footer",
    [
        "_______________________________________________\nDev mailing list\nDev@lists.birk.example\nhttps://lists.birk.example/dev",
        '-- \nYou received this message because you are subscribed to the Google Groups "dev" group.',
        "-=-=-=-=-=-=-=-=-=-=-=-\nGroups.io Links: You receive all messages sent to this group.",
        "--\nTo unsubscribe from this list: send the line unsubscribe in\nthe body of a message to majordomo@x.example",
        "-- \nAda Birk\nBirk and sons",
        "--\nAda",
        "\nSent from my telephone",
        "\nGet Outlook for Android",
    ],
)
def test_signatures_and_footers_go(footer: str) -> None:
    assert new_text(f"NEW words.\n{footer}\n") == "NEW words."


@pytest.mark.parametrize(
    "old",
    [
        '<div class="yahoo_quoted"><div>On Friday, Bea Lund wrote:</div><div>OLD <p>words</p></div></div>',
        '<hr><div id="divRplyFwdMsg"><b>From:</b> Bea<br></div><div>OLD words</div><p>OLD</p>',
        '<div id="x_appendonsend"></div><p>OLD</p>',
        '<blockquote type="cite"><div>OLD <blockquote>OLD</blockquote> OLD</div></blockquote>',
        '<div class="gmail_quote"><div class="gmail_attr">On Friday<br></div><blockquote>OLD</blockquote></div>',
        '<div class="moz-cite-prefix">On 01.03.24 Bea wrote:<br></div><blockquote>OLD</blockquote>',
        '<div class="missive_quote">OLD</div>',
        '<blockquote class="history_container">OLD</blockquote><div class="quoted-text">OLD</div>',
        '<aside class="quote" data-username="bea"><div class="title">OLD</div><blockquote>OLD</blockquote></aside>',
        '<div id="mail-editor-reference-message-container"><div class="skipProofing">OLD</div>OLD</div>',
        '<div class="protonmail_quote">OLD<img src="x"><br>OLD</div>',
        "<p><b>From:</b> Bea &lt;b@x.example&gt;<br><b>Sent:</b> Friday<br><b>To:</b> Ada</p><p>OLD</p>",
        "<div>-----Original Message-----</div><div>OLD</div>",
        '<div id="ydp12abyahoo_quoted_4" class="ydp12abyahoo_quoted">OLD</div>',
        '<div id="yahoo_quoted_123">OLD</div>',
        '<div class="aolReplacedBody">OLD</div>',
        '<div class="gmail_quote_attribution">On Mar 1, Bea wrote:</div><blockquote>OLD</blockquote>',
        '<div name="messageReplySection">On 1 Mar 2024, 08:00, Bea wrote:<br><blockquote>OLD</blockquote></div>',
        '<div style="border-top:solid #B5C4DF 1.0pt"><p><b>Von:</b> Bea<br><b>Gesendet:</b> Freitag<br>'
        "<b>An:</b> Ada<br><b>Betreff:</b> Plan</p></div><p>OLD</p>",
        "<div>------------------ 原始邮件 ------------------</div><div>OLD</div>",
        '<div id="mail-editor-reference-message-container"><b>From: </b>Bea<br><b>Date: </b>Fri<br>'
        "<b>To: </b>Ada</div>OLD",
    ],
)
def test_old_mails_in_html_go(old: str) -> None:
    assert new_text(html_text(f"<html><body><div>NEW words.</div>{old}</body></html>")) == "NEW words."


def test_what_follows_an_old_part_of_html_stays() -> None:
    html = '<p>NEW one.</p><div class="yahoo_quoted"><div>OLD<br></div></div><p>NEW two.</p>'
    assert new_text(html_text(html)).split("\n\n") == ["NEW one.", "NEW two."]
