from datetime import date
from typing import Annotated, Literal, cast

import msgspec
from msgspec import Meta

from kith.api.http.coverage import Coverage
from kith.api.http.ids import ChannelId, InteractionId, PersonId
from kith.api.http.kinds import Instant
from kith.api.http.moments import Day, Until
from kith.api.http.paging import Listing
from kith.api.interactions.schemas import TimelineItem
from kith.api.people.schemas import KnownAt
from kith.api.refs import ChannelRef, CommunityRef, PersonRef, TopicRef
from kith.domain import classes
from kith.domain.strength import words
from kith.store import calibration
from kith.store import relationships as store

Strength = Annotated[float, Meta(ge=0, le=1)]
MIN = "At least this strong, as stored; leaves out those without a number."
StrengthOrNone = Annotated[
    Strength | None,
    Meta(
        description="The chance that the two talk with or help one another within 90 days; null below the floor of "
        "evidence."
    ),
]
Word = Annotated[words.Word, Meta(description="The strength in one word, as docs/strength.md defines it.")]
AsOf = Annotated[
    date,
    Meta(description="The last day (UTC) that the numbers cover: the requested day, or the last day that was read."),
]
Scope = Literal["absolute", "contextual", "not enough evidence"]
AsOfWhy = Annotated[str, Meta(description="Why that day.")]
KnownThen = Annotated[Instant | None, Meta(description="Only what kith knew at this time; null: everything.")]


class RelationshipsOfPersonParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    channel: Annotated[ChannelId | None, Meta(description="With contact in this channel.")] = None
    min_strength: Annotated[Strength | None, Meta(description=MIN)] = msgspec.field(name="strength[gte]", default=None)
    last_since: Annotated[Day | None, Meta(description="Last contact on this day (UTC) or later.")] = msgspec.field(
        name="last_day[gte]", default=None
    )
    last_before: Annotated[Day | None, Meta(description="Last contact before this day (UTC).")] = msgspec.field(
        name="last_day[lt]", default=None
    )


class RelationshipsParams(RelationshipsOfPersonParams, frozen=True, forbid_unknown_fields=True, kw_only=True):
    person: Annotated[PersonId | None, Meta(description="Only those of this person, seen from their side.")] = None


class TrustOfPersonParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    as_of: Annotated[Until | None, Meta(description="Up to and including this day (UTC); today by default.")] = None


class EvidenceParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class MomentParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    as_of: Annotated[Until | None, Meta(description="Up to and including this day (UTC); today by default.")] = None
    known_at: KnownAt = None


class HistoryPictureParams(MomentParams, frozen=True, forbid_unknown_fields=True, kw_only=True):
    since: Annotated[Day | None, Meta(description="From the week or month of this day on.")] = None


class HistoryParams(HistoryPictureParams, frozen=True, forbid_unknown_fields=True, kw_only=True):
    period: Annotated[Literal["week", "month"], Meta(description="How long each part is.")] = "month"


class Relationship(msgspec.Struct, frozen=True):
    """The relationship of two people, seen from the first."""

    person: PersonRef
    other: PersonRef
    strength: StrengthOrNone
    word: Word
    given: Annotated[
        int, Meta(description="Interactions from person to other; an act that is told twice counts once.", ge=0)
    ]
    received: Annotated[int, Meta(description="Interactions from other to person, likewise.", ge=0)]
    first_day: Annotated[date, Meta(description="First contact (UTC).")]
    last_day: Annotated[date, Meta(description="Latest contact (UTC).")]
    as_of: AsOf
    computed_at: Annotated[Instant, Meta(description="When it was computed: that day's beginning (UTC).")]
    model: Annotated[str, Meta(description="Version of the model that computed it.", examples=["strength-2"])]

    @classmethod
    def of(cls, row: store.Relationship) -> "Relationship":
        return cls(
            person=PersonRef.of(row.person),
            other=PersonRef.of(row.other),
            strength=row.strength,
            word=cast("words.Word", row.word),
            given=row.given,
            received=row.received,
            first_day=row.first_day,
            last_day=row.last_day,
            as_of=row.as_of,
            computed_at=row.computed_at,
            model=row.model,
        )


class StrengthModel(msgspec.Struct, frozen=True):
    """How strength is computed: strength = 1 / (1 + e^-log_odds), log_odds = intercept + all contributions + hidden."""

    version: Annotated[str, Meta(description="Name and version.", examples=["strength-2"])]
    horizon_days: Annotated[int, Meta(description="In touch within so many days.", gt=0)]
    floor: Annotated[int, Meta(description="Below so many interactions there is no number.", ge=0)]
    foretells: Annotated[
        list[classes.Class],
        Meta(
            description="The classes of acts that being in touch is; all classes are evidence of it.",
            examples=[["talk", "help"]],
        ),
    ]
    intercept: Annotated[float, Meta(description="Log-odds before any evidence.")]


