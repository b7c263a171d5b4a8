"""Domains at which nobody has a mailbox of their own: machines by their own names, and words in place of a domain."""

import re
from functools import lru_cache

from kith.domain.kinds.words import words

# Domains that stand for no domain.
_NONE = words("""
    localhost localhost.localdomain localdomain none null nowhere invalid noreply noreply.com none.com nowhere.com local
    unknown unset
""")
# The same, as forms and guides show them; who writes a guide means people by what stands before them.
EXAMPLES = words("""
    test example.com example.org example.net example domain.com youremail.com host.com company.com yourdomain.com
    your-domain.com mydomain.com
""")
NOWHERE = _NONE | EXAMPLES

# Words of the names that machines come with.
HOSTS = words("""
    none localhost local localdomain lan home internal workgroup domain ubuntu debian fedora linux windows win mac
    macbook imac air pro mini desktop laptop pc notebook workstation server dev host box vm inspiron thinkpad ideapad
    latitude vostro pavilion aspire vaio xps lenovo dell asus acer hp
    ec compute raspberrypi trusty xenial bionic focal jammy ip
""")

_MACHINE = re.compile(
    r"\(none\)$|\.(?:local|localdomain|lan|home|internal|localhost|workgroup|ubuntu-domain)$|^[\d.]+$"
)
_CACHED = 2**15  # domains, of which a few have most addresses


@lru_cache(maxsize=_CACHED)
def is_machine(domain: str) -> bool:
    return "." not in domain or _MACHINE.search(domain) is not None


def is_nowhere(domain: str) -> bool:
    """Whether a domain in lower case says of nobody where they are reached; many a machine is called by its owner."""
    return domain in _NONE or (is_machine(domain) and _is_no_ones(domain))


@lru_cache(maxsize=_CACHED)
def _is_no_ones(domain: str) -> bool:
    """Whether a machine is called by its make or its number alone."""
    words_ = {word for word in re.split(r"[^a-z]+", domain) if len(word) > 1}
    return words_ <= HOSTS if words_ else any(letter.isdigit() for letter in domain)
