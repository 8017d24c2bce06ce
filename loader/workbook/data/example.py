"""Twenty-five campaigns as people write them: the rows of the example workbook.

Every row is valid. Zones, modes and spellings differ on purpose, and one caller ID is the number that Excel makes of
it. The telephone numbers are nobody's.
"""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_COLUMNS = """
Campaign name | Description | Contact lists | Priority | Dialing mode | Caller ID | Frequency | Timezone | Monday
| Tuesday | Wednesday | Thursday | Friday | Saturday start | Saturday end | Sunday | Dialing order | Max attempts
| Retry period (minutes) | Max ring time (seconds) | Experience flow | Queue | Max skips | Machine detection | Owner
"""
EXAMPLE_HEADERS = tuple(header.strip() for header in _COLUMNS.split("|"))

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")


def _what(name: str, description: str, lists: str, owner: str) -> dict[str, object]:
    return {"Campaign name": name, "Description": description, "Contact lists": lists, "Owner": owner}


def _when(
    zone: str, *windows: object, saturday: tuple[time, time] | None = None, sunday: str | None = None
) -> dict[str, object]:
    """One spelling for all weekdays, or one for each of the five."""
    each = windows if len(windows) > 1 else windows * len(_DAYS)
    start, end = saturday or (None, None)
    ends = {"Saturday start": start, "Saturday end": end, "Sunday": sunday}
    return {"Timezone": zone, **dict(zip(_DAYS, each, strict=True)), **ends}


def _agentless(caller_id: object, flow: str, detection: object = "No") -> dict[str, object]:
    return {
        "Dialing mode": "Agentless",
        "Caller ID": caller_id,
        "Experience flow": flow,
        "Machine detection": detection,
    }


def _progressive(caller_id: object, queue: str) -> dict[str, object]:
    return {"Dialing mode": "Progressive", "Caller ID": caller_id, "Queue": queue, "Machine detection": "No"}


def _preview(caller_id: object, queue: str, skips: object) -> dict[str, object]:
    return {"Dialing mode": "Preview", "Caller ID": caller_id, "Queue": queue, "Max skips": skips}


def _tries(
    attempts: object, minutes: object, seconds: object, *, priority: object = None, order: str | None = "FIFO"
) -> dict[str, object]:
    return {
        "Priority": priority,
        "Dialing order": order,
        "Max attempts": attempts,
        "Retry period (minutes)": minutes,
        "Max ring time (seconds)": seconds,
    }


