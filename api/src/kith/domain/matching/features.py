"""What two profiles have in common, as a few named numbers; each can only help, or only hurt."""

from collections.abc import Callable, Iterable, Mapping
from math import log1p, log2
from typing import Literal, NamedTuple

from msgspec import Struct
from rapidfuzz.distance import DamerauLevenshtein

from kith.domain.matching.names import agreement, disagreement
from kith.domain.matching.profiles import Profile, name_key


class Feature(NamedTuple):
    """`sign`: +1 when more of it can only make one person likelier, -1 when only less likely."""

    name: str
    sign: Literal[1, -1]
    meaning: str


FEATURES = (
    Feature("same_account", 1, "one account of one network: its immutable id, or its handle"),
    Feature("same_address", 1, "one mailbox"),
    Feature("same_weak_address", 1, "one address of a machine, a role or a list"),
    Feature(
        "crowded_address", -1, "log2 of half the number of dissimilar names, beyond two, that use the shared address"
    ),
    Feature("same_name", 1, "the same full name, in any script, case and order"),
    Feature("longer_name", 1, "the same full name but for middle names or their initials"),
    Feature("similar_name", 1, "a full name that differs by a diminutive, a slip of the pen or an initial"),
    Feature("different_name", -1, "two full names which cannot be one (0.5 when they share a word)"),
    Feature("common_name", -1, "log(1 + namesakes to be expected by chance / a harmless number of them)"),
    Feature("same_handle", 1, "the same handle, bare name or local part, by how distinctive it is"),
    Feature("similar_handle", 1, "the same but for digits at the end, by how distinctive it is"),
    Feature("name_as_handle", 1, "the full name of one run together as the handle of the other"),
    Feature("part_as_handle", 1, "a family name with an initial or alone as the handle of the other, by its rarity"),
    Feature("part_of_name", 1, "the single name of one is a word of the other's full name"),
    Feature("same_domain", 1, "mail at one organization's or family's domain, by how few names are there"),
    Feature("other_account", -1, "different accounts on one network, as far as claims tell"),
    Feature("same_number", 1, "one telephone, ORCID or staff number"),
    Feature("similar_number", 1, "the number but for one slip"),
    Feature("same_birth", 1, "one date of birth"),
    Feature("similar_birth", 1, "the date of birth but for one slip"),
    Feature("other_birth", -1, "two dates of birth"),
    Feature("same_place", 1, "the share of letter triples which two postal addresses have in common"),
    Feature("statement", 1, "a verified statement: links in both directions, .mailmap, one sign-in"),
    Feature("signed_for", 1, "log(1 + acts of one that carry the other's signature)"),
    Feature("conversed", -1, "log(1 + messages between the two)"),
)
# Namesakes by chance at which two bearers of one name are as often two humans for this reason as for any other. Words
# are counted as if given and family names were drawn apart, but both follow the language: hence a small number.
_HARMLESS_NAMESAKES = 0.001
# Within one language there are so many times the namesakes; assumed where a name has more contacts than a human has.
_LANGUAGE = 30
_OWN_CONTACTS = 4
_LEAST_NAMES = 1000  # fewer say nothing of how common a word is
_SIMILAR_GIVEN = 0.05  # of all given names, those which share an initial, a diminutive or all but a slip with one
_INSIDE = 0.9  # both names inside a longer handle
_FAMILY_INSIDE = 0.3  # the family name alone
_INDEX = {feature.name: position for position, feature in enumerate(FEATURES)}


class Population(Struct, frozen=True):
    """How common name words and mail domains are in a workspace: a snapshot, so that scores do not drift with arrivals.

    `names`: distinct full names counted; `words`, `domains`: of these, how many have the word or mail at the domain.
    """

    names: int = 0
    words: dict[str, int] = {}
    domains: dict[str, int] = {}

    def namesakes(self, name: tuple[str, ...]) -> float:
        """Expected number of bearers of `name`, were words combined by chance (Fellegi and Sunter 1969)."""
        expected = float(self.names)
        for word in (name[0], name[-1]):
            expected *= self.words.get(word, 1) / max(self.names, _LEAST_NAMES)
        return expected


