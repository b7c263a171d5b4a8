"""What two profiles have in common, as a few named numbers; each can only help, or only hurt."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import pairwise
from math import log1p, log2
from typing import Literal, NamedTuple

from msgspec import Struct
from rapidfuzz.distance import DamerauLevenshtein

from kith.domain.kinds.words import GIVEN
from kith.domain.matching.languages import affinity, find_languages
from kith.domain.matching.names import INITIAL, NameAgreement, agreement, disagreement
from kith.domain.matching.profiles import Profile, name_key
from kith.domain.matching.records import Behavior
from kith.domain.matching.vocabulary import NICKNAMES, SOCIAL


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
    Feature("same_name", 1, "the same full name, in any script, case and order (0.8 with two letters swapped)"),
    Feature("longer_name", 1, "the same full name but for middle names or their initials"),
    Feature("similar_name", 1, "a full name that differs by a diminutive, a nickname or a slip of the pen"),
    Feature("initial_name", 1, "a full name of which one shows but an initial"),
    Feature("misspelt_name", 1, "a full name that differs by a few letters, and all else does: perhaps another's"),
    Feature("different_name", -1, "two full names which cannot be one (less when they share a word or a mailbox)"),
    Feature(
        "common_name", -1, "log(1 + expected namesakes / a harmless number of them), and more where there are several"
    ),
    Feature("same_handle", 1, "the same handle, bare name or local part, by how rare it is"),
    Feature("similar_handle", 1, "the same but for digits at the end, by how rare it is"),
    Feature("name_as_handle", 1, "the full name of one run together as the handle of the other"),
    Feature("part_as_handle", 1, "a name with an initial as the handle of the other, by the rarity of the family name"),
    Feature("family_in_handle", 1, "a longer handle of the other holds the family name, by its rarity"),
    Feature("part_of_name", 1, "the single name of one is a word of the other's full name, by its rarity"),
    Feature("same_domain", 1, "mail at one organization's or family's domain, by how few names are there"),
    Feature("other_account", -1, "different accounts on one network (0.3 when only their handles tell)"),
    Feature("same_number", 1, "one telephone, ORCID or staff number"),
    Feature("similar_number", 1, "the number but for one slip"),
    Feature("same_birth", 1, "one date of birth"),
    Feature("similar_birth", 1, "the date of birth but for one slip"),
    Feature("other_birth", -1, "two dates of birth"),
    Feature("same_place", 1, "the share of letter triples which two postal addresses have in common"),
    Feature("statement", 1, "a verified statement: links in both directions, .mailmap, one sign-in, one page"),
    Feature("signed_for", 1, "of two with one name: doublings of the acts of one that carry the other's signature"),
    Feature("took_turns", 1, "of two with one name who never acted on one day: doublings of their common counterparts"),
    Feature("conversed", -1, "doublings of the replies, messages and reviews between the two"),
)
SIGNS = {feature.name: feature.sign for feature in FEATURES}
# Expected namesakes at which two bearers of one name are as often two humans for this reason as for any other.
_HARMLESS_NAMESAKES = 0.001
# From so many upwards a wrong join brings others with it: wrong pairs go with the square of the namesakes. Chosen for
# precision: 0.1 takes two points of recall from a synthetic community of 100,000 and adds half a point of precision.
_SEVERAL_NAMESAKES = 0.2
_SIGNS = 37  # that may follow one in a handle
_LEAST_NAMES = 1000  # fewer say nothing of how common a word is
_SIMILAR_GIVEN = 0.05  # of all given names, those which share an initial, a diminutive or all but a slip with one
_SAME_INITIAL = 0.07  # of all given names, those which begin with one letter
_INSIDE = 0.9  # both names inside a longer handle
_FAMILY_INSIDE = 0.1  # the family name alone, which is another feature
_SHARE_SPELLED = 0.2  # of the namesakes, those who make the same handle of their name
_OTHER_HANDLE = 0.3  # accounts known by handles alone, which may have been renamed
_CHANGED = 0.7  # of a difference of names at a mailbox that no third name uses: names change
_GIVEN_NAMES = 200  # humans among whom one has a given name that is known as one
# At most so many times the namesakes are believed where the bearers of a name are several humans by what they show.
_UNEXPECTED = 30
# Of what speaks for one person; there is no bound on what speaks against it.
MOST_DOUBLINGS = 3
# What else is one where two names that differ by a few letters are one.
_BESIDE_A_SLIP = frozenset({
    "same_account", "same_address", "same_weak_address", "same_handle", "same_number", "similar_number", "same_birth",
    "similar_birth", "same_place",
})  # fmt: skip
# What only a name says, or that nobody was seen twice at one time.
_NAME_ALONE = frozenset({
    "same_name", "longer_name", "similar_name", "initial_name", "misspelt_name", "part_of_name", "took_turns",
})  # fmt: skip
_ONE_NAMESAKE = log1p(1.0 / _HARMLESS_NAMESAKES)
_ONE_SIMILAR = log1p(_SIMILAR_GIVEN / _HARMLESS_NAMESAKES)


# The values of a pair by feature; what is absent is 0.
Values = dict[str, float]


class Population(Struct, frozen=True):
    """How common name words and mail domains are in a workspace: a snapshot, so that scores do not drift with arrivals.

    `names`: distinct full names counted; `handles`: distinct handles; `letters`: how often two letters follow one
    another in those. `words`, `domains`: how many of the names have the word or mail at the domain. `languages`: places
    of words that common among the languages of names, for `affinity`.
    """

    names: int = 0
    handles: int = 0
    letters: dict[str, int] = {}
    words: dict[str, int] = {}
    domains: dict[str, int] = {}
    languages: dict[str, tuple[float, ...]] = {}

    def namesakes(self, name: tuple[str, ...]) -> float:
        """Expected number of bearers of `name`: by chance (Fellegi and Sunter 1969), and as its words go together."""
        expected = float(self.names)
        for word in (name[0], name[-1]):
            expected *= self.words.get(word, 1) / max(self.names, _LEAST_NAMES)
        return expected * affinity(self.languages, name[0], name[-1])

    def same_by_chance(self, handle: str) -> float:
        """Expected number of strangers who use `handle`, from how its letters follow one another in handles here."""
        count = max(self.handles, _LEAST_NAMES)
        expected = float(count)
        for one, other in pairwise(f"^{handle}$"):
            follows = self.letters.get(one, 0)
            expected *= (self.letters.get(one + other, 0) + 1.0) / (follows + _SIGNS)
        return expected + self.bearers(handle) - 1

    def bearers(self, word: str) -> int:
        """Of how many names a word is one, at least 1; a given name known as such is so of more than are seen."""
        seen = self.words.get(word, 1)
        is_given = word in NICKNAMES or word in GIVEN
        return max(seen, max(self.names, _LEAST_NAMES) // _GIVEN_NAMES) if is_given else seen


def count_population(profiles: Iterable[Profile], least: int = 3) -> Population:
    """Count what is common; what fewer than `least` names have is left out and counts as one."""
    words: dict[str, int] = {}
    domains: dict[str, int] = {}
    seen: set[tuple[str, ...]] = set()
    at_domain: set[tuple[str, tuple[str, ...]]] = set()
    handles: set[str] = set()
    for profile in profiles:
        handles.update(profile.words)
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
        len(handles),
        dict(sorted(count_letters(handles).items())),
        common,
        {domain: count for domain, count in sorted(domains.items()) if count >= least},
        find_languages(common, seen),
    )


def count_letters(handles: Iterable[str]) -> Counter[str]:
    """Count which sign follows which, and each first one; ``^`` begins a handle and ``$`` ends it."""
    found: Counter[str] = Counter()
    for handle in handles:
        found.update(map("".join, pairwise(f"^{handle}$")))
        found.update(f"^{handle}")
    return found


def _alone(key: str) -> int:
    return 1


class Context(NamedTuple):
    """What a comparison needs beyond the two profiles.

    `crowd`: the number of dissimilar names that use a key ``address:…`` or ``handle:…`` or have the word of a key
    ``word:…``, and of humans that a key ``name:…`` has at least, by what its bearers show; at least 1. `stated`: pairs
    of ids, in order, that a verified statement names. `behaviors`: of pairs of ids in order.
    """

    population: Population = Population()
    crowd: Callable[[str], int] = _alone
    stated: Collection[tuple[str, str]] = ()
    behaviors: Mapping[tuple[str, str], Behavior] = {}


def distinctive(handle: str, context: Context, *, is_single_name: bool = False) -> float:
    """How much a shared handle tells, 0 to 1: rare ones tell more, those of given names and crowds less.

    A single name may be anybody's who has it in a full name.
    """
    strangers = context.population.same_by_chance(handle)
    if is_single_name:
        strangers += context.crowd(f"word:{handle}") - 1
    rarity = max(0.0, 1.0 - log1p(strangers / _HARMLESS_NAMESAKES) / _ONE_NAMESAKE)
    return rarity / (1.0 + log2(context.crowd(f"handle:{handle}")))


def compare(a: Profile, b: Profile, context: Context) -> Values:
    """Return the values of those of `FEATURES` that say something, always in one order; symmetric in `a` and `b`."""
    values: Values = {}
    known = _compare_contact(a, b, context, values)
    agreed = _compare_names(a, b, context, values, known)
    if known and agreed:  # prior odds no longer fall with the population: the name does not speak against one person
        most = _ONE_NAMESAKE if {"same_name", "longer_name"} & values.keys() else _ONE_SIMILAR
        values["common_name"] = min(values["common_name"], most)
    _compare_handles(a, b, context, values, known, agreed)
    if a.number and b.number:
        _compare_codes(a.number, b.number, values, "number")
    if a.born and b.born:
        _compare_codes(a.born, b.born, values, "birth")
    if a.place and b.place:
        values["same_place"] = len(a.place & b.place) / len(a.place | b.place)
    if "misspelt_name" in values and not _BESIDE_A_SLIP.isdisjoint(values):
        values["similar_name"] = values.pop("misspelt_name")
    if context.stated and pair(a.id, b.id) in context.stated:
        values["statement"] = 1.0
    if context.behaviors and (behavior := context.behaviors.get(pair(a.id, b.id))):
        _compare_behavior(behavior, agreed and "misspelt_name" not in values, values)
    return values


def pair(one: str, other: str) -> tuple[str, str]:
    """Return two ids in order."""
    return (one, other) if one < other else (other, one)


def by_name_alone(values: Values) -> bool:
    """Whether nothing but names speaks for one person."""
    return not any(value > 0 and SIGNS[name] > 0 and name not in _NAME_ALONE for name, value in values.items())


def have_two_employers(a: Profile, b: Profile, context: Context) -> bool:
    """Whether two work at one time, each with an address of another organization."""
    behavior = context.behaviors.get(pair(a.id, b.id))
    if behavior is None or not behavior.at_once or a.domain == b.domain:
        return False
    return _is_employed(a, context.population) and _is_employed(b, context.population)


def _is_employed(profile: Profile, population: Population) -> bool:
    """Whether several people have mail at the domain; before anybody is counted, whether it is not called after one."""
    if profile.domain in SOCIAL:
        return False
    if population.names:
        return profile.domain in population.domains
    return bool(profile.domain) and not any(word in profile.domain for word in profile.name if len(word) > 2)


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
    if a.pages and not a.pages.isdisjoint(b.pages):
        values["statement"] = 1.0
        same = True
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


def _compare_names(a: Profile, b: Profile, context: Context, values: Values, known: bool) -> bool:
    """Compare full names, of which one may be guessed from a handle; return whether they agree.

    known: they share an account or a mailbox.
    """
    if not (a.name and b.name and (a.full or b.full)):
        return False
    agreed = agreement(a.name, b.name)
    if not agreed.value and (a.aliases or b.aliases):
        agreed = _agree_by_nickname(a, b)
    if agreed.exact:
        values["longer_name" if agreed.longer else "same_name"] = agreed.value
    elif agreed.slip and not known:
        values["misspelt_name"] = agreed.value
    elif agreed.value:
        values["initial_name" if agreed.value == INITIAL else "similar_name"] = agreed.value
    elif a.full and b.full:
        changed = known and values.get("crowded_address", 0.0) == 0.0
        values["different_name"] = disagreement(a.full, b.full) * (_CHANGED if changed else 1.0)
    if agreed.value:
        values["common_name"] = max(
            _commonness(name, context) if agreed.exact else _similar_commonness(name, context.population)
            for name in {a.name, b.name}
        )
    return agreed.value > 0.0


def _agree_by_nickname(a: Profile, b: Profile) -> NameAgreement:
    """How well the names agree where a nickname in brackets takes a word's place; at best as a longer name does."""
    tried = [agreement(one, other).value for one in (a.name, *a.aliases) for other in (b.name, *b.aliases)]
    return NameAgreement(max(tried), True)


