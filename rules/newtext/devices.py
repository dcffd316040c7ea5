"""What phones and mail programs write under a mail: "Sent from my iPhone", "Get Outlook for Android"."""

import re

# How such a line starts when it speaks of the writer's own device; any device may follow.
OWN_DEVICE: dict[str, tuple[str, ...]] = {
    "ca": ("enviat des del meu", "enviat des de la meva"),
    "cs": (
        "odesláno z mého", "odesláno z mé", "odesláno ze zařízení", "odesláno z telefonu",
        "odesláno z mobilu",
    ),
    "da": ("sendt fra min", "sendt fra mit"),
    "de": (
        "von meinem", "von meiner", "vom handy", "gesendet von meinem", "gesendet von meiner",
        "gesendet vom", "gesendet mit meinem", "mit meinem", "diese nachricht wurde von meinem",
    ),
    "el": ("στάλθηκε από το", "εστάλη από το"),
    "en": (
        "sent from my", "sent from a", "sent via my", "sent on my", "sent using my", "sent with my",
        "written on my", "composed on my", "typed on my", "from my", "sent on the go from my",
    ),
    "es": (
        "enviado desde mi", "enviado de mi", "enviado desde el", "mensaje enviado desde mi",
        "enviado a través de mi",
    ),
    "fi": ("lähetetty laitteesta", "lähetetty minun"),
    "fr": (
        "envoyé de mon", "envoyé depuis mon", "envoyé à partir de mon", "envoyé d'un", "envoyé depuis un",
        "envoyé de ma", "envoyé avec mon", "envoyé par mon", "provenance : mon",
        "message envoyé depuis mon",
    ),
    "he": ("נשלח מה", "נשלח מ"),
    "hr": ("poslano s mog", "poslano sa mog", "poslano s moje"),
    "hu": ("elküldve a", "elküldve az", "küldve a", "küldve az"),
    "id": ("dikirim dari",),
    "it": ("inviato dal mio", "inviato dalla mia", "spedito dal mio", "inviato da mio"),
    "nl": (
        "verzonden vanaf mijn", "verstuurd vanaf mijn", "verstuurd via mijn", "verzonden via mijn",
        "verzonden met mijn", "vanaf mijn",
    ),
    "no": ("sendt fra min", "sendt fra mitt"),
    "pl": ("wysłane z mojego", "wysłano z mojego", "wysłane z", "wysłano z", "wysłane ze", "wysłano ze"),
    "pt": (
        "enviado do meu", "enviado da minha", "enviado a partir do meu", "enviado de meu", "enviada do meu",
    ),
    "ro": ("trimis de pe", "trimis din"),
    "ru": ("отправлено с моего", "отправлено с", "отправлено из", "отправлено от"),
    "sk": ("odoslané z môjho", "odoslané zo", "odoslané z"),
    "sl": ("poslano iz mojega", "poslano z mojega"),
    "sv": ("skickat från min", "skickat från mitt", "skickat med min"),
    "uk": ("надіслано з мого", "надіслано з", "відправлено з"),
    "vi": ("đã gửi từ", "được gửi từ"),
    "zh": ("发自我的", "發自我的", "從我的", "从我的", "來自我的", "来自我的", "发送自", "傳送自"),
}  # fmt: skip

# How it starts when it names a program or a brand, which then must follow.
PROGRAM: tuple[str, ...] = (
    "sent from", "sent via", "sent with", "sent using", "sent through", "gesendet von", "gesendet mit",
    "gesendet über", "gesendet aus", "gesendet via", "diese nachricht wurde mit",
    "diese nachricht wurde von", "diese e-mail wurde von", "verschickt mit", "provenance :", "envoyé de",
    "envoyé depuis", "envoyé à partir d", "envoyé avec", "envoyé via", "enviado desde", "enviado con",
    "enviado mediante", "enviado a través de", "enviado do", "enviado da", "enviado de", "enviado com",
    "enviado pelo", "enviado via", "enviado a partir do", "inviato da", "inviato con", "inviato tramite",
    "verzonden vanaf", "verzonden vanuit", "verzonden met", "verzonden via", "verstuurd vanaf",
    "verstuurd met", "verstuurd via", "sendt fra", "sendt via", "sendt med", "skickat från", "skickat via",
    "skickat med", "skickades från", "lähetetty", "odesláno z", "odesláno pomocí", "odoslané pomocou",
    "poslano z", "poslano s", "poslato sa", "enviat des", "saadetud",
)  # fmt: skip

# Start and end of languages that put the verb last. A start of "" is any.
AROUND: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("von ", "vom ", "mit ", "aus ", "über ", "via ", "per "), ("gesendet", "verschickt")),
    (("从", "從", "由", "通过", "來自", "来自"), ("发送", "發送", "傳送", "发出")),
    (("",), ("gönderildi", "から送信", "から送信されました", "より送信", "で送信")),
    (("",), ("에서 보냄", "에서 보낸 메일", "에서 전송")),
    (("iphone", "ipad", "android", "samsung"), ("küldve", "elküldve")),
)

