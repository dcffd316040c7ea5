"""Attributions, header blocks, signatures: what is one, and what only resembles one."""

import pytest

from rules.newtext import split_lines
from rules.newtext.attribution import judge
from rules.newtext.devices import is_device_line
from rules.newtext.marks import Strength
from tests.newtext.phrases import PHRASES

WHO = "Jane Doe <jane.doe@kunde.example>"


@pytest.mark.parametrize("language", PHRASES)
@pytest.mark.parametrize("client", ["gmail", "apple", "thunderbird"])
def test_an_attribution_of_every_client_and_language_is_known(client: str, language: str) -> None:
    text = getattr(PHRASES[language], client).format(who=WHO, name="Jane Doe")
    strength = judge(text)
    assert strength is not None
    assert strength >= Strength.DATED


@pytest.mark.parametrize(
    "said",
    [
        "On Monday we wrote:",
        "This is what I wrote:",
        "Here is what she wrote on the form:",
        "Wie ich schrieb:",
        "Am 3. März schrieb ich:",
        "Il m'a écrit :",
        "He wrote:",
        "Please call me at 14:05:",
        "The agenda for 3.3.2026:",
        "Ask jane@kunde.example for these:",
        "Meeting on 3 March 2026 at 14:05:",
        "wrote:",
        "-----",
        ":",
        "",
    ],
)
def test_prose_is_no_attribution(said: str) -> None:
    assert judge(said) is None


@pytest.mark.parametrize("language", PHRASES)
def test_the_device_line_of_every_language_is_known(language: str) -> None:
    assert is_device_line(PHRASES[language].sent_from)


@pytest.mark.parametrize(
    "said",
    [
        "Sent from my Galaxy S24",
        "Sent from my Verizon, Samsung Galaxy smartphone",
        "Sent from my T-Mobile 5G Device",
        "Sent from my BlackBerry® wireless device",
        "Sent from Outlook for Android<https://aka.ms/AAb9ysg>",
        "Sent from Yahoo Mail on Android",
        "Sent from Yahoo Mail for iPhone",
        "Sent with Proton Mail secure email.",
        "Sent via Superhuman <https://sprh.mn/?vip=bob@vendor.example>",
        "[Sent from my iPad]",
        "Gesendet mit der GMX Mail App",
        "Gesendet von Mail für Windows",
        "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
        "Von Yahoo Mail auf Android gesendet",
        "Outlook für iOS beziehen",
        "Holen Sie sich Outlook für Android",
        "Télécharger Outlook pour Android",
        "Envoyé à partir de Outlook pour iOS",
        "Provenance : Courrier pour Windows",
        "Obtener Outlook para iOS",
        "Obter o Outlook para Android",
        "Ottieni Outlook per iOS",
        "Verzonden vanuit Mail voor Windows",
        "Skickades från E-post för Windows",
        "Pobierz aplikację Outlook dla systemu Android",
        "Outlook for iOS を入手",
        "Samsung cihazımdan gönderildi",
        "Отправлено из мобильной Почты Mail.ru",
        "Get BlueMail for Android",
        "iOS için Outlook'u edinin",
        "iOS 版 Outlook を入手",
        "Získejte Outlook pro iOS",
        "Skaff deg Outlook for iOS",
        "从 Windows 版邮件发送",
        "Envoyé depuis l'application Mail Orange",
        "Diese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.",
        "Yahoo Mail: Search, Organize, Conquer",
        "נשלח מה-iPhone שלי",
    ],
)
def test_lines_of_phones_and_programs_are_known(said: str) -> None:
    assert is_device_line(said)


@pytest.mark.parametrize(
    "said",
    [
        "Sent from my old account",
        "Sent from my desk, which is easier than my phone, so expect long mails from now on.",
        "Sent from my iPhone, I am back on Monday.",
        "Sent by mail on Friday.",
        "Get Samsung to fix it.",
        "Download Outlook again.",
        "Von Samsung kam nichts.",
        "Von meinem Vater gesendet",
        "Mein iPhone habe ich nicht geschickt",
        "Enviado por correo el viernes.",
        "I sent it from my iPhone",
        "Outlook does not run on Android",
        "Diese Nachricht wurde von meinem Kollegen geschrieben, der gerade kein iPhone zur Hand hatte.",
        "נשלח מחר",
    ],
)
def test_a_persons_words_are_no_device_line(said: str) -> None:
    assert not is_device_line(said)


def test_a_signature_below_the_delimiter_is_folded() -> None:
    parts = split_lines("Yes.\n\n-- \nBob Ross\nVendor Inc., Main Street 1\nhttps://vendor.example")
    assert parts.text == "Yes."
    assert parts.why == "Folded away: signature."


def test_a_text_longer_than_a_signature_stays_below_the_delimiter() -> None:
    text = "Yes.\n\n-- \n" + "\n".join(f"{number} more line" for number in range(20))
    assert split_lines(text).text == text


@pytest.mark.parametrize("below", ["Then the date", "Option B", "Bob", "Call +49 30 1234567 or not"])
def test_two_dashes_alone_prove_nothing(below: str) -> None:
    text = f"First the price\n--\n{below}"
    assert split_lines(text).text == text


def test_an_own_question_below_the_signature_is_kept() -> None:
    text = "Yes.\n\n-- \nBob\n\nBy the way, did you get the contract?"
    assert split_lines(text).text == text


@pytest.mark.parametrize("language", PHRASES)
def test_a_header_block_of_every_language_is_known(language: str) -> None:
    from_, sent, to, subject, date = PHRASES[language].outlook
    for colon in (":", " :", "："):
        block = f"{from_}{colon} {WHO}\n{sent}{colon} {date}\n{to}{colon} Bob\n{subject}{colon} Meeting"
        assert split_lines(f"Yes.\n\n{block}\n\nold").text == "Yes.", colon
        rows = (
            f"{from_}{colon}\t{WHO}\n\n{sent}{colon}\t{date}\n\n{to}{colon}\tBob\n\n{subject}{colon}\tMeeting"
        )
        assert split_lines(f"Yes.\n\n{rows}\n\nold").text == "Yes.", colon


@pytest.mark.parametrize(
    "block",
    [
        "From: Berlin 08:15\nTo: Munich 12:15\nDate: 3 March 2026",
        "To: jane@kunde.example\nSubject: Hello",
        "From: jane@kunde.example\nPlease write to her.",
        "Von: Hamburg\nAn: Bremen\nDatum: morgen",
    ],
)
def test_a_list_with_labels_is_no_header_block(block: str) -> None:
    text = f"Please note.\n\n{block}\n\nBob"
    assert split_lines(text).text == text
