"""What mail systems write to people when a mail could not be delivered.

All in lower case, with straight quotes and single blanks, as the text is folded before it is compared.
"""


def _phrases(table: str) -> tuple[str, ...]:
    return tuple(phrase for line in table.splitlines() if (phrase := line.strip()))


FAILED = _phrases(
    """
    qmail-send program
    able to deliver your message
    able to deliver the following message
    able to deliver message to
    unable to deliver
    unable to send your message
    could not deliver
    couldn't deliver
    cannot deliver
    not be delivered
    couldn't be delivered
    can't be delivered
    cannot be delivered
    was not delivered
    wasn't delivered
    were not delivered
    not delivered to
    has not been delivered
    been undeliverable
    was undeliverable
    is undeliverable
    undeliverable to
    undeliverable mail
    undeliverable message
    undelivered
    delivery failure
    delivery failed
    delivery has failed
    delivery error
    delivery problem
    delivery status notification
    failed to deliver
    failed delivery
    failed recipients
    failed addresses
    failure notice
    address not found
    did not reach the following
    did not receive
    had permanent fatal errors
    had delivery problems
    had delivery errors
    the original message was received at
    created automatically by mail delivery software
    returned to sender
    returning message to sender
    message returned
    message blocked
    was rejected by
    has been rejected
    was automatically rejected
    message rejected
    rejected your message
    recipient inbox full
    recipient's mailbox is full
    mailbox is full
    mailbox exceeds
    mailbox size limit
    over quota
    quota exceeded
    user unknown
    unknown user
    no such user
    invalid recipient
    invalid final delivery
    failed permanently
    recipient failed
    recipients failed
    address failed
    addresses had
    not delivered
    could not be reached
    message that you sent was rejected
    your message has encountered
    this is the machine generated message from mail service
    recipient not found
    the e-mail account does not exist
    email account that you tried to reach
    an error occurred while sending mail
    this is the mail delivery agent
    this is the deliver program
    konnte nicht zugestellt werden
    konnten nicht zugestellt werden
    nicht zustellbar
    unzustellbar
    nicht zugestellt
    zustellung fehlgeschlagen
    konnte nicht ausgeliefert werden
    fehler bei der zustellung
    konnte an folgende empfänger nicht
    n'a pas pu être remis
    n'a pas pu être délivré
    n'a pas pu être distribué
    n'a pas pu être livré
    n'a pu être remis
    n'ont pas pu être remis
    impossible de remettre
    échec de la remise
    non remis
    no se pudo entregar
    no se ha podido entregar
    no pudo ser entregado
    no ha podido ser entregado
    no puede ser entregado
    no fue entregado
    error de entrega
    não pôde ser entregue
    não foi entregue
    não foi possível entregar
    não pode ser entregue
    falha na entrega
    impossibile recapitare
    non è stato possibile recapitare
    non è stato recapitato
    non può essere recapitato
    mancato recapito
    kon niet worden bezorgd
    kon niet worden afgeleverd
    niet bezorgd
    kunde inte levereras
    kunne ikke leveres
    nie mogła zostać dostarczona
    nie została dostarczona
    nie można dostarczyć
    не было доставлено
    не может быть доставлено
    не удалось доставить
    не доставлено
    配信できません
    配信出来ません
    配送できません
    送信できません
    送信されませんでした
    届けることができません
    お届けできません
    配信不能
    宛先が見つかりません
    存在しません
    无法投递
    无法送达
    未能送达
    投递失败
    退信
    被退回
    無法傳遞
    無法投遞
    전송되지 않았습니다
    전송에 실패
    배달되지 않았습니다
    전달할 수 없습니다
    teslim edilemedi
    could not be matched
    occurred while trying to deliver
    occurred while attempting to deliver
    occurred during delivery
    exceeded maximum number of delivery attempts
    no matches to nameserver query
    has been blocked
    undeliverable
    empfänger nicht erreicht
    konnten nicht erreicht werden
    konnte nicht erreicht werden
    nicht erreicht werden
    kann nicht zugestellt werden
    n'est pas parvenu
    impossible de contacter le
    n'a pas été remis
    n'a pas été distribué
    boîte aux lettres pleine
    no llegó a algunos
    no se puede encontrar a
    no se puede entregar
    caixa postal cheia
    caixa de correio cheia
    impossibile raggiungere
    kunnen niet worden bereikt
    kan niet worden bezorgd
    kunde inte nås
    kunne ikke nås
    ei voitu toimittaa
    perille toimittaminen
    nie dostarczono
    nelze doručit
    nebyla doručena
    nemohla být doručena
    nem kézbesíthető
    nem sikerült kézbesíteni
    nu a putut fi livrat
    nije moguće isporučiti
    δεν ήταν δυνατή η παράδοση
    не вдалося доставити
    не був доставлений
    iletilemedi
    לא ניתן למסור
    تعذر تسليم
    không thể gửi
    tidak dapat dikirim
    ไม่สามารถส่ง
    配信されませんでした
    送信先が見つかりません
    無法送達
    未能投递
    无法发送到
    반송되었습니다
    발송되지 않았습니다
    전송하지 못했습니다
    message was rejected
    mail was rejected
    could not send your mail
    could not send your message
    failure reasons
    not listed in
    has not delivered the following
    an unsuccessful delivery
    """
)
"""The mail failed, or the text alone does not tell whether it did."""

