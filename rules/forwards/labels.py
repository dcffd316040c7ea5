"""The labels of header blocks, language by language, and how a line with a label is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rules.forwards.words import folded

# What a label stands for: from, date, to, cc, subject, or "other" for a line that belongs to a block and says
# nothing we keep. Forms that clients write and forms that people and gateways translate to.
LABELS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "en": {
            "from": ("From", "Sender"),
            "date": ("Date", "Sent", "Sent on", "Sent at", "Date sent"),
            "to": ("To", "Recipient", "Recipients"),
            "cc": ("Cc", "Copy", "Copies", "Copy to"),
            "subject": ("Subject", "Subj"),
            "other": (
                "Bcc", "Reply-To", "Reply to", "Reply", "Importance", "Priority", "Sensitivity", "Attachments", "Attachment",
                "Attached", "Organization", "Organisation", "Newsgroups", "Sent by", "Resent-From", "Resent-To",
                "Resent-Date", "Received", "Message-ID", "References", "In-Reply-To", "Categories", "Follow Up Flag", "Flag Status", "Flag for follow up", "Flag",
                "Mailed-by", "Signed-by", "Security", "List-Unsubscribe", "When", "Where", "Return-Path", "X-Mailer",
                "MIME-Version", "Content-Type", "User-Agent", "Delivered-To", "Mailing list",
            ),
        },
        "de": {
            "from": ("Von", "Absender"),
            "date": ("Gesendet", "Datum", "Gesendet am", "Gesendet um", "Versendet", "Empfangen", "Sendedatum"),
            "to": ("An", "Empfänger"),
            "cc": ("Kopie", "Kopie (CC)", "Kopie an", "Cc an"),
            "subject": ("Betreff", "Betr", "Thema"),
            "other": (
                "Blindkopie", "Blindkopie (BCC)", "Antwort an", "Antworten an", "Wichtigkeit", "Priorität", "Anlagen",
                "Anlage", "Anhänge", "Anhang", "Vertraulichkeit", "Gesendet von", "Organisation", "Kategorien",
            ),
        },
        "fr": {
            "from": ("De", "Expéditeur"),
            "date": ("Envoyé", "Date", "Envoyé le", "Message du", "Date d'envoi", "Date d’envoi", "Expédié", "Envoyée", "Reçu"),
            "to": ("À", "A", "Pour", "Destinataire", "Destinataires"),
            "cc": ("Cc", "Copie", "Copie à", "Copies à"),
            "subject": ("Objet", "Sujet"),
            "other": (
                "Cci", "Copie cachée", "Copie cachée à", "Répondre à", "Importance", "Pièces jointes", "Pièce jointe",
                "Priorité", "Envoyé par", "Organisation",
            ),
        },
        "es": {
            "from": ("De", "Remitente", "Desde"),
            "date": (
                "Enviado", "Fecha", "Enviado el", "Enviado a las", "Fecha de envío", "Enviada", "Enviados", "Enviada el",
            ),
            "to": ("Para", "A", "Destinatario", "Destinatarios"),
            "cc": ("CC", "Copia", "Con copia", "Copia a", "Con copia a"),
            "subject": ("Asunto", "Tema"),
            "other": (
                "CCO", "Copia oculta", "Responder a", "Importancia", "Datos adjuntos", "Archivos adjuntos", "Adjuntos",
                "Prioridad", "Enviado por",
            ),
        },
        "pt": {
            "from": ("De", "Remetente"),
            "date": (
                "Enviado", "Data", "Enviada", "Enviada em", "Enviado em", "Data de envio", "Enviado a", "Data do envio",
                "Enviadas", "Enviada a",
            ),
            "to": ("Para", "A", "Destinatário", "Destinatários"),
            "cc": ("Cc", "Cópia", "Com cópia", "Cópia para"),
            "subject": ("Assunto",),
            "other": (
                "Cco", "Bcc", "Responder a", "Responder para", "Importância", "Prioridade", "Anexos", "Anexo",
                "Enviado por",
            ),
        },
        "it": {
            "from": ("Da", "Mittente", "Di"),
            "date": ("Inviato", "Data", "Inviato il", "Data invio", "Data di invio", "Inviata", "Spedito"),
            "to": ("A", "Per", "Destinatario", "Destinatari"),
            "cc": ("Cc", "Copia", "Copia a", "Per conoscenza", "Copia conoscenza"),
            "subject": ("Oggetto", "Ogg"),
            "other": ("Ccn", "Rispondi a", "Importanza", "Priorità", "Allegati", "Allegato", "Inviato da"),
        },
        "nl": {
            "from": ("Van", "Afzender"),
            "date": ("Verzonden", "Datum", "Verzonden op", "Verstuurd", "Verzenddatum", "Verzonden om"),
            "to": ("Aan", "Ontvanger", "Ontvangers", "Naar"),
            "cc": ("CC", "Kopie", "Kopie aan"),
            "subject": ("Onderwerp", "Betreft"),
            "other": (
                "Bcc", "Antwoord aan", "Antwoorden aan", "Beantwoorden", "Urgentie", "Prioriteit", "Bijlage", "Bijlagen",
                "Verzonden door",
            ),
        },
        "da": {
            "from": ("Fra", "Afsender"),
            "date": ("Sendt", "Dato", "Sendt den", "Afsendt"),
            "to": ("Til", "Modtager", "Modtagere"),
            "cc": ("Cc", "Kopi", "Kopi til"),
            "subject": ("Emne", "Vedrørende", "Vedr"),
            "other": ("Bcc", "Svar til", "Prioritet", "Vigtighed", "Vedhæftede filer", "Vedhæftet fil", "Sendt af"),
        },
        "no": {
            "from": ("Fra", "Avsender"),
            "date": ("Sendt", "Dato", "Sendt den"),
            "to": ("Til", "Mottaker", "Mottakere"),
            "cc": ("Kopi", "Cc", "Kopi til"),
            "subject": ("Emne",),
            "other": ("Blindkopi", "Svar til", "Viktighet", "Prioritet", "Vedlegg", "Sendt av"),
        },
        "sv": {
            "from": ("Från", "Avsändare"),
            "date": ("Skickat", "Datum", "Skickat den", "Skickad", "Sänt"),
            "to": ("Till", "Til", "Mottagare"),
            "cc": ("Kopia", "Kopia till"),
            "subject": ("Ämne", "Rubrik"),
            "other": (
                "Hemlig kopia", "Dold kopia", "Svara till", "Svar till", "Prioritet", "Bifogade filer", "Bilagor",
                "Skickat av",
            ),
        },
        "fi": {
            "from": ("Lähettäjä", "Keneltä"),
            "date": ("Lähetetty", "Päivämäärä", "Päiväys", "Pvm", "Aika"),
            "to": ("Vastaanottaja", "Vastaanottajat", "Kenelle", "Saaja"),
            "cc": ("Kopio", "Kopiot"),
            "subject": ("Aihe", "Otsikko"),
            "other": ("Piilokopio", "Vastaus", "Vastausosoite", "Tärkeys", "Prioriteetti", "Liitteet", "Liite"),
        },
        "is": {
            "from": ("Frá", "Sendandi"),
            "date": ("Sent", "Dagsetning", "Dags"),
            "to": ("Til", "Viðtakandi"),
            "cc": ("Afrit",),
            "subject": ("Efni",),
        },
        "pl": {
            "from": ("Od", "Nadawca"),
            "date": ("Wysłano", "Data", "Wysłane", "Data wysłania", "Wysłana", "Wysłany"),
            "to": ("Do", "Adresat", "Odbiorca", "Adresaci", "Odbiorcy"),
            "cc": ("DW", "Kopia", "Do wiadomości", "Kopia do"),
            "subject": ("Temat",),
            "other": (
                "UDW", "Ukryta kopia", "Odpowiedź-do", "Odpowiedz do", "Odpowiedź do", "Ważność", "Priorytet",
                "Załączniki", "Załącznik", "Wysłane przez",
            ),
        },
        "cs": {
            "from": ("Od", "Odesílatel"),
            "date": ("Odesláno", "Datum", "Odeslané", "Odesláno dne", "Posláno"),
            "to": ("Komu", "Příjemce", "Pro", "Adresát"),
            "cc": ("Kopie", "Cc"),
            "subject": ("Předmět", "Věc"),
            "other": ("Skrytá kopie", "Slepá kopie", "Odpověď na", "Odpovědět na", "Důležitost", "Přílohy", "Příloha"),
        },
        "sk": {
            "from": ("Od", "Odosielateľ"),
            "date": ("Odoslané", "Dátum", "Odoslané dňa", "Poslané"),
            "to": ("Komu", "Pre", "Príjemca", "Adresát"),
            "cc": ("Kópia", "Cc"),
            "subject": ("Predmet", "Vec"),
            "other": ("Skrytá kópia", "Odpovedať-Pre", "Odpoveď na", "Dôležitosť", "Prílohy", "Príloha"),
        },
        "hu": {
            "from": ("Feladó", "Küldő"),
            "date": ("Elküldve", "Dátum", "Küldve", "Küldés dátuma", "Küldési idő"),
            "to": ("Címzett", "Címzettek"),
            "cc": ("Másolatot kap", "Másolat", "Másolatot kapnak"),
            "subject": ("Tárgy",),
            "other": ("Titkos másolat", "Válaszcím", "Válasz", "Fontosság", "Prioritás", "Mellékletek", "Melléklet"),
        },
        "ro": {
            "from": ("De la", "Expeditorul", "Expeditor", "De"),
            "date": ("Trimis", "Dată", "Data", "Trimis la", "Data trimiterii", "Trimisă", "Expediat"),
            "to": ("Către", "Destinatarul", "Destinatar", "Pentru", "La"),
            "cc": ("Cc", "Copie", "Copie către"),
            "subject": ("Subiect", "Subiectul"),
            "other": ("Răspuns către", "Răspunde la", "Importanță", "Atașamente", "Atașări", "Fișiere atașate"),
        },
        "hr": {
            "from": ("Šalje", "Od", "Pošiljatelj"),
            "date": ("Poslano", "Datum", "Poslano dana"),
            "to": ("Prima", "Za", "Primatelj", "Komu"),
            "cc": ("Kopija", "Cc"),
            "subject": ("Predmet", "Naslov"),
            "other": ("Skrivena kopija", "Odgovori na", "Odgovor na", "Važnost", "Prilozi", "Privitci", "Privitak"),
        },
        "sl": {
            "from": ("Od", "Pošiljatelj"),
            "date": ("Poslano", "Datum", "Datum pošiljanja"),
            "to": ("Za", "Prejemnik", "Komu"),
            "cc": ("Kp", "Kopija", "V vednost"),
            "subject": ("Zadeva",),
            "other": ("Skp", "Odgovori na", "Pomembnost", "Priloge"),
        },
        "sr": {
            "from": ("Od", "Šalje", "Од", "Шаље"),
            "date": ("Poslato", "Datum", "Послато", "Датум"),
            "to": ("Za", "Prima", "За", "Прима"),
            "cc": ("Kopija", "Копија"),
            "subject": ("Naslov", "Tema", "Наслов", "Тема", "Predmet"),
        },
        "et": {
            "from": ("Saatja", "Kellelt"),
            "date": ("Saadetud", "Kuupäev", "Saatmisaeg", "Saatmise kuupäev"),
            "to": ("Adressaat", "Saaja", "Kellele"),
            "cc": ("Koopia",),
            "subject": ("Teema", "Pealkiri"),
            "other": ("Pimekoopia", "Vastus aadressile", "Tähtsus", "Manused"),
        },
        "lv": {
            "from": ("No", "Sūtītājs"),
            "date": ("Nosūtīts", "Datums", "Sūtīts"),
            "to": ("Kam", "Adresāts", "Saņēmējs"),
            "cc": ("Kopija",),
            "subject": ("Temats", "Tēma"),
        },
        "lt": {
            "from": ("Nuo", "Siuntėjas"),
            "date": ("Išsiųsta", "Data", "Siųsta"),
            "to": ("Kam", "Gavėjas", "Iki"),
            "cc": ("Kopija",),
            "subject": ("Tema",),
        },
        "ru": {
            "from": ("От", "Отправитель", "От кого"),
            "date": ("Отправлено", "Дата", "Дата отправки", "Отправлен", "Послано", "Отправлена"),
            "to": ("Кому", "Получатель", "Получатели"),
            "cc": ("Копия", "Копии", "В копии", "Копия кому"),
            "subject": ("Тема", "Тема письма"),
            "other": (
                "Скрытая копия", "Ответ-Кому", "Ответить", "Кому ответить", "Обратный адрес", "Важность", "Приоритет",
                "Вложения", "Вложение",
            ),
        },
        "uk": {
            "from": ("Від", "Від кого", "Відправник"),
            "date": ("Відправлено", "Надіслано", "Дата", "Надіслане"),
            "to": ("Кому", "До", "Одержувач", "Отримувач"),
            "cc": ("Копія", "Копії"),
            "subject": ("Тема",),
            "other": ("Прихована копія", "Кому відповісти", "Відповісти", "Важливість", "Пріоритет", "Вкладення"),
        },
        "bg": {
            "from": ("От", "Подател", "Изпращач"),
            "date": ("Изпратено", "Дата", "Изпратено на"),
            "to": ("До", "Получател", "Към"),
            "cc": ("Копие", "Як"),
            "subject": ("Относно", "Тема"),
        },
        "tr": {
            "from": ("Kimden", "Gönderen"),
            "date": ("Gönderilen", "Tarih", "Gönderildi", "Gönderme Tarihi", "Gönderilme Tarihi", "Gönderim Tarihi"),
            "to": ("Kime", "Alıcı", "Alıcılar"),
            "cc": ("Bilgi", "Kopya"),
            "subject": ("Konu",),
            "other": ("Gizli", "Yanıt Adresi", "Yanıtla", "Önem", "Öncelik", "Ekler", "Ek"),
        },
        "el": {
            "from": ("Από", "Αποστολέας"),
            "date": ("Στάλθηκε", "Ημερομηνία", "Αποστολή", "Εστάλη", "Απεστάλη"),
            "to": ("Προς", "Παραλήπτης", "Παραλήπτες"),
            "cc": ("Κοιν", "Κοινοποίηση", "Αντίγραφο"),
            "subject": ("Θέμα",),
            "other": ("Κρυφή κοιν", "Απάντηση προς", "Σπουδαιότητα", "Προτεραιότητα", "Συνημμένα"),
        },
        "ca": {
            "from": ("De", "Remitent"),
            "date": ("Enviat", "Data", "Enviat el"),
            "to": ("Per a", "A", "Per"),
            "cc": ("A/c", "Còpia"),
            "subject": ("Assumpte", "Tema"),
        },
        "ja": {
            "from": ("差出人", "送信者", "送信元", "発信者", "From"),
            "date": ("送信日時", "日時", "日付", "送信日", "送信", "受信日時", "送信時刻"),
            "to": ("宛先", "送信先", "受信者", "あて先", "宛て先", "To"),
            "cc": ("CC", "写し", "カーボンコピー"),
            "subject": ("件名", "題名", "タイトル", "表題"),
            "other": ("BCC", "返信先", "重要度", "添付ファイル", "添付"),
        },
        "zh": {
            "from": ("发件人", "寄件者", "寄件人", "發件人", "发信人", "发送人", "來自", "从", "發送人"),
            "date": (
                "发送时间", "日期", "寄件日期", "傳送時間", "发送日期", "时间", "時間", "傳送日期", "發送日期", "发件时间", "發送時間",
                "已传送", "已傳送", "寄送日期", "已发送", "发送",
            ),
            "to": ("收件人", "收件者", "寄给", "发送至", "至", "傳送至"),
            "cc": ("抄送", "抄送至", "副本", "抄送人", "副本抄送"),
            "subject": ("主题", "主旨", "主題", "标题", "標題"),
            "other": ("密送", "密件副本", "回复", "回覆", "答复", "重要性", "附件", "优先级"),
        },
        "ko": {
            "from": ("보낸 사람", "보낸사람", "발신", "발신자", "발신인", "보낸이"),
            "date": ("보낸 날짜", "날짜", "보낸 시간", "보냄", "보낸날짜", "발송", "발신일", "일시", "받은 날짜", "전송"),
            "to": ("받는 사람", "받는사람", "수신", "수신자", "수신인", "받는이"),
            "cc": ("참조", "참조자"),
            "subject": ("제목",),
            "other": ("숨은 참조", "숨은참조", "회신", "중요도", "첨부 파일", "첨부파일", "첨부"),
        },
        "vi": {
            "from": ("Từ", "Người gửi"),
            "date": ("Ngày", "Đã gửi", "Gửi", "Thời gian", "Vào"),
            "to": ("Đến", "Tới", "Gửi đến", "Người nhận"),
            "cc": ("Đồng gửi", "Sao gửi"),
            "subject": ("Chủ đề", "Tiêu đề"),
        },
        "id": {
            "from": ("Dari", "Daripada", "Pengirim"),
            "date": ("Dikirim", "Tanggal", "Tarikh", "Dihantar", "Terkirim"),
            "to": ("Kepada", "Ke", "Untuk", "Penerima"),
            "cc": ("Tembusan", "Salinan"),
            "subject": ("Subjek", "Perihal", "Judul", "Topik"),
        },
        "th": {
            "from": ("จาก", "ผู้ส่ง"),
            "date": ("วันที่", "ส่ง", "ส่งเมื่อ", "เมื่อ"),
            "to": ("ถึง", "ผู้รับ"),
            "cc": ("สำเนา", "สำเนาถึง"),
            "subject": ("เรื่อง", "หัวเรื่อง", "หัวข้อ"),
        },
        "he": {
            "from": ("מאת", "מ", "שולח"),
            "date": ("נשלח", "תאריך", "בתאריך", "נשלח בתאריך"),
            "to": ("אל", "עבור", "נמען"),
            "cc": ("עותק", "העתק", "עותק אל"),
            "subject": ("נושא", "הנדון"),
        },
        "ar": {
            "from": ("من", "المرسل"),
            "date": ("التاريخ", "تاريخ الإرسال", "إرسال", "أرسل", "تم الإرسال", "تم الإرسال في", "أُرسلت"),
            "to": ("إلى", "المستلم"),
            "cc": ("نسخة", "نسخة إلى"),
            "subject": ("الموضوع",),
        },
    }
)  # fmt: skip

MAX_LABEL = 40
"""Characters in front of the colon. The longest label of a client has about twenty."""

_COLON = re.compile("[:：﹕︓]")
_DATE_WITHOUT_COLON = "message du "
"""Orange and La Poste: "Message du 04/03/24 15:15"."""
# Bullets, bars and the asterisks of plain text made from bold HTML.
_ORNAMENT = " *_|•·►▸-–—"


@dataclass(frozen=True, slots=True)
class Label:
    """A label: the `field` it stands for and the `languages` that use it."""

    field: str
    languages: frozenset[str]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A line with a label: its `label` and the `value` behind the colon."""

    label: Label
    value: str


