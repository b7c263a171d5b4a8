"""A push is believed only if it is signed as its network does, and fresh."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from kith.connectors import Signature

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
BODY, SECRET = b'{"a": "\xc3\xa9"}', "s3cr3t"

GITHUB = Signature("X-Hub-Signature-256", "secret", prefix="sha256=")
SLACK = Signature(
    "X-Slack-Signature", "secret", prefix="v0=", signed="v0:{timestamp}:{body}", timestamp="X-Slack-Request-Timestamp"
)
GITLAB = Signature("X-Gitlab-Token", "secret", algorithm="token")
SHOP = Signature("X-Hmac", "secret", encoding="base64", algorithm="hmac-sha512")


def test_signatures_are_those_of_the_networks() -> None:
    plain = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
    assert GITHUB.flaw({"x-hub-signature-256": f"sha256={plain}"}, BODY, SECRET, NOW) is None
    stamp = str(int(NOW.timestamp()))
    stamped = hmac.new(SECRET.encode(), b"v0:" + stamp.encode() + b":" + BODY, hashlib.sha256).hexdigest()
    headers = {"x-slack-signature": f"v0={stamped}", "x-slack-request-timestamp": stamp}
    assert SLACK.flaw(headers, BODY, SECRET, NOW) is None
    assert GITLAB.flaw({"x-gitlab-token": SECRET}, BODY, SECRET, NOW) is None
    long = base64.b64encode(hmac.new(SECRET.encode(), BODY, hashlib.sha512).digest()).decode()
    assert SHOP.flaw({"x-hmac": long}, BODY, SECRET, NOW) is None


@pytest.mark.parametrize("signature", [GITHUB, SLACK, GITLAB, SHOP], ids=lambda signature: signature.header)
def test_another_secret_body_or_header_is_refused(signature: Signature) -> None:
    stamp = str(int(NOW.timestamp()))
    good = {signature.header.lower(): signature.sign(BODY, SECRET, stamp), (signature.timestamp or "x").lower(): stamp}
    assert signature.flaw(good, BODY, SECRET, NOW) is None
    assert signature.flaw(good, BODY, SECRET + "x", NOW)
    assert signature.flaw({}, BODY, SECRET, NOW)
    assert signature.flaw(good | {signature.header.lower(): "é"}, BODY, SECRET, NOW)
    if signature.algorithm != "token":
        assert signature.flaw(good, BODY + b" ", SECRET, NOW)


@pytest.mark.parametrize("stamp", ["", "-1", "1e9", "٣", "9" * 30, "0x10"])
def test_a_moment_that_is_none_is_refused(stamp: str) -> None:
    headers = {"x-slack-signature": SLACK.sign(BODY, SECRET, stamp), "x-slack-request-timestamp": stamp}
    assert SLACK.flaw(headers, BODY, SECRET, NOW)


@pytest.mark.parametrize(("off", "fits"), [(0, True), (299, True), (-299, True), (301, False), (-301, False)])
def test_a_repetition_outside_the_window_is_refused(off: int, fits: bool) -> None:
    stamp = str(int((NOW + timedelta(seconds=off)).timestamp()))
    headers = {"x-slack-signature": SLACK.sign(BODY, SECRET, stamp), "x-slack-request-timestamp": stamp}
    assert (SLACK.flaw(headers, BODY, SECRET, NOW) is None) == fits
