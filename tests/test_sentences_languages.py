"""Where sentences end in ten languages: a gold set of hard cases, written by hand.

"‖" stands where one sentence ends and the next begins.
"""

from __future__ import annotations

import pytest

from qa.language.sentences import split_sentences
from qa.types import Document

GOLD: dict[str, tuple[str, ...]] = {
    "English": (
        "Dr. J. K. Larsen met Mrs. O'Brien at St. Mary's Hospital.‖ They talked until 5 p.m.‖"
        " Nobody else came.",
        "The rate rose to 3.75 percent in Jan. 2021.‖ See Fig. 3 and pp. 12–14, i.e. the annex.",
        "“We won.”‖ She smiled.‖ “Did you see it?” he asked.‖ “No!” I said.",
        "Wait ... there is more.‖ He stopped…‖ Then he ran.",
        "Download data.tar.gz from https://example.org/a.b?c=d.‖ Then open README.md.‖ It works.",
        "The show starts at 1 pm KST.‖ Tickets cost $9.99.‖ Doors open at 12.30.",
        "# Safety\n‖\nWear gloves.‖ Keep away from fire.\n‖\n- Goggles\n‖- An apron\n‖- Boots\n",
        "He left Acme Inc. for the U.S. Army.‖ Its office is in the U.S.‖ The firm is old.",
        "Was it No. 5?‖ Yes, No. 5 (the red one).‖ (He left.)‖ She stayed.",
        "Version 2.0.1 was released on 3 Oct. 2020.‖ It fixed bugs, e.g. crashes, hangs, etc.‖"
        " Users were happy.",
        "He waited . . . and I . . . I slept.‖ Nobody came. . . .‖ The lamp went out.",
        "“The sea [...] is our road [...]” (Larsen 1921, p. 4).‖ So she wrote.",
        "Call Mr Price (ext. 214), tel. 020 7946 0018, under ref. 12 and para. 3 of art. 5.‖"
        " It holds max. 40 guests.‖ The reading room is next door.",
    ),
    "German": (
        "Am 3. Oktober 1990 wurde gefeiert.‖ Der 2. Weltkrieg endete 1945.‖ Danach war Ruhe.",
        "Herr Prof. Dr. Müller kam z. B. aus Bonn.‖ Er blieb bis ca. 18.30 Uhr.",
        "„Ich komme.“‖ Er ging.‖ „Wann?“, fragte sie.‖ „Bald!“, rief er.",
        "Das kostet 1.250,50 Euro inkl. MwSt. und Versand.‖ Das ist viel.",
        "Die Firma Huber u. Co. wurde 1902 gegründet.‖ Sie baut u. a. Motoren, d. h. Maschinen.",
        "Vgl. Abb. 4 auf S. 17 und Bd. 2, Nr. 8.‖ Mehr steht in Kap. 3.",
        "Im 19. Jahrhundert regierte Ludwig XIV. nicht mehr.‖ Friedrich II. war König.",
        "Moment … ich komme.‖ Er schwieg…‖ Dann lachte er.",
        "# Anleitung\n‖\nÖffnen Sie die Datei start.exe.‖ Warten Sie.\n‖\n1. Gerät einschalten\n‖"
        "2. Taste drücken\n",
        "Siehe www.beispiel.de/seite.html.‖ Dort steht alles usw.‖ Das Ende.",
    ),
    "French": (
        "M. Dupont et Mme Martin sont arrivés.‖ Ils ont vu le Dr Petit.",
        "« Je viens. »‖ Il partit.‖ « Quand ? » demanda-t-elle.‖ « Bientôt ! »",
        "Le prix est de 1 250,50 €.‖ C'est cher !‖ Pourquoi ?‖ Personne ne sait.",
        "Voir p. 12, fig. 3 et vol. 2.‖ Le chap. 4 en parle aussi.",
        "Il vivait au IIe s. av. J.-C. à Rome.‖ César mourut en 44 av. J.-C.‖ Puis vint Auguste.",
        "J.-P. Sartre et A. Camus se connaissaient.‖ Ils écrivaient.",
        "Attendez… il y a plus.‖ Il s'arrêta...‖ Puis il courut.",
        "# Sécurité\n‖\nPortez des gants.‖ Restez loin du feu.\n‖\n- Lunettes\n‖- Tablier\n",
        "Ouvrez le fichier notes.txt.‖ Allez sur https://exemple.fr/a.html.‖ C'est tout.",
        "Des pommes, des poires, etc.‖ La réunion est à 14 h 30.‖ À demain.",
    ),
    "Spanish": (
        "El Sr. García y la Sra. López llegaron.‖ El Dr. Ruiz no vino.",
        "¿Qué hora es?‖ ¡Son las tres!‖ No lo sabía.",
        "Cuesta 1.250,50 euros.‖ Es el n.º 5 de la lista.‖ Véase la pág. 12.",
        "«Ya voy».‖ Salió corriendo.‖ «¿Cuándo?», preguntó ella.",
        "En EE. UU. viven muchos.‖ La O.N.U. se reunió ayer.",
        "Espera… hay más.‖ Se detuvo...‖ Luego corrió.",
        "# Normas\n‖\nUse guantes.‖ No corra.\n‖\n- Gafas\n‖- Botas\n",
        "Abra el archivo datos.csv.‖ Visite www.ejemplo.es/inicio.html.‖ Es fácil.",
        "Trajeron pan, vino, etc.‖ La fiesta empezó a las 9 p. m.‖ Todos bailaron.",
        "J. L. Borges nació en 1899.‖ Murió en Ginebra.‖ (Era ciego.)‖ Escribió mucho.",
    ),
    "Italian": (
        "Il dott. Rossi e la sig.ra Bianchi sono arrivati.‖ L'ing. Verdi no.",
        "«Vengo.»‖ Poi uscì.‖ «Quando?» chiese lei.‖ «Presto!»",
        "Costa 1.250,50 euro.‖ È molto!‖ Perché?‖ Nessuno lo sa.",
        "Vedi pag. 12, fig. 3 e vol. 2.‖ Il cap. 4 ne parla.",
        "Nacque nel 100 a.C. a Roma.‖ Morì nel 44 a.C.‖ La guerra continuò.",
        "Aspetta… c'è altro.‖ Si fermò...‖ Poi corse.",
        "# Sicurezza\n‖\nUsare i guanti.‖ Non correre.\n‖\n- Occhiali\n‖- Stivali\n",
        "Apri il file note.txt.‖ Vai su www.esempio.it/pagina.html.‖ È facile.",
        "G. Verdi e A. Boito lavorarono insieme.‖ Scrissero l'Otello.",
        "Pane, vino, ecc.‖ La festa iniziò alle 21.30.‖ Tutti ballarono.",
    ),
    "Russian": (
        "А. С. Пушкин родился в 1799 г. в Москве.‖ Он умер в 1837 году.",
        "Он живёт на ул. Ленина, д. 5, кв. 12.‖ Это в г. Туле.",
        "«Я иду».‖ Он вышел.‖ «Когда?» — спросила она.‖ «Скоро!»",
        "Цена 3,5 млн руб. за штуку.‖ Это дорого!‖ Почему?‖ Никто не знает.",
        "Яблоки, груши и т. д. лежат здесь.‖ Там есть столы, стулья и т. п.‖ Всё старое.",
        "См. рис. 3 и стр. 12.‖ Об этом пишет проф. Иванов, т. е. автор.",
        "Подождите… есть ещё.‖ Он остановился...‖ Потом побежал.",
        "# Правила\n‖\nНосите перчатки.‖ Не бегайте.\n‖\n- Очки\n‖- Сапоги\n",
        "Откройте файл данные.txt.‖ Зайдите на www.primer.ru/a.html.‖ Всё просто.",
        "Это было в XIX в. до революции.‖ Собрание начнётся в 14.30.‖ Приходите.",
    ),
    "Chinese": (
        "他来了。‖她走了！‖你知道吗？‖不知道。",
        "“我来了。”‖他走了。‖“什么时候？”她问。‖“很快！”",
        "价格是3.5元。‖圆周率约为3.14159。",
        "请打开data.csv文件。‖然后访问https://example.cn/a.html。‖很简单。",
        "等一下……还有。‖他停了下来。‖然后跑了。",
        "《红楼梦》是曹雪芹写的。‖（他很有名。）‖很多人读过。",
        "# 安全\n‖\n请戴手套。‖不要跑。\n‖\n- 眼镜\n‖- 靴子\n",
        "真的吗？！‖当然！！‖好吧。",
        "U.S. Steel公司成立于1901年。‖总部在匹兹堡。",
        "「我知道。」‖她说：「你也知道吗？」‖大家都笑了。",
    ),
    "Japanese": (
        "彼は来た。‖彼女は帰った！‖知っていますか？‖いいえ。",
        "「行きます。」と彼は言った。‖「いつ？」と彼女は聞いた。‖すぐだ。",
        "価格は3.5ドルです。‖円周率は約3.14です。",
        "data.csvを開いてください。‖https://example.jp/a.htmlを見てください。‖簡単です。",
        "待って…まだある。‖彼は止まった。‖そして走った。",
        "『坊っちゃん』は夏目漱石の小説である。‖（1906年に出た。）‖有名だ。",
        "# 安全\n‖\n手袋をしてください。‖走らないこと。\n‖\n- 眼鏡\n‖- 長靴\n",
        "本当？！‖もちろん！！‖よかった。",
        "「そうだ。」‖彼は笑った。‖「ありがとう！」",
        "Mr. Childrenは1989年に結成された。‖人気がある。",
    ),
    "Arabic": (
        "وصل الرجل أمس.‖ هل رأيته؟‖ نعم، رأيته!‖ كان متعبا.",
        "السعر 3.5 دولار.‖ هذا كثير.",
        "وصل د. أحمد إلى القاهرة.‖ ثم سافر.",
        "قال: «أنا قادم».‖ ثم خرج.‖ «متى؟» سألت هي.",
        "افتح الملف data.csv الآن.‖ ثم زر www.example.com/a.html.‖ الأمر سهل.",
        "انتظر… هناك المزيد.‖ توقف الرجل.‖ ثم ركض.",
        "# السلامة\n‖\nالبس القفازات.‖ لا تركض.\n‖\n- نظارات\n‖- حذاء\n",
        "ولد ج. ر. تولكين عام 1892.‖ كتب «سيد الخواتم».‖ مات عام 1973.",
        "من أنت؟!‖ لا أعرف.‖ (كان يمزح.)‖ ضحك الجميع.",
    ),
    "Hindi": (
        "वह आया।‖ वह चली गई।‖ क्या तुम जानते हो?‖ नहीं।",
        "डॉ. शर्मा दिल्ली में रहते हैं।‖ वे डॉक्टर हैं।",
        "कीमत 3.5 लाख रुपये है।‖ यह बहुत है!",
        "“मैं आ रहा हूँ।”‖ वह चला गया।‖ “कब?” उसने पूछा।",
        "फ़ाइल data.csv खोलें।‖ फिर www.example.in/a.html देखें।‖ यह आसान है।",
        "रुको… और भी है।‖ वह रुका।‖ फिर भागा।",
        "# सुरक्षा\n‖\nदस्ताने पहनें।‖ मत दौड़ो।\n‖\n- चश्मा\n‖- जूते\n",
        "ए. पी. जे. अब्दुल कलाम का जन्म 1931 में हुआ।‖ वे राष्ट्रपति थे।",
        "क्या सच में?!‖ हाँ।‖ (वह हँस रहा था।)‖ सब हँसे।",
        "यह श्लोक है॥‖ इसे पढ़ो।‖ रमेश (उम्र 5.5 वर्ष) सो गया।",
    ),
}
CASES = [(language, marked) for language, texts in GOLD.items() for marked in texts]


def split(text: str) -> list[str]:
    whole = Document("a.md", "A", text, None, "0" * 64)
    sentences = split_sentences(whole)
    assert all(text[one.start : one.end] == one.text for one in sentences)
    return [one.text for one in sentences]


@pytest.mark.parametrize(("language", "marked"), CASES)
def test_sentences_end_where_a_reader_says(language: str, marked: str) -> None:
    assert split(marked.replace("‖", "")) == [one.strip() for one in marked.split("‖")]


def test_an_age_is_no_ordinal() -> None:
    assert split("I am 12. Mary is 10.") == ["I am 12.", "Mary is 10."]


@pytest.mark.parametrize("mark", ["1.", "1.)", "2)", "iv.", "b.", "B.", "c.)"])
def test_a_number_or_letter_of_a_list_is_no_sentence(mark: str) -> None:
    assert split(f"{mark} Switch it on. Wait.") == [f"{mark} Switch it on.", "Wait."]


def test_each_language_has_enough_texts() -> None:
    assert len(GOLD) == 10
    assert min(map(len, GOLD.values())) >= 8
