"""The labels of the header blocks that clients put above history, and the lines that set it apart."""

# What a label stands for. "other" may stand in a block and proves nothing.
LABELS: dict[str, tuple[str, ...]] = {
    "from": (
        "from", "von", "de", "da", "van", "från", "fra", "lähettäjä", "keneltä", "od", "odesílatel", "odosielateľ", "nadawca",
        "feladó", "felado", "expeditor", "expéditeur", "remitente", "remetente", "mittente", "afzender", "от", "от кого",
        "отправитель", "від", "від кого", "відправник", "kimden", "gönderen", "από", "发件人", "寄件者", "寄件人", "發件人",
        "差出人", "送信者", "送信元", "보낸 사람", "보낸사람", "발신", "발신자", "saatja", "no", "nuo", "pošiljatelj", "šalje",
        "từ", "dari", "daripada", "จาก", "من", "מאת", "av", "frá", "absender", "mitt.", "feladó cím", "de la",
    ),
    "date": (
        "date", "sent", "sent on", "datum", "gesendet", "gesendet am", "envoyé", "envoyé le", "envoye", "enviado", "enviado el",
        "enviado em", "enviada em", "enviada", "enviado a", "fecha", "fecha de envío", "data", "data de envio", "data invio",
        "inviato", "inviato il", "verzonden", "verzonden op", "verstuurd", "skickat", "skickat den", "sendt", "dato",
        "lähetetty", "päivämäärä", "päiväys", "pvm", "wysłano", "wysłane", "data wysłania", "odesláno", "odoslané",
        "dátum", "elküldve", "küldve", "trimis", "trimis la", "data trimiterii", "дата", "отправлено", "отправлен", "надіслано", "відправлено",
        "gönderildi", "gönderme tarihi", "gönderilme tarihi", "tarih", "στάλθηκε", "ημερομηνία", "εστάλη", "发送时间", "发送日期",
        "日期", "时间", "時間", "寄件日期", "傳送日期", "傳送時間", "已傳送", "寄送日期", "已发送", "送信日時", "日時", "送信日",
        "日付", "보낸 날짜", "날짜", "보냄", "발송", "일시", "보낸날짜", "kuupäev", "saadetud", "datums", "nosūtīts", "išsiųsta", "poslano",
        "poslato", "ngày", "đã gửi", "tanggal", "dikirim", "tarikh", "วันที่", "ส่ง", "التاريخ", "תאריך", "sendt den", "изпратено",
        "послато", "enviat", "expediat", "expédié", "received", "empfangen", "gesendet um", "date et heure",
    ),
    "to": (
        "to", "an", "à", "a", "pour", "para", "per", "aan", "till", "til", "vastaanottaja", "kenelle", "do", "komu", "címzett",
        "cimzett", "către", "la", "catre", "destinatario", "destinatário", "destinataire", "destinatari", "ontvanger", "кому", "до", "получатель",
        "одержувач", "kime", "alıcı", "προς", "收件人", "收件者", "宛先", "받는 사람", "받는사람", "수신", "수신자", "adressaat",
        "kellele", "kam", "kam:", "za", "prima", "đến", "tới", "kepada", "untuk", "ถึง", "إلى", "אל", "empfänger", "i", "per a", "odbiorca",
        "adresat", "příjemce", "príjemca", "alici", "宛て", "til:", "за",
    ),
    "cc": (
        "cc", "kopie", "copie", "copia", "cópia", "kopia", "kopi", "kopio", "kopie an", "copie à", "kopija", "másolatot kap",
        "másolat", "копия", "копія", "κοιν.", "κοινοποίηση", "抄送", "副本", "参照", "참조", "bilgi", "bilgi:", "dw", "udw",
        "do wiadomości", "kópia", "в копии", "c.c.", "同报", "عناية", "עותק", "สำเนา", "tembusan", "đồng gửi", "koopia",
    ),
    "subject": (
        "subject", "betreff", "betr.", "objet", "sujet", "asunto", "assunto", "oggetto", "onderwerp", "ämne", "emne", "aihe",
        "otsikko", "temat", "předmět", "predmet", "tárgy", "targy", "subiect", "subiectul", "тема", "тема письма", "konu", "θέμα", "主题", "主旨",
        "主題", "件名", "題名", "제목", "teema", "tēma", "tema", "zadeva", "naslov", "chủ đề", "tiêu đề", "subjek", "perihal",
        "เรื่อง", "หัวเรื่อง", "الموضوع", "נושא", "относно", "assumpte", "efni", "subj",
    ),
    "other": (
        "bcc", "blindkopie", "reply-to", "reply to", "antwort an", "répondre à", "responder a", "rispondi a", "importance",
        "wichtigkeit", "importancia", "importância", "priority", "priorität", "attachments", "attachment", "anlagen", "anhang",
        "anlage", "pièces jointes", "pièce jointe", "datos adjuntos", "anexos", "allegati", "allegato", "bijlage", "bijlagen",
        "sensitivity", "organization", "organisation", "newsgroups", "cci", "cco", "ccn", "skrytá kopie", "vedhæftede filer",
        "bifogade filer", "załączniki", "添付ファイル", "附件", "重要性", "重要度", "resent-from", "list-post", "message-id",
        "mailed-by", "signed-by", "when", "where", "wann", "wo", "quand", "où", "location", "ort", "required", "optional",
    ),
}  # fmt: skip

