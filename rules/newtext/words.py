"""The words by which mail clients and people introduce what others wrote, language by language."""

# The verb of "On … Jane wrote:". At most three words, letter case ignored.
VERBS: dict[str, tuple[str, ...]] = {
    "ar": ("كتب", "كتبت", "كتب/كتبت", "تمت كتابة"),
    "bg": ("написа", "пише"),
    "ca": ("va escriure", "ha escrit", "missatge de"),
    "cs": ("napsal", "napsala", "napsal/a", "napsal(a)", "píše"),
    "da": ("skrev", "skriver"),
    "de": ("schrieb", "schrieben", "schreibt", "geschrieben", "zitat von", "zitiere"),
    "el": ("έγραψε", "έγραψαν"),
    "en": ("wrote", "writes", "has written", "quoting"),
    "es": ("escribió", "escribio", "escribía", "ha escrito"),
    "et": ("kirjutas",),
    "eu": ("idatzi du",),
    "fa": ("نوشت",),
    "fi": ("kirjoitti",),
    "fr": ("a écrit", "a ecrit", "écrit", "écrivait", "écrivit"),
    "gl": ("escribiu",),
    "he": ("כתב", "כתבה", "כתב/ה", "מאת"),
    "hr": ("napisao", "napisala", "napisao/la", "napisao je", "napisala je"),
    "hu": ("írta", "ezt írta", "írta a következőt"),
    "id": ("menulis",),
    "is": ("skrifaði",),
    "it": ("ha scritto", "scrive", "scrisse"),
    "lt": ("rašė", "parašė"),
    "lv": ("rakstīja",),
    "nl": ("schreef", "schreven", "schrijft", "geschreven"),
    "no": ("skrev", "skriver"),
    "pl": (
        "napisał",
        "napisała",
        "napisał(a)",
        "napisał/a",
        "napisano",
        "pisze",
        "wiadomość napisana przez",
    ),
    "pt": ("escreveu", "citando"),
    "ro": ("a scris",),
    "ru": ("написал", "написала", "написал(а)", "пишет", "писал", "писала", "вы писали"),
    "sk": ("napísal", "napísala", "napísal(a)", "napísal/a"),
    "sl": ("napisal", "napisala", "napisal(a)", "je napisal/-a"),
    "sr": ("написао", "написала", "је написао/ла"),
    "sv": ("skrev", "skriver"),
    "tr": ("yazdı", "yazmış", "yazıyor"),
    "uk": ("написав", "написала", "написав(ла)", "пише", "писав"),
    "vi": ("đã viết",),
}

# Verbs of scripts that put no blank between words.
JOINED_VERBS: dict[str, tuple[str, ...]] = {
    "ja": ("書きました", "のメール", "のメッセージ", "が書いた", "さんは書"),
    "ko": ("작성", "님이 씀", "썼습니다", "쓴 글"),
    "th": ("เขียน",),
    "zh": ("写道", "寫道", "写了", "寫了", "寫入"),
}

# The first word of an attribution that starts with its date.
OPENERS: dict[str, tuple[str, ...]] = {
    "ar": ("في", "بتاريخ"),
    "bg": ("На",),
    "ca": ("El dia", "El", "Missatge de"),
    "cs": ("Dne",),
    "da": ("Den",),
    "de": ("Am",),
    "el": ("Στις", "Την"),
    "en": ("On", "At"),
    "es": ("El", "El día", "En"),
    "et": ("Kuupäev",),
    "fr": ("Le",),
    "he": ("בתאריך", "ב-"),
    "hr": ("Dana",),
    "id": ("Pada",),
    "it": ("Il", "Il giorno", "In data"),
    "nl": ("Op",),
    "no": ("På",),
    "pl": ("W dniu", "Dnia"),
    "pt": ("Em", "No dia", "Às"),
    "ro": ("Pe", "În", "La"),
    "sk": ("Dňa",),
    "sl": ("V", "V V", "Dne"),
    "sr": ("Дана",),
    "th": ("ในวันที่", "เมื่อ"),
    "uk": ("У", "В"),
    "vi": ("Vào",),
    "zh": ("在", "于", "於"),
}

# Somebody who tells what "we wrote" is writing prose; no client says "we".
PRONOUNS: dict[str, tuple[str, ...]] = {
    "da": ("jeg", "vi", "du"),
    "de": ("ich", "wir", "sie", "er", "du", "ihr", "man"),
    "en": ("i", "we", "you", "they", "he", "she", "it", "who", "someone", "somebody", "has", "have"),
    "es": ("yo", "usted", "ustedes", "ella", "que", "me", "nos", "le"),
    "fr": ("j'ai", "nous", "vous", "elle", "ils", "elles", "qui", "m'a", "nous a"),
    "it": ("io", "noi", "voi", "lei", "lui", "mi", "ci", "che"),
    "nl": ("ik", "wij", "we", "jij", "je", "u", "hij", "zij", "ze"),
    "no": ("jeg", "vi", "du", "dere"),
    "pt": ("eu", "você", "vocês", "ela", "que", "me", "nos"),
    "sv": ("jag", "vi", "du", "ni"),
}