DELAYED = _phrases(
    """
    has not yet been delivered
    not yet been delivered
    still undelivered
    has been delayed
    been postponed
    delivery delayed
    delivery incomplete
    delay in delivery
    message is delayed
    message delayed
    temporary problem delivering
    will be retried
    will retry
    will keep trying
    will continue to try
    attempts to deliver the message will continue
    delivery attempts will continue
    this is a warning message only
    do not need to resend
    had transient non-fatal errors
    had transient errors
    advisory-only
    just a warning
    no action is required on your part
    noch nicht zugestellt
    verzögert
    weiterhin versucht
    n'a pas encore été
    a été retardé
    remise retardée
    se ha retrasado
    aún no se ha entregado
    ainda não foi entregue
    non è ancora stato
    consegna ritardata
    nog niet bezorgd
    är försenat
    пока не доставлено
    配送が遅延
    配信が遅延
    遅延しています
    has not been delivered to the following
    hasn't been delivered yet
    could not be delivered yet
    delivery is delayed
    warning only
    will be retried until
    still in the queue
    wird weiter versucht
    se volverá a intentar
    verrà ritentata
    the reason for the delay
    the reason of the delay
    """
)
"""The mail system goes on trying."""

STILL_TRYING = _phrases(
    """
    warning only
    warning message only
    do not need to resend
    will be retried
    gmail will retry
    will keep trying
    delivery incomplete
    delivery attempts will continue
    attempts to deliver the message will continue
    wird weiter versucht
    wird weiterhin versucht
    """
)
"""It says so outright, though it also says what happens should it give up."""

GIVEN_UP = _phrases(
    """
    permanent error
    permanent fatal errors
    permanently
    given up
    giving up
    gave up
    could not be delivered for
    retry time
    retry timeout exceeded
    will not be retried
    no further attempts
    """
)
"""The mail system no longer tries, whatever it says of earlier delays."""

COPY_BELOW = _phrases(
    """
    is a copy of the message
    is a copy of your message
    is a copy of the original message
    copy of the message, including all the headers
    copy of the message's headers
    copy of the body of the message
    a copy of the original message
    included is a copy of the message
    here is your returned mail
    below this line is
    original message follows
    original message header
    original message attached
    original mail follows
    original message:
    ----- original message
    --- original message
    -----original message
    ----- message header
    message header follows
    message headers follow
    message text follows
    returned mail follows
    returned message below
    start of returned message
    unsent message below
    unsent message follows
    returned mail ---
    your message reads
    message content follows
    the header of the original
    the headers of the original
    headers of the message
    der ursprünglichen nachricht
    ursprüngliche nachricht
    ursprüngliche e-mail
    kopie ihrer nachricht
    message d'origine
    message original
    en-têtes
    mensaje original
    mensagem original
    messaggio originale
    oorspronkelijk bericht
    元のメッセージ
    元のメール
    header of the original message
    unsent message
    returned mail --
    copy of the original message
    nachricht im original
    en-tête du message
    encabezados del mensaje
    cabeçalho da mensagem
    intestazioni del messaggio
    исходное сообщение
    """
)
"""Lines after which the returned mail stands."""