def _commonness(name: tuple[str, ...], context: Context, share: float = 1.0) -> float:
    """Of a name, of which a `share` of the bearers counts."""
    by_chance = context.population.namesakes(name)
    seen = context.crowd(name_key(name)) - 1
    return _charge(share * max(by_chance, min(seen, _UNEXPECTED * by_chance)))


def _similar_commonness(name: tuple[str, ...], population: Population) -> float:
    """Of all names similar to one, which share its family name and one given name in twenty."""
    return _charge(_SIMILAR_GIVEN * population.words.get(name[-1], 1))


def _spelled_commonness(handle: str, population: Population) -> float:
    """Of a handle that may be two common words of names run together, or one with an initial before or behind."""
    words = population.words
    namesakes = max(
        (
            population.namesakes((handle[:end], handle[end:]))
            for end in range(2, len(handle) - 1)
            if handle[:end] in words and handle[end:] in words
        ),
        default=0.0,
    )
    shortened = _SAME_INITIAL * max(words.get(handle[1:], 0), words.get(handle[:-1], 0))
    return _charge(_SHARE_SPELLED * max(namesakes, shortened))


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
            single = not (a.full and b.full)
            values["same_handle"] = max(distinctive(word, context, is_single_name=single) for word in telling)
            if not agreed:
                values["common_name"] = min(_spelled_commonness(word, context.population) for word in telling)
    if agreed:
        return
    one, other = _spelled(a, b, context.population), _spelled(b, a, context.population)
    strength = max(one, other)
    name = a.name if one >= other else b.name
    if strength >= _INSIDE:
        values["name_as_handle"] = 1.0
        common = _commonness(name, context, _SHARE_SPELLED)
        values["common_name"] = max(values.get("common_name", 0.0), common)
    elif strength:
        rarity = 1.0 / (1.0 + log2(context.population.bearers(name[-1])))
        if strength > _FAMILY_INSIDE:
            values["part_as_handle"] = strength * rarity
        else:
            values["family_in_handle"] = rarity
    if not (a.full and b.full):
        values["part_of_name"] = max(_part(a, b, context.population), _part(b, a, context.population))


