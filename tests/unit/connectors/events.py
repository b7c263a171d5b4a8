"""iCalendar texts for tests."""

STAMP = "DTSTAMP:20240101T000000Z"
ADA = "ORGANIZER;CN=Ada:mailto:Ada@x.org"


def guest(name: str, status: str = "NEEDS-ACTION", **more: str) -> str:
    parameters = "".join(f";{key.upper()}={value}" for key, value in more.items())
    return f"ATTENDEE;CN={name.title()};PARTSTAT={status}{parameters}:mailto:{name}@x.org"


def event(uid: str, start: str, *lines: str, hours: int = 1) -> str:
    """start: such as ``20240501T090000Z``, or with parameters before a colon."""
    start = start if ":" in start else f":{start}"
    head = (
        f"UID:{uid}",
        STAMP,
        "CREATED:20240101T000000Z",
        f"DTSTART{start}",
        f"DURATION:PT{hours}H",
        f"SUMMARY:{uid}",
    )
    return "\r\n".join(["BEGIN:VEVENT", *head, *lines, "END:VEVENT", ""])


def calendar(*parts: str, method: str = "", name: str = "Team") -> str:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//kith//tests//EN", *([f"METHOD:{method}"] if method else [])]
    return "\r\n".join([*head, f"X-WR-CALNAME:{name}", "".join(parts) + "END:VCALENDAR", ""])