# What stands between dashes above the history, in the words of Outlook, Samsung, Yahoo, Thunderbird, Gmail.
ORIGINAL_MESSAGE = frozenset(
    (
        "original message", "original mail", "original email", "original e-mail", "original appointment", "reply message",
        "ursprüngliche nachricht", "originalnachricht", "original-nachricht", "original nachricht", "ursprüngliche mail",
        "ursprungliche nachricht", "originalmail", "ursprünglicher termin", "urspr. nachricht",
        "message d'origine", "message d’origine", "message original", "message initial", "courriel original", "e-mail d'origine",
        "mensaje original", "mensaje de origen", "correo original", "mensagem original", "e-mail original",
        "messaggio originale", "messaggio originario", "oorspronkelijk bericht", "origineel bericht", "oorspronkelijke bericht",
        "oprindelig meddelelse", "oprindelig besked", "original besked", "opprinnelig melding", "original melding",
        "ursprungligt meddelande", "originalmeddelande", "ursprungsmeddelande", "alkuperäinen viesti",
        "wiadomość oryginalna", "oryginalna wiadomość", "wiadomość pierwotna", "treść oryginalnej wiadomości",
        "původní zpráva", "původní e-mail", "původní email", "pôvodná správa", "eredeti üzenet", "mesaj original", "mesajul original",
        "mesaj inițial", "исходное сообщение", "оригинальное сообщение", "первоначальное сообщение", "исходное письмо",
        "вихідне повідомлення", "оригінальне повідомлення", "початкове повідомлення", "orijinal mesaj", "özgün ileti",
        "orijinal ileti", "asıl mesaj", "αρχικό μήνυμα", "αρχικό μήνυμά", "原始邮件", "邮件原件", "原邮件", "原始郵件",
        "原始信件", "元のメッセージ", "元のメール", "오리지널 메시지", "원본 메시지", "원본 메일", "원본 메세지", "missatge original",
        "izvorna poruka", "originalna poruka", "izvirno sporočilo", "algne kiri", "algsõnum", "oriģinālā ziņa", "originalus laiškas",
        "thư gốc", "tin nhắn gốc", "pesan asli", "mesej asal", "ข้อความต้นฉบับ", "الرسالة الأصلية", "رسالة أصلية", "הודעה מקורית",
        "оригинално съобщение", "оригинална порука",
        "forwarded message", "forwarded mail", "weitergeleitete nachricht", "message transféré", "mensaje reenviado",
        "mensagem encaminhada", "messaggio inoltrato", "doorgestuurd bericht", "videresendt meddelelse", "videresendt besked",
        "videresendt melding", "vidarebefordrat meddelande", "välitetty viesti", "edelleenlähetetty viesti",
        "wiadomość przekazana dalej", "przekazana wiadomość", "přeposlaná zpráva", "preposlaná správa", "továbbított üzenet",
        "mesaj redirecționat", "пересылаемое сообщение", "пересланное сообщение", "переслане повідомлення",
        "iletilmiş mesaj", "yönlendirilen ileti", "προωθημένο μήνυμα", "转发的消息", "转发邮件", "轉寄的郵件",
        "转发邮件信息", "轉寄郵件", "転送されたメッセージ", "転送メッセージ", "전달된 메시지", "전달된 메일", "missatge reenviat",
    )
)  # fmt: skip

# Help desks mark the place below which an answer is cut off.
REPLY_ABOVE = (
    "reply above this line", "type your reply above", "write your reply above", "please reply above", "respond above this line",
    "add your reply above", "reply above the line", "bitte antworten sie oberhalb dieser", "antworten sie über dieser zeile",
    "bitte geben sie ihre antwort oberhalb", "répondez au-dessus de cette ligne", "veuillez répondre au-dessus de cette ligne",
    "escriba su respuesta por encima de esta", "escreva a sua resposta acima desta linha", "responda acima desta linha",
    "scrivi la tua risposta sopra questa", "typ uw antwoord boven deze",
)  # fmt: skip