# "Get Outlook for iOS": the verb of each language, which comes first or last.
GET: tuple[str, ...] = (
    "get", "download", "holen", "hol dir", "laden", "beziehen", "herunterladen", "obtenir", "obtenez",
    "télécharger", "téléchargez", "obtener", "obtén", "obtenga", "descargar", "obter", "obtenha", "baixar",
    "transferir", "ottieni", "scarica", "ottenere", "downloaden", "hent", "få", "skaffa", "hämta", "ladda",
    "hanki", "lataa", "pobierz", "získat", "stáhnout", "získať", "stiahnuť", "letöltése", "beszerzése",
    "obțineți", "descărcați", "загрузить", "скачать", "завантажити", "λήψη", "αποκτήστε", "edinin",
    "indirin", "skaff", "získejte", "stáhněte", "stiahnite",
    "nabavite", "preuzmite", "prenesite", "отримати", "отримайте", "изтеглете", "を入手", "を入手する", "取得", "下载", "下載", "获取", "다운로드",
)  # fmt: skip
_APPS = r"(?:outlook|blue ?mail|type ?app|yahoo mail|gmail|mymail|aqua ?mail|spark|edison mail|canary)"
_SYSTEMS = r"(?<!\w)(?:ios|android|iphone|ipad)(?!\w)"
APP_FOR = re.compile(rf"{_APPS}.{{0,20}}{_SYSTEMS}|{_SYSTEMS}.{{0,20}}{_APPS}")

BRANDS = re.compile(
    r"iphon|ipad|ipod|android|samsung|galaxy|blackberry|windows|nokia|lumia|huawei|xiaomi|redmi|xperia|motorola"
    r"|oneplus|fairphone|verizon|t-mobile|vodafone|outlook|yahoo|proton|tutanota|gmx|web\.de|mail\.ru|fastmail"
    r"|mail orange|orange mail|libero ?mail|t-online|freenet|ionos|mail\.com|icloud|laposte|la poste|qq邮箱|网易|foxmail"
    r"|airmail|superhuman|mailbird|bluemail|blue mail|k-?9[ -]mail|thunderbird|em client|mymail|aqua ?mail|fairemail"
    r"|boxer|gmail|mailspring|macbook|apple watch|яндекс|айфон|갤럭시|courrier pour|correo para|posta per|mail for"
    r"|(?<!\w)(?:ios|htc|oppo|honor|pixel|nexus|sony|moto|droid|zoho|spark|hcl|aol|tuta)(?!\w)"
)
DEVICES = re.compile(
    r"(?<!\w)(?:smart ?phone|phone|handy|mobile?|mobilní\w{0,2}|mobiltele\w{0,8}|mobilu|cell|cellphone|telefon\w{0,4}"
    r"|telefoon|téléphone|teléfono|telefone|telefono|móvil|celular|cellulare|portable|tablet|tablette|mac|laptop"
    r"|device|puhelin\w{0,5}|zařízení)(?!\w)|телефон|смартфон|почт|手机|手機|スマートフォン|휴대폰"
)
EXCUSES = re.compile(
    r"excuse|pardon|forgive|typo|brevity|terse|autocorrect|tippfehler|kürze|brièveté|fautes|brevedad|brevidade|brevità|errori"
)

# What Yahoo's application writes in place of such a line.
SLOGANS = frozenset(("yahoo mail: search, organize, conquer", "yahoo mail. search, organise, conquer"))

_LINK = re.compile(r"<[^<>\s]{1,300}>|[(\[]?https?://[^\s()\[\]]{1,300}[)\]]?")
_GOES_ON = re.compile(r"(?<!verizon),\s|[;:?]\s|[.!]\s+\S")
_LONGEST = 400
_MOST_WORDS = 10
_MOST_WORDS_OF_MESSAGE = 14
_THIS_MESSAGE = ("diese nachricht", "diese e-mail", "mensaje enviado", "message envoyé")
_OWN = tuple(phrase for phrases in OWN_DEVICE.values() for phrase in phrases)
_STARTS = (*_OWN, *PROGRAM)


def is_device_line(said: str) -> bool:
    """True for a line that a phone or mail program writes under a mail.

    "Sent from my old account" and "Sent from my iPhone, I am back on Monday" are a person's words.
    """
    if not said or len(said) > _LONGEST:
        return False
    plain = " ".join(_LINK.sub(" ", said).lower().split()).strip(" *_-–—[]()|.!")
    words = len(plain.split())
    if plain in SLOGANS:
        return True
    if words <= _MOST_WORDS and APP_FOR.search(plain) and (plain.startswith(GET) or plain.endswith(GET)):
        return True
    own = plain.startswith(_OWN)
    around = any(plain.startswith(start) and plain.endswith(ends) for start, ends in AROUND)
    if not around and not plain.startswith(_STARTS):
        return False
    starts = [start for start in _STARTS if plain.startswith(start)]
    told = plain[max(map(len, starts), default=0) :]
    device = BRANDS.search(told) or (DEVICES.search(told) if own else None)
    if not device:
        return False
    if EXCUSES.search(told[device.end() :]):
        return words <= 2 * _MOST_WORDS
    longest = _MOST_WORDS_OF_MESSAGE if plain.startswith(_THIS_MESSAGE) else _MOST_WORDS
    return words <= longest and not _GOES_ON.search(told)
