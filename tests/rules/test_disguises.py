"""Names and domains that deceive are told of; honest people of every language are left alone."""

from dataclasses import replace

import pytest

from rules.decide import decide
from rules.disguises import MOST, asked_domains, disguises
from rules.facts import Facts
from rules.lookalikes import looks_like
from rules.message import Address
from rules.people import Participant
from rules.scripts import mixture
from rules.wanted import wanted
from tests.rules.build import FACTS, SITE, case, mail

HONEST = """
    Ada Marsh | Seán Ó Briain | D'Arcy McGee-O'Neil | Jean-François Lefèvre | Zoë van 't Hooft | Łukasz Żółć
    Jürgen Groß (Müller GmbH & Co. KG) | Søren Kjærgaard | Þóra Guðmundsdóttir | Ağrı Işık | İbrahim Çelik
    Dvořák, Jiří | Nguyễn Thị Minh Khai | José María Núñez y Peña | João Gonçalves | Ștefan Țurcanu
    Aušra Žemaitė | Kristīne Bērziņa | Õie Tamm | Győző Szűcs | Maltese Ħal Qormi | Ǝlə Əliyev | Иван Петров
    Наталья Щербакова (ACME) | Пётр Ильич, Google | ООО «Ромашка» Sales Team | Олександр Ґалаґан | Їжакевич Іван
    Ђорђе Љубичић | Васил Левски | Аляксандр Ўладзіміравіч | Әсел Қайратқызы | Ө. Батбаяр | SMS-рассылка
    Николай II | Microsoft – отдел продаж | iPhone-сервис | Петров И.И. / Petrov I.I. | 1С:Предприятие
    ТОО «Qazaq» | Γιώργος Παπαδόπουλος | Ελένη (Athens) | Νίκος, IBM Hellas | ΔElektronik AG | Ωmega Watches
    π-Lab | 10 µm Optik | Արամ Խաչատրյան | გიორგი ბერიძე | שרה כהן | Sarah Cohen שרה | أحمد بن محمد
    فاطمة الزهراء (Fatima) | محمد‌علی جمالزاده | کریم احمدی | اردو دفتر | राजेश कुमार | Rajesh राजेश
    অমিতাভ ঘোষ | தமிழ்ச்செல்வன் | ശ്രീകുമാർ | ಕುವೆಂಪು | తెలుగు శ్రీ | ගුණසේකර | สมชาย ใจดี | คุณSomchai
    ສົມສະໄໝ | မောင်မောင် | សុខា | དགེ་ལེགས | አበበ ቢቂላ | 山田太郎 | 山田 太郎 (Taro Yamada) | ヤマダ電機
    ソニーSony株式会社 | さくらインターネット | ﾔﾏﾀﾞ | 王小明 | 陳大文 David Chan | 李娜Lina
    华为HUAWEI技术 | 臺灣ㄅㄆㄇ | 김민수 | 김민수Kim | 삼성SDS | LG전자 | 👩‍💻 Mei | ★ Sales ★ | Team №1
    Ⅳ Quartal | "Marsh, Ada" | ada@acme.example | 'ada@acme.example' | Ada @ Acme | R&D | 50 % more | (no name)
    Ꭰ ᏣᎳᎩ | Ṻber | Ólafur Darri | Kwame Nkrumah | Nǃxau ǂToma | Mbali Dlamini
"""
NAMES = [name.strip() for line in HONEST.strip().splitlines() for name in line.split(" | ")]


def person(name: str, email: str = "ada@acme.example") -> Participant:
    return Participant(email, name, "external", "unknown")


def told(*people: Participant) -> list[str]:
    return disguises(people, FACTS.domains, SITE)


def test_honest_names_of_every_language_are_left_alone() -> None:
    assert len(NAMES) >= 100
    assert {name: found for name in NAMES if (found := told(person(name)))} == {}


