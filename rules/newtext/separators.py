"""The lines by which clients and help desks set history apart."""

# What stands between dashes above the history, in the words of Outlook, Samsung, Yahoo, Thunderbird, Gmail.
ORIGINAL_MESSAGE = frozenset(
    (
        "original message", "replied message", "original mail", "original email", "original e-mail", "original appointment",
        "reply message", "ursprüngliche nachricht", "originalnachricht", "original-nachricht",
        "original nachricht", "ursprüngliche mail", "ursprungliche nachricht", "originalmail",
        "ursprünglicher termin", "urspr. nachricht", "message d'origine", "message d’origine",
        "message original", "message initial", "courriel original", "e-mail d'origine", "mensaje original",
        "mensaje de origen", "correo original", "mensagem original", "e-mail original",
        "messaggio originale", "messaggio originario", "oorspronkelijk bericht", "origineel bericht",
        "oorspronkelijke bericht", "oprindelig meddelelse", "oprindelig besked", "original besked",
        "opprinnelig melding", "original melding", "ursprungligt meddelande", "originalmeddelande",
        "ursprungsmeddelande", "alkuperäinen viesti", "wiadomość oryginalna", "oryginalna wiadomość",
        "wiadomość pierwotna", "treść oryginalnej wiadomości", "původní zpráva", "původní e-mail",
        "původní email", "pôvodná správa", "eredeti üzenet", "mesaj original", "mesajul original",
        "mesaj inițial", "исходное сообщение", "оригинальное сообщение", "первоначальное сообщение",
        "исходное письмо", "вихідне повідомлення", "оригінальне повідомлення", "початкове повідомлення",
        "orijinal mesaj", "özgün ileti", "orijinal ileti", "asıl mesaj", "αρχικό μήνυμα", "αρχικό μήνυμά",
        "原始邮件", "邮件原件", "原邮件", "回复的原邮件", "转发的邮件", "原始郵件", "原始信件", "元のメッセージ", "元のメール",
        "오리지널 메시지", "원본 메시지", "원본 메일", "원본 메세지", "missatge original", "izvorna poruka",
        "originalna poruka", "izvirno sporočilo", "algne kiri", "algsõnum", "oriģinālā ziņa",
        "originalus laiškas", "thư gốc", "tin nhắn gốc", "pesan asli", "mesej asal", "ข้อความต้นฉบับ",
        "الرسالة الأصلية", "رسالة أصلية", "הודעה מקורית", "оригинално съобщение", "оригинална порука",
        "forwarded message", "forwarded mail", "weitergeleitete nachricht", "message transféré",
        "mensaje reenviado", "mensagem encaminhada", "messaggio inoltrato", "doorgestuurd bericht",
        "videresendt meddelelse", "videresendt besked", "videresendt melding", "vidarebefordrat meddelande",
        "välitetty viesti", "edelleenlähetetty viesti", "wiadomość przekazana dalej",
        "przekazana wiadomość", "přeposlaná zpráva", "preposlaná správa", "továbbított üzenet",
        "mesaj redirecționat", "пересылаемое сообщение", "пересланное сообщение", "переслане повідомлення",
        "iletilmiş mesaj", "yönlendirilen ileti", "προωθημένο μήνυμα", "转发的消息", "转发邮件",
        "轉寄的郵件", "转发邮件信息", "轉寄郵件", "転送されたメッセージ", "転送メッセージ", "전달된 메시지",
        "전달된 메일", "missatge reenviat", "begin forwarded message",
        "anfang der weitergeleiteten nachricht", "anfang der weitergeleiteten e-mail",
        "début du message réexpédié", "début du message transféré", "inicio del mensaje reenviado",
        "início da mensagem encaminhada", "inizio messaggio inoltrato", "begin doorgestuurd bericht",
        "start på videresendt besked", "vidarebefordrat brev", "początek przekazywanej wiadomości",
    )
)  # fmt: skip

# Help desks mark the place below which an answer is cut off.
REPLY_ABOVE = (
    "reply above this line", "type your reply above", "write your reply above", "please reply above",
    "respond above this line", "add your reply above", "reply above the line",
    "bitte antworten sie oberhalb dieser", "antworten sie über dieser zeile",
    "bitte geben sie ihre antwort oberhalb", "répondez au-dessus de cette ligne",
    "veuillez répondre au-dessus de cette ligne", "escriba su respuesta por encima de esta",
    "escreva a sua resposta acima desta linha", "responda acima desta linha",
    "scrivi la tua risposta sopra questa", "typ uw antwoord boven deze",
)  # fmt: skip
