"""Dates of header blocks, as the clients of each language write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from rules.forwards.dates import read_date

BERLIN = timezone(timedelta(hours=1))
SENT = datetime(2026, 3, 20, 10, 0, tzinfo=BERLIN)
AFTERNOON = datetime(2026, 3, 3, 14, 5, tzinfo=BERLIN)


def read(text: str, language: str = "en") -> datetime | None:
    return read_date(text, frozenset({language}), BERLIN, SENT)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Tuesday, March 3, 2026 2:05 PM"),
        ("en", "On Tuesday, March 3rd, 2026 at 2:05\u202fPM"),
        ("en", "3 March 2026 at 14:05"),
        ("en", "Mar 3 2026, at 2:05 pm"),
        ("en", "3/3/26  2:05 PM  (GMT+01:00)"),
        ("en", "2026-03-03T14:05:00+01:00"),
        ("de", "Dienstag, 3. März 2026 14:05"),
        ("de", "Di., 3. März 2026 um 14:05 Uhr"),
        ("de", "03.03.2026 14:05"),
        ("fr", "mardi 3 mars 2026 à 14:05"),
        ("fr", "3 mars 2026 à 14 h 05"),
        ("es", "martes, 3 de marzo de 2026 2:05 p. m."),
        ("pt", "terça-feira, 3 de março de 2026 14:05"),
        ("pt", "ter., 3 de mar. de 2026 às 14:05"),
        ("it", "3-mar-2026 14.05"),
        ("nl", "di 3 mrt 2026 om 14:05"),
        ("da", "3. marts 2026 kl. 14.05"),
        ("fi", "tiistai 3. maaliskuuta 2026 klo 14.05"),
        ("fi", "3.3.2026 14.05"),
        ("pl", "3 marca 2026 14:05"),
        ("cs", "3. 3. 2026 14:05"),
        ("hu", "2026. március 3., kedd 14:05"),
        ("hu", "2026. 03. 03. 14:05"),
        ("ro", "marți, 3 martie 2026 14:05"),
        ("ru", "вторник, 3 марта 2026 г. 14:05"),
        ("ru", "вторник, 3 марта 2026, 16:05 +03:00"),
        ("uk", "вівторок, 3 березня 2026 р. о 14:05"),
        ("tr", "3 Mart 2026 Salı 14:05"),
        ("el", "Τρίτη, 3 Μαρτίου 2026 2:05 μμ"),
        ("ja", "2026年3月3日(火) 14:05"),
        ("ja", "2026/03/03 午後 2:05"),
        ("zh", "2026年3月3日(星期二) 下午2:05"),
        ("ko", "2026년 3월 3일 (화) 오후 2:05"),
        ("ko", "2026. 3. 3. 오후 2:05"),
        ("ko", "2026-03-03 (화) 22:05:00 (GMT+09:00)"),
        ("vi", "3 tháng 3, 2026 14:05"),
        ("vi", "Th 3, 3 thg 3, 2026 vào lúc 14:05"),
        ("th", "อ. 3 มี.ค. 2026 เวลา 14:05"),
        ("th", "3 มีนาคม 2569 14:05"),
        ("ar", "الثلاثاء، 3 مارس 2026 02:05 م"),
        ("he", "יום ג׳, 3 במרץ 2026 ב-14:05"),
    ],
)
def test_a_date_in_its_language(language: str, text: str) -> None:
    assert read(text, language) == AFTERNOON


def test_the_zone_that_is_written_counts() -> None:
    assert read("Tue, 3 Mar 2026 14:05:33 +0530") == datetime(2026, 3, 3, 8, 35, 33, tzinfo=UTC)
    assert read("March 3, 2026 at 2:05:33 PM PST") == datetime(2026, 3, 3, 22, 5, 33, tzinfo=UTC)
    assert read("3. März 2026 um 14:05:33 MEZ", "de") == datetime(2026, 3, 3, 13, 5, 33, tzinfo=UTC)


def test_rfc_dates_are_english_below_finnish_labels() -> None:
    assert read("Tue, 3 Mar 2026 14:05:00 +0100", "fi") == AFTERNOON


def test_a_weekday_that_looks_like_a_month() -> None:
    assert read("mar. 7 avr. 2025 à 14:05", "fr") == datetime(2025, 4, 7, 14, 5, tzinfo=BERLIN)
    assert read("2025. nov. 5., Sze, 18:30", "hu") == datetime(2025, 11, 5, 18, 30, tzinfo=BERLIN)
    assert read("28 Ara 2025 Paz, 00:15", "tr") == datetime(2025, 12, 28, 0, 15, tzinfo=BERLIN)


def test_a_month_that_two_languages_share() -> None:
    assert read("3. listopada 2025. 14:05", "hr") == datetime(2025, 10, 3, 14, 5, tzinfo=BERLIN)
    assert read("3 listopada 2025 14:05", "pl") == datetime(2025, 11, 3, 14, 5, tzinfo=BERLIN)
    assert read("3 listopada 2025 14:05", "ja") is None


class TestDayOrMonthFirst:
    def test_a_number_over_twelve_settles_it(self) -> None:
        assert read("12/26/2025 14:05") == datetime(2025, 12, 26, 14, 5, tzinfo=BERLIN)
        assert read("26/12/2025 2:05 PM") == datetime(2025, 12, 26, 14, 5, tzinfo=BERLIN)

    def test_no_mail_is_younger_than_its_forward(self) -> None:
        assert read("3/4/2026 14:05") == datetime(2026, 3, 4, 14, 5, tzinfo=BERLIN)
        assert read("4/3/2026 2:05 PM") == datetime(2026, 3, 4, 14, 5, tzinfo=BERLIN)

    def test_else_english_with_am_and_pm_is_month_first(self) -> None:
        assert read("3/4/2025 2:05 PM") == datetime(2025, 3, 4, 14, 5, tzinfo=BERLIN)
        assert read("3/4/2025 14:05") == datetime(2025, 4, 3, 14, 5, tzinfo=BERLIN)
        assert read("3/4/2025 14:05", "fr") == datetime(2025, 4, 3, 14, 5, tzinfo=BERLIN)

    def test_dots_are_day_first(self) -> None:
        assert read("3.4.2025 2:05 PM") == datetime(2025, 4, 3, 14, 5, tzinfo=BERLIN)


def test_midnight_and_noon() -> None:
    assert read("March 3, 2026 12:05 AM") == datetime(2026, 3, 3, 0, 5, tzinfo=BERLIN)
    assert read("March 3, 2026 12:05 PM") == datetime(2026, 3, 3, 12, 5, tzinfo=BERLIN)
    assert read("3 de marzo de 2026 12:05 a. m.", "es") == datetime(2026, 3, 3, 0, 5, tzinfo=BERLIN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "14:05",
        "29 Feb 2026 10:00",
        "March 3, 2026 25:61",
        "99/99/9999",
        "0000-00-00",
        "March 2026",
        "1/1/1 1:1",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert read(text) is None


def test_years_that_no_mail_is_of() -> None:
    assert read("31 December 9999 23:59 -1400") is None
    assert read("1 January 0001 00:00 +1400") is None


def test_thai_months_that_differ_in_a_vowel_sign_alone() -> None:
    january = read("ส. 3 ม.ค. 2026 เวลา 14:05", "th")
    assert january == datetime(2026, 1, 3, 14, 5, tzinfo=BERLIN)