@pytest.mark.parametrize(
    ("name", "scripts"),
    [
        ("Nоra Feld", "Latin and Cyrillic"),
        ("Аda Marsh", "Cyrillic and Latin"),
        ("Αda Marsh", "Greek and Latin"),
        ("Tοm", "Latin and Greek"),
        ("Lumenfоld Billing", "Latin and Cyrillic"),
        ("Jοrg Кeller", "Latin and Greek"),
        ("Microsоft\u200b Support", "Latin and Cyrillic"),
        ("Ada ոew", "Armenian and Latin"),
        ("No\u200bр\u2060a", "Latin and Cyrillic"),
    ],
)
def test_a_word_of_two_alphabets_is_told(name: str, scripts: str) -> None:
    (notice,) = told(person(name))
    assert notice.endswith(f"of ada@acme.example mixes {scripts} letters in one word.")
    assert "\u200b" not in notice
    assert "\u2060" not in notice


@pytest.mark.parametrize(
    "name",
    [
        "nora@lumenfold.example",
        "Nora Feld <nora.feld@lumenfold.example>",
        "'nora@lumenfold.example' via Sales",
        "nora＠lumenfold.example",
        "ceo@acme.example",
    ],
)
def test_a_name_that_is_another_address_is_told(name: str) -> None:
    (notice,) = told(person(name))
    assert notice.startswith("The name of ada@acme.example shows another address, ")


@pytest.mark.parametrize(
    ("domain", "real"),
    [
        ("аcme.example", "acme.example"),
        ("асме.example", "acme.example"),
        ("xn--80ak6aa92e.example", None),
        ("acmé.example", "acme.example"),
        ("mail.аcme.example", "acme.example"),
        ("acrne.example", "acme.example"),
        ("g1obe.example", "globe.example"),
        ("gl0be.example", "globe.example"),
        ("ɡlobe.example", "globe.example"),
        ("vendоr.example", "vendor.example"),
        ("touchpoints.vend0r.example", "touchpoints.vendor.example"),
    ],
)
def test_a_domain_that_reads_as_a_known_one_is_told(domain: str, real: str | None) -> None:
    notices = told(person("Ada", f"ada@{domain}"))
    assert [notice.partition(" looks like ")[2] for notice in notices] == (
        [f"{real} but is not."] if real else []
    )
    assert all(notice.isascii() for notice in notices)


@pytest.mark.parametrize(
    "domain",
    ["acme.example", "labs.acme.example", "vendor.example", "eu.vendor.example", "other.example", "пример.example",
     "müller.example", "gmail.com", "日本語.jp", "почта.рф", "", "[192.0.2.1]", "localhost"],
)  # fmt: skip
def test_known_and_honest_domains_are_left_alone(domain: str) -> None:
    assert told(person("Ada", f"ada@{domain}" if domain else "ada")) == []


def test_a_mixed_domain_is_told_though_it_is_like_none_that_is_known() -> None:
    assert told(person("Ada", "ada@bаnk.example")) == [
        "The domain xn--bnk-6cd.example mixes Latin and Cyrillic letters."
    ]


def test_many_are_told_in_few_sentences() -> None:
    people = [person("Nоra", f"n{number}@other.example") for number in range(50)]
    notices = told(*people)
    assert len(notices) == MOST
    assert notices[-1] == "41 more names or domains may deceive."


def test_the_decision_says_it_and_the_directory_is_asked_for_it() -> None:
    message = replace(
        mail("ada@аcme.example", ("ann@vendor.example",)), from_=(Address("ada@аcme.example", "Аda"),)
    )
    assert "acme.example" in wanted(message, (), ()).domains
    decision = decide(case(message))
    assert "The domain xn--cme-5cd.example looks like acme.example but is not." in decision.notices
    assert any("mixes Cyrillic and Latin letters" in notice for notice in decision.notices)
    # It is nobody's domain, and so nobody's account.
    assert decision.account is None


def test_what_is_asked_for_is_bounded() -> None:
    assert len(looks_like("ollolollololollolo10101.example")) <= 16
    assert len(looks_like("l0." * 80 + "example")) <= 48
    assert asked_domains(["gmail.com"]) == frozenset()
    many = asked_domains(f"l0ol{number}.example" for number in range(1000))
    assert len(many) <= 100 * 48
    assert disguises([None], Facts().domains, SITE) == []


def test_a_mixture_is_sought_word_by_word() -> None:
    assert mixture("Ада Lovelace") == ()
    assert mixture("Адa") == ("Cyrillic", "Latin")