def _is_name(handle: str, bearer: Profile) -> bool:
    """Whether a handle only spells the name of one."""
    return handle in bearer.spelled or handle in bearer.full[:1]


def _spelled(named: Profile, other: Profile, population: Population) -> float:
    """How far a handle of `other` is made of the name of `named`; one made of another name of its bearer is not."""
    name = named.name
    if not name or not other.words:
        return 0.0
    first, last, spelled = name[0], name[-1], named.spelled
    own = other.spelled if other.name and not agreement(name, other.name).value else {}
    best = 0.0
    for word, stem in other.words.items():
        if word in own or stem in own:
            continue
        found = spelled.get(word, 0.0) or spelled.get(stem, 0.0)
        if found < _INSIDE and last in stem and last != stem:
            if first in stem and len(stem) > 6 and len(first) > 2 and len(last) > 2:
                found = _INSIDE
            elif found < _FAMILY_INSIDE and len(last) > 4 and not _names_another(stem, named, population):
                found = _FAMILY_INSIDE
        if found > best:
            best = found
    return best


def _names_another(handle: str, named: Profile, population: Population) -> bool:
    """Whether a handle with the family name holds a given name too, and not that of `named`."""
    rest = handle.replace(named.name[-1], "", 1)
    given = rest in population.words or rest in NICKNAMES or rest in GIVEN
    return given and not agreement((rest, named.name[-1]), named.name).value


def _part(single: Profile, named: Profile, population: Population) -> float:
    """How rare the word is that `single` shows alone and `named` in a full name; 0 where there is none."""
    if single.full or not single.words:
        return 0.0
    shown = {*single.words, *single.words.values()}
    shared = [word for word in named.full if len(word) > 2 and word in shown]
    return max((1.0 / (1.0 + log2(population.bearers(word))) for word in shared), default=0.0)


def _compare_codes(first: str, second: str, values: Values, kind: Literal["number", "birth"]) -> None:
    if first == second:
        values[f"same_{kind}"] = 1.0
    elif DamerauLevenshtein.distance(first, second, score_cutoff=1) <= 1:
        values[f"similar_{kind}"] = 1.0
    elif kind == "birth":
        values["other_birth"] = 1.0