def count_population(profiles: Iterable[Profile], least: int = 3) -> Population:
    """Count what is common; what fewer than `least` names have is left out and counts as one."""
    words: dict[str, int] = {}
    domains: dict[str, int] = {}
    seen: set[tuple[str, ...]] = set()
    at_domain: set[tuple[str, tuple[str, ...]]] = set()
    for profile in profiles:
        if profile.full and profile.full not in seen:
            seen.add(profile.full)
            for word in {profile.full[0], profile.full[-1]}:
                words[word] = words.get(word, 0) + 1
        if profile.domain and (profile.domain, profile.full) not in at_domain:
            at_domain.add((profile.domain, profile.full))
            domains[profile.domain] = domains.get(profile.domain, 0) + 1
    return Population(
        len(seen),
        {word: count for word, count in sorted(words.items()) if count >= least},
        {domain: count for domain, count in sorted(domains.items()) if count >= least},
    )


def _alone(key: str) -> int:
    return 1


class Context(NamedTuple):
    """What a comparison needs beyond the two profiles.

    `crowd`: the number of dissimilar names that use a key ``address:…`` or ``handle:…``, and of contacts that use a key
    ``name:…``, at least 1. `links`: per pair
    of ids in order, the features that evidence naming both gives.
    """

    population: Population = Population()
    crowd: Callable[[str], int] = _alone
    links: Mapping[tuple[str, str], Mapping[str, float]] = {}


def distinctive(handle: str, context: Context) -> float:
    """How much a shared handle tells, 0 to 1: long ones and digits tell more, given names and crowds less."""
    digits = sum(map(str.isdecimal, handle))
    length = min(1.0, max(0.0, (len(handle) + digits - 2) / 8))
    crowd = max(context.crowd(f"handle:{handle}"), context.population.words.get(handle, 1))
    return length / (1.0 + log2(crowd))


def compare(a: Profile, b: Profile, context: Context) -> tuple[float, ...]:
    """Return the value of each of `FEATURES`, in order; symmetric in `a` and `b`."""
    values = [0.0] * len(FEATURES)
    known = _compare_contact(a, b, context, values)
    agreed = _compare_names(a, b, context, values)
    _compare_handles(a, b, context, values, known, agreed)
    if a.number and b.number:
        _compare_codes(a.number, b.number, values, "number")
    if a.born and b.born:
        _compare_codes(a.born, b.born, values, "birth")
    if a.place and b.place:
        values[_INDEX["same_place"]] = len(a.place & b.place) / len(a.place | b.place)
    if context.links and (found := context.links.get((min(a.id, b.id), max(a.id, b.id)))):
        for name, value in found.items():
            values[_INDEX[name]] = value
    return tuple(values)


def _compare_contact(a: Profile, b: Profile, context: Context, values: list[float]) -> bool:
    """Compare accounts and addresses; return whether a strong one is shared."""
    same = False
    if a.accounts and b.accounts:
        if set(a.accounts) & set(b.accounts):
            values[_INDEX["same_account"]] = 1.0
            same = True
        elif any(b.handles.get(network, account) != account for network, account in a.handles.items()):
            values[_INDEX["other_account"]] = 1.0
    if a.address and a.address == b.address:
        values[_INDEX["same_address"]] = 1.0
        values[_INDEX["crowded_address"]] = _crowding(a.address, context)
        same = True
    elif a.weak_address and a.weak_address == b.weak_address:
        values[_INDEX["same_weak_address"]] = 1.0
        values[_INDEX["crowded_address"]] = _crowding(a.weak_address, context)
    elif a.domain and a.domain == b.domain:
        values[_INDEX["same_domain"]] = 1.0 / (1.0 + log2(context.population.domains.get(a.domain, 1)))
    return same


def _crowding(address: str, context: Context) -> float:
    return log2(max(2, context.crowd(f"address:{address}")) / 2)


