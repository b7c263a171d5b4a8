from typing import Any

import pytest

from kith.api.http.addresses import address_of, network_of, site_of
from kith.runtime.settings import Settings, SettingsError

PROXIES = Settings(trusted_proxies="10.0.0.0/8, ::1/128").proxies


def scope(peer: str | None, *said: str) -> dict[str, Any]:
    return {"client": peer and (peer, 1), "headers": [(b"x-forwarded-for", value.encode()) for value in said]}


@pytest.mark.parametrize(
    ("peer", "said", "expected"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["1.2.3.4"], "203.0.113.9"),  # nobody's proxy
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("::1", ["2001:db8::7"], "2001:db8::7"),
        ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["1.2.3.4, 203.0.113.9"], "203.0.113.9"),  # the client wrote 1.2.3.4 itself
        ("10.0.0.1", ["1.2.3.4", "203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        (None, ["203.0.113.9"], None),
    ],
)
def test_a_proxy_is_believed_as_far_as_it_is_trusted(peer: str | None, said: list[str], expected: str | None) -> None:
    assert address_of(scope(peer, *said), PROXIES) == expected


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(SettingsError, match="KITH_TRUSTED_PROXIES"):
        _ = Settings(trusted_proxies="10.0.0.1/8").proxies


@pytest.mark.parametrize(
    ("address", "network", "site"),
    [
        ("198.51.100.7", "198.51.100.0/24", "198.51.100.7/32"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", "198.51.100.0/24", "198.51.100.7/32"),
        (None, None, None),
    ],
)
def test_a_network_names_no_machine(address: str | None, network: str | None, site: str | None) -> None:
    assert (network_of(address), site_of(address)) == (network, site)
