"""What two profiles have in common, as a few named numbers; each can only help, or only hurt."""

from collections.abc import Callable, Collection, Iterable, Mapping
from math import log1p, log2
from typing import Literal, NamedTuple

from msgspec import Struct
from rapidfuzz.distance import DamerauLevenshtein

from kith.domain.matching.languages import affinity, find_languages
from kith.domain.matching.names import agreement, disagreement
from kith.domain.matching.profiles import Profile, name_key
from kith.domain.matching.records import Behavior


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
    Feature(
        "common_name", -1, "log(1 + expected namesakes / a harmless number of them), and more where there are several"
    ),
    Feature("same_handle", 1, "the same handle, bare name or local part, by how distinctive it is"),
    Feature("similar_handle", 1, "the same but for digits at the end, by how distinctive it is"),
    Feature("name_as_handle", 1, "the full name of one run together as the handle of the other"),
    Feature("part_as_handle", 1, "a family name with an initial or alone as the handle of the other, by its rarity"),
    Feature("part_of_name", 1, "the single name of one is a word of the other's full name"),
    Feature("same_domain", 1, "mail at one organization's or family's domain, by how few names are there"),
    Feature("other_account", -1, "different accounts on one network (0.3 when only their handles tell)"),
    Feature("same_number", 1, "one telephone, ORCID or staff number"),
    Feature("similar_number", 1, "the number but for one slip"),
    Feature("same_birth", 1, "one date of birth"),
    Feature("similar_birth", 1, "the date of birth but for one slip"),
    Feature("other_birth", -1, "two dates of birth"),
    Feature("same_place", 1, "the share of letter triples which two postal addresses have in common"),
    Feature("statement", 1, "a verified statement: links in both directions, .mailmap, one sign-in"),
    Feature("signed_for", 1, "of two with one name: doublings of the acts of one that carry the other's signature"),
    Feature("took_turns", 1, "of two with one name who never acted on one day: doublings of their common counterparts"),
    Feature("conversed", -1, "doublings of the replies, messages and reviews between the two"),
)
# Expected namesakes at which two bearers of one name are as often two humans for this reason as for any other.
_HARMLESS_NAMESAKES = 0.001
# From so many upwards a wrong join brings others with it: wrong pairs go with the square of the namesakes. Chosen for
# precision: 0.2 gives the synthetic community of 100,000 two points of recall for half a point of precision.
_SEVERAL_NAMESAKES = 0.1
# At most so many times the namesakes are believed where a name has more contacts than a human has.
_UNEXPECTED = 30
_OWN_CONTACTS = 6
_LEAST_NAMES = 1000  # fewer say nothing of how common a word is
_SIMILAR_GIVEN = 0.05  # of all given names, those which share an initial, a diminutive or all but a slip with one
_INSIDE = 0.9  # both names inside a longer handle
_FAMILY_INSIDE = 0.3  # the family name alone
_SHARE_SPELLED = 0.2  # of the namesakes, those who make the same handle of their name
_OTHER_HANDLE = 0.3  # accounts known by handles alone, which may have been renamed
# Of what speaks for one person; there is no bound on what speaks against it.
MOST_DOUBLINGS = 3
_ONE_NAMESAKE = log1p(1.0 / _HARMLESS_NAMESAKES)


# The values of a pair by feature; what is absent is 0.
Values = dict[str, float]


class Population(Struct, frozen=True):
    """How common name words and mail domains are in a workspace: a snapshot, so that scores do not drift with arrivals.

    `names`: distinct full names counted; `words`, `domains`: of these, how many have the word or mail at the domain.
    `languages`: places of words that common among the languages of names, for `affinity`.
    """

    names: int = 0
    words: dict[str, int] = {}
    domains: dict[str, int] = {}
    languages: dict[str, tuple[float, ...]] = {}

    def namesakes(self, name: tuple[str, ...]) -> float:
        """Expected number of bearers of `name`: by chance (Fellegi and Sunter 1969), and as its words go together."""
        expected = float(self.names)
        for word in (name[0], name[-1]):
            expected *= self.words.get(word, 1) / max(self.names, _LEAST_NAMES)
        return expected * affinity(self.languages, name[0], name[-1])


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
    common = {word: count for word, count in sorted(words.items()) if count >= least}
    return Population(
        len(seen),
        common,
        {domain: count for domain, count in sorted(domains.items()) if count >= least},
        find_languages(common, seen),
    )


