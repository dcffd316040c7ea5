"""Domains at which anybody can have a mailbox: they say nothing about a company.

Kept by hand. In doubt a domain is left out: a company taken for free mail is never matched by its domain.
"""

_FAMILIES: dict[str, str] = {
    "aol": "com co.uk de fr it es nl be at ch se dk fi pl jp in com.br com.mx com.ar com.au",
    "bk": "ru",
    "bluewin": "ch",
    "bol": "com.br",
    "btinternet": "com",
    "centrum": "cz sk",
    "cox": "net",
    "daum": "net",
    "docomo": "ne.jp",
    "duck": "com",
    "email": "cz de it",
    "excite": "com co.jp it",
    "fastmail": "com fm net org co.uk de in jp",
    "gmail": "com",
    "gmx": "at biz ch co.uk com com.br com.tr de es eu fr info it li net org pt us",
    "googlemail": "com co.uk",
    "hotmail": (
        "com at be ca ch cl co.id co.il co.in co.jp co.kr co.nz co.th co.uk co.za com.ar com.au "
        "com.br com.hk com.mx com.tr com.tw com.vn cz de dk es fi fr gr hu it jp lt lv my nl no ph "
        "rs se sg sk"
    ),
    "icloud": "com com.cn",
    "inbox": "com lt lv ru",
    "libero": "it",
    "live": (
        "at be ca ch cl cn co.in co.kr co.uk co.za com com.ar com.au com.mx com.my com.ph com.pt "
        "com.sg de dk fi fr hk ie in it jp nl no ru se"
    ),
    "luukku": "com",
    "mail": "com de ee ru ua",
    "msn": "cn com nl",
    "onet": "com.pl eu pl",
    "online": "de no",
    "op": "pl",
    "orange": "es fr",
    "outlook": (
        "at be bg cl co.id co.il co.nz co.th com com.ar com.au com.br com.es com.gr com.hr com.pe "
        "com.tr com.vn cz de dk ee es fr hu ie in it jp kr lv my ph pt ro sa sg si sk"
    ),
    "pm": "me",
    "posteo": "at ch de eu net org",
    "proton": "me",
    "protonmail": "ch com",
    "rambler": "ru ua",
    "sapo": "pt",
    "seznam": "cz",
    "sky": "com",
    "t-online": "at de hu",
    "talktalk": "co.uk net",
    "telenet": "be",
    "terra": "cl com com.ar com.br com.mx com.pe es",
    "tiscali": "cz co.uk it",
    "tuta": "com io",
    "tutanota": "com de",
    "virgilio": "it",
    "web": "de",
    "wp": "eu pl",
    "xtra": "co.nz",
    "yahoo": (
        "at be bg ca ch cl cn co.hu co.id co.il co.in co.jp co.kr co.nz co.th co.uk co.za com "
        "com.ar com.au com.br com.cn com.co com.hk com.hr com.mx com.my com.pe com.ph com.sg com.tr "
        "com.tw com.ua com.ve com.vn cz de dk ee es fi fr gr hr hu ie in it jp lt lv nl no pl pt ro "
        "rs ru se si sk"
    ),
    "yandex": "by com com.tr ee fr kz lt lv net pl ru tj tm ua uz",
    "zoho": "com eu in",
    "zohomail": "com eu in",
}
"""A provider's name → the suffixes under which it gives mailboxes to the public."""

