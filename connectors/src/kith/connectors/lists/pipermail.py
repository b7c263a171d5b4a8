"""pipermail, the archive of Mailman 2: a page that lists a file for each month, quarter, week or day."""

import re
from collections.abc import AsyncIterator

from kith.connectors import Context, Retry
from kith.connectors.lists.archives import Months, Place, Portion, mails_of

BYTES = 64 << 20
GROWING = 2  # the last files, to which mails may be added
_FILE = re.compile(r"""href=["']?(?:\./)?([\w-]+)\.((?:txt|mbox)(?:\.gz)?)["'\s>]""", re.IGNORECASE)
_NAME = re.compile(r"(?P<year>\d{4})(?:-(?P<month>[A-Za-z]+)|q(?P<quarter>[1-4]))?|(?:Week-of-Mon-)?(?P<day>\d{8})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


class Pipermail:
    def __init__(self, url: str, place: Place | None, context: Context) -> None:
        self._url = url.rstrip("/")
        self._http = context.http
        self._place = place if isinstance(place, Months) else Months()

    async def check(self) -> str:
        files = await self._files()
        return f"{len(files)} files of mails." if files else "There are no files of mails yet."

    async def portions(self) -> AsyncIterator[Portion]:
        """Yield the files that are new, and those of the last that have grown."""
        place = self._place
        files = await self._files()
        growing = [name for name, _ in files[-GROWING:]]
        for name, file in files:
            version = place.versions.get(name)
            if version is None and _order(name) <= _order(place.last):
                continue
            answer = await self._http.get(f"{self._url}/{file}", since=version, max_bytes=BYTES)
            if answer.unchanged:
                continue
            versions = place.versions | {name: answer.validators}
            kept = {known: found for known, found in versions.items() if known in growing}
            place = Months(max(place.last, name, key=_order), kept)
            yield Portion(name, mails_of(answer.body, answer.url), place)

    async def is_gone(self, id_: str) -> bool:
        return False

    async def _files(self) -> list[tuple[str, str]]:
        """Return names and files, the oldest first; of one that is there in several forms the smallest."""
        page = (await self._http.get(f"{self._url}/")).text
        if not page.rstrip().lower().endswith("</html>"):
            raise Retry(f"The list of files at {self._url} is not whole.")
        found: dict[str, str] = {}
        for name, ending in sorted(_FILE.findall(page), key=lambda link: not link[1].lower().endswith("gz")):
            if _order(name) > (0, 0, 0):
                found.setdefault(name, f"{name}.{ending}")
        return sorted(found.items(), key=lambda file: _order(file[0]))


def _order(name: str) -> tuple[int, int, int]:
    """Return year, month and day at which a file begins; zeros where its name tells none."""
    match = _NAME.fullmatch(name)
    if match is None:
        return 0, 0, 0
    if day := match["day"]:
        return int(day[:4]), int(day[4:6]), int(day[6:])
    if month := match["month"]:
        short = month[:3].lower()
        return (int(match["year"]), _MONTHS.index(short) + 1, 0) if short in _MONTHS else (0, 0, 0)
    return int(match["year"]), 3 * int(match["quarter"] or 1) - 2, 0
