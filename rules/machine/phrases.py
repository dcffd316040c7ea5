"""Subjects that machines write, in the languages they write in: what a subject begins with.

One language or family a line or two; entries are in lower case, as `rules.machine.subjects` folds a subject.
"""

import unicodedata


def _phrases(table: str) -> tuple[str, ...]:
    cells = (cell.strip() for line in table.splitlines() for cell in line.split("|"))
    return tuple(unicodedata.normalize("NFKC", cell) for cell in cells if cell)


PREFIXES = frozenset(
    _phrases(
        """
        re | aw | sv | vs | vá | ynt | odp | rif | antw | ref | res | απ | σχετ | отв | ответ | 回复
        回覆 | 返信
        答复 | 答覆 | 회신
        rv | wg | tr | fwd | fw | fs | vb | vl | enc | doorst | i | pd | ilt | πρθ | пересл | 转发
        轉寄 | 転送 | 전달
        """
    )
)
"""What mail programs put in front of the subject of a reply or a forward."""

TAGS = _phrases(
    "[extern] | [external] | [ext] | external: | extern: | [spam] | ***spam*** | {spam?} | spam: | [postmaster]"
)
"""What a gateway on the way puts in front of any subject."""


AUTO_REPLIES = _phrases(
    """
    automatic reply | automated reply | automatic response | automated response | auto reply
    auto-reply | autoreply | auto response | auto-response | autoresponse | auto responder
    auto-responder | autoresponder | out of office autoreply | out of office auto-reply
    out of office auto reply | out of office reply | out of office response | out of the office reply
    vacation reply | vacation response | vacation auto-reply | auto: out of office
    automatische antwort | automatische rückantwort | automatische abwesenheitsnotiz
    automatische abwesenheitsnachricht | automatische eingangsbestätigung | automatische rückmeldung
    abwesenheitsnotiz | abwesenheitsnachricht | abwesenheitsmeldung | abwesenheitsassistent
    abwesenheitsagent | autoantwort
    réponse automatique | reponse automatique | réponse automatisée | message automatique d'absence
    message d'absence | notification d'absence | réponse d'absence du bureau | absence du bureau
    respuesta automática | respuesta automatica | respuesta de ausencia | mensaje automático
    aviso de ausencia | resposta automàtica | erantzun automatikoa
    resposta automática | resposta automatica | mensagem automática | aviso de férias
    risposta automatica | messaggio automatico | risposta di assenza | avviso di assenza
    automatisch antwoord | automatisch bericht | automatische reactie | afwezigheidsbericht
    afwezigheidsmelding | afwezigheidsassistent
    autosvar | automatiskt svar | automatisk svar | automatisk besvarelse | frånvaromeddelande
    fraværsbesked | fraværsmelding | fraværsassistent | sjálfvirkt svar | automaattinen vastaus
    poissaoloviesti | poissaoloilmoitus
    autoodpowiedź | automatyczna odpowiedź | odpowiedź automatyczna | automatická odpověď
    automatická odpoveď | automatikus válasz | automatikus valasz | răspuns automat | raspuns automat
    automatski odgovor | automatický odgovor | samodejni odgovor | samodejni odziv | automaatvastus
    automaatne vastus | automātiska atbilde | automātiskā atbilde | automatinis atsakymas | автоответ
    автоматический ответ | автоматична відповідь | автовідповідь | автоматичен отговор
    аутоматски одговор
    αυτόματη απάντηση | otomatik yanıt | otomatik cevap | תשובה אוטומטית | מענה אוטומטי | رد تلقائي
    الرد التلقائي
    自動返信 | 自動応答 | 自動送信 | 不在通知 | 不在応答 | 不在連絡 | 自动回复 | 自动答复 | 自動回覆
    自動答覆 | 자동 회신 | 자동회신 | 자동 응답 | 자동응답
    ตอบกลับอัตโนมัติ | การตอบกลับอัตโนมัติ | trả lời tự động | jawaban otomatis | balasan otomatis
    """
)
"""What responders call themselves."""

