"""Which addresses speak for an organization."""

import pytest

from kith.domain.employers import employer_domain


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("jane@engines.org", "engines.org"),
        ("Jane@CS.Ox.ac.uk", "ox.ac.uk"),
        ("office@engines.org", "engines.org"),
        ("jane+lists@engines.org", "engines.org"),
    ],
)
def test_an_address_at_a_domain_of_its_own_speaks_for_its_owner(address: str, domain: str) -> None:
    assert employer_domain(address) == domain


@pytest.mark.parametrize(
    "address",
    ["jane@gmail.com", "jane@yahoo.co.uk", "jane@mastodon.social", "1+jane@users.noreply.github.com", "jane@github.com",
     "jane@googlegroups.com", "root@localhost", "jane@box.local", "jane", "", "jane@example.com"],
)  # fmt: skip
def test_free_mail_social_networks_and_machines_speak_for_nobody(address: str) -> None:
    assert employer_domain(address) is None
