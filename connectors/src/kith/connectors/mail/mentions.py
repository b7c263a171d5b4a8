"""Addresses of people in a text: an @ alone makes none."""

import re
from collections.abc import Set
from functools import cache

from publicsuffixlist import PublicSuffixList

#: What is cut out first: web addresses, and what stands in <> after words that speak of mails and not of people.
_URL = re.compile(
    r"\b(?!mailto:)[a-z][a-z0-9+.-]{1,30}:(?://)?[^\s<>\"']*@[^\s<>\"']*|\b[a-z][a-z0-9+.-]{1,30}://\S+", re.IGNORECASE
)
_MAIL_ID = re.compile(
    r"(?:message[\s-]?ids?|in-reply-to|references|msg-?id|mail-?id|content-id|\bid)\s*(?:is|was|of|:|=)?\s*"
    r"(?:<[^<>\s]{1,998}>[\s,]*)+"
    r"|\b(?:message-?id|in-reply-to|msg-?id)\s*[:=]\s*[^\s<>]+@[^\s<>]+|[?&][\w-]{1,40}=[^\s<>]*@[^\s<>]*",
    re.IGNORECASE,
)
#: A word that says that an address follows at once.
_ANNOUNCED = re.compile(
    r"(?<!\S)(?:e-?mail|mail|address|contact|kontakt|from|to|cc|bcc|reply-to)[:=](?!//)", re.IGNORECASE
)
#: Lines that are commands to a machine, its prompts, keys, or the heads of patches.
_COMMAND = re.compile(
    r"\[?\w[\w.-]*@[\w.-]+(?::\S*|\s[~/]\S*)?\]?\s?[$#%]\s|.*\bssh-(?:rsa|dss|ed25519|ecdsa)\s+aaaa"
    r"|from \S+@\S+ (?:mon|tue|wed|thu|fri|sat|sun) |diff --git |(?:---|\+\+\+) \S*/"
    r"|\s*(?:[$#%]\s+|>>>\s)?(?:sudo\s+)?(?:ssh(?:-copy-id|pass)?|autossh|scp|sftp|rsync|mosh|git|svn|hg|cvs|telnet|ftp|sshfs|ping|npm|pip"
    r"|docker|podman|finger|talk)\s"
)
_LETTERS = r"a-z0-9\u00c0-\u024f\u0370-\u052f"
_ADDRESS = re.compile(
    r"(?:(?<=mailto:)|(?<![^\s<>(\[{\"'“‘„«‹,;|=*_`—–…（【「『《：，、。；\u2e80-\u9fff\uac00-\ud7af]))"
    rf"(?P<local>[{_LETTERS}][{_LETTERS}_!#$%&'*+=?^`{{|}}~-]{{0,63}}(?:\.[{_LETTERS}_!#$%&'*+=?^`{{|}}~-]+)*)"
    rf"@(?P<host>(?:[{_LETTERS}](?:[{_LETTERS}-]{{0,61}}[{_LETTERS}])?\.)+[a-z]{{2,24}}|(?:[\w-]+\.)+xn--[a-z0-9-]+)"
    r"(?=$|[\s<>)\]}\"'”’“»›,;|*_!?`—–…）】」』》：，、。；！？]|[.:](?:\s|$|[\"')>])|\?\w+=)",
    re.IGNORECASE,
)
#: Top-level domains that end a file's name more often than an address.
_FILES = frozenset(("got", "target", "py", "java", "cc", "zip", "bz", "pid"))
#: A Message-ID's part before the @ rather than a mailbox's.
_ID_LIKE = re.compile(
    r"part\d+\.[0-9a-f]{8}\..*|.*\d{6,}.*[.$].*|.*[.$].*\d{6,}.*|.{41,}|.*[$=].*|.*\.fsf(?:_-_)?|(?:al)?pine\.[a-z0-9]{3}\..*|[0-9a-z]{6}-[0-9a-z]{6,11}-[0-9a-z]{2,4}|\d{12,}|(?=.*\d.*\d.*\d)(?=.*[a-f])[0-9a-f-]{16,}"
)
#: Where Message-IDs are made and nobody has a mailbox.
_ID_HOSTS = frozenset(("mail.gmail.com", "mail.android.com", "email.android.com", "googlemail.l.google.com"))
_NOBODY = frozenset(
    ("root", "git", "hg", "svn", "cvs", "anonymous", "nobody", "www-data", "postgres", "user", "username", "foo", "you")
)


def mentioned(text: str, known: Set[str] = frozenset()) -> list[str]:
    """Return the addresses that stand in a text as such, each once, in lower case.

    known: lower-case addresses that a header names; no form of theirs makes them doubtful.
    """
    if "@" not in text:
        return []
    found: dict[str, None] = {}
    for line in text.lower().splitlines():
        if "@" in line and not _COMMAND.match(line):
            for match in _ADDRESS.finditer(_MAIL_ID.sub(" ", _URL.sub(" ", _ANNOUNCED.sub(" ", line)))):
                if match[0] in known or _is_persons(match["local"], match["host"]):
                    found.setdefault(match[0])
    return list(found)


def _is_persons(local: str, host: str) -> bool:
    return (
        host not in _ID_HOSTS
        and not host.endswith((".prod.outlook.com", ".prod.exchangelabs.com"))
        and _is_registered(host)
        and not (local in _NOBODY or _ID_LIKE.fullmatch(local))
    )


def _is_registered(host: str) -> bool:
    """Whether somebody may hold the domain: below a public suffix, or below ``example``, in which papers speak."""
    top = host.rpartition(".")[2]
    return top == "example" or (top not in _FILES and _suffixes().privatesuffix(host) is not None)


@cache
def _suffixes() -> PublicSuffixList:
    """Return the list of the package, which takes 50 ms to read: not at import."""
    return PublicSuffixList(accept_unknown=False, only_icann=True)