EXAMPLE_ROWS: tuple[Mapping[str, object], ...] = (
    {
        **_what("Dental recall - London", "Patients due for their six-month check", "recall-london-2026-12", "Clinics"),
        **_agentless("+442079460018", "Recall intake", "Yes"),
        **_when("Europe/London", "10:15 AM - 12:45 PM; 2:00 PM - 5:30 PM", sunday="closed"),
        **_tries(2, 45, 25, priority=3, order="LIFO"),
        "Frequency": "WEEKLY",
    },
    {
        **_what(
            "Dental recall - Manchester",
            "Patients due for their six-month check",
            "recall-manchester-2026-12",
            "Clinics",
        ),
        **_agentless("+441614960123", "Recall intake", "Yes"),
        **_when("Europe/London", "10:15 AM - 12:45 PM\n2:00 PM - 5:30 PM", sunday="closed"),
        **_tries(2, 45, 25, priority=3, order="LIFO"),
        "Frequency": "WEEKLY",
    },
    {
        **_what(
            "Eye clinic reminders",
            "Appointments of the coming week",
            "eye-clinic-week-48; eye-clinic-week-49",
            "Clinics",
        ),
        **_agentless("+12025550143", "Appointment reminder"),
        **_when("America/New_York", "9am - 5pm", "9am - 5pm", "9am - 7pm", "9am - 5pm", "9am - 1pm"),
        **_tries(3, 120, 30, priority=5),
    },
    {
        **_what("Flu vaccination - seniors", "Invitation to the walk-in days", "seniors-65-plus", "Clinics"),
        **_agentless(13125550119, "Vaccination invitation", True),
        **_when("America/Chicago", "10:00 AM to 12:00 PM; 2:00 PM to 4:30 PM", sunday="-"),
        **_tries(2, 240, 35, priority=4),
    },
    {
        **_what("Lab results ready", "Asks patients to look into the portal", "lab-results-daily", "Clinics"),
        **_agentless("+13035550177", "Results notice"),
        **_when("America/Denver", "8:30 AM - 6:00 PM", saturday=(time(9), time(12)), sunday="off"),
        **_tries(4, 90, 20, priority=5),
        "Frequency": "DAILY",
    },
    {
        **_what("Deliveries tomorrow - Berlin", "Announces the time of delivery", "berlin-tomorrow", "Logistics"),
        **_agentless("+493023125042", "Delivery window", "no"),
        **_when("Europe/Berlin", "14:00\u201319:30", saturday=(time(10), time(14)), sunday="closed"),
        **_tries(2, 30, 25, priority=5),
        "Frequency": "DAILY",
    },
    {
        **_what("Deliveries tomorrow - Paris", "Announces the time of delivery", "paris-tomorrow", "Logistics"),
        **_agentless("+33199005678", "Delivery window", "no"),
        **_when("Europe/Paris", "14:00 - 19:30", saturday=(time(10), time(14)), sunday="closed"),
        **_tries(2, 30, 25, priority=5),
        "Frequency": "DAILY",
    },
    {
        **_what("Missed delivery - Madrid", "Offers a new date or a pick-up point", "madrid-missed", "Logistics"),
        **_progressive("+34910500123", "Delivery desk"),
        **_when("Europe/Madrid", "09:30 - 13:30; 16:30 - 20:00", saturday=(time(10), time(13, 30))),
        **_tries(3, 60, 30, priority=4),
    },
    {
        **_what(
            "Parcel lockers - new codes", "Tells customers that their code has changed", "locker-customers", "Logistics"
        ),
        **_agentless("+390655501234", "Locker code"),
        **_when("Europe/Rome", "9.30 am - 12.30 pm", "9.30 am - 12.30 pm", "closed", "9.30 am - 12.30 pm", "closed"),
        **_tries("2", "60", "20", priority="2"),
    },
    {
        **_what("Grocery slots - weekend", "Free delivery slots for regular customers", "regulars-sydney", "Logistics"),
        **_agentless("+61255501234", "Slot offer"),
        **_when(
            "Australia/Sydney",
            None,
            None,
            None,
            "3:00 PM - 7:30 PM",
            "12:00 PM - 7:30 PM",
            saturday=(time(9), time(11, 30)),
        ),
        **_tries(1, 15, 20, priority=1),
    },
    {
        **_what(
            "Policy renewal - North", "Policies that end in December", "renewals-north; renewals-west", "Insurance"
        ),
        **_progressive("+12025550162", "Renewals desk"),
        **_when("America/New_York", "9:00 AM - 12:30 PM; 1:30 PM - 6:00 PM", sunday="closed"),
        **_tries(5, 180, 30, priority=4),
        "Frequency": "WEEKLY",
    },
    {
        **_what(
            "Policy renewal - South", "Policies that end in December", "renewals-south\nrenewals-florida", "Insurance"
        ),
        **_progressive("+14045550138", "Renewals desk"),
        **_when("America/New_York", "9:00 AM - 12:30 PM; 1:30 PM - 6:00 PM", sunday="closed"),
        **_tries(5, 180, 30, priority=4),
        "Frequency": "WEEKLY",
    },
    {
        **_what("Policy renewal - Pacific", "Policies that end in December", "renewals-pacific", "Insurance"),
        **_progressive("+12135550190", "Renewals desk"),
        **_when("America/Los_Angeles", "8:00 AM to 11:30 AM; 1:00 PM to 5:00 PM", saturday=(time(9, 30), time(12, 30))),
        **_tries(5, 180, 30, priority=4),
        "Frequency": "WEEKLY",
    },
    {
        **_what(
            "Car insurance - lapsed",
            "Win back customers who left this year",
            "lapsed-2026-h1; lapsed-2026-h2",
            "Insurance",
        ),
        **_preview("sip:2001@pbx.example.com", "Win-back team", 2),
        **_when("America/Toronto", "11am-7pm", "11am-7pm", "11am-7pm", "11am-7pm", "11am-3pm"),
        **_tries(3, 1440, 30, priority=2, order="LIFO"),
    },
    {
        **_what(
            "Claims follow-up",
            "How satisfied people are two weeks after their claim",
            "claims-closed-november",
            "Insurance",
        ),
        **_preview("+442079460044", "Claims care", 0),
        **_when("Europe/London", "09:00 to 17:00", sunday="-"),
        **_tries(2, 720, 25, priority=3),
    },
    {
        **_what(
            "Customer survey - India",
            "Two questions on the last visit",
            "visitors-mumbai; visitors-pune; visitors-delhi",
            "Research",
        ),
        **_agentless("+912255501010", "Short survey", "Yes"),
        **_when("Asia/Kolkata", "9:00 AM - 12:30 PM; 1:30 PM - 6:00 PM", saturday=(time(10), time(16))),
        **_tries(3, 60, 30, priority=3),
    },
    {
        **_what("Customer survey - Gulf", "Two questions on the last visit", "visitors-dubai", "Research"),
        **_agentless("+97145550101", "Short survey", "Yes"),
        **_when(
            "Asia/Dubai",
            "10:00 AM - 1:00 PM",
            "10:00 AM - 1:00 PM",
            "10:00 AM - 1:00 PM",
            "10:00 AM - 1:00 PM",
            "off",
            sunday="10:00 AM - 1:00 PM",
        ),
        **_tries(3, 60, 30, priority=3),
    },
    {
        **_what("Customer survey - Singapore", "Two questions on the last visit", "visitors-singapore", "Research"),
        **_agentless("+6565550123", "Short survey", "Yes"),
        **_when("Asia/Singapore", "10:00 - 12:00\n14:00 - 18:00"),
        **_tries(3, 60, 30, priority=3),
    },
    {
        **_what("Panel recruiting - Brazil", "Invitation to the research panel", "panel-sao-paulo", "Research"),
        **_progressive("+551155550199", "Panel team"),
        **_when("America/Sao_Paulo", "9:00 - 12:00; 13:30 - 18:30", saturday=(time(9), time(13))),
        **_tries(2, 300, 30, priority=1),
    },
    {
        **_what("Meter reading - Johannesburg", "Asks for the reading before the bill", "meters-gauteng", "Utilities"),
        **_agentless("+27115550123", "Meter reading"),
        **_when("Africa/Johannesburg", "08:00 - 10:00; 15:00 - 18:00", saturday=(time(9), time(12))),
        **_tries(4, 120, 25, priority=3),
    },
    {
        **_what("Tariff change - Auckland", "Explains the new night tariff", "tariff-auckland", "Utilities"),
        **_agentless("sip:tariff@voice.example.com", "Tariff notice", "NO"),
        **_when("Pacific/Auckland", "9:00 am - 5:00 pm", sunday="Closed"),
        **_tries(2, 60, 30, priority=2),
    },
    {
        **_what("Membership renewal - Stockholm", "Members whose year ends in January", "members-stockholm", "Fitness"),
        **_preview("+46850550123", "Membership team", "3"),
        **_when("Europe/Stockholm", "10:00 to 13:00; 15:00 to 19:00", saturday=(time(10), time(13))),
        **_tries(3, 480, 30, priority=2),
    },
    {
        **_what("Thank-you calls - Dublin", "Donors of this year's winter appeal", "donors-winter-2026", "Fundraising"),
        **_preview("+35315550123", "Supporter care", 1),
        **_when(
            "Europe/Dublin", "5:30 PM - 8:00 PM", "5:30 PM - 8:00 PM", "5:30 PM - 8:00 PM", "5:30 PM - 8:00 PM", "off"
        ),
        **_tries(2, 1440, 30, priority=1, order="LIFO"),
    },
    {
        **_what(
            "Course enrolment - Tokyo", "Applicants who have not chosen a course yet", "applicants-tokyo", "Education"
        ),
        **_progressive("+81355501234", "Admissions"),
        **_when("Asia/Tokyo", "10:00\u201412:00; 13:00\u201417:00"),
        **_tries(3, 90, 25, priority=4),
    },
    {
        **_what("Car service due - Mexico City", "Cars due for service within a month", "service-cdmx-12", "Workshops"),
        **_agentless("+525555500123", "Service reminder"),
        **_when(
            "America/Mexico_City", "9 a.m. - 2 p.m.; 4 p.m. - 6 p.m.", saturday=(time(9), time(13)), sunday="closed"
        ),
        **_tries(3, 60, 30, order=None),
    },
)
