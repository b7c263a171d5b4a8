"""Network ``calendar``: meetings.

Reads iCalendar files and CalDAV servers: who asked whom to come, who accepted, and, where the calendar is kept so, who
came. Meetings that repeat are told time by time, with their exceptions; canceled ones are taken back.

Can't: who declined or did not answer, as acts; rooms; attachments; tasks. Descriptions are not kept.
Resume and growth: calendars are told whole whenever anything in them has changed, and once a day for what has begun.
Of a server only what has changed is asked for.
Deletions: a complete look at each calendar takes back what is no longer in it.
Privacy: private, unless the settings say otherwise; of an event that is marked private the title is not kept.
"""

from collections.abc import AsyncIterator, Sequence

import msgspec

from kith.connectors import Connector, Context, Page, Rate, Report, hookimpl
from kith.connectors.calendar.config import CalendarConfig

__all__ = ["CalendarConfig", "CalendarConnector", "kith_connectors"]


class CalendarConnector:
    name = "calendar"
    title = "Calendar"
    description = "Meetings: iCalendar files, CalDAV."
    version = "1"
    Config = CalendarConfig
    egress = ()
    rates = (Rate(300, 60.0, per="source", burst=100),)

    async def check(self, config: CalendarConfig, context: Context) -> Report:
        from kith.connectors.calendar.reader import look

        return await look(config, context)

    def pull(self, config: CalendarConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        from kith.connectors.calendar.reader import read

        return read(config, cursor, context)


@hookimpl
def kith_connectors() -> Sequence[Connector]:
    return [CalendarConnector()]