class StrengthContribution(msgspec.Struct, frozen=True):
    """Contribution of one feature to the log-odds: weight · value."""

    feature: Annotated[str, Meta(description="Name of the part.", examples=["recency"])]
    meaning: Annotated[str, Meta(description="Meaning of the value.")]
    value: Annotated[float, Meta(description="Computed from the evidence.")]
    weight: Annotated[float, Meta(description="From the model; never below zero.", ge=0)]
    log_odds: Annotated[float, Meta(description="weight · value.")]
    rests_on: Annotated[
        Literal["pair", "people", "circle"],
        Meta(description="The contact of the two, the activity of each, or whom both know."),
    ]
    interactions: Annotated[
        list[InteractionId], Meta(description="Those of the listed evidence that it rests on; …/interactions has all.")
    ]


class HiddenEvidence(msgspec.Struct, frozen=True):
    """Evidence hidden from the token: all of it without `interactions:read`."""

    interactions: Annotated[int, Meta(description="How many.", ge=0)]
    log_odds: Annotated[float, Meta(description="Their sum.")]


class RelationshipSide(msgspec.Struct, frozen=True):
    """What one of the two does towards the other."""

    interactions: Annotated[int, Meta(description="Interactions in this direction.", ge=0)]
    started: Annotated[int, Meta(description="Exchanges started after a week of silence.", ge=0)]
    asked: Annotated[int, Meta(description="Days on which the other made contact.", ge=0)]
    answered: Annotated[int, Meta(description="Of these, days with contact back within a week.", ge=0)]
    days_to_answer: Annotated[float | None, Meta(description="Median of these days; null where none was answered.")]


class ContactBalance(msgspec.Struct, frozen=True):
    """Contact in 90 days."""

    last_day: Annotated[date, Meta(description="The last of the 90 days (UTC).")]
    given: Annotated[int, Meta(description="Interactions from person to other.", ge=0)]
    received: Annotated[int, Meta(description="Interactions from other to person.", ge=0)]
    share: Annotated[Strength | None, Meta(description="given as a share of both; null where there was no contact.")]


class SharedChannel(msgspec.Struct, frozen=True):
    """A channel in which the two are in touch."""

    id: Annotated[ChannelId | None, Meta(description="Null for contact in no channel.")]
    name: Annotated[str | None, Meta(description="Name of the channel.")]
    given: Annotated[int, Meta(description="Interactions from person to other.", ge=0)]
    received: Annotated[int, Meta(description="Interactions from other to person.", ge=0)]
    last_day: Annotated[date, Meta(description="Latest contact there (UTC).")]


class RelationshipSubject(msgspec.Struct, frozen=True):
    """What the two are in touch about: a topic, or where none is known, the channel; null for neither."""

    topic: TopicRef | None
    channel: ChannelRef | None
    interactions: Annotated[int, Meta(description="How many of the latest 1,000 are about it.", ge=1)]
    last_at: Annotated[Instant, Meta(description="The latest of them.")]
    evidence: Annotated[
        list[InteractionId], Meta(description="The latest 3 of them; none without `interactions:read`.")
    ]


class SharedCircle(msgspec.Struct, frozen=True):
    """Acquaintances of the two."""

    shared: Annotated[int, Meta(description="People whom both know.", ge=0)]
    either: Annotated[int, Meta(description="People whom at least one of them knows.", ge=0)]
    left_out: Annotated[
        int,
        Meta(
            description="Further people whom one of them knows, who object to being scored: they count nowhere.", ge=0
        ),
    ]


class CitedInteraction(msgspec.Struct, frozen=True):
    """An interaction behind the relationship, and what the number would lose without it."""

    interaction: TimelineItem
    log_odds_falls: Annotated[float | None, Meta(description="Null where no contact would be left.")]
    strength_falls: Annotated[float | None, Meta(description="Null where too little would be left for a number.")]


