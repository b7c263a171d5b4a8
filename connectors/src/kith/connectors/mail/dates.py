"""Moments as mail programs write them: by the standard, by ISO, in words of other languages, or not quite."""

import re
import unicodedata
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LATE = timedelta(days=1)  # by more than that, a mail's clock is wrong and not the server's
#: Mail is younger than that, and not from the future by more than a wrong clock.
_PLAUSIBLE = (datetime(1971, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
#: Clocks that were never set begin at 1900, 1904, 1970 or 1980.
_UNSET_UNTIL = datetime(1981, 1, 1, tzinfo=UTC)
_UNSET_BY = timedelta(days=365)

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
#: How the names of months begin, without accents, in languages that are not like English there.
_STEMS = {
    "jan": "ene gen janv januar sty led leden sijec ocak tam янв січ ιαν ian sau jaan يناير ינואר בינואר",
    "feb": "fev feb fevr febb lut uno vel subat hel фев лют φεβ vas veebr فبراير פברואר בפברואר",
    "mar": "mars marz mrz marc maart mrt maerz bre ozu maa мар бер μαρ kov marts mac مارس מרץ במרץ",
    "apr": "abr avr aprile kwi dub tra nis huh апр кві απρ bal ابريل ابريل אפריל באפריל",
    "may": "mai maj mag mei maggio kve svi mayis tou мая май тра μαι geg مايو מאי במאי",
    "jun": "juin giu juni cze cervna cer lip haz kes июн чер ιουν iun bir juuni يونيو יוני ביוני",
    "jul": "juil lug juli lip cervence srp tem hei июл лип ιουλ iul lie juuli يوليو יולי ביולי",
    "aug": "ago aout agosto sie srp kol agu elo авг сер αυγ rgp ogos اغسطس אוגוסט באוגוסט",
    "sep": "set sett sept wrz zar ruj eyl syy сен вер σεπ rgs سبتمبر ספטמבר בספטמבר",
    "oct": "okt ott out paz rij lis eki lok окт жов οκτ spa اكتوبر אוקטובר באוקטובר",
    "nov": "nov list stu kas mar ноя лис νοε noi lap نوفمبر נובמבר בנובמבר",
    "dec": "dez dic dit gru pro aralik ara jou des дек гру δεκ dets dis ديسمبر דצמבר בדצמבר",
}
_MONTH_OF = {stem: month for month in _MONTHS for stem in (*_STEMS[month].split(), month)} | {
    # Of two languages' months that begin alike, the one of more speakers.
    "mar": "mar", "lip": "jul", "lis": "oct", "srp": "jul", "tra": "apr",
}  # fmt: skip
#: In scripts whose vowels are signs of their own, the whole names, and those that programs shorten.
_SPELLED = {
    "jan": "มกราคม ม.ค. जनवरी जन.", "feb": "กุมภาพันธ์ ก.พ. फ़रवरी फरवरी फ़र॰ फ़र॰ फ़र.", "mar": "มีนาคม มี.ค. मार्च",
    "apr": "เมษายน เม.ย. अप्रैल", "may": "พฤษภาคม พ.ค. मई", "jun": "มิถุนายน มิ.ย. जून",
    "jul": "กรกฎาคม ก.ค. जुलाई जुल॰ जुल.", "aug": "สิงหาคม ส.ค. अगस्त अग॰ अग.",
    "sep": "กันยายน ก.ย. सितंबर सितम्बर सित॰ सित.", "oct": "ตุลาคม ต.ค. अक्टूबर अक्तूबर अक्टू॰ अक्तू॰",
    "nov": "พฤศจิกายน พ.ย. नवंबर नवम्बर नव॰ नव.", "dec": "ธันวาคม ธ.ค. दिसंबर दिसम्बर दिस॰ दिस.",
}  # fmt: skip
_SPELLED_MONTH = {name: month for month, names in _SPELLED.items() for name in names.split()}
_SPELLED_OUT = re.compile("|".join(map(re.escape, sorted(_SPELLED_MONTH, key=len, reverse=True))))
_ERA = re.compile(r"(?:พ\.\s?ศ\.|ค\.\s?ศ\.)")
#: A year of the Buddhist era, which is 543 ahead.
_BUDDHIST = re.compile(r"(?<!\d)(2[45]\d\d)(?!\d)")
#: Hours from UTC; of several zones of one name, that of more mail.
_ZONES = {
    "wet": 0, "west": 1, "bst": 1, "ist": 5.5, "cet": 1, "met": 1, "mez": 1, "cest": 2, "mest": 2, "mesz": 2, "eet": 2,
    "eest": 3, "sast": 2, "cat": 2, "eat": 3, "trt": 3, "msk": 3, "msd": 4, "gst": 4, "pkt": 5, "npt": 5.75, "wib": 7,
    "irst": 3.5, "yekt": 5, "uzt": 5, "almt": 6, "bdt": 6, "omst": 6, "novt": 7, "krat": 7, "irkt": 8, "yakt": 9,
    "vlat": 10, "magt": 11, "ict": 7, "sgt": 8, "hkt": 8, "pht": 8, "awst": 8, "jst": 9, "kst": 9, "acst": 9.5,
    "acdt": 10.5, "aest": 10,
    "aedt": 11, "nzst": 12, "nzdt": 13, "nst": -3.5, "ndt": -2.5, "brt": -3, "brst": -2, "art": -3, "clt": -4,
    "cot": -5, "pet": -5, "akst": -9, "akdt": -8, "hst": -10, "ut": 0, "utc": 0, "gmt": 0, "z": 0, "ast": -4, "adt": -3,
    "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
#: The same in full, as Windows writes them.
_FULL_ZONES = {
    "greenwich": 0, "gmt": 0, "w. europe": 1, "central europe": 1, "central european": 1, "romance": 1, "e. europe": 2,
    "eastern european": 2, "fle": 2, "gtb": 2, "israel": 2, "south africa": 2, "turkey": 3, "russian": 3, "moscow": 3,
    "arabian": 4, "pakistan": 5, "india": 5.5, "nepal": 5.75, "se asia": 7, "china": 8, "singapore": 8, "taipei": 8,
    "w. australia": 8, "tokyo": 9, "japan": 9, "korea": 9, "aus eastern": 10, "e. australia": 10, "new zealand": 12,
    "newfoundland": -3.5, "e. south america": -3, "argentina": -3, "atlantic": -4, "eastern": -5, "us eastern": -5,
    "central": -6, "mountain": -7, "pacific": -8, "alaskan": -9, "alaska": -9, "hawaiian": -10, "hawaii": -10,
}  # fmt: skip

#: Signs that some programs write before an offset.
_MINUS = str.maketrans("\u2212\u2013\u2012\ufe63\uff0d", "-----")
_SUMMER = re.compile(r"\b(?:cet|met|wet|eet|mez|gmt|utc|est|cst|mst|pst)[ _-]dst\b", re.I)
_CLOCK = re.compile(
    r"(\d{1,2})[:.h](\d\d)(?:[:.](\d\d))?(?:[.,]\d+)?\s*(am|pm|[ap]\.\s?m\.|오전|오후|上午|下午)?", re.I
)
_HALF_DAY = re.compile(r"(오전|오후|上午|下午|午前|午後)\s*(\d{1,2}:\d\d(?::\d\d)?)")
_EASTERN = re.compile(r"(\d{4})\s*[年년.]\s*(\d{1,2})\s*[月월.]\s*(\d{1,2})\s*[日일.]?")
#: ``1 3月 2024``, as programs write that fill in the names of months alone.
_EASTERN_MONTH = re.compile(r"(?<!\d)(\d{1,2})\s+(\d{1,2}|[一二三四五六七八九十]{1,2})\s*[月월]\s+(\d{4})")
_EASTERN_NUMBERS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})(?:\.| m\.)?\s+([^\W\d_]{3,12})\.?\s+(\d{1,2})\b")
_VIETNAMESE = re.compile(r"(\d{1,2})\s+(?:thg|tháng)\s+(\d{1,2}),?(?:\s+năm)?\s+(\d{4})", re.I)
_FULL = re.compile(
    rf"\b({'|'.join(map(re.escape, sorted(_FULL_ZONES, key=len, reverse=True)))}) (standard|daylight|summer)? ?time\b",
    re.I,
)
_OFFSET = re.compile(r"(?:\b(?:utc|gmt))?\s*([+-])(\d{1,2}):?(\d\d)?(?!\S)", re.I)
_NUMERIC = re.compile(r"(?<!\d)(?:(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})|(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4}))(?!\d)")
_NAMED = re.compile(
    r"(?<!\d)(\d{1,2})(?:\.|er|st|nd|rd|th|º)?(?:\s+de|\s*-)?\s*([^\W\d_]{3,12})\.?(?:\s+de|\s*-|,)?\s*(\d{2,4})(?![\d:])"
)
_NAMED_FIRST = re.compile(r"([^\W\d_]{3,12})\.?\s+(\d{1,2})(?:st|nd|rd|th)?(?:,|\b)(.*?)(?<![\d:.+-])(\d{4})(?![\d:])")
_RFC = re.compile(
    r"(?:[A-Za-z]{3},\s*)?\d{1,2}\s[A-Za-z]{3}\s\d{2,4}\s\d\d?:\d\d(:\d\d)?\s(?:[+-]\d{4}|GMT)(?:\s\(.*\))?"
)
_SECONDS = re.compile(r"(\d{9,10})(\d{3})?(?:\.\d+)?")
_EASTERN_CLOCK = re.compile(r"(\d{1,2})\s*[時时시]\s*(\d{1,2})\s*[分분](?:\s*(\d{1,2})\s*[秒초])?")
#: ``01.03.24`` before a clock: it is none itself.
_SHORT = re.compile(r"(?<!\d)(\d{1,2})([./])(\d{1,2})[./](\d\d)(?=,?\s+\D{0,4}\d{1,2}:\d\d)")
_PLACE = re.compile(r"\b(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Za-z_/-]+")


def moment(value: str) -> datetime | None:
    """Return the moment that a header's date means, UTC; None where it is none. Without a zone it is of UTC."""
    value = _in_latin(value.strip()[:200].translate(_MINUS))
    try:
        return _iso(value) or _standard(value) or _in_words(value)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def _in_latin(value: str) -> str:
    """Write months of Thai and Hindi as the standard does, with the year of the common era."""
    written = _SPELLED_OUT.sub(lambda found: f" {_SPELLED_MONTH[found[0]]} ", value)
    if written == value:
        return value
    written = _ERA.sub(" ", written)
    return _BUDDHIST.sub(lambda found: str(int(found[1]) - 543), written)


def plain(word: str) -> str:
    """Return a word without its accents."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", word) if not unicodedata.combining(letter))


def sent_at(date: datetime | None, received: datetime | None, archived: "Arrival") -> datetime | None:
    """Return when a mail was sent: as it says, or as its best witness does where its clock cannot be right."""
    witnesses = [found for found in (received, archived.at) if found and _is_plausible(found)]
    if not witnesses or (date and _is_plausible(date) and not _is_contradicted(date, received, archived)):
        return date or received or archived.at
    return witnesses[0]


class Arrival(NamedTuple):
    """When an archive says that a mail came. is_vague: it may say the same of each mail, so that a good date stays."""

    at: datetime | None = None
    is_vague: bool = True


def _is_plausible(date: datetime) -> bool:
    return _PLAUSIBLE[0] <= date < _PLAUSIBLE[1]


def _is_contradicted(date: datetime, received: datetime | None, archived: Arrival) -> bool:
    """Whether a mail came before it was sent, or long after a clock that was never set says."""
    if received and _is_plausible(received):
        return date - received > LATE or (date < _UNSET_UNTIL and received - date > _UNSET_BY)
    if archived.at is None:
        return False
    is_future = date > datetime.now(UTC) + LATE
    return is_future or (not archived.is_vague and date - archived.at > LATE)


def _iso(value: str) -> datetime | None:
    if seconds := _SECONDS.fullmatch(value):
        return datetime.fromtimestamp(int(seconds[1] + (seconds[2] or "")) / (1000 if seconds[2] else 1), UTC)
    if not value[:4].isdigit():
        return None
    try:
        found = datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d\d:?\d\d$)|\s+(?=Z$)|\s+UTC$", "", value))
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)


def _standard(value: str) -> datetime | None:
    """Return what RFC 5322 means, which nearly all mail has; None where it is not of that form."""
    parsed = parsedate_tz(value) if _RFC.fullmatch(value) else None
    return _made(parsed[0], parsed[1], parsed[2], parsed[3:6], parsed[9] or 0) if parsed else None


def _in_words(value: str) -> datetime | None:
    """Return what any order of a day, a clock and a zone means."""
    full = _FULL.search(value)
    value = _EASTERN_CLOCK.sub(lambda found: f"{found[1]}:{found[2]:>02}:{found[3] or 0:>02}", value)
    if short := _SHORT.search(value):
        value = value.replace(short[0], f"{short[1]}{short[2]}{short[3]}{short[2]}20{short[4]}", 1)
    aside = value.partition("(")[2]
    value = _HALF_DAY.sub(r"\2 \1", value.partition("(")[0] if _CLOCK.search(value.partition("(")[0]) else value)
    clock = _CLOCK.search(_NUMERIC.sub(lambda found: "\0" * len(found[0]), value))
    if clock is None:
        return None
    hour, half = int(clock[1]), re.sub(r"[.\s]", "", (clock[4] or "").lower())
    if half:
        hour = hour % 12 + 12 * (half in ("pm", "오후", "下午", "午後"))
    after = value[clock.end() :]
    day = _day(value[: clock.start()] + " \1 " + after)
    if day is None:
        return None
    shown = (hour, int(clock[2]), int(clock[3] or 0))
    offset = _zone(after, full)
    if offset is None and (place := _PLACE.search(after)):
        with suppress(ZoneInfoNotFoundError):
            local = datetime(*day, *shown, tzinfo=ZoneInfo(place[0]))
            return local.astimezone(UTC)
    return _made(*day, shown, _zone(aside, full) or 0 if offset is None else offset)


def _day(text: str) -> tuple[int, int, int] | None:
    """Return year, month and day."""
    if match := _EASTERN.search(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _EASTERN_MONTH.search(text):
        number = match[2]
        return int(match[3]), int(number) if number.isdecimal() else _EASTERN_NUMBERS.index(number) + 1, int(match[1])
    if match := _NUMERIC.search(text):
        if match[1]:
            return int(match[1]), int(match[2]), int(match[3])
        one, other = int(match[4]), int(match[6])
        # With slashes America's month comes first, as far as it can be one.
        month, day = (one, other) if match[5] == "/" and one <= 12 else (other, one)
        return int(match[7]), month, day
    if match := _VIETNAMESE.search(text):
        return int(match[3]), int(match[2]), int(match[1])
    for match in _YEAR_FIRST.finditer(text):
        if named := _month(match[2]):
            return int(match[1]), named, int(match[3])
    for match in _NAMED.finditer(text):
        if named := _month(match[2]):
            return int(match[3]), named, int(match[1])
    for match in _NAMED_FIRST.finditer(text):
        if named := _month(match[1]):
            return int(match[4]), named, int(match[2])
    return None


def _month(word: str) -> int | None:
    """Return the number of the month whose name begins so, in any of the languages known here."""
    begins = plain(word.lower())
    for length in range(min(len(begins), 8), 2, -1):
        if month := _MONTH_OF.get(begins[:length]):
            return _MONTHS.index(month) + 1
    return None


def _zone(text: str, full: re.Match[str] | None) -> float | None:
    """Return seconds from UTC, None where no zone is named. full: the zone's whole name, where the date has it."""
    if match := _OFFSET.search(text):
        hours, minutes = int(match[2]), int(match[3] or 0)
        return (-1 if match[1] == "-" else 1) * (hours * 3600 + minutes * 60)
    if full:
        is_summer = (full[2] or "").lower() in ("daylight", "summer")
        return _FULL_ZONES[full[1].lower()] * 3600 + 3600 * is_summer
    summer = 3600 if _SUMMER.search(text) else 0
    for word in re.findall(r"[A-Za-z]{1,5}", text):
        if word.lower() in _ZONES:
            return _ZONES[word.lower()] * 3600 + summer
    return None


def _made(year: int, month: int, day: int, clock: tuple[int, ...], offset: float) -> datetime:
    if 100 <= year < 200:  # programs that count years from 1900
        year += 1900
    elif year < 100:
        year += 2000 if year < 69 else 1900
    zone = timezone(timedelta(seconds=offset)) if abs(offset) < 86_400 else UTC
    midnight = clock[:2] == (24, 0)  # of the day after
    found = datetime(year, month, day, 0 if midnight else clock[0], clock[1], min(clock[2], 59), tzinfo=zone)
    return (found + timedelta(days=midnight)).astimezone(UTC)
