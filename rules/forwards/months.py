"""The names of the months, language by language, with the forms they take in a date."""

from collections.abc import Mapping
from types import MappingProxyType

from rules.forwards.words import folded

# January to December. Several forms of a month are divided by a bar. A beginning of three letters or more counts
# as an abbreviation, so only abbreviations that are no beginnings are listed.
MONTHS: Mapping[str, str] = MappingProxyType(
    {
        "en": "january february march april may june july august september october november december",
        "de": "januar|jänner februar|feber märz|mrz april mai juni juli august september oktober november dezember",
        "fr": "janvier février mars avril mai juin juillet|juil août septembre octobre novembre décembre",
        "es": "enero febrero marzo abril mayo junio julio agosto septiembre|setiembre octubre noviembre diciembre",
        "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "nl": "januari februari maart|mrt april mei juni juli augustus september oktober november december",
        "da": "januar februar marts april maj juni juli august september oktober november december",
        "no": "januar februar mars april mai juni juli august september oktober november desember",
        "sv": "januari februari mars april maj juni juli augusti september oktober november december",
        "fi": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta "
        "lokakuuta marraskuuta joulukuuta",
        "is": "janúar febrúar mars apríl maí júní júlí ágúst september október nóvember desember",
        "pl": "stycznia|styczeń lutego|luty marca|marzec kwietnia|kwiecień maja|maj czerwca|czerwiec "
        "lipca|lipiec sierpnia|sierpień września|wrzesień października|październik listopada|listopad "
        "grudnia|grudzień",
        "cs": "ledna|leden února|únor března|březen dubna|duben května|květen|kvě června|červen|čer|čvn "
        "července|červenec|čvc srpna|srpen září října|říjen listopadu|listopad prosince|prosinec",
        "sk": "januára|január februára|február marca|marec apríla|apríl mája|máj júna|jún júla|júl augusta|august "
        "septembra|september októbra|október novembra|november decembra|december",
        "hu": "január február március április május június július augusztus szeptember október november december",
        "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie "
        "noiembrie|noi decembrie",
        "hr": "siječnja|siječanj veljače|veljača ožujka|ožujak travnja|travanj svibnja|svibanj lipnja|lipanj "
        "srpnja|srpanj kolovoza|kolovoz rujna|rujan listopada|listopad studenoga|studenog|studeni "
        "prosinca|prosinac",
        "sl": "januar|januarja februar|februarja marec|marca april|aprila maj|maja junij|junija julij|julija "
        "avgust|avgusta september|septembra oktober|oktobra november|novembra december|decembra",
        "sr": "januar|јануар februar|фебруар mart|март april|април maj|мај jun|јун jul|јул avgust|август "
        "septembar|септембар oktobar|октобар novembar|новембар decembar|децембар",
        "et": "jaanuar veebruar märts aprill mai juuni juuli august september oktoober november detsember",
        "lv": "janvāris februāris marts aprīlis maijs jūnijs jūlijs augusts septembris oktobris novembris "
        "decembris",
        "lt": "sausio|sausis vasario|vasaris kovo|kovas balandžio|balandis gegužės|gegužė birželio|birželis "
        "liepos|liepa rugpjūčio|rugpjūtis rugsėjo|rugsėjis spalio|spalis lapkričio|lapkritis gruodžio|gruodis",
        "ru": "января|январь февраля|февраль марта|март апреля|апрель мая|май июня|июнь июля|июль августа|август "
        "сентября|сентябрь октября|октябрь ноября|ноябрь декабря|декабрь",
        "uk": "січня|січень лютого|лютий березня|березень квітня|квітень травня|травень червня|червень "
        "липня|липень серпня|серпень вересня|вересень жовтня|жовтень листопада|листопад грудня|грудень",
        "bg": "януари февруари март април май юни юли август септември октомври ноември декември",
        "tr": "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
        "el": "ιανουαρίου|ιανουάριος|ιαν φεβρουαρίου|φεβρουάριος μαρτίου|μάρτιος απριλίου|απρίλιος μαΐου|μάιος|μαϊ "
        "ιουνίου|ιούνιος ιουλίου|ιούλιος αυγούστου|αύγουστος σεπτεμβρίου|σεπτέμβριος οκτωβρίου|οκτώβριος "
        "νοεμβρίου|νοέμβριος δεκεμβρίου|δεκέμβριος",
        "ca": "gener febrer març abril maig juny juliol|jul agost|ag setembre octubre novembre desembre",
        "id": "januari februari maret|mac april mei juni juli agustus|ogos september oktober november desember|disember",
        "th": "มกราคม|ม.ค กุมภาพันธ์|ก.พ มีนาคม|มี.ค เมษายน|เม.ย พฤษภาคม|พ.ค มิถุนายน|มิ.ย กรกฎาคม|ก.ค สิงหาคม|ส.ค "
        "กันยายน|ก.ย ตุลาคม|ต.ค พฤศจิกายน|พ.ย ธันวาคม|ธ.ค",
        "he": "ינואר|בינואר פברואר|בפברואר מרץ|במרץ אפריל|באפריל מאי|במאי יוני|ביוני יולי|ביולי אוגוסט|באוגוסט "
        "ספטמבר|בספטמבר אוקטובר|באוקטובר נובמבר|בנובמבר דצמבר|בדצמבר",
        "ar": "يناير|كانون فبراير|شباط مارس|آذار أبريل|نيسان مايو|أيار يونيو|حزيران يوليو|تموز أغسطس|آب سبتمبر|أيلول "
        "أكتوبر|تشرين نوفمبر ديسمبر",
    }
)

SHORTEST_ABBREVIATION = 3
"""Letters. Two letters are weekdays in too many languages."""


def _index() -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for language, names in MONTHS.items():
        forms: dict[str, int] = {}
        for number, month in enumerate(names.split(), start=1):
            for form in map(folded, month.split("|")):
                for length in range(SHORTEST_ABBREVIATION, len(form)):
                    # The earlier month keeps a beginning that two share: no client abbreviates so.
                    forms.setdefault(form[:length], number)
        for number, month in enumerate(names.split(), start=1):
            forms.update((folded(form), number) for form in month.split("|"))
        found[language] = forms
    return found


_INDEX = MappingProxyType(_index())


def read_month(word: str, languages: frozenset[str]) -> int | None:
    """The number of the month that a folded word names, 1 to 12, or None.

    The word is looked up in `languages` first, then in all; None where languages disagree and nothing settles
    it ("listopad" is October to a Croat and November to a Pole).
    """
    for tried in (languages - {"en"}, languages, _INDEX.keys()):
        months = {_INDEX[language][word] for language in tried if word in _INDEX.get(language, {})}
        if months:
            return months.pop() if len(months) == 1 else None
    return None