class RelationshipDetail(msgspec.Struct, frozen=True):
    """The relationship of two people on the requested day, seen from the first, with its parts."""

    person: PersonRef
    other: PersonRef
    strength: StrengthOrNone
    word: Word
    why: Annotated[str, Meta(description="Explanation of the number, or why there is none.")]
    momentum: Annotated[
        float, Meta(description="Log to base 2 of the recent rate of days with contact over the rate of the year.")
    ]
    as_of: AsOf
    as_of_why: AsOfWhy
    computed_at: Annotated[Instant, Meta(description="The day that was asked for: its beginning (UTC).")]
    known_at: KnownThen
    model: StrengthModel
    log_odds: Annotated[float, Meta(description="Of being in touch within the horizon, whatever the evidence.")]
    contributions: list[StrengthContribution]
    hidden: HiddenEvidence
    given: RelationshipSide
    received: RelationshipSide
    together: Annotated[int, Meta(description="Exchanges that both began on the same day.", ge=0)]
    balance: Annotated[list[ContactBalance], Meta(description="By 90 days, the oldest first.")]
    first_day: Annotated[date, Meta(description="First contact (UTC).")]
    last_day: Annotated[date, Meta(description="Latest contact (UTC).")]
    days: Annotated[int, Meta(description="Days with contact.", ge=1)]
    channels: Annotated[list[SharedChannel], Meta(description="Where they are in touch, the liveliest first.")]
    subjects: Annotated[
        list[RelationshipSubject] | None,
        Meta(description="About what, the most frequent 20 of the latest 1,000; null without `topics:read`."),
    ]
    circle: SharedCircle
    evidence: Annotated[
        list[CitedInteraction], Meta(description="The latest 10 interactions that it rests on; …/interactions has all.")
    ]
    coverage: Coverage


class HistoryPeriod(msgspec.Struct, frozen=True):
    """Contact in a week or month, and the strength at its end."""

    first_day: Annotated[date, Meta(description="The Monday, or the first of the month (UTC).")]
    given: Annotated[int, Meta(description="Interactions from person to other.", ge=0)]
    received: Annotated[int, Meta(description="Interactions from other to person.", ge=0)]
    strength: StrengthOrNone
    word: Word


class RelationshipHistory(msgspec.Struct, frozen=True):
    """The history of a relationship, as today's model would have seen it at each time."""

    person: PersonRef
    other: PersonRef
    period: Annotated[Literal["week", "month"], Meta(description="How long each part is.")]
    model: Annotated[str, Meta(description="Version of the model.", examples=["strength-2"])]
    as_of: AsOf
    as_of_why: AsOfWhy
    data: Annotated[list[HistoryPeriod], Meta(description="The oldest first; the latest 520 at most.")]
    coverage: Coverage


class BacktestQuality(msgspec.Struct, frozen=True):
    """Quality of predictions on 90 days that the model had not seen; null where undefined."""

    pairs: Annotated[int, Meta(description="Pairs with contact at the time of prediction.", ge=0)]
    met: Annotated[Strength | None, Meta(description="Share of them that were in touch.")]
    auc: Annotated[Strength | None, Meta(description="Area under the ROC curve; 0.5 is a guess.")]
    ap: Annotated[Strength | None, Meta(description="Average precision, the strongest first.")]
    brier: Annotated[Strength | None, Meta(description="Mean squared error of the predicted chances.")]
    ece: Annotated[Strength | None, Meta(description="Expected calibration error over ten bins.")]


class Backtest(msgspec.Struct, frozen=True):
    """A back-test: predictions 90 days before `until`, judged by what happened since."""

    until: Annotated[date, Meta(description="The last day with contact that was read (UTC).")]
    horizon_days: Annotated[int, Meta(description="Horizon of the predictions in days.", gt=0)]
    own: BacktestQuality
    shipped: BacktestQuality
    computed_at: Annotated[Instant, Meta(description="When it was made.")]

    @classmethod
    def of(cls, made: calibration.Judgment) -> "Backtest":
        own, plain = (msgspec.convert(found, BacktestQuality) for found in (made.report.own, made.report.shipped))
        return cls(made.report.until, made.report.horizon_days, own, plain, made.computed_at)


class ModelQuality(msgspec.Struct, frozen=True):
    """Which model counts, and how far it can be believed here. `own` weights are those that the time before taught."""

    model: Annotated[str, Meta(description="Version of the model in use.", examples=["strength-2"])]
    calibrated: Annotated[bool, Meta(description="Whether its weights were fitted on this workspace.")]
    sentence: Annotated[str, Meta(description="How far the numbers can be believed here, in plain words.")]
    backtest: Annotated[Backtest | None, Meta(description="Null until the daily job `calibrate` has made one.")]

    @classmethod
    def of(cls, version: str, calibrated: bool, made: calibration.Judgment | None) -> "ModelQuality":
        backtest = Backtest.of(made) if made else None
        return cls(version, calibrated, _judged(backtest, calibrated), backtest)


