"""Merges that took nobody's work in: a branch only caught up with the main line, in whatever words that is said."""

import re

from kith.connectors.git.addresses import public_name

#: Names that main lines have, besides the one that HEAD has, and lines that features begin at.
MAIN = {"main", "master", "trunk", "mainline", "upstream", "default"}
DEVELOP = {"develop", "devel", "dev", "development"}
_REMOTES = ("origin", "upstream")
_RELEASE = re.compile(r"(?:release|stable|prod|production|deploy|hotfix)\b.*|v?\d.*", re.IGNORECASE)
_VERSION = re.compile(r"v?\d+\.\d.*", re.IGNORECASE)
_TITLE = re.compile(
    r"""
    (?:\[[^\]]*\]\s*)*                                                      # [dev.types]
    (?:merged\ pr\ \d+:\s+|pull\ request\ \#\d+:\s+)?
    (?:[\w./-]+(?:\([^)]*\))?!?:\s+)?                                       # all:
    (?:auto(?:matic(?:ally)?)?[- ]*|back[- ]*|forward[- ]*|up[- ]*|svn[ ])?
    (?:
        (?:merg(?:e|es|ed|ing)(?:[- ]up)?|sync(?:ed|ing)?|catch(?:ing)?[- ]up(?:[- ]merge)?|pull(?:ed|ing)?
            |(?:keep|get|bring|brought)\ (?:(?:it|us|branch|this|things)\ )?up[- ]to[- ]date
            |keep(?:ing)?\ up|refresh(?:ed|ing)?
            |rebas(?:e|ed|ing)\ on(?:to)?|forward[- ]port)\b:?
        | (?:resolv(?:e|es|ed|ing)\s+|fix(?:ed)?\s+)?(?:merge\s+)?conflicts?(?=\s+(?:with|from)\b)
        | (?:sync|bring|brought)\s+(?!from|with)[\w./-]+(?:\s+branch)?(?:\s+up[- ]to[- ]date|\s+in\s+sync)?(?=\s+with\b)
        | updat(?:e|es|ed|ing)\s+branch\s+['"`‘“][\w./-]+['"`’”](?=\s+(?:from|with)\b)
        | updat(?:e|es|ed|ing)(?:\s+the)?(?:\s+branch)?(?:\s+(?!from|with)[\w./-]+)?(?=\s+(?:from|with)\b)
    )
    (?:\s+(?:the|latest|newest|recent|current|changes|branch|tip|head|up|to|in|of|from|with)\b)*
    (?:\s+(?:revisions?|r(?=\d))\s*r?\d+\s*(?:[:,-]|through|to)\s*r?\d+(?:\s+via\ svnmerge)?\s+from)?
    (?:\s+(?P<remote>origin|upstream)(?=\s+['"`‘“]?[\w.]+['"`’”]?(?:\s+(?:in)?to\b.*|[.\s]*)$))?
    (?:\s+remote(?:-tracking)?)?(?:\s+(?:branch|commit|(?P<tag>tag)))?
    \s+['"`‘“]?(?P<source>[\w.@+-][\w./@+-]*)['"`’”]?
    (?:\s+branch|\s+changes|\s+head|\s+r?\d+(?:\s*(?:[:,-]|through|to)\s*r?\d+)?)?
    (?:\s*\([^)]*\))?                                                       # (3f2a1b)
    (?:\s+of\s+(?P<address>\S+))?
    (?:\s+(?:(?:in)?to|in|[-=]>|→)\s+(?:the\s+)?(?:branch\s+)?['"`‘“]?(?P<into>[\w.@+-][\w./@+-]*)['"`’”]?(?:\s+branch)?)?
    (?:\s*\([^)]*\)|\s*\[[^\]]*\])*
    (?:\s*[:;,–—-]\s+.*)?
    [.\s]*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TITLE_CHARACTERS = 500
#: The same branch, here and elsewhere, by one merge: ``branches 'main' and 'main' of ...``.
_TWICE = re.compile(r"branches\s+(['\"][^'\"]+['\"])(?:(?:,|\s+and)\s+\1)+")
#: Of a server of one's own: ``Merge pull request #12 in IO/io from main to fix``.
_PULLED_HERE = re.compile(
    r"Merge pull request #\d+ in [\w~.-]+/[\w.-]+ from (?P<branch>[\w./-]+) to (?P<into>[\w./-]+)", re.IGNORECASE
)
#: How words begin that speak of merging.
_MERGING = re.compile(
    r"merg|mesc?l|sync|conflict|konflikt|updat|aktualis|catch|pull|rebas|refresh|up[- ]to[- ]date|integrat"
    r"|fusi|unir|zusammen"
    r"|samenvoeg|sammen|samman|scal|slouč|birleştir|yhdist|слия|злит|мерж|объедин|合并|合併|マージ|병합|머지",
    re.IGNORECASE,
)
_CANDIDATE = re.compile(r"v?\d+\.\d+(?:\.\d+)?-?rc\d+|v\d+\.\d+(?:\.\d+)*", re.IGNORECASE)
#: Titles that name what they bring in, and what it is brought into.
_NAMED = re.compile(
    r"(?:\[[^\]]*\]\s*)*Merged?\s+(?:(?:remote[- ](?:tracking[- ])?)?branch(?:es)?\s+['\"]"
    r"|pull request|tag\b|pr\b|in\b|['\"])|.*\bmerge request\b",
    re.IGNORECASE,
)
_PULLED = re.compile(r"Merge pull request #\d+ from (?P<owner>[\w.-]+)/(?P<branch>[\w./-]+)", re.IGNORECASE)


def caught_up(title: str, main: str, known_as: str) -> bool:
    """Whether the title of a merge says that it brought into a branch what the main line already had.

    main: the name of the main line. known_as: the repository's own address, which a pull from it names. What
    the main line itself takes in is somebody's work, unless it is the main line as it stands elsewhere.
    """
    title = title[:_TITLE_CHARACTERS]
    if pulled := _PULLED.fullmatch(title):  # of the repository's own main line: no fork's, and not into itself
        return pulled["branch"] in {main, *MAIN} and pulled["owner"].lower() in public_name(known_as).lower().split("/")
    if here := _PULLED_HERE.fullmatch(title):
        return here["branch"] in {main, *MAIN} and here["into"] not in {main, *MAIN}
    match = _TITLE.fullmatch(_TWICE.sub(r"branch \1", title))
    if match is None:
        return False
    remote, name = _branch(match["source"])
    remote = match["remote"] or remote
    into = _branch(match["into"])[1] if match["into"] else main
    if name == "HEAD" and (remote or match["address"]):
        name = main
    is_main = name in {main, *MAIN}
    if into == main or into in MAIN:
        if not is_main or remote not in ("", *_REMOTES):
            return False
        if address := match["address"]:
            return _is_same(address, known_as)
        return bool(remote) or match["into"] is None or name == into
    if name == into:  # a pull of the branch itself
        return bool(remote) or (match["address"] is not None and _is_same(match["address"], known_as))
    if match["tag"]:
        return _VERSION.fullmatch(name) is not None
    if match["into"] and _CANDIDATE.fullmatch(name) and not _RELEASE.fullmatch(into):
        return True
    return is_main or (name in DEVELOP and into not in DEVELOP and not _RELEASE.fullmatch(into))


def is_vague(title: str, main: str) -> bool:
    """Whether a title speaks of merging and leaves open what into what, so that its place in the history has to say."""
    title = title[:_TITLE_CHARACTERS]
    if not _MERGING.search(title):
        return False
    into = re.search(r"\b(?:in)?to\s+['\"]?([\w./-]+)", title)
    lines = {main, *MAIN, *DEVELOP}
    return not (main in DEVELOP or _NAMED.match(title) or (into and (into[1] in lines or _RELEASE.fullmatch(into[1]))))


def _branch(name: str) -> tuple[str, str]:
    """Return the remote that a branch is named by, if any, and the branch's own name: ``origin/main`` is main."""
    name = name.rstrip(".").removeprefix("refs/").removeprefix("heads/").removeprefix("remotes/")
    remote, _, branch = name.partition("/")
    known = branch in MAIN or branch in DEVELOP or (branch and remote in _REMOTES)
    return (remote, branch) if known else ("", name)


def _is_same(address: str, known_as: str) -> bool:
    """Whether both are one repository; where one of them names no host, by its last name alone."""
    one, other = public_name(address).lower(), public_name(known_as).lower()
    if "/" in one and "/" in other:
        return one == other
    return one.rpartition("/")[2] == other.rpartition("/")[2]
