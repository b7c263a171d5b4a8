"""An address that carries a secret is refused, and neither the refusal nor a log repeats it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.connectors import Limits, Secret, SecretInAddress, check_locations, without_secrets
from kith.connectors.git import GitConfig
from kith.runtime.logs import redact

SECRET = "open-sesame-4711"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
NAMES = st.text(LETTERS + "-", min_size=1, max_size=8).filter(lambda name: name.strip("-") == name)

FORMS = st.sampled_from(
    [
        "https://{user}:{secret}@{host}/app.git",
        "HTTPS://{user}:{secret}@{host}:8443/app.git",
        "https://{secret}@{host}/app.git",
        "https://{secret}:x-oauth-basic@{host}/app",
        "https://{user}%3A{secret}@{host}/app",
        "https://{user}:pa/ss-{secret}@{host}/app",
        "https://{user}@corp.example:{secret}@{host}/app",
        "git://{user}:{secret}@{host}/app.git",
        "ssh://{user}:{secret}@{host}:22/app.git",
        "{user}:{secret}@{host}:app.git",
        "//{user}:{secret}@{host}/app.git",
        "https://{host}/app.git?access_token={secret}",
        "https://{host}/app.git?page=2&private_token={secret}",
        "https://{host}/app.git?API_KEY={secret}",
        "https://{host}/app.git#token={secret}",
        "https://{host}/app.git?x-amz-signature={secret}&x=1",
    ]
)


@given(FORMS, NAMES, NAMES)
def test_a_secret_in_an_address_is_refused_without_a_word_of_it(form: str, user: str, host: str) -> None:
    address = form.format(user=user, host=f"{host}.example", secret=SECRET)
    with pytest.raises(SecretInAddress) as raised:
        check_locations(GitConfig(address), Limits())
    assert SECRET not in str(raised.value)
    assert raised.value.field == "repository"


class Settings(msgspec.Struct, frozen=True):
    """None of them says that it names a location."""

    names: tuple[str, ...] = ()
    more: dict[str, str] = {}
    token: Secret | None = None


@given(
    st.sampled_from(["https://{}:{}@x.example", "see //{}:{}@x.example/a", "redis://{}:{}@x:1"]), NAMES, st.booleans()
)
def test_no_setting_takes_an_address_with_a_password(form: str, user: str, deep: bool) -> None:
    text = form.format(user, SECRET)
    settings = Settings(more={"a": text}) if deep else Settings((user, text))
    with pytest.raises(SecretInAddress) as raised:
        check_locations(settings, Limits())
    assert (raised.value.field, SECRET in str(raised.value)) == ("more" if deep else "names", False)
    check_locations(Settings((user, f"https://x.example/@{user}:1"), token=Secret(text)), Limits())


@given(
    st.sampled_from(
        [
            "https://{host}/app.git",
            "https://{host}:8443/@{user}/app",
            "https://{host}/{user}@work/app?page=2&author={user}",
            "ssh://{user}@{host}:2222/app.git",
            "{user}@{host}:app.git",
            "{host}:dir/{user}@work",
            "git://{host}/app.git",
            "https://[2606:50c0:8000::153]/app",
        ]
    ),
    NAMES,
    NAMES,
)
def test_an_address_without_a_secret_is_let_through(form: str, user: str, host: str) -> None:
    address = form.format(user=user, host=f"{host}.example")
    check_locations(GitConfig(address), Limits())
    assert without_secrets(address) == address or address.startswith("ssh://")


@pytest.mark.parametrize("text", [f"https://ada:{SECRET}@x.example/a", f"fetch https://{SECRET}@x.example failed"])
def test_what_was_stored_before_is_shown_and_logged_with_stars(text: str) -> None:
    assert SECRET not in without_secrets(text)
    assert SECRET not in str(redact(None, "info", {"event": "x", "error": text}))