_SINGLE = """
    012.net.il 126.com 139.com 163.com 163.net 188.com 189.cn abv.bg addy.io aim.com airmail.net alice.de
    alice.it aliceadsl.fr aliyun.com ameritech.net anonaddy.com anonaddy.me aon.at arcor.de aruba.it asia.com
    atlas.cz atlas.sk att.net auone.jp azet.sk batelco.com.bh bellsouth.net bezeqint.net bezeqint.net.il
    biglobe.ne.jp bigmir.net bigpond.com bigpond.com.au bigpond.net.au bluemail.ch blueyonder.co.uk
    btconnect.com btopenworld.com c2i.net cableone.net caramail.com cegetel.net centurylink.net centurytel.net
    charter.net chello.at chello.be chello.cz chello.hu chello.nl chello.pl chello.sk chol.com clear.net.nz
    club-internet.fr comcast.net comhem.se consultant.com contactoffice.com countermail.com cs.com dion.ne.jp
    disroot.org dodo.com.au dr.com dreamwiz.com duckduckgo.com earthlink.net eastlink.ca eim.ae eircom.net
    emailn.de embarqmail.com engineer.com epost.de ezweb.ne.jp fastmailbox.net fastwebnet.it fibertel.com.ar
    firemail.de foxmail.com fpt.vn free.fr freemail.de freemail.gr freemail.hu freemail.it freenet.de
    freeserve.co.uk freesurf.fr frontier.com frontiernet.net fsmail.net gazeta.pl globomail.com
    guerrillamail.com guerrillamail.net guerrillamail.org gvt.net.br hanmail.net hetnet.nl hey.com hinet.net
    hispeed.ch hkbn.net home.nl home.se hush.ai hush.com hushmail.com i.softbank.jp i.ua iafrica.com ig.com.br
    ihug.co.nz iinet.net.au inbox.eu indiatimes.com inet.ua infonie.fr interia.eu interia.pl internode.on.net
    inwind.it iol.it iol.pt iprimus.com.au juno.com kakao.com keemail.me kimo.com kolabnow.com korea.com
    kpnmail.nl kpnplanet.nl lantic.net laposte.net lavabit.com list.ru live.com.tw lycos.co.uk lycos.com
    lycos.de lycos.es mac.com mail.bg mail2world.com mailbox.hu mailbox.org mailfence.com mailinator.com
    mailnesia.com mailo.com mailoo.org maktoob.com me.com menara.ma meta.ua mindspring.com mopera.net
    movistar.es mozmail.com mweb.co.za mynet.com myself.com narod.ru nate.com naver.com neostrada.pl
    netcabo.pt netcologne.de netcourrier.com netscape.net netvigator.com netvision.net.il netzero.com
    netzero.net neuf.fr nifty.com ntlworld.com numericable.fr o2.co.uk o2.pl ocn.ne.jp one.lt ono.com
    optimum.net optonline.net optusnet.com.au orcon.net.nz ovi.com ozemail.com.au pacific.net.sg pandora.be
    paradise.net.nz pchome.com.tw peoplepc.com plala.or.jp planet.nl pldtdsl.net pobox.com pobox.sk pochta.ru
    poczta.fm poczta.onet.pl post.com post.cz poste.it postino.it privaterelay.appleid.com prodigy.net
    prodigy.net.mx ptd.net qip.ru qq.com quicknet.nl reagan.com rediff.com rediffmail.com relay.firefox.com
    riseup.net roadrunner.com rocketmail.com rogers.com runbox.com sasktel.net saudi.net sbcglobal.net
    scarlet.be secmail.pro seed.net.tw sfr.fr sharklasers.com shaw.ca sify.com simplelogin.com sina.cn
    sina.com singnet.com.sg skynet.be slingshot.co.nz so-net.ne.jp softbank.ne.jp sohu.com spamgourmet.com
    startmail.com streamyx.com suddenlink.net sunrise.ch swissonline.ch sympatico.ca tds.net teksavvy.com
    tele.at tele2.nl telefonica.net teletu.it telia.com telkomsa.net telus.net tim.it tin.it tlen.pl tm.net.my
    topnet.tn trashmail.com trashmail.de tunet.tn tut.by tutamail.com ua.fm ukr.net uol.com.ar uol.com.br
    uole.com upcmail.nl usa.com usa.net vfemail.net videotron.ca vip.126.com vip.163.com vip.qq.com
    vip.sina.com virgin.net virginmedia.com vivaldi.net vnn.vn vodafone.it vodafone.nl vodamail.co.za voila.fr
    volny.cz vp.pl vsnl.com vsnl.net walla.co.il walla.com wanadoo.es wanadoo.fr wanadoo.nl webmail.co.za
    westnet.com.au wildblue.net windowslive.com windstream.net workmail.com xs4all.nl y7mail.com yahoo.ne.jp
    yam.com ybb.ne.jp yeah.net ymail.com yopmail.com yopmail.fr zahav.net.il ziggo.nl zonnet.nl zoznam.sk
"""

FREE_MAIL: frozenset[str] = frozenset(_SINGLE.split()) | frozenset(
    f"{name}.{suffix}" for name, suffixes in _FAMILIES.items() for suffix in suffixes.split()
)
"""Every free-mail domain known, as A-labels."""