def _index() -> dict[str, Label]:
    found: dict[str, Label] = {}
    for language, fields in LABELS.items():
        for field, labels in fields.items():
            for text in labels:
                key = folded(text)
                known = found.get(key, Label(field, frozenset()))
                # The words of one language keep their meaning where another language has only a filler for it.
                kept = known.field if field == "other" else field
                found[key] = Label(kept, known.languages | {language})
    return found


INDEX = MappingProxyType(_index())
"""Every label by its folded form."""


def read_label(said: str) -> Labelled | None:
    """The label a line starts with and what stands behind it, or None. `said` is the tidied line."""
    split = split_label(said)
    if split is None:
        return None
    label = INDEX.get(folded(split[0]))
    return Labelled(label, split[1]) if label else None


def split_label(said: str) -> tuple[str, str] | None:
    """Whatever stands before the first colon of a line and behind it, ornaments off; None without a colon."""
    if said.startswith("|"):
        # NetEase sets the header as a table: "| From | Jane<jane@example.com> |".
        cells = [cell.strip(_ORNAMENT) for cell in said[1:].split("|", 1)]
        return (cells[0], cells[1]) if len(cells) == 2 and 0 < len(cells[0]) <= MAX_LABEL else None
    if said[:11].lower() == _DATE_WITHOUT_COLON and said[11:12].isdigit():
        return said[:10], said[11:]
    colon = _COLON.search(said, 0, MAX_LABEL + 8)
    if colon is None:
        return None
    before, value = said[: colon.start()], said[colon.end() :]
    label = before.strip(_ORNAMENT + ".")
    if before.lstrip(" -|•·").startswith(("*", "_")):
        value = value.strip("*_ ")
    return (label, value.strip()) if label else None
