"""Employers: which addresses speak for an organization."""

from kith.domain.matching.addresses import organization_domain, parse_address
from kith.domain.matching.vocabulary import SOCIAL


def employer_domain(address: str) -> str | None:
    """Return the domain of the organization that an address may speak for; None for free mail and social networks.

    ``jane@cs.ox.ac.uk`` gives ``ox.ac.uk``.
    """
    parsed = parse_address(address)
    if parsed is None or parsed.kind not in ("mailbox", "shared"):
        return None
    domain = organization_domain(parsed.domain)
    return None if not domain or domain in SOCIAL or parsed.domain in SOCIAL else domain