def _alone(key: str) -> int:
    return 1


class Context(NamedTuple):
    """What a comparison needs beyond the two profiles.

    `crowd`: the number of dissimilar names that use a key ``address:…`` or ``handle:…``, and of contacts that use a key
    ``name:…``, at least 1. `stated`: pairs of ids, in order, that a verified statement names. `behaviors`: of pairs of
    ids in order.
    """

    population: Population = Population()
    crowd: Callable[[str], int] = _alone
    stated: Collection[tuple[str, str]] = ()
    behaviors: Mapping[tuple[str, str], Behavior] = {}


def distinctive(handle: str, context: Context) -> float:
    """How much a shared handle tells, 0 to 1: long ones and digits tell more, given names and crowds less."""
    digits = sum(map(str.isdecimal, handle))
    length = min(1.0, max(0.0, (len(handle) + digits - 2) / 8))
    crowd = max(context.crowd(f"handle:{handle}"), context.population.words.get(handle, 1))
    return length / (1.0 + log2(crowd))


def compare(a: Profile, b: Profile, context: Context) -> Values:
    """Return the values of those of `FEATURES` that say something, always in one order; symmetric in `a` and `b`."""
    values: Values = {}
    known = _compare_contact(a, b, context, values)
    agreed = _compare_names(a, b, context, values)
    if known and agreed:  # prior odds no longer fall with the population: the name does not speak against one person
        values["common_name"] = min(values["common_name"], _ONE_NAMESAKE)
    _compare_handles(a, b, context, values, known, agreed)
    if a.number and b.number:
        _compare_codes(a.number, b.number, values, "number")
    if a.born and b.born:
        _compare_codes(a.born, b.born, values, "birth")
    if a.place and b.place:
        values["same_place"] = len(a.place & b.place) / len(a.place | b.place)
    if context.stated and pair(a.id, b.id) in context.stated:
        values["statement"] = 1.0
    if context.behaviors and (behavior := context.behaviors.get(pair(a.id, b.id))):
        _compare_behavior(behavior, agreed, values)
    return values


def pair(one: str, other: str) -> tuple[str, str]:
    """Return two ids in order."""
    return (one, other) if one < other else (other, one)


def _compare_behavior(behavior: Behavior, agreed: bool, values: Values) -> None:
    """Of people with one name, a signature is taken for their own; of others it is an act of one towards the other."""
    if agreed:
        values["signed_for"] = min(behavior.signed, MOST_DOUBLINGS)
        values["took_turns"] = min(behavior.took_turns, MOST_DOUBLINGS)
        values["conversed"] = behavior.conversed
    else:
        values["conversed"] = max(behavior.conversed, behavior.signed)


def _compare_contact(a: Profile, b: Profile, context: Context, values: Values) -> bool:
    """Compare accounts and addresses; return whether a strong one is shared."""
    same = False
    if a.accounts and b.accounts:
        if set(a.accounts) & set(b.accounts):
            values["same_account"] = 1.0
            same = True
        elif others := [
            (account, b.handles[network])
            for network, account in a.handles.items()
            if b.handles.get(network, account) != account
        ]:
            by_handle = all("@" in (one[0], other[0]) for one, other in others)  # of an account, else its immutable id
            values["other_account"] = _OTHER_HANDLE if by_handle else 1.0
    if a.address and a.address == b.address:
        values["same_address"] = 1.0
        values["crowded_address"] = _crowding(a.address, context)
        same = True
    elif a.weak_address and a.weak_address == b.weak_address:
        values["same_weak_address"] = 1.0
        values["crowded_address"] = _crowding(a.weak_address, context)
    elif a.domain and a.domain == b.domain:
        values["same_domain"] = 1.0 / (1.0 + log2(context.population.domains.get(a.domain, 1)))
    return same


def _crowding(address: str, context: Context) -> float:
    return log2(max(2, context.crowd(f"address:{address}")) / 2)


def _compare_names(a: Profile, b: Profile, context: Context, values: Values) -> bool:
    """Compare full names, of which one may be guessed from a handle; return whether they agree."""
    if not (a.name and b.name and (a.full or b.full)):
        return False
    agreed = agreement(a.name, b.name)
    if agreed.value == 1.0:
        values["longer_name" if agreed.longer else "same_name"] = 1.0
    elif agreed.value:
        values["similar_name"] = agreed.value
    elif a.full and b.full:
        values["different_name"] = disagreement(a.full, b.full)
    if agreed.value:
        values["common_name"] = max(
            _commonness(name, context) if agreed.value == 1.0 else _similar_commonness(name, context.population)
            for name in {a.name, b.name}
        )
    return agreed.value > 0.0


