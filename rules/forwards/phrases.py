"""The words around history: prefixes of subjects, lines that set a forward apart, "On … Jane wrote:"."""

from collections.abc import Mapping
from types import MappingProxyType

from rules.forwards.words import folded

# What clients put before the subject of a forward.
FORWARD_PREFIXES = frozenset(
    map(
        folded,
        (
            "Fwd", "FW", "Forward", "Forwarded", "Forwarded message",
            "WG", "Wtr", "Wtrlt", "Weitergeleitet", "Weiterleitung",
            "TR", "Transf", "Transféré", "Réexp",
            "RV", "Reenv", "Reenviado", "Reenvío", "Renv",
            "ENC", "Encaminhada", "Encaminhado", "Reenc",
            "I", "Inoltro", "Inoltrato", "Inol",
            "Doorst", "Doorgestuurd", "Doorsturen",
            "VB", "Vidarebefordrat", "Vidarebef",
            "Videresend", "Videresendt",
            "VL", "Välitetty", "Edelleen",
            "PD", "Przek", "Podaj dalej",
            "Předáno", "Přeposláno", "Přeposlaná zpráva", "Preposlané", "Přep", "Prep",
            "Továbbítás", "Továbbítva", "Továbbküldve", "Tov",
            "Redir", "Redirecționat",
            "Proslj", "Prosl", "Proslijeđeno", "Posr",
            "Edasi", "Edastatud", "Pārs", "Persiųsta",
            "Пересл", "Переслано", "Пересылка", "Пересилання", "Препр",
            "İLT", "YÖN", "İletilen",
            "ΠΡΘ", "Προώθ", "Προωθ",
            "FS", "Teruskan", "ส่งต่อ", "Chuyển tiếp",
            "转发", "轉寄", "轉發", "转寄", "転送", "전달",
            "הועבר", "הועברה", "إعادة توجيه", "محول",
        ),
    )
)  # fmt: skip

# What clients put before the subject of a reply.
REPLY_PREFIXES = frozenset(
    map(
        folded,
        (
            "Re", "Reply", "Response", "AW", "Antw", "Antwort", "Betr", "SV", "Svar", "Rif", "R", "Risposta", "Res", "Resp",
            "Ref", "Réf", "Rép", "Réponse", "Respuesta", "Resposta", "Antwoord", "Odp", "Odpověď", "Odpoveď",
            "Odpowiedź", "YNT", "Yanıt", "Vá", "Válasz", "BLS", "Odg", "Odgovor", "Vastaus", "Atb", "Ats", "HL",
            "ΑΠ", "Απάντηση", "ΣΧΕΤ", "Отв", "Ответ", "Отг", "HA", "На", "Відп", "Відповідь", "Răsp", "Raspuns",
            "回复", "回覆", "答复", "答覆", "返信", "返", "답장", "회신", "השב", "תשובה", "رد", "Trả lời", "ตอบกลับ", "Balas",
        ),
    )
)  # fmt: skip

# "VS" is a Finn's or Estonian's reply and a Dane's or Norwegian's forward.
NORDIC_PREFIX = "vs"
NORDIC_REPLY = frozenset({"fi", "et"})
NORDIC_FORWARD = frozenset({"da", "no"})

# Apple Mail's lines above a forward, without dashes around them.
FORWARD_OPENINGS = frozenset(
    map(
        folded,
        (
            "Begin forwarded message", "Start of forwarded message", "Forwarded message",
            "Anfang der weitergeleiteten Nachricht", "Anfang der weitergeleiteten E-Mail", "Weitergeleitete Nachricht",
            "Début du message réexpédié", "Début du message transféré", "Message transféré",
            "Inicio del mensaje reenviado", "Mensaje reenviado", "Inicio del correo reenviado",
            "Início da mensagem reencaminhada", "Início da mensagem encaminhada", "Mensagem encaminhada",
            "Mensagem reencaminhada",
            "Inizio messaggio inoltrato", "Inizio del messaggio inoltrato", "Messaggio inoltrato",
            "Begin doorgestuurd bericht", "Doorgestuurd bericht",
            "Start på videresendt besked", "Begyndelse på videresendt besked", "Videresendt besked",
            "Videresendt melding", "Start på videresendt melding", "Begynnelsen på videresendt melding",
            "Vidarebefordrat mejl", "Vidarebefordrat brev", "Vidarebefordrat meddelande",
            "Början på vidarebefordrat meddelande",
            "Välitetty viesti alkaa", "Välitetty viesti", "Edelleenlähetetty viesti",
            "Początek przekazywanej wiadomości", "Początek przekazanej wiadomości", "Wiadomość przekazana dalej",
            "Začátek přeposílané zprávy", "Přeposlaná zpráva", "Začiatok preposlanej správy", "Preposlaná správa",
            "Továbbított levél kezdete", "Továbbított üzenet", "Továbbított levél", "Továbbított üzenet kezdete",
            "Începe mesajul redirecționat", "Începutul mesajului redirecționat", "Mesaj redirecționat",
            "Započni proslijeđenu poruku", "Započni prosljeđenu poruku", "Početak proslijeđene poruke", "Proslijeđena poruka",
            "Edastatud kirja algus", "Edastatud kiri",
            "Начало переадресованного сообщения", "Начало пересылаемого сообщения", "Пересылаемое сообщение",
            "Пересланное сообщение", "Переадресованное сообщение",
            "Початок листа, що пересилається", "Початок пересланого повідомлення", "Переслане повідомлення",
            "Препратено съобщение", "Начало на препратено съобщение",
            "İleti başlangıcı", "İletilen ileti", "İletilmiş ileti", "Yönlendirilen ileti başlangıcı",
            "Αρχή προωθημένου μηνύματος", "Έναρξη προωθημένου μηνύματος", "Προωθημένο μήνυμα",
            "Inici del missatge reenviat", "Missatge reenviat",
            "転送されたメッセージ", "転送メッセージ", "以下は転送されたメッセージです", "以下、転送メッセージ",
            "开始转发的邮件", "以下是转发的邮件", "下面是被转发的邮件", "开始转发邮件", "转发的邮件", "转发邮件",
            "開始轉寄郵件", "以下是轉寄的郵件", "開始轉寄的郵件", "轉寄的郵件", "轉寄郵件",
            "전달된 메시지", "전달된 메시지의 시작", "전달된 메시지 시작", "아래는 전달된 메시지입니다",
            "Bắt đầu thư được chuyển tiếp", "Awal pesan terusan", "Mulai meneruskan pesan",
            "התחלת ההודעה שהועברה", "תחילת ההודעה שהועברה", "بدء الرسالة المحولة", "بداية الرسالة المعاد توجيهها",
        ),
    )
)  # fmt: skip