AWAY = _phrases(
    """
    out of office | out of the office | out-of-office | ooo | on annual leave | on maternity leave
    on parental leave | away from the office | away from my mail | i am out of the office
    i'm out of the office | i am out of office | i am currently out of the office
    no longer with the company | nicht im büro | nicht im haus | außer haus | ausser haus | abwesend
    abwesenheit | bin im urlaub | ich bin im urlaub | absent du bureau | absente du bureau | en congé
    en congés | fuera de la oficina | fuera de oficina | ausente de la oficina | fora do escritório
    ausência do escritório | fuori ufficio | fuori sede | assente dall'ufficio | assenza dall'ufficio
    niet op kantoor | niet aanwezig | afwezig | ikke på kontoret | ej på kontoret | frånvarande
    poissa toimistosta | poza biurem | nieobecność w biurze | mimo kancelář | нет на месте | вне офиса
    不在のお知らせ | 休暇中 | 外出中 | 부재중
    """
)
"""What responders say in the subject, and people too when they tell others by hand."""

BOUNCES = _phrases(
    """
    undeliverable | undelivered mail | undelivered message | non-deliverable | nondeliverable mail
    non delivery | non-delivery | delivery status notification | delivery notification
    delivery failure | delivery failed | delivery error | delivery report | delivery delayed
    delivery has failed | delivery problem | mail delivery | mail delay | mail failure | mail error
    mail returned | mail system error | mail status report | mail undeliverable | mail warning
    email delivery failure | email delivery error | e-mail delivery failure | email undeliverable
    email could not be delivered | message delivery failure | message delivery failed
    message delivery has failed | message delivery status | message delayed | message not delivered
    message undeliverable | message could not be delivered | message status - undeliverable
    message notification | your message could not be delivered | your message couldn't be delivered
    your message was not delivered | your email couldn't be delivered | could not deliver
    couldn't deliver | couldn’t deliver | failure notice | failure delivery | failed delivery
    failed mail | failed message | error sending mail | returned mail | returned email
    returned message | returned to sender | return to sender | rejected mail | rejected message
    rejected: | recipient not found | user unknown | unknown user | address not found
    warning: could not send message | warning: message | warning: e-mail | warning: mail
    nondelivery report | mail could not be delivered | mail couldn't be delivered | mail not delivered
    email not delivered | email returned | e-mail could not be delivered | mail rejected
    message rejected | message returned | message blocked | message you sent blocked | delayed mail
    delivery delay | delivery is delayed | delivery incomplete | delivery unsuccessful
    unable to deliver | unsuccessful mail delivery | unsuccessful delivery | undelivered: | undelivered email
    undelivered e-mail | permanent delivery failure | permanent error | transient delivery failure
    smtp delivery failure | mailbox full | mailbox is full | mailbox unavailable | nachricht zurückgewiesen
    automatic bounce | bounced mail | bounced message
    unzustellbar | nicht zustellbar | nicht zugestellt | nachricht nicht zustellbar
    nachricht unzustellbar | nachricht konnte nicht | ihre nachricht konnte nicht | mail unzustellbar
    e-mail nicht zustellbar | e-mail konnte nicht | zustellung fehlgeschlagen | zustellungsfehler
    zustellfehler | benachrichtigung zum übermittlungsstatus | fehlermeldung bei der zustellung
    non remis | non délivré | non distribué | message non délivré | message non remis
    message non distribué | mail non remis | échec de la remise | échec de remise | échec de livraison
    échec de la livraison | échec de la distribution | échec d'envoi | notification d'état de remise
    courrier non délivré | avis de non-remise
    no se puede entregar | no se pudo entregar | no se ha podido entregar | no entregado
    mensaje no entregado | correo no entregado | error de entrega | error en la entrega
    entrega fallida | notificación de estado de entrega | devolución de correo
    não é possível entregar | não foi possível entregar | não entregue | mensagem não entregue
    falha na entrega | falha de entrega | notificação de status de entrega | mensagem devolvida
    non recapitabile | impossibile recapitare | mancato recapito | mancata consegna
    messaggio non recapitato | recapito non riuscito | avviso di mancata consegna
    notifica dello stato del recapito
    onbestelbaar | niet bezorgd | kan niet worden bezorgd | bezorging mislukt | oleverbart
    olevererbart | kan inte levereras | kunne ikke leveres | kan ikke leveres | ikke leveret
    ei voi toimittaa | toimitus epäonnistui
    niedostarczalne | niedostarczona | nie można dostarczyć | nie dostarczono | nedoručitelná
    nedoručiteľná | kézbesíthetetlen | nelivrabil | недоставленное | недоставлено | не доставлено
    сообщение не доставлено | не удается доставить | teslim edilemedi
    nie można doręczyć | niedoręczalne | nedoručitelné | nedoručiteľné | doručení se nezdařilo
    sikertelen kézbesítés | kézbesítési hiba | livrare eșuată | neuspjela dostava | nije isporučeno
    teslim edilemeyen | teslim edilemiyor | iletilemedi | не вдалося доставити | недоставлене
    не доставлене | не може бути доставлено | ошибка доставки | невозможно доставить
    αποτυχία παράδοσης | δεν είναι δυνατή η παράδοση | לא ניתן למסירה | לא ניתן למסור
    تعذر التسليم | تعذر تسليم | غير قابل للتسليم | không thể gửi | không gửi được | tidak terkirim
    gagal terkirim | ไม่สามารถส่ง | leveringsfejl | leverans misslyckades | leveransfel
    levering mislyktes | levering mislykkedes | toimitus ei onnistu | ei toimitettavissa
    kunde inte levereras | mail konnte nicht | mail nicht zugestellt | ihre e-mail konnte nicht
    ihre mail konnte nicht | unzustellbare | zustellung verzögert | zustellung nicht möglich
    zurückgesandte nachricht | remise impossible | message non livré | non livré
    courrier non distribué | no se puede enviar | mensaje devuelto | correo devuelto
    entrega retrasada | error al entregar | não entregável | erro na entrega | falha no envio
    mensagem não enviada | entrega falhou | errore di consegna | messaggio non consegnato
    mail non recapitata | niet afgeleverd | niet te bezorgen | bezorgen mislukt | bezorgfout
    배달 안 됨 | 배달할 수 없 | 발송실패 | 발송 실패 | 메일 반송 | 전송되지 | 未送達 | 送达失败
    邮件发送失败 | 無法送達 | 退回 | 被退回 | 配送不能 | 配信できませんでした
    送信できませんでした | 送信不能
    配信不能 | 配信不可 | 配信エラー | 配信失敗 | 配信できません | 送信エラー | 送信失敗 | 不達
    宛先不明 | メール配信エラー | メール送信エラー | エラーメール | 未着
    退信 | 系统退信 | 邮件退回 | 未送达 | 未传递 | 无法投递 | 无法送达 | 投递失败 | 無法傳遞
    無法投遞 | 반송 | 배달되지 | 배달 실패 | 전송 실패
    """
)
"""What mail systems say in the subject of a bounce."""

RECEIPTS = _phrases(
    """
    read: | read receipt | return receipt | not read: | gelesen: | ungelesen gelöscht: | nicht gelesen:
    lesebestätigung | empfangsbestätigung (angezeigt) | lu: | lu : | non lu: | non lu :
    accusé de lecture | accusé de réception (affiché) | leído: | no leído: | confirmación de lectura
    acuse de recibo | lido: | lida: | não lida: | confirmação de leitura | letto: | non letto:
    conferma di lettura | ricevuta di ritorno | gelezen: | niet gelezen: | leesbevestiging
    ontvangstbevestiging | läst: | læst: | lest: | luettu: | przeczytano: | potwierdzenie przeczytania
    přečteno: | прочитано: | 开封済み | 開封済み | 開封通知 | 開封確認 | 已读: | 已讀: | 읽음:
    """
)
"""What mail programs say in the subject of a read receipt."""
