"""How mail clients speak: labels, separators, prefixes and dates of each language, for the corpus."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Language:
    """One language. Labels are space-separated in the order From, Date, To, Cc, Subject; "_" is a blank.

    `apple`, `outlook`, `thunderbird` and `yahoo` are the labels of those clients, `opening` Apple Mail's line
    above a forward, `forwarded` the words between dashes of Thunderbird and Yahoo, `original` those of Outlook
    and phones. `forward` and `reply` are Outlook's prefixes. Dates are templates: {wd} {wda} weekday long and
    short, {d} {dd} {m} {mm} day and month, {mon} {mona} name long and short, {y} {yy}, {t} {ts} time with and
    without seconds, {t12} with AM/PM, {z} the zone.
    """

    code: str
    apple: str
    outlook: str
    thunderbird: str
    yahoo: str
    opening: str
    forwarded: str
    original: str
    forward: str
    reply: str
    long: str
    apple_date: str
    gmail_date: str
    short: str
    wrote: str
    months: str
    weekdays: str
    short_months: str = ""
    short_weekdays: str = ""

    def labels(self, family: str) -> list[str]:
        return [label.replace("_", " ") for label in getattr(self, family).split()]

    def date(self, template: str, when: datetime, zone: str = "") -> str:
        months, weekdays = self.months.split(), self.weekdays.split()
        short_months = self.short_months.split() or [name[:3] for name in months]
        short_weekdays = self.short_weekdays.split() or [name[:3] for name in weekdays]
        return template.format(
            wd=weekdays[when.weekday()],
            wda=short_weekdays[when.weekday()],
            d=when.day,
            dd=f"{when.day:02}",
            m=when.month,
            mm=f"{when.month:02}",
            mon=months[when.month - 1],
            mona=short_months[when.month - 1],
            y=when.year,
            yy=f"{when.year % 100:02}",
            t=f"{when:%H:%M}",
            ts=f"{when:%H:%M:%S}",
            t12=f"{when.hour % 12 or 12}:{when:%M} {'PM' if when.hour >= 12 else 'AM'}",
            h12=f"{when.hour % 12 or 12}:{when:%M}",
            dot=f"{when:%H.%M}",
            dots=f"{when:%H.%M.%S}",
            half="後" if when.hour >= 12 else "前",
            halfzh="下午" if when.hour >= 12 else "上午",
            halfko="오후" if when.hour >= 12 else "오전",
            halfel="μμ" if when.hour >= 12 else "πμ",
            z=zone,
        )


LANGUAGES = (
    Language(
        "en", "From Date To Cc Subject", "From Sent To Cc Subject", "From Date To CC Subject", "From Sent To Cc Subject",
        "Begin forwarded message:", "Forwarded Message", "Original Message", "FW", "RE",
        "{wd}, {mon} {d}, {y} {t12}", "{mon} {d}, {y} at {ts} {z}", "{wda}, {mona} {d}, {y} at {t12}", "{m}/{d}/{yy}, {t12}",
        'On {date}, "{name}" <{email}> wrote:',
        "January February March April May June July August September October November December",
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    ),
    Language(
        "de", "Von Datum An Kopie Betreff", "Von Gesendet An Cc Betreff", "Von Datum An Kopie_(CC) Betreff",
        "Von Gesendet An CC Betreff", "Anfang der weitergeleiteten Nachricht:", "Weitergeleitete Nachricht",
        "Ursprüngliche Nachricht", "WG", "AW",
        "{wd}, {d}. {mon} {y} {t}", "{d}. {mon} {y} um {ts} {z}", "{wda}., {d}. {mona} {y} um {t} Uhr", "{dd}.{mm}.{yy}, {t}",
        'Am {date} schrieb "{name}" <{email}>:',
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag", short_weekdays="Mo Di Mi Do Fr Sa So",
    ),
    Language(
        "fr", "De Date À Cc Objet", "De Envoyé À Cc Objet", "De Date Pour Copie_à Sujet", "De Envoyé À Cc Objet",
        "Début du message réexpédié :", "Message transféré", "Message d'origine", "TR", "RE",
        "{wd} {d} {mon} {y} {t}", "{d} {mon} {y} à {ts} {z}", "{wda} {d} {mona} {y} à {t}", "{dd}/{mm}/{y} {t}",
        "Le {date}, « {name} » <{email}> a écrit :",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "lundi mardi mercredi jeudi vendredi samedi dimanche",
        "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.", "lun. mar. mer. jeu. ven. sam. dim.",
    ),
    Language(
        "es", "De Fecha Para Cc Asunto", "De Enviado Para CC Asunto", "De Fecha Para CC Asunto", "De Enviado Para CC Asunto",
        "Inicio del mensaje reenviado:", "Mensaje reenviado", "Mensaje original", "RV", "RE",
        "{wd}, {d} de {mon} de {y} {t}", "{d} de {mon} de {y}, {ts} {z}", "{wda}, {d} {mona} {y} a las {t}", "{d}/{m}/{yy} {t}",
        'El {date}, "{name}" <{email}> escribió:',
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "lunes martes miércoles jueves viernes sábado domingo",
    ),
    Language(
        "pt-br", "De Data Para Cc Assunto", "De Enviada_em Para Cc Assunto", "De Data Para CC Assunto",
        "De Enviado Para Cc Assunto", "Início da mensagem encaminhada:", "Mensagem encaminhada", "Mensagem original", "ENC", "RES",
        "{wd}, {d} de {mon} de {y} {t}", "{d} de {mon} de {y} {ts} {z}", "{wda}., {d} de {mona}. de {y} às {t}", "{dd}/{mm}/{y} {t}",
        'Em {date}, "{name}" <{email}> escreveu:',
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado domingo",
    ),
    Language(
        "pt", "De Data Para Cc Assunto", "De Enviado Para Cc Assunto", "De Data Para CC Assunto", "De Enviado Para Cc Assunto",
        "Início da mensagem reencaminhada:", "Mensagem reencaminhada", "Mensagem original", "FW", "RE",
        "{d} de {mon} de {y} {t}", "{d} de {mon} de {y}, {ts} {z}", "{wda}, {d}/{mm}/{y}, {t}", "{dd}/{mm}/{y}, {t}",
        'Em {date}, "{name}" <{email}> escreveu:',
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "segunda terça quarta quinta sexta sábado domingo",
    ),
    Language(
        "it", "Da Data A Cc Oggetto", "Da Inviato A Cc Oggetto", "Mittente Data A CC Oggetto", "Da Inviato A Cc Oggetto",
        "Inizio messaggio inoltrato:", "Messaggio inoltrato", "Messaggio originale", "I", "R",
        "{wd} {d} {mon} {y} {t}", "{d} {mon} {y}, {ts} {z}", "{wda} {d} {mona} {y} alle ore {t}", "{dd}/{mm}/{yy}, {t}",
        'Il giorno {date} "{name}" <{email}> ha scritto:',
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    ),
    Language(
        "nl", "Van Datum Aan Kopie Onderwerp", "Van Verzonden Aan CC Onderwerp", "Van Datum Aan CC Onderwerp",
        "Van Verzonden Aan Cc Onderwerp", "Begin doorgestuurd bericht:", "Doorgestuurd bericht", "Oorspronkelijk bericht",
        "FW", "RE",
        "{wd} {d} {mon} {y} {t}", "{d} {mon} {y} om {ts} {z}", "{wda} {d} {mona} {y} om {t}", "{d}-{m}-{y} {t}",
        "Op {date} heeft {name} <{email}> geschreven:",
        "januari februari maart april mei juni juli augustus september oktober november december",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
        "jan. feb. mrt. apr. mei jun. jul. aug. sep. okt. nov. dec.", "ma di wo do vr za zo",
    ),
    Language(
        "da", "Fra Dato Til Cc Emne", "Fra Sendt Til Cc Emne", "From Date To CC Subject", "Fra Sendt Til Cc Emne",
        "Start på videresendt besked:", "Videresendt meddelelse", "Oprindelig meddelelse", "VS", "SV",
        "{d}. {mon} {y} {t}", "{d}. {mon} {y} kl. {dots} {z}", "{wda}. {d}. {mona}. {y} kl. {dot}", "{dd}.{mm}.{y} {dot}",
        'Den {date} skrev "{name}" <{email}>:',
        "januar februar marts april maj juni juli august september oktober november december",
        "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    ),
    Language(
        "no", "Fra Dato Til Kopi Emne", "Fra Sendt Til Kopi Emne", "Fra Dato Til CC Emne", "Fra Sendt Til Kopi Emne",
        "Videresendt melding:", "Videresendt melding", "Opprinnelig melding", "VS", "SV",
        "{wd} {d}. {mon} {y} {t}", "{d}. {mon} {y} kl. {ts} {z}", "{wda}. {d}. {mona}. {y} kl. {t}", "{dd}.{mm}.{y} {t}",
        "{name} <{email}> skrev følgende den {date}:",
        "januar februar mars april mai juni juli august september oktober november desember",
        "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    ),
    Language(
        "sv", "Från Datum Till Kopia Ämne", "Från Skickat Till Kopia Ämne", "Från Datum Till Kopia Ämne",
        "Från Skickat Till Cc Ämne", "Vidarebefordrat mejl:", "Vidarebefordrat meddelande", "Ursprungligt meddelande", "VB", "SV",
        "den {d} {mon} {y} {t}", "{d} {mon} {y} kl. {ts} {z}", "{wda} {d} {mona}. {y} kl {t}", "{y}-{mm}-{dd} {t}",
        'Den {date} skrev "{name}" <{email}> följande:',
        "januari februari mars april maj juni juli augusti september oktober november december",
        "måndag tisdag onsdag torsdag fredag lördag söndag",
    ),
    Language(
        "fi", "Lähettäjä Päivämäärä Vastaanottaja Kopio Aihe", "Lähettäjä Lähetetty Vastaanottaja Kopio Aihe",
        "Lähettäjä Päiväys Vastaanottaja CC Aihe", "Lähettäjä Lähetetty Vastaanottaja Kopio Aihe",
        "Välitetty viesti alkaa:", "Välitetty viesti / Fwd.Msg", "Alkuperäinen viesti", "VL", "VS",
        "{wd} {d}. {mon} {y} {dot}", "{d}.{m}.{y} klo {dots} {z}", "{wda} {d}. {mona} {y} klo {dot}", "{d}.{m}.{y} klo {dot}",
        "{name} <{email}> kirjoitti {date}:",
        "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta "
        "joulukuuta",
        "maanantai tiistai keskiviikko torstai perjantai lauantai sunnuntai",
        "tammik. helmik. maalisk. huhtik. toukok. kesäk. heinäk. elok. syysk. lokak. marrask. jouluk.", "ma ti ke to pe la su",
    ),
    Language(
        "pl", "Od Data Do Dw Temat", "Od Wysłano Do DW Temat", "Nadawca Data Adresat Kopia Temat", "Od Wysłano Do Dw Temat",
        "Początek przekazywanej wiadomości:", "Przekazana wiadomość", "Wiadomość oryginalna", "PD", "ODP",
        "{wd}, {d} {mon} {y} {t}", "{d} {mon} {y} o {ts} {z}", "{wda}., {d} {mona} {y} o {t}", "{dd}.{mm}.{y} {t}",
        "Dnia {date} „{name}” <{email}> napisał:",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        "poniedziałek wtorek środa czwartek piątek sobota niedziela",
    ),
    Language(
        "cs", "Od Datum Komu Kopie Předmět", "Od Odesláno Komu Kopie Předmět", "Od Datum Komu Kopie Předmět",
        "Od Odesláno Komu Kopie Předmět", "Začátek přeposílané zprávy:", "Přeposlaná zpráva", "Původní zpráva", "FW", "RE",
        "{wd} {d}. {mon} {y} {t}", "{d}. {mon} {y} v {ts} {z}", "{wda} {d}. {m}. {y} v {t}", "{d}. {m}. {y} {t}",
        "Dne {date}, {name} <{email}> napsal(a):",
        "ledna února března dubna května června července srpna září října listopadu prosince",
        "pondělí úterý středa čtvrtek pátek sobota neděle",
    ),
    Language(
        "sk", "Od Dátum Pre Cc Predmet", "Od Odoslané Komu Kópia Predmet", "Od Dátum Pre Kópia Predmet",
        "Od Odoslané Komu Kópia Predmet", "Začiatok preposlanej správy:", "Preposlaná správa --- Forwarded Message",
        "Pôvodná správa", "FW", "RE",
        "{wd} {d}. {mon} {y} {t}", "{d}. {mon} {y}, {ts} {z}", "{wda} {d}. {m}. {y} o {t}", "{d}. {m}. {y} {t}",
        "Dňa {date}, používateľ {name} (<{email}>) napísal:",
        "januára februára marca apríla mája júna júla augusta septembra októbra novembra decembra",
        "pondelok utorok streda štvrtok piatok sobota nedeľa",
    ),
    Language(
        "hu", "Feladó Dátum Címzett Másolat Tárgy", "Feladó Elküldve Címzett Másolatot_kap Tárgy", "Feladó Dátum Címzett CC Tárgy",
        "Feladó Elküldve Címzett Másolat Tárgy", "Továbbított levél kezdete:", "Továbbított üzenet", "Eredeti üzenet", "FW", "RE",
        "{y}. {mon} {d}., {wd} {t}", "{y}. {mon} {d}. {ts} {z}", "{y}. {mona}. {d}., {wda}, {t}", "{y}. {mm}. {dd}. {t}",
        "{date} időpontban {name} (<{email}>) ezt írta:",
        "január február március április május június július augusztus szeptember október november december",
        "hétfő kedd szerda csütörtök péntek szombat vasárnap",
        "jan febr márc ápr máj jún júl aug szept okt nov dec", "H K Sze Cs P Szo V",
    ),
    Language(
        "ro", "Expeditorul Dată Destinatarul Cc Subiectul", "De_la Trimis Către Cc Subiect", "de_la Dată Către CC Subiect",
        "De_la Trimis Către Cc Subiect", "Începe mesajul redirecționat:", "Mesaj redirecționat", "Mesaj original", "Redir.", "RE",
        "{wd}, {d} {mon} {y} {t}", "{d} {mon} {y} la {ts} {z}", "{wda}., {d} {mona}. {y} la {t}", "{dd}.{mm}.{y} {t}",
        'Pe {date}, "{name}" <{email}> a scris:',
        "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
        "luni marți miercuri joi vineri sâmbătă duminică",
    ),
    Language(
        "hr", "Šalje Datum Prima Cc Predmet", "Od Poslano Prima Kopija Predmet", "Šalje Datum Prima CC Naslov",
        "Od Poslano Prima Cc Predmet", "Započni proslijeđenu poruku:", "Proslijeđena poruka", "Izvorna poruka", "Fw", "Re",
        "{wd}, {d}. {mon} {y}. {t}", "{d}. {mon} {y}. u {ts} {z}", "{wda}, {d}. {mona} {y}. u {t}", "{d}.{m}.{y}. {t}",
        "Dana {date} {name} <{email}> je napisao:",
        "siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga prosinca",
        "ponedjeljak utorak srijeda četvrtak petak subota nedjelja",
    ),
    Language(
        "et", "Saatja Kuupäev Adressaat Koopia Teema", "Saatja Saadetud Adressaat Koopia Teema",
        "Saatja Kuupäev Saaja Koopia Teema", "Saatja Saadetud Saaja Koopia Teema", "Edastatud kirja algus:", "Edastatud kiri",
        "Algne kiri", "FW", "RE",
        "{wd}, {d}. {mon} {y} {t}", "{d}. {mon} {y} {ts} {z}", "{wda}, {d}. {mona} {y} kell {t}", "{dd}.{mm}.{y} {t}",
        'Kuupäev {date} kirjutas "{name}" <{email}>:',
        "jaanuar veebruar märts aprill mai juuni juuli august september oktoober november detsember",
        "esmaspäev teisipäev kolmapäev neljapäev reede laupäev pühapäev",
        "jaan veebr märts apr mai juuni juuli aug sept okt nov dets", "E T K N R L P",
    ),
    Language(
        "ru", "Отправитель Дата Кому Копия Тема", "От Отправлено Кому Копия Тема", "От Дата Кому Копия Тема",
        "От Отправлено Кому Копия Тема", "Начало переадресованного сообщения:", "Пересылаемое сообщение", "Исходное сообщение",
        "FW", "RE",
        "{wd}, {d} {mon} {y} г. {t}", "{d} {mon} {y} г. в {ts} {z}", "{wda}, {d} {mona}. {y} г. в {t}", "{dd}.{mm}.{y} {t}",
        '{date} пользователь "{name}" <{email}> написал:',
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
        "понедельник вторник среда четверг пятница суббота воскресенье",
        "янв февр мар апр мая июн июл авг сент окт нояб дек", "пн вт ср чт пт сб вс",
    ),
    Language(
        "uk", "Від_кого Дата Кому Копія Тема", "Від Надіслано Кому Копія Тема", "Від Дата Кому Копія Тема",
        "Від Відправлено Кому Копія Тема", "Початок листа, що пересилається:", "Переслане повідомлення", "Вихідне повідомлення",
        "FW", "RE",
        "{wd}, {d} {mon} {y} р. {t}", "{d} {mon} {y} р. о {ts} {z}", "{wda}, {d} {mona}. {y} р. о {t}", "{dd}.{mm}.{y} {t}",
        '{date} користувач "{name}" <{email}> написав:',
        "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
        "понеділок вівторок середа четвер пʼятниця субота неділя",
        "січ лют бер квіт трав черв лип серп вер жовт лист груд", "пн вт ср чт пт сб нд",
    ),
    Language(
        "tr", "Kimden Tarih Kime Bilgi Konu", "Kimden Gönderildi Kime Bilgi Konu", "Kimden Tarih Kime CC Konu",
        "Kimden Gönderilen Kime Cc Konu", "İleti başlangıcı:", "İletilmiş Mesaj", "Orijinal Mesaj", "İLT", "YNT",
        "{d} {mon} {y} {wd} {t}", "{d} {mon} {y} {ts} {z}", "{d} {mona} {y} {wda}, {t} tarihinde", "{d}.{mm}.{y} {t}",
        '"{name}" <{email}>, {date} tarihinde şunu yazdı:',
        "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
        "Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi Pazar",
    ),
    Language(
        "ja", "差出人 日付 宛先 Cc 件名", "差出人 送信日時 宛先 CC 件名", "差出人 日付 宛先 CC 件名", "差出人 送信日時 宛先 Cc 件名",
        "転送されたメッセージ：", "転送メッセージ", "元のメッセージ", "FW", "RE",
        "{y}年{m}月{d}日 {t}", "{y}年{m}月{d}日 {ts} {z}", "{y}年{m}月{d}日({wda}) {t}", "{y}/{mm}/{dd} 午{half} {h12}",
        "{date} {name} <{email}> のメール:",
        "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月", "月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日",
        short_weekdays="月 火 水 木 金 土 日",
    ),
    Language(
        "zh-cn", "发件人 日期 收件人 抄送 主题", "发件人 发送时间 收件人 抄送 主题", "发件人 日期 收件人 抄送 主题", "发件人 发送时间 收件人 抄送 主题",
        "开始转发的邮件：", "转发的消息", "原始邮件", "转发", "答复",
        "{y}年{m}月{d}日 {t}", "{y}年{m}月{d}日 {z} {ts}", "{y}年{m}月{d}日{wda} {t}", "{y}年{m}月{d}日 {halfzh}{h12}",
        "{name} <{email}> 于{date}写道：",
        "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月", "星期一 星期二 星期三 星期四 星期五 星期六 星期日",
        short_weekdays="周一 周二 周三 周四 周五 周六 周日",
    ),
    Language(
        "zh-tw", "寄件人 日期 收件人 副本 主旨", "寄件者 寄件日期 收件者 副本 主旨", "寄件人 日期 收件人 副本 主旨", "寄件人 傳送時間 收件人 副本 主旨",
        "開始轉寄郵件：", "轉寄的郵件", "原始郵件", "轉寄", "回覆",
        "{y}年{m}月{d}日 {t}", "{y}年{m}月{d}日 {z} {ts}", "{y}年{m}月{d}日 {wda} {halfzh}{h12}", "{y}/{m}/{d} {halfzh} {h12}",
        "{name} <{email}> 於 {date} 寫道：",
        "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月", "星期一 星期二 星期三 星期四 星期五 星期六 星期日",
        short_weekdays="週一 週二 週三 週四 週五 週六 週日",
    ),
    Language(
        "ko", "보낸_사람 날짜 받는_사람 참조 제목", "보낸_사람 보낸_날짜 받는_사람 참조 제목", "보낸사람 날짜 받는사람 참조 제목",
        "보낸_사람 보낸_시간 받는_사람 참조 제목", "전달된 메시지의 시작:", "전달된 메시지", "원본 메시지", "전달", "회신",
        "{y}년 {m}월 {d}일 {wd} {halfko} {h12}", "{y}년 {m}월 {d}일 {ts} {z}", "{y}년 {m}월 {d}일 ({wda}) {halfko} {h12}",
        "{y}. {m}. {d}. {halfko} {h12}", "{date}, {name} <{email}> 님이 작성:",
        "1월 2월 3월 4월 5월 6월 7월 8월 9월 10월 11월 12월", "월요일 화요일 수요일 목요일 금요일 토요일 일요일",
        short_weekdays="월 화 수 목 금 토 일",
    ),
    Language(
        "el", "Από Ημερομηνία Προς Κοιν. Θέμα", "Από Στάλθηκε Προς Κοιν. Θέμα", "Από Ημερομηνία Προς Κοινοποίηση Θέμα",
        "Από Στάλθηκε Προς Κοιν. Θέμα", "Αρχή προωθημένου μηνύματος:", "Προωθημένο μήνυμα", "Αρχικό μήνυμα", "ΠΡΘ", "ΑΠ",
        "{wd}, {d} {mon} {y} {h12} {halfel}", "{d} {mon} {y}, {ts} {z}", "{wda}, {d} {mona} {y} στις {h12} {halfel}",
        "{d}/{m}/{y} {t}", "Στις {date} ο χρήστης {name} <{email}> έγραψε:",
        "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου Δεκεμβρίου",
        "Δευτέρα Τρίτη Τετάρτη Πέμπτη Παρασκευή Σάββατο Κυριακή",
    ),
)  # fmt: skip