SENT_ON = _phrases(
    """
    forwarded message
    begin forwarded message
    original message
    weitergeleitete nachricht
    ursprüngliche nachricht
    message transféré
    message d'origine
    mensaje reenviado
    mensaje original
    mensagem encaminhada
    messaggio inoltrato
    messaggio originale
    doorgestuurd bericht
    vidarebefordrat meddelande
    пересылаемое сообщение
    転送されたメッセージ
    """
)
"""Separators that people's mail programs write: below them stands what somebody sends on."""

AUTOMATIC = _phrases(
    """
    this is the mail system at host
    this is the postfix program
    this is the qmail-send program
    this is the mailer-daemon
    this is the mail server
    this is an automatic
    this is an automated
    created automatically
    generated automatically
    automatically generated
    delivery status notification
    automatisch erzeugt
    automatisch erstellt
    automatisch generiert
    généré automatiquement
    message automatique
    generado automáticamente
    mensaje automático
    gerada automaticamente
    mensagem automática
    generato automaticamente
    automatisch gegenereerd
    создано автоматически
    自動的に
    自动
    """
)
"""The writer says that no person is one."""

GREETINGS = frozenset(
    _phrases(
        """
        hi
        hello
        hey
        dear
        good
        greetings
        hallo
        guten
        liebe
        lieber
        moin
        servus
        sehr
        bonjour
        bonsoir
        salut
        cher
        chère
        hola
        buenos
        buenas
        estimado
        estimada
        buongiorno
        buonasera
        ciao
        salve
        gentile
        olá
        bom
        boa
        prezado
        prezada
        caro
        cara
        goedemorgen
        goedemiddag
        beste
        geachte
        hej
        hei
        moi
        god
        dzień
        witam
        cześć
        szanowny
        szanowna
        dobrý
        ahoj
        bună
        здравствуйте
        привет
        добрый
        уважаемый
        уважаемая
        merhaba
        sayın
        您好
        你好
        안녕하세요
        """
    )
)
"""With which people begin a letter."""

SPEAKERS = frozenset(
    _phrases(
        """
        i'm
        i've
        i'll
        i'd
        my
        me
        thanks
        regards
        ich
        mein
        meine
        meinen
        meiner
        mir
        mich
        grüße
        gruß
        j'ai
        mes
        merci
        cordialement
        mis
        gracias
        saludos
        mia
        miei
        grazie
        saluti
        minha
        meu
        obrigado
        obrigada
        mijn
        bedankt
        groeten
        jag
        jeg
        tack
        takk
        hilsen
        moja
        mój
        moje
        pozdrawiam
        мой
        моя
        мое
        спасибо
        """
    )
)
"""Words of somebody who speaks for himself or asks for something."""

SPEECHES = ("お世話", "よろしくお願い", "请帮", "麻烦", "谢谢", "감사합니다")
"""The same in languages that do not part their words."""

MAILS = _phrases(
    """
    message
    mail
    recipient
    address
    nachricht
    empfänger
    adresse
    destinat
    courriel
    courrier
    mensaje
    correo
    mensagem
    messaggio
    bericht
    ontvanger
    geadresseerde
    meddeland
    mottagar
    modtager
    melding
    viesti
    wiadomoś
    adresat
    zpráv
    správ
    levél
    levele
    címzett
    mesaj
    poruk
    письм
    сообщени
    лист
    повідомлення
    μήνυμα
    ileti
    הודע
    رسال
    thư
    pesan
    ข้อความ
    メール
    宛先
    メッセージ
    邮件
    郵件
    메일
    """
)
"""Stems of the words for a mail and whom it is for: other things are not delivered either."""