def _judged(backtest: Backtest | None, calibrated: bool) -> str:
    if backtest is None:
        return "Nothing has been tested here yet: believe the numbers as far as you believe what they were learnt from."
    found = backtest.own if calibrated else backtest.shipped
    if found.met is None or found.auc is None or found.ece is None:
        return (
            f"In the {backtest.horizon_days} days up to {backtest.until} too little happened here to judge the numbers."
        )
    return (
        f"Tested on the {backtest.horizon_days} days up to {backtest.until}: of {found.pairs:,} pairs that had been in "
        f"touch before, {found.met:.1%} were again. Of one that was and one that was not, the first had been given the "
        f"higher chance {found.auc:.0%} of the time; promises missed the outcome by {found.ece:.1%} on average."
    )


class TrustAct(msgspec.Struct, frozen=True):
    """Acts of one kind on one day, and what they add to trust."""

    day: Annotated[date, Meta(description="The day (UTC).")]
    kind: Annotated[str, Meta(description="Kind of the interactions.", examples=["approve"])]
    direction: Annotated[
        Literal["given", "received"], Meta(description="Whether the person acted, or the other towards the person.")
    ]
    sentence: Annotated[str, Meta(description="What the acts say, in words.", examples=["passed their work"])]
    interactions: Annotated[int, Meta(description="How many.", ge=1)]
    weight: Annotated[float, Meta(description="Their weight; below zero they count against trust.")]
    evidence: Annotated[list[InteractionId], Meta(description="The latest 3 of those that still stand.")]


class HiddenTrust(msgspec.Struct, frozen=True):
    """Acts hidden from the token: all of them without `interactions:read`."""

    interactions: Annotated[int, Meta(description="How many.", ge=0)]
    weight: Annotated[float, Meta(description="Their sum.")]


class TrustIn(msgspec.Struct, frozen=True):
    """Trust in one context: value = (1 + supports) / (2 + supports + opposes), the interval holds 90 % of its doubt."""

    value: Annotated[Strength | None, Meta(description="Null where there is not enough evidence.")]
    low: Annotated[Strength | None, Meta(description="Lower end of the interval: what to rank by.")]
    high: Annotated[Strength | None, Meta(description="Upper end of the interval.")]
    supports: Annotated[float, Meta(description="Weight of what speaks for it, faded.", ge=0)]
    opposes: Annotated[float, Meta(description="Weight of what speaks against it, faded.", ge=0)]
    why: Annotated[str, Meta(description="Its evidence, or what is missing.")]


class TrustCommunity(TrustIn, frozen=True):
    """Trust in a community to which both belong: of all that they did with each other."""

    community: CommunityRef


class TrustTopic(TrustIn, frozen=True):
    """Trust in a topic, or where none is known, in a channel; both are null for what was about and in neither."""

    topic: TopicRef | None
    channel: ChannelRef | None
    acts: Annotated[list[TrustAct], Meta(description="The latest 20 days of acts, the latest first.")]
    earlier_interactions: Annotated[int, Meta(description="Interactions before these.", ge=0)]
    earlier_weight: Annotated[float, Meta(description="Their sum.")]
    hidden: HiddenTrust


class Trust(msgspec.Struct, frozen=True):
    """The trust of `person` in `other`. Swap the ids for the other direction."""

    person: PersonRef
    other: PersonRef
    as_of: AsOf
    as_of_why: AsOfWhy
    known_at: KnownThen
    scope: Annotated[
        Scope,
        Meta(
            description="`absolute` where the whole interval lies above one half in three topics or more, and below it "
            "in none; `contextual` where there is a number in any topic or community."
        ),
    ]
    topics: Annotated[list[TrustTopic], Meta(description="By topic, the 20 with most evidence.")]
    further_topics: Annotated[int, Meta(description="Topics with less evidence.", ge=0)]
    communities: Annotated[
        list[TrustCommunity] | None,
        Meta(description="By community to which both belong; null without `communities:read`."),
    ]
    coverage: Coverage


class PersonTrust(TrustIn, frozen=True):
    """Trust in one other person in a topic, or where none is known, in a channel."""

    other: PersonRef
    topic: TopicRef | None
    channel: ChannelRef | None
    as_of: AsOf
    evidence: Annotated[
        list[InteractionId],
        Meta(
            description="The latest 3 acts that it may rest on and that still stand; none without `interactions:read`."
        ),
    ]
