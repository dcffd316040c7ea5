"""Invitations: what, when, who."""

from gateway.mail import read
from rules.message import CalendarEvent
from tests.mail.build import multipart

TEXT = "Content-Type: text/plain\n\nInvitation"

GOOGLE = """BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:REQUEST
BEGIN:VEVENT
DTSTART:20240312T090000Z
DTEND:20240312T093000Z
DTSTAMP:20240304T091500Z
ORGANIZER;CN=Anna Keller:mailto:anna.keller@vendor.example
UID:7v3@google.example
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=
 TRUE;CN=p@k.example;X-NUM-GUESTS=0:mailto:p@K.example
SUMMARY:Quartalsgespräch\\, Teil 1
END:VEVENT
END:VCALENDAR
"""

EXCHANGE = """BEGIN:VCALENDAR
METHOD:REQUEST
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
ORGANIZER;CN=Anna:MAILTO:anna@vendor.example
ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN=Peter:MAILTO:p@k.example
SUMMARY;LANGUAGE=de-DE:Abnahme
DTSTART;TZID=W. Europe Standard Time:20240712T140000
DTEND;TZID=W. Europe Standard Time:20240712T150000
UID:0400
DTSTAMP:20240304T091500Z
END:VEVENT
END:VCALENDAR
"""


def calendar(text: str, parameters: str = "; method=REQUEST") -> str:
    return f"Content-Type: text/calendar; charset=utf-8{parameters}\n\n{text}"


def event(*lines: str) -> str:
    body = "\n".join(lines)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//EN\nBEGIN:VEVENT\nUID:1\n{body}\nEND:VEVENT\nEND:VCALENDAR\n"


def test_an_invitation_from_google() -> None:
    message = read(multipart("alternative", TEXT, calendar(GOOGLE)))
    assert message.calendar == (
        CalendarEvent(
            "REQUEST",
            "Quartalsgespräch, Teil 1",
            "2024-03-12T09:00:00Z",
            "2024-03-12T09:30:00Z",
            "anna.keller@vendor.example",
            ("p@k.example",),
        ),
    )
    assert message.text == "Invitation"
    assert message.attachments == ()


def test_the_same_invitation_attached_as_a_file_is_one_event() -> None:
    alternative = (
        "Content-Type: multipart/alternative; boundary=a\n\n--a\n"
        + TEXT
        + "\n--a\n"
        + calendar(GOOGLE)
        + "\n--a--"
    )
    file = f'Content-Type: application/ics; name="invite.ics"\nContent-Disposition: attachment\n\n{GOOGLE}'
    message = read(multipart("mixed", alternative, file))
    assert len(message.calendar) == 1
    assert [entry.filename for entry in message.attachments] == ["invite.ics"]


def test_windows_time_zones_are_turned_to_utc() -> None:
    [entry] = read(multipart("alternative", TEXT, calendar(EXCHANGE))).calendar
    assert (entry.start, entry.end) == ("2024-07-12T12:00:00Z", "2024-07-12T13:00:00Z")


def test_an_all_day_event_has_bare_dates() -> None:
    text = event("SUMMARY:Messe", "DTSTART;VALUE=DATE:20240312")
    [entry] = read(multipart("mixed", TEXT, calendar(text, "; method=publish"))).calendar
    assert (entry.method, entry.start, entry.end) == ("PUBLISH", "2024-03-12", "2024-03-13")


def test_a_duration_gives_the_end_and_a_floating_time_has_the_zone_of_the_mail() -> None:
    text = event("SUMMARY:Anruf", "DTSTART:20240312T100000", "DURATION:PT45M")
    [entry] = read(multipart("mixed", TEXT, calendar(text))).calendar
    assert (entry.start, entry.end) == ("2024-03-12T09:00:00Z", "2024-03-12T09:45:00Z")


def test_a_broken_calendar_is_an_attachment_with_a_notice() -> None:
    message = read(multipart("mixed", TEXT, calendar("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:never\n")))
    assert [entry.filename for entry in message.attachments] == ["attachment.ics"]
    assert message.notices
    assert message.text == "Invitation"


def test_an_event_with_odd_dates_keeps_what_can_be_read() -> None:
    [entry] = read(
        multipart("mixed", TEXT, calendar(event("SUMMARY:Odd", "DTSTART:20241399T990000")))
    ).calendar
    assert (entry.summary, entry.start) == ("Odd", None)