def _commonness(name: tuple[str, ...], context: Context, share: float = 1.0) -> float:
    """Of a name, of which a `share` of the bearers counts."""
    by_chance = context.population.namesakes(name)
    seen = (context.crowd(name_key(name)) - _OWN_CONTACTS) / 2
    return _charge(share * max(by_chance, min(seen, _UNEXPECTED * by_chance)))


def _similar_commonness(name: tuple[str, ...], population: Population) -> float:
    """Of all names similar to one, which share its family name and one given name in twenty."""
    return _charge(_SIMILAR_GIVEN * population.words.get(name[-1], 1))


def _spelled_commonness(handle: str, population: Population) -> float:
    """Of a handle that may be two common words of names run together."""
    words = population.words
    namesakes = max(
        (
            population.namesakes((handle[:end], handle[end:]))
            for end in range(2, len(handle) - 1)
            if handle[:end] in words and handle[end:] in words
        ),
        default=0.0,
    )
    return _charge(_SHARE_SPELLED * namesakes)


def _charge(namesakes: float) -> float:
    """What is held against a name with so many expected namesakes."""
    return log1p(namesakes / _HARMLESS_NAMESAKES) + log1p((namesakes / _SEVERAL_NAMESAKES) ** 2)


def _compare_handles(a: Profile, b: Profile, context: Context, values: Values, known: bool, agreed: bool) -> None:
    """Compare handles. `known`: an account or address is shared already; `agreed`: the full names agree already.

    A handle which is but a name run together is counted as a name, by its rarity, and never twice.
    """
    if not known and a.words and b.words:
        shared = a.words.keys() & b.words.keys()
        if not shared:
            stems = set(a.words.values()).intersection(b.words.values())
            if telling := {stem for stem in stems if not _is_name(stem, a) and not _is_name(stem, b)}:
                values["similar_handle"] = max(distinctive(stem, context) for stem in telling)
        elif telling := {word for word in shared if not _is_name(word, a) and not _is_name(word, b)}:
            values["same_handle"] = max(distinctive(word, context) for word in telling)
            if not agreed:
                values["common_name"] = min(_spelled_commonness(word, context.population) for word in telling)
    if agreed:
        return
    one, other = _spelled(a, b), _spelled(b, a)
    strength = max(one, other)
    name = a.name if one >= other else b.name
    if strength >= _INSIDE:
        values["name_as_handle"] = 1.0
        common = _commonness(name, context, _SHARE_SPELLED)
        values["common_name"] = max(values.get("common_name", 0.0), common)
    elif strength:
        values["part_as_handle"] = strength / (1.0 + log2(context.population.words.get(name[-1], 1)))
    if not (a.full and b.full):
        values["part_of_name"] = max(_part(a, b), _part(b, a))


def _is_name(handle: str, bearer: Profile) -> bool:
    """Whether a handle only spells the name of one."""
    return handle in bearer.spelled or handle in bearer.full[:1]


def _spelled(named: Profile, other: Profile) -> float:
    """How far a handle of `other` is made of the name of `named`."""
    name = named.name
    if not name or not other.words:
        return 0.0
    first, last, spelled = name[0], name[-1], named.spelled
    best = 0.0
    for word, stem in other.words.items():
        found = spelled.get(word, 0.0) or spelled.get(stem, 0.0)
        if found < _INSIDE and last in stem:
            if first in stem and len(stem) > 6 and len(first) > 2 and len(last) > 2:
                found = _INSIDE
            elif found < _FAMILY_INSIDE and len(last) > 4:
                found = _FAMILY_INSIDE
        if found > best:
            best = found
    return best


def _part(single: Profile, named: Profile) -> float:
    """Whether the one word that `single` shows is a word of the name of `named`."""
    if single.full or not single.words:
        return 0.0
    return float(any(len(word) > 2 and word in single.words for word in named.full))


def _compare_codes(first: str, second: str, values: Values, kind: Literal["number", "birth"]) -> None:
    if first == second:
        values[f"same_{kind}"] = 1.0
    elif DamerauLevenshtein.distance(first, second, score_cutoff=1) <= 1:
        values[f"similar_{kind}"] = 1.0
    elif kind == "birth":
        values["other_birth"] = 1.0