# What a reply's subject starts with. Whatever stands before the first colon, brackets and counters aside.
REPLY_PREFIXES = frozenset(
    (
        "re", "aw", "antw", "antwort", "sv", "vs", "rif", "r", "res", "resp", "ref", "rép", "odp",
        "odpověď", "ynt", "yan", "vá", "bls", "atb", "ats", "hl", "απ", "σχετ", "отв", "отг", "ha", "на",
        "відп", "ответ", "відповідь", "od", "回复", "回覆", "答复", "答覆", "返信", "返", "답장", "회신",
        "respuesta", "risposta", "svar", "رد", "תשובה", "השב",
    )
)  # fmt: skip

# "My answers are below, in red": answers stand in the history and nothing marks them.
ANSWERS: dict[str, tuple[str, ...]] = {
    "da": ("svar", "kommentarer"),
    "de": (
        "antwort", "antworten", "antworte", "beantwortet", "kommentar", "kommentare", "anmerkungen",
        "ergänzungen",
    ),
    "en": (
        "answer", "answers", "answered", "answering", "reply", "replies", "replied", "replying", "comment",
        "comments", "commented", "response", "responses", "responded", "responding", "remarks", "notes",
        "feedback",
    ),
    "es": ("respuesta", "respuestas", "respondo", "contesto", "comentarios", "respondido", "contestado"),
    "fr": ("réponse", "réponses", "réponds", "répondu", "commentaires", "remarques"),
    "it": ("risposta", "risposte", "rispondo", "risposto", "commenti"),
    "nl": ("antwoord", "antwoorden", "beantwoord", "opmerkingen", "reactie", "reacties"),
    "pt": ("resposta", "respostas", "respondo", "respondi", "respondido", "comentários"),
    "sv": ("svar", "kommentarer"),
    "ja": ("回答", "返信", "コメント", "返答"),
    "zh": ("回复", "答复", "回覆", "答覆", "意见"),
}  # fmt: skip
PLACES: dict[str, tuple[str, ...]] = {
    "da": ("nedenfor", "med rødt", "i teksten"),
    "de": (
        "unten", "unterhalb", "weiter unten", "in rot", "in blau", "in grün", "im text", "in ihrer mail",
        "in deiner mail", "inline", "in farbe", "markiert", "gekennzeichnet", "direkt in", "dazwischen",
        "drunter",
    ),
    "en": (
        "below", "inline", "in-line", "in red", "in blue", "in green", "in bold", "in caps", "in purple",
        "in between", "in the text", "in your mail", "in your email", "in your e-mail", "in the body",
        "underneath", "marked with", "prefixed", "interspersed", "interleaved", "embedded", "within your",
        "next to your",
    ),
    "es": (
        "abajo", "más abajo", "debajo", "a continuación", "en rojo", "en azul", "en verde", "en el texto",
        "entre líneas",
    ),
    "fr": (
        "ci-dessous", "plus bas", "ci-après", "en rouge", "en bleu", "en vert", "dans le texte",
        "dans votre mail", "dans ton mail", "en dessous",
    ),
    "it": ("sotto", "di seguito", "in rosso", "in blu", "in verde", "nel testo", "qui sotto"),
    "nl": (
        "hieronder", "in het rood", "in het blauw", "in rood", "in blauw", "in de tekst", "tussen de tekst",
    ),
    "pt": ("abaixo", "em vermelho", "em azul", "em verde", "no texto", "a seguir"),
    "sv": ("nedan", "i rött", "med rött", "i texten", "inline"),
    "ja": ("以下", "下記", "赤字", "青字", "インライン"),
    "zh": ("以下", "下面", "见下", "紅字", "红色", "红字", "蓝色", "蓝字"),
}  # fmt: skip

# "See below" says so too, when nothing else stands between the words.
LOOK: dict[str, tuple[str, ...]] = {
    "da": ("se",),
    "de": ("siehe", "s."),
    "en": ("see",),
    "es": ("ver", "véase", "vea"),
    "fr": ("voir", "cf."),
    "it": ("vedi", "veda"),
    "nl": ("zie",),
    "pt": ("ver", "veja"),
    "ja": ("ご覧", "参照"),
    "zh": ("请看", "請看"),
}