# Parts of words that say "forwarded". Only looked for between dashes.
_FORWARD_STEMS = tuple(
    map(
        folded,
        (
            "forward", "fwd", "weitergeleit", "weiterleit", "transféré", "réexpédi", "transmis", "reenvi", "reencaminh",
            "encaminhad", "inoltrat", "inoltra", "doorgestuur", "doorstur", "vidarebefordr", "vidaresän", "videresend",
            "edelleenläh", "välitet", "przekaz", "przesłan", "przesyłan", "přeposl", "přeposíl", "přepos", "preposl",
            "preposiel", "továbbít", "redirec", "proslijeđ", "prosleđ", "posredovan", "edasta", "pārsūtīt", "persiųst",
            "пересл", "пересыл", "переадрес", "перенаправ", "пересил", "перенапр", "препрат", "прослеђ", "iletil", "yönlendir",
            "προωθη", "reenviat", "転送", "转发", "轉寄", "轉發", "转寄", "전달", "chuyển tiếp", "terusan", "diteruskan", "dimajukan",
            "ส่งต่อ", "הועבר", "معاد توجيه", "محول", "áframsen",
        ),
    )
)  # fmt: skip

# Words that say that a forward ends here.
_END_WORDS = frozenset(
    ("end", "ende", "fin", "fine", "fim", "konec", "koniec", "конец", "завершение", "кінець", "einde", "slut")
)

# The verbs of "On … Jane wrote:", with the languages that use them.
WROTE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "en": ("wrote", "writes"),
        "de": ("schrieb", "geschrieben", "schreibt"),
        "fr": ("a écrit", "écrit", "écrivit"),
        "es": ("escribió", "ha escrito"),
        "pt": ("escreveu",),
        "it": ("ha scritto", "scrive"),
        "nl": ("schreef", "geschreven"),
        "da": ("skrev",),
        "no": ("skrev",),
        "sv": ("skrev", "skrev följande"),
        "fi": ("kirjoitti",),
        "pl": ("napisał", "napisała", "napisał(a)", "pisze", "napisano"),
        "cs": ("napsal", "napsala", "napsal(a)", "napsal/a"),
        "sk": ("napísal", "napísala", "napísal(a)", "napísal/a"),
        "hu": ("írta", "ezt írta"),
        "ro": ("a scris",),
        "hr": ("napisao", "napisala", "je napisao", "napisao/la"),
        "sl": ("napisal", "je napisal"),
        "et": ("kirjutas",),
        "lv": ("rakstīja",),
        "lt": ("rašė", "parašė"),
        "ru": ("написал", "написала", "написал(а)", "пишет", "писал"),
        "uk": ("написав", "написала", "пише", "написав(ла)"),
        "bg": ("написа", "пише"),
        "tr": ("yazdı", "şunu yazdı", "şunları yazdı"),
        "el": ("έγραψε",),
        "ca": ("va escriure",),
        "is": ("skrifaði",),
        "vi": ("đã viết",),
        "id": ("menulis",),
        "he": ("כתב", "כתבה"),
        "ar": ("كتب",),
        "ja": ("書きました", "のメール", "のメッセージ", "書いた"),
        "zh": ("写道", "寫道"),
        "ko": ("작성", "님이 작성", "썼습니다"),
        "th": ("เขียน",),
    }
)  # fmt: skip


def says_forwarded(phrase: str) -> bool:
    """True when the folded words between dashes say that a forwarded mail follows (or ends)."""
    return any(stem in phrase for stem in _FORWARD_STEMS)


def says_end(phrase: str) -> bool:
    """True when the folded words between dashes say that the forwarded mail ends here."""
    return not _END_WORDS.isdisjoint(phrase.split()) and says_forwarded(phrase)