def _compare_names(a: Profile, b: Profile, context: Context, values: list[float]) -> bool:
    """Compare full names, of which one may be guessed from a handle; return whether they agree."""
    if not (a.name and b.name and (a.full or b.full)):
        return False
    agreed = agreement(a.name, b.name)
    if agreed.value == 1.0:
        values[_INDEX["longer_name" if agreed.longer else "same_name"]] = 1.0
    elif agreed.value:
        values[_INDEX["similar_name"]] = agreed.value
    elif a.full and b.full:
        values[_INDEX["different_name"]] = disagreement(a.full, b.full)
    if agreed.value:
        similar = agreed.value < 1.0
        values[_INDEX["common_name"]] = max(_commonness(name, context, similar) for name in (a.name, b.name))
    return agreed.value > 0.0


def _commonness(name: tuple[str, ...], context: Context, similar: bool = False) -> float:
    """Of a name, or of all names `similar` to it, which share its family name and one given name in twenty."""
    population = context.population
    if similar:
        namesakes = _SIMILAR_GIVEN * population.words.get(name[-1], 1)
    else:
        by_chance = population.namesakes(name)
        seen = (context.crowd(name_key(name)) - _OWN_CONTACTS) / 2
        namesakes = max(by_chance, min(seen, _LANGUAGE * by_chance))
    return log1p(namesakes / _HARMLESS_NAMESAKES)


def _compare_handles(a: Profile, b: Profile, context: Context, values: list[float], known: bool, agreed: bool) -> None:
    """Compare handles. `known`: an account or address is shared already; `agreed`: the full names agree already.

    A handle which is but a name run together is counted as a name, by its rarity, and never twice.
    """
    named = a.spelled.keys() | b.spelled.keys() | set(a.full[:1] + b.full[:1])
    if not known:
        shared = a.words.keys() & b.words.keys()
        if telling := shared - named:
            values[_INDEX["same_handle"]] = max(distinctive(word, context) for word in telling)
        elif a.words and b.words and not shared:
            stems = set(a.words.values()) & set(b.words.values()) - named
            values[_INDEX["similar_handle"]] = max((distinctive(stem, context) for stem in stems), default=0.0)
    if agreed:
        return
    one, other = _spelled(a, b), _spelled(b, a)
    strength = max(one, other)
    name = a.name if one >= other else b.name
    if strength >= _INSIDE:
        values[_INDEX["name_as_handle"]] = 1.0
        values[_INDEX["common_name"]] = _commonness(name, context)
    elif strength:
        values[_INDEX["part_as_handle"]] = strength / (1.0 + log2(context.population.words.get(name[-1], 1)))
    if not (a.full and b.full):
        values[_INDEX["part_of_name"]] = max(_part(a, b), _part(b, a))


def _spelled(named: Profile, other: Profile) -> float:
    """How far a handle of `other` is made of the name of `named`."""
    name = named.name
    if not name or not other.words:
        return 0.0
    best = 0.0
    for word, stem in other.words.items():
        best = max(best, named.spelled.get(word, 0.0), named.spelled.get(stem, 0.0))
        if best < _INSIDE and len(stem) > 6 and all(len(part) > 2 and part in stem for part in (name[0], name[-1])):
            best = _INSIDE
        elif best < _FAMILY_INSIDE and len(name[-1]) > 4 and name[-1] in stem:
            best = _FAMILY_INSIDE
    return best


def _part(single: Profile, named: Profile) -> float:
    """Whether the one word that `single` shows is a word of the name of `named`."""
    return float(not single.full and any(len(word) > 2 and word in single.words for word in named.full))


def _compare_codes(first: str, second: str, values: list[float], kind: Literal["number", "birth"]) -> None:
    if first == second:
        values[_INDEX[f"same_{kind}"]] = 1.0
    elif DamerauLevenshtein.distance(first, second, score_cutoff=1) <= 1:
        values[_INDEX[f"similar_{kind}"]] = 1.0
    elif kind == "birth":
        values[_INDEX["other_birth"]] = 1.0
