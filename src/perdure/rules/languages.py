"""Basic statements in German, Spanish, French, Italian, Portuguese, Chinese and Hindi: data, and the few lines that read it.

Each row is a regular expression over a whole sentence. A group `attribute` catches a value, `end_attribute` a value that holds no
more, `kin_<word>` the name of a relative. Negated rows come first in their language: the first row that overlaps a stretch of the
sentence has it, so "no me gusta" never reads as "me gusta".
"""

from __future__ import annotations

import re

from perdure.rules.engine import Reading
from perdure.rules.lazy import rx
from perdure.rules.spans import Span, trim, words_end

_V = r"[^,;:.!?。！？，；\n]+"
_N = r"(?-i:[A-ZÀ-ÖØ-Þ][\w'-]+(?: [A-ZÀ-ÖØ-Þ][\w'-]+)*)"
_DE_HINT = r"\b(?:ich|mein(?:e|er|en|em)?|wir|unser(?:e|er|en)?)\b"
_ES_HINT = r"\b(?:yo|mi|mis|soy|estoy|tengo|vivo|vivimos|trabajo|mudé|mudamos|mudado|gustan?|encantan?|odio|detesto|prefiero|llamo|nombre|tenemos|hablo|nuestr[oa])\b"
_FR_HINT = r"\b(?:je|j|mon|ma|mes|nous|notre|moi)\b"
_IT_HINT = r"\b(?:io|mi|sono|ho|mio|mia|vivo|abito|viviamo|lavoro|odio|detesto|adoro|preferisco|abbiamo|chiamo|parlo|piace|piacciono|trasferit[oai])\b"
_PT_HINT = (
    r"\b(?:eu|meu|minha|sou|moro|vivo|trabalho|tenho|não|gosto|adoro|odeio|detesto|mudei|mudamos|prefiro|estou|temos|nosso|chamo|falo)\b"
)

PATTERNS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "de",
        _DE_HINT,
        (
            rf"\besse kein(?:e|en)? (?P<avoids>{_V})",
            rf"\bmeine lieblingsfarbe ist (?P<favorite_color>{_V})",
            rf"\bmein lieblingsessen ist (?P<favorite_food>{_V})",
            rf"\bwohne? nicht mehr in (?P<end_lives_in>{_N})",
            rf"\b(?:bin|sind) (?:[\wäöü ]{{0,40}}?)(?:von (?P<end_lives_in>{_N}) )?nach (?P<lives_in>{_N}) (?:um)?gezogen",
            rf"\b(?:wohnen?|lebe|leben) (?:jetzt |seit [\wäöü ]{{2,20}} |derzeit |zurzeit |mit [\wäöü ]{{2,30}} )?in (?P<lives_in>{_N})",
            rf"\b(?:heiße|heisse) (?P<name>{_N})",
            rf"\bmein name ist (?P<name>{_N})",
            rf"\barbeite nicht mehr (?:bei|für) (?P<end_employer>{_V})",
            rf"\barbeite (?:jetzt |seit [\w ]{{2,20}} )?(?:als (?P<job_title>[\wäöüß-]+)(?: (?:bei|für) (?P<employer>{_V}))?|(?:bei|für) (?P<employer_2>{_N})(?: als (?P<job_title_2>[\wäöüß-]+))?)",
            rf"\bbin nicht (?:mehr )?(?:allergisch|allergikerin?) gegen (?P<end_allergy>{_V})",
            rf"\bbin (?:stark |sehr )?allergisch (?:gegen|auf) (?P<allergy>{_V})",
            r"\bhabe eine (?P<allergy>[\wäöüß]+)allergie",
            r"\bbin (?:kein(?:e)?|nicht(?: mehr)?) (?P<end_diet>vegetarier(?:in)?|veganer(?:in)?|vegetarisch|vegan)\b",
            r"\bbin (?P<diet>vegetarier(?:in)?|veganer(?:in)?|vegetarisch|vegan|pescetarier(?:in)?)\b",
            r"\b(?:esse|ernähre mich) (?P<diet>vegetarisch|vegan|glutenfrei|halal|koscher)\b",
            r"\bbin (?P<age>\d{1,3}) jahre",
            r"\bbin (?P<marital_status>verheiratet|ledig|geschieden|verlobt|verwitwet)\b",
            rf"\bmag (?:keine?n?|nicht) (?P<dislikes>{_V})",
            rf"\b(?:hasse|verabscheue) (?P<dislikes>{_V})",
            r"\bmag (?P<dislikes>[^,;.!?]+?) (?:überhaupt |gar )?nicht(?: mehr)?\b",
            rf"\b(?:mag|liebe) (?:sehr |gerne? )?(?P<likes>{_V})",
            rf"\bbevorzuge (?P<likes>{_V})",
            rf"\bmein(?:e)? schwester (?:heißt|ist)? ?(?P<kin_sister>{_N})",
            rf"\bmein bruder (?:heißt )?(?P<kin_brother>{_N})",
            rf"\bmeine frau (?:heißt )?(?P<kin_wife>{_N})",
            rf"\bmein mann (?:heißt )?(?P<kin_husband>{_N})",
            rf"\bmeine tochter (?:heißt )?(?P<kin_daughter>{_N})",
            rf"\bmein sohn (?:heißt )?(?P<kin_son>{_N})",
            rf"\b(?:mein|unser) hund (?:heißt )?(?P<kin_dog>{_N})",
            rf"\b(?:meine|unsere) katze (?:heißt )?(?P<kin_cat>{_N})",
            rf"\bich bin (?P<name>{_N})(?=[,.!]| und\b|$)",
            rf"\bspreche (?P<language>{_V})",
            rf"\bkomme (?:ursprünglich )?aus (?P<from>{_N})",
            rf"\bhabe (?:mir )?(?:gestern |letzte woche )?(?:einen?|ein) (?P<purchase>{_V}?) gekauft",
        ),
    ),
    (
        "es",
        _ES_HINT,
        (
            rf"\bno como (?P<avoids>{_V})",
            rf"\bmi color favorito es (?:el )?(?P<favorite_color>{_V})",
            rf"\bmi comida favorita (?:es|son) (?:el |la |los |las )?(?P<favorite_food>{_V})",
            rf"\bya no (?:vivo|vivimos) en (?P<end_lives_in>{_V})",
            rf"\bno (?:vivo|vivimos) en (?P<end_lives_in>{_V})",
            rf"\b(?:me mudé|nos mudamos|me he mudado|me trasladé)(?: hace [\w ]{{2,15}})?(?: de (?P<end_lives_in>{_N}))? a (?P<lives_in>{_V})",
            rf"\b(?:vivo|vivimos|resido)(?: ahora| actualmente)? en (?P<lives_in>{_V})",
            rf"\b(?:me llamo|mi nombre es) (?P<name>{_N})",
            rf"\bya no trabajo (?:en|para) (?P<end_employer>{_V})",
            rf"\btrabajo (?:como|de) (?P<job_title>[\wáéíóúñ ]+?)(?: (?:en|para) (?P<employer>{_V}))?(?=[,.;!]|$| y\b)",
            rf"\btrabajo (?:en|para) (?P<employer>{_N})(?: (?:como|de) (?P<job_title>{_V}))?",
            rf"\b(?:no soy|ya no soy) alérgic[oa] (?:al?|a las?|a los) (?P<end_allergy>{_V})",
            rf"\bsoy (?:muy )?alérgic[oa] (?:a los |a las |a la |al |a )(?P<allergy>{_V})",
            rf"\btengo alergia (?:a los |a las |a la |al |a )(?P<allergy>{_V})",
            r"\b(?:ya )?no soy (?P<end_diet>vegetarian[oa]|vegan[oa])\b",
            r"\bsoy (?P<diet>vegetarian[oa]|vegan[oa]|celíac[oa]|pescetarian[oa])\b",
            r"\btengo (?P<age>\d{1,3}) años",
            r"\b(?:estoy|soy) (?P<marital_status>casad[oa]|solter[oa]|divorciad[oa]|viud[oa])\b",
            rf"\b(?:ya )?no me gustan? (?:nada )?(?:los |las |el |la )?(?P<dislikes>{_V})",
            rf"\b(?:odio|detesto) (?:los |las |el |la )?(?P<dislikes>{_V})",
            rf"\bme (?:gustan?|encantan?) (?:mucho )?(?:los |las |el |la )?(?P<likes>{_V})",
            rf"\bprefiero (?:los |las |el |la )?(?P<likes>{_V})",
            rf"\bmi hermana (?:se llama |es )?(?P<kin_sister>{_N})",
            rf"\bmi hermano (?:se llama |es )?(?P<kin_brother>{_N})",
            rf"\bmi (?:esposa|mujer) (?:se llama |es )?(?P<kin_wife>{_N})",
            rf"\bmi (?:esposo|marido) (?:se llama |es )?(?P<kin_husband>{_N})",
            rf"\bmi hija (?:se llama |es )?(?P<kin_daughter>{_N})",
            rf"\bmi hijo (?:se llama |es )?(?P<kin_son>{_N})",
            rf"\b(?:mi|nuestro) perr[oa] (?:se llama )?(?P<kin_dog>{_N})",
            rf"\b(?:mi|nuestr[oa]) gat[oa] (?:se llama )?(?P<kin_cat>{_N})",
            rf"\bsoy (?P<name>{_N})(?=[,.!]| y\b|$)",
            rf"\bsoy de (?P<from>{_N})",
            rf"\bhablo (?P<language>{_V})",
            r"\bsoy (?P<job_title>ingenier[oa]|médic[oa]|profesora?|enfermer[oa]|abogad[oa]|arquitect[oa]|estudiante|periodista|diseñadora?|cociner[oa]|maestr[oa]|programadora?|contadora?|psicólog[oa])\b(?: en (?P<employer>[A-Z]\w+))?",
        ),
    ),
    (
        "fr",
        _FR_HINT,
        (
            rf"\bne mange (?:pas|plus) (?:de |du |d')(?P<avoids>{_V})",
            rf"\bma couleur préférée est (?:le |la )?(?P<favorite_color>{_V})",
            rf"\b(?:n'habite|ne vis) (?:plus|pas) (?:à|au|en|aux) (?P<end_lives_in>{_V})",
            rf"\b(?:j'ai déménagé|je déménage|nous avons déménagé|je suis parti(?:e)? vivre)(?: de (?P<end_lives_in>{_N}))? (?:à|au|en|pour) (?P<lives_in>{_V})",
            rf"\b(?:j'habite|j'habite maintenant|je vis|nous habitons|nous vivons|je réside)(?: maintenant| actuellement)? (?:à|au|en|aux|dans) (?P<lives_in>{_V})",
            rf"\b(?:je m'appelle|mon nom est|moi c'est) (?P<name>{_N})",
            rf"\bne travaille plus (?:chez|à|pour) (?P<end_employer>{_V})",
            rf"\bje travaille comme (?P<job_title>[\wéèêàâîôûç -]+?)(?: (?:chez|à|pour) (?P<employer>{_V}))?(?=[,.;!]|$| et\b)",
            rf"\bje travaille (?:chez|pour) (?P<employer>{_N})(?: (?:comme|en tant que) (?P<job_title>{_V}))?",
            rf"\bne suis (?:pas|plus) allergique (?:aux |à la |à l'|au |à )(?P<end_allergy>{_V})",
            rf"\bje suis (?:très )?allergique (?:aux |à la |à l'|au |à )(?P<allergy>{_V})",
            r"\bne suis (?:plus|pas) (?P<end_diet>végétarien(?:ne)?|végane?|vegan)\b",
            r"\bje suis (?P<diet>végétarien(?:ne)?|végane?|vegan|végétalien(?:ne)?|pescétarien(?:ne)?)\b",
            r"\bj'ai (?P<age>\d{1,3}) ans\b",
            r"\bje suis (?P<marital_status>mariée?|célibataire|divorcée?|fiancée?|veuve|veuf)\b",
            rf"\bn'aime (?:pas|plus)(?: du tout)? (?:les |la |le |l')?(?P<dislikes>{_V})",
            rf"\bje (?:déteste|hais) (?:les |la |le |l')?(?P<dislikes>{_V})",
            rf"\bj'(?:aime|adore) (?:beaucoup |bien |vraiment )?(?:les |la |le |l')?(?P<likes>{_V})",
            rf"\bje préfère (?:les |la |le |l')?(?P<likes>{_V})",
            rf"\bma sœur (?:s'appelle |est )?(?P<kin_sister>{_N})",
            rf"\bmon frère (?:s'appelle |est )?(?P<kin_brother>{_N})",
            rf"\bma femme (?:s'appelle |est )?(?P<kin_wife>{_N})",
            rf"\bmon mari (?:s'appelle |est )?(?P<kin_husband>{_N})",
            rf"\bma fille (?:s'appelle |est )?(?P<kin_daughter>{_N})",
            rf"\bmon fils (?:s'appelle |est )?(?P<kin_son>{_N})",
            rf"\b(?:mon|notre) chien (?:s'appelle )?(?P<kin_dog>{_N})",
            rf"\b(?:mon|notre) chat(?:te)? (?:s'appelle )?(?P<kin_cat>{_N})",
            rf"\bje suis (?P<name>{_N})(?=[,.!]| et\b|$)",
            rf"\bje parle (?P<language>{_V})",
            rf"\bje viens (?:de |du |d')(?P<from>{_N})",
            r"\bje suis (?P<job_title>ingénieure?|médecin|professeure?|infirmi(?:er|ère)|avocate?|architecte|étudiante?|journaliste|développeu(?:r|se)|cuisini(?:er|ère)|enseignante?|comptable)\b(?: chez (?P<employer>[A-Z]\w+))?",
        ),
    ),
    (
        "it",
        _IT_HINT,
        (
            rf"\bnon mangio (?P<avoids>{_V})",
            rf"\bil mio colore preferito è (?:il )?(?P<favorite_color>{_V})",
            rf"\bnon (?:vivo|abito) più (?:a|in) (?P<end_lives_in>{_V})",
            rf"\bnon (?:vivo|abito) (?:a|in) (?P<end_lives_in>{_V})",
            rf"\b(?:mi sono trasferit[oa]|ci siamo trasferiti)(?: da (?P<end_lives_in>{_N}))? (?:a|in) (?P<lives_in>{_V})",
            rf"\b(?:vivo|abito|viviamo|abitiamo)(?: ora| adesso| attualmente)? (?:a|in) (?P<lives_in>{_V})",
            rf"\b(?:mi chiamo|il mio nome è) (?P<name>{_N})",
            rf"\bnon lavoro più (?:in|per|alla|da|presso) (?P<end_employer>{_V})",
            rf"\blavoro come (?P<job_title>[\wàèéìòù ]+?)(?: (?:in|per|alla|da|presso) (?P<employer>{_V}))?(?=[,.;!]|$| e\b)",
            rf"\blavoro (?:in|per|alla|da|presso) (?P<employer>{_N})(?: come (?P<job_title>{_V}))?",
            rf"\bnon sono (?:più )?allergic[oa] (?:alle |agli |ai |alla |al |all')(?P<end_allergy>{_V})",
            rf"\bsono (?:molto )?allergic[oa] (?:alle |agli |ai |alla |al |all'|a )(?P<allergy>{_V})",
            r"\bnon sono (?:più )?(?P<end_diet>vegetarian[oa]|vegan[oa])\b",
            r"\bsono (?P<diet>vegetarian[oa]|vegan[oa]|celiac[oa])\b",
            r"\bho (?P<age>\d{1,3}) anni\b",
            r"\bsono (?P<marital_status>sposat[oa]|single|divorziat[oa]|fidanzat[oa]|celibe|nubile)\b",
            rf"\bnon mi (?:piace|piacciono) (?:più )?(?:i |gli |le |il |lo |la |l')?(?P<dislikes>{_V})",
            rf"\b(?:odio|detesto) (?:i |gli |le |il |lo |la |l')?(?P<dislikes>{_V})",
            rf"\bmi (?:piace|piacciono) (?:molto |tanto )?(?:i |gli |le |il |lo |la |l')?(?P<likes>{_V})",
            rf"\b(?:adoro|amo|preferisco) (?:i |gli |le |il |lo |la |l')?(?P<likes>{_V})",
            rf"\bmia sorella (?:si chiama |è )?(?P<kin_sister>{_N})",
            rf"\bmio fratello (?:si chiama |è )?(?P<kin_brother>{_N})",
            rf"\bmia moglie (?:si chiama |è )?(?P<kin_wife>{_N})",
            rf"\bmio marito (?:si chiama |è )?(?P<kin_husband>{_N})",
            rf"\bmia figlia (?:si chiama |è )?(?P<kin_daughter>{_N})",
            rf"\bmio figlio (?:si chiama |è )?(?P<kin_son>{_N})",
            rf"\b(?:il mio|il nostro) cane (?:si chiama )?(?P<kin_dog>{_N})",
            rf"\b(?:il mio|la mia) gatt[oa] (?:si chiama )?(?P<kin_cat>{_N})",
            rf"\bsono di (?P<from>{_N})",
            rf"\bparlo (?P<language>{_V})",
            rf"\bsono (?P<name>{_N})(?=[,.!]| e\b|$)",
        ),
    ),
    (
        "pt",
        _PT_HINT,
        (
            rf"\bn[ãa]o como (?P<avoids>{_V})",
            rf"\bminha cor favorita é (?:o )?(?P<favorite_color>{_V})",
            rf"\b(?:já )?n[ãa]o (?:moro|vivo)(?: mais)? (?:em|no|na) (?P<end_lives_in>{_V})",
            rf"\b(?:me mudei|mudei-me|nos mudamos|mudei)(?: de (?P<end_lives_in>{_N}))? para (?:o |a )?(?P<lives_in>{_V})",
            rf"\b(?:moro|vivo|moramos)(?: agora| atualmente)? (?:em|no|na) (?P<lives_in>{_V})",
            rf"\b(?:meu nome é|me chamo|chamo-me) (?P<name>{_N})",
            rf"\bn[ãa]o trabalho mais (?:na|no|em|para) (?P<end_employer>{_V})",
            rf"\btrabalho como (?P<job_title>[\wáâãàéêíóôõúç ]+?)(?: (?:na|no|em|para a|para o|para) (?P<employer>{_V}))?(?=[,.;!]|$| e\b)",
            rf"\btrabalho (?:na|no|para a|para o|para) (?P<employer>{_N})(?: como (?P<job_title>{_V}))?",
            rf"\bn[ãa]o sou (?:mais )?alérgic[oa] (?:a |ao |à |aos |às )(?P<end_allergy>{_V})",
            rf"\bsou (?:muito )?alérgic[oa] (?:a |ao |à |aos |às )(?P<allergy>{_V})",
            rf"\btenho alergia (?:a |ao |à |aos |às )(?P<allergy>{_V})",
            r"\bn[ãa]o sou (?:mais )?(?P<end_diet>vegetarian[oa]|vegan[oa])\b",
            r"\bsou (?P<diet>vegetarian[oa]|vegan[oa]|celíac[oa])\b",
            r"\btenho (?P<age>\d{1,3}) anos\b",
            r"\bsou (?P<marital_status>casad[oa]|solteir[oa]|divorciad[oa]|viúv[oa])\b",
            rf"\bn[ãa]o gosto (?:mais )?(?:de |do |da |dos |das )(?P<dislikes>{_V})",
            rf"\b(?:odeio|detesto) (?:o |a |os |as )?(?P<dislikes>{_V})",
            rf"\bgosto (?:muito )?(?:de |do |da |dos |das )(?P<likes>{_V})",
            rf"\b(?:adoro|amo|prefiro) (?:o |a |os |as )?(?P<likes>{_V})",
            rf"\bminha irmã (?:se chama |é (?:a )?)?(?P<kin_sister>{_N})",
            rf"\bmeu irmão (?:se chama |é (?:o )?)?(?P<kin_brother>{_N})",
            rf"\bminha (?:esposa|mulher) (?:se chama |é (?:a )?)?(?P<kin_wife>{_N})",
            rf"\bmeu marido (?:se chama |é (?:o )?)?(?P<kin_husband>{_N})",
            rf"\bminha filha (?:se chama |é (?:a )?)?(?P<kin_daughter>{_N})",
            rf"\bmeu filho (?:se chama |é (?:o )?)?(?P<kin_son>{_N})",
            rf"\b(?:meu|nosso) cachorr[oa] (?:se chama )?(?P<kin_dog>{_N})",
            rf"\b(?:meu|minha) gat[oa] (?:se chama )?(?P<kin_cat>{_N})",
            rf"\bsou (?:de|do|da) (?P<from>{_N})",
            rf"\bfalo (?P<language>{_V})",
            rf"\bsou (?:o |a )?(?P<name>{_N})(?=[,.!]| e\b|$)",
        ),
    ),
    (
        "zh",
        r"[我俺]",
        (
            r"我(?:已经)?(?:不再|不)住在?(?P<end_lives_in>[\u4e00-\u9fff]{1,12}?)(?:了|(?=[,，。！])|$)",
            r"(?:从(?P<end_lives_in>[\u4e00-\u9fff]{1,8}))?搬(?:家)?(?:到|去|来)了?(?P<lives_in>[\u4e00-\u9fff]{1,10}?)(?:了|(?=[,，。！])|$)",
            r"(?:我|现在|目前|[,，])(?:现在|目前|家)?(?:居)?住在?(?:在)?(?P<lives_in>(?!酒店)[\u4e00-\u9fff]{2,10}?)(?:了|(?=[,，。！])|$)",
            r"我(?:的名字)?(?:叫做?|是叫)(?P<name>[\u4e00-\u9fffA-Za-z·]{1,12}?)(?=[,，。！]|$)",
            r"我的名字是(?P<name>[\u4e00-\u9fffA-Za-z·]{1,12}?)(?=[,，。！]|$)",
            r"我(?:已经)?(?:对(?P<end_allergy>[\u4e00-\u9fff]{1,12}?)(?:不|并不|不再)过敏)",
            r"我对(?P<allergy>[\u4e00-\u9fff、和]{1,20}?)过敏",
            r"我(?:现在)?不(?:再)?(?:是|吃)(?P<end_diet>素食主义者|素食者|素)(?:了)?",
            r"我(?:是|吃)(?P<diet>素食主义者|素食者|素|纯素)",
            r"我(?:今年)?(?P<age>\d{1,3})岁",
            r"我(?:很|真的|一点都|并)?(?:不喜欢|讨厌|不爱吃|不爱|恨)(?:吃|喝)?(?P<dislikes>[\u4e00-\u9fffA-Za-z]{1,15}?)(?:了|(?=[,，。！])|$)",
            r"我(?:很|最|非常|特别|真的|也)?(?:喜欢|爱吃|爱喝|热爱|爱)(?:吃|喝)?(?P<likes>[\u4e00-\u9fffA-Za-z]{1,15}?)(?:了|(?=[,，。！])|$)",
            r"我(?:不再|不)在(?P<end_employer>[\u4e00-\u9fffA-Za-z]{1,12}?)(?:工作|上班)",
            r"(?:我|[,，])?(?:现在|目前)?在(?P<employer>[\u4e00-\u9fffA-Za-z]{1,12}?)(?:工作|上班)",
            r"我是(?:一名|一个|个|名)(?P<job_title>[\u4e00-\u9fff]{2,8}?)(?=[,，。！]|$)",
            r"我(?:的)?(?:姐姐|妹妹)(?:叫|是)(?P<kin_sister>[\u4e00-\u9fffA-Za-z]{2,6}?)(?=[,，。！]|$)",
            r"我(?:的)?(?:哥哥|弟弟)(?:叫|是)(?P<kin_brother>[\u4e00-\u9fffA-Za-z]{2,6}?)(?=[,，。！]|$)",
            r"我(?:的)?(?:妻子|老婆|太太)(?:叫|是)(?P<kin_wife>[\u4e00-\u9fffA-Za-z]{2,6}?)(?=[,，。！]|$)",
            r"我(?:的)?(?:丈夫|老公|先生)(?:叫|是)(?P<kin_husband>[\u4e00-\u9fffA-Za-z]{2,6}?)(?=[,，。！]|$)",
            r"我(?:的)?女儿(?:叫|是)(?P<kin_daughter>[\u4e00-\u9fffA-Za-z]{2,6}?)(?=[,，。！]|$)",
            r"我(?:的)?儿子(?:叫|是)(?P<kin_son>[\u4e00-\u9fffA-Za-z]{2,6}?)(?=[,，。！]|$)",
            r"我(?:的)?(?:家的?)?(?:狗|小狗)(?:叫|是)(?P<kin_dog>[\u4e00-\u9fffA-Za-z]{1,6}?)(?=[,，。！]|$)",
            r"我(?:的)?(?:家的?)?(?:猫|小猫)(?:叫|是)(?P<kin_cat>[\u4e00-\u9fffA-Za-z]{1,6}?)(?=[,，。！]|$)",
            r"我(?:来自(?P<from>[\u4e00-\u9fff]{2,6}?)|是(?P<from_2>[\u4e00-\u9fff]{2,6}?)人)(?=[,，。！]|$)",
            r"我是(?P<job_title>老师|医生|律师|工程师|护士|学生|程序员|教师|厨师|司机|记者|设计师|会计|作家|警察)",
            r"我(?:家)?(?:有|养了?)(?:一|两)?[只条]?(?:狗|小狗)(?:叫|名叫)(?P<kin_dog>[\u4e00-\u9fffA-Za-z]{1,6}?)(?=[,，。！]|$)",
            r"我(?:家)?(?:有|养了?)(?:一|两)?[只]?(?:猫|小猫)(?:叫|名叫)(?P<kin_cat>[\u4e00-\u9fffA-Za-z]{1,6}?)(?=[,，。！]|$)",
        ),
    ),
    (
        "hi",
        r"(?:मैं|मेरा|मेरी|मुझे|हम|मैंने)",
        (
            r"मैं अब (?P<end_lives_in>\S+) में नहीं रहता|मैं अब (?P<end_lives_in_2>\S+) में नहीं रहती",
            r"मैं (?P<end_lives_in>\S+) में नहीं रहत[ाी]",
            r"(?:मैं|और)(?: अब)? (?P<lives_in>\S+(?: \S+)?) में रहत[ाी]",
            r"मेरा नाम (?P<name>\S+(?: \S+)?) है",
            r"मुझे (?P<dislikes>[^।,]+?) (?:बिल्कुल )?(?:पसंद|अच्छ[ाीे]) नहीं",
            r"मुझे (?P<dislikes>[^।,]+?) नहीं (?:पसंद|अच्छ)",
            r"मुझे (?P<likes>[^।,]+?) (?:बहुत )?(?:पसंद|अच्छ[ाीे]) (?:है|हैं|लगत)",
            r"मुझे (?P<allergy>[^।,]+?) से एलर्जी है",
            r"मैं (?P<diet>शाकाहारी|वीगन) (?:हूँ|हूं)",
            r"मेरी उम्र (?P<age>\d{1,3})",
            r"मैं (?P<age>\d{1,3}) साल",
            r"मैं (?P<employer>\S+) में काम करत[ाी]",
            r"मैं (?:एक )?(?P<job_title>डॉक्टर|शिक्षक|शिक्षिका|इंजीनियर|वकील|नर्स|लेखक|छात्र|छात्रा) (?:हूँ|हूं)",
            r"मेरी बहन का नाम (?P<kin_sister>\S+) है",
            r"मेरे भाई का नाम (?P<kin_brother>\S+) है",
            r"मेरी पत्नी का नाम (?P<kin_wife>\S+) है",
            r"मेरे पति का नाम (?P<kin_husband>\S+) है",
            r"मेरे कुत्ते का नाम (?P<kin_dog>\S+) है",
        ),
    ),
)

_STOP = (
    r"\s+(?:und|aber|weil|seit|mit|als|bei|obwohl|denn|y|e|pero|porque|desde|con|como|et|mais|parce|depuis|avec|ed|ma|perché|da quando|dal|mas|desde|com|há|hace|depuis|letzten?|letzte[sm]|le mois|il mese|el (?:mes|año)|l'année|la semaine|"
    r"nicht|anymore|ahora|jetzt|nun|sehr|mucho|beaucoup|molto|muito|no mês|el pasado|la pasada|o ano|il y a)\b|[,;:.!?，。！？；\n]|\ufffc"
)
_NEXT_VERB = (
    r"\s(?:und|y|e|et|ed)\s+(?:(?:er|sie|ich|él|ella|yo|il|elle|je|lui|lei|io|ele|ela|eu)\s+)?(?:wohn[te]+|leb[te]+|ist|bin|hat|habe|arbeite[t]?|mag|liebt?|spr[ie]ch[te]+|studier[te]+|heißt?e?|"
    r"viv[eo]|es|soy|tiene|tengo|trabaj[ao]|habl[ao]|estudi[ao]|me|se|j'\w+|habite|vit|vis|est|suis|a|ai|travaille|parle|étudie|adore|aime|abit[ao]|è|sono|ha|ho|lavor[ao]|parl[ao]|"
    r"studi[ao]|fa|si|mi|mor[ao]|é|sou|tem|tenho|trabalh[ao]|fal[ao]|estud[ao]|n[ãa]o|non?|ne|nicht)\b"
)
"""Where a list is over: what follows "and" is another statement."""
_LISTS = r"\s*(?:,|、|和|\s(?:und|y|e|et|ed|oder|o|ou)\s)\s*"


def read_foreign(text: str, start: int, end: int) -> list[Reading]:
    """The readings of one sentence in another language than English; empty for English."""
    end = min(end, start + 400)
    for _, hint, patterns in PATTERNS:
        if rx(hint).search(text, start, end) is None:
            continue
        found = _read(text, start, end, patterns)
        if found:
            return found
    return []


_ANOTHER = (
    r"(?:\b(?:mein|meine|unser|unsere|sein|seine|ihr|ihre|dein|deine|mi|mis|su|sus|tu|nuestr[oa]|mon|ma|notre|son|sa|leur|(?:(?:il|la) )?(?:mi[ao]|nostr[ao]|su[ao])|(?:[oa] )?(?:meu|minha|nosso|nossa|seu|sua))"
    r"\s+(?:[^\W\d_]+\s+){1,3}|(?:老公|老婆|丈夫|妻子|太太|先生|妈妈?|母亲|爸爸?|父亲|姐姐?|妹妹?|哥哥?|弟弟?|儿子|女儿|孩子|朋友|同事|老板|奶奶|爷爷|外婆|外公|叔叔|阿姨|邻居|男友|女友|室友|他们?|她们?)(?:现在|今年|也|很|都)?"
    r"|\b(?-i:[A-ZÀ-Þ])[a-zà-ÿß]{2,}\s+)$"
)
"""A relative or a name right before a match: what it says is said of them."""
_FIRST_PERSON = r"(?:ich|yo|je|j'|io|eu|wir|nosotros|nous|noi|nós|me|mir|mich|mi piac|我|我们|मैं|मुझे|हम)(?=\W|[^\x00-\x7f]|$)"


def _of_another(text: str, start: int, at: int) -> bool:
    """Whether what is found at `at` has a relative or a name for its subject."""
    if rx(_FIRST_PERSON).match(text, at):
        return False
    m = rx(_ANOTHER).search(text, max(start, at - 60), at)
    return (
        m is not None
        and (m.start() == start or not text[m.start() :][:1].isascii() or rx(r"[\s,;]$").search(text, start, m.start()) is not None)
        and m.group().split()[0].casefold() not in _OPENINGS
    )


_OPENINGS = frozenset(
    "ich wir yo je nous io noi eu nós mir mich me mi hallo hola bonjour salut ciao buongiorno olá oi hi hey ja nein sí si no oui non sim não also aber und jetzt heute seit ahora hoy desde pero actualmente maintenant aujourd depuis mais ora adesso oggi da agora hoje desde mas eigentlich leider übrigens además también aussi anche também".split()
)


def _read(text: str, start: int, end: int, patterns: tuple[str, ...]) -> list[Reading]:
    out: list[Reading] = []
    taken: list[Span] = []
    for pattern in patterns:
        for m in rx(pattern).finditer(text, start, end):
            readings = [r for group, value in m.groupdict().items() if value for r in captured(text, group, m)]
            reach = max((r.end for r in readings), default=m.end())
            if any(m.start() < b and a < reach for a, b in taken):
                continue
            if readings and _of_another(text, start, m.start()):
                readings = [r for r in readings if r.kin]
            if readings:
                taken.append((m.start(), max(r.end for r in readings)))
                out += readings
    return out


def captured(text: str, group: str, m: re.Match[str]) -> list[Reading]:
    """The readings of one group of a match: what it caught, cut where the value ends, lists taken apart."""
    a, b = m.span(group)
    name = group.removesuffix("_2")
    if name.startswith("kin_"):
        return (
            [Reading("kin", x, y, kin=name.removeprefix("kin_")) for x, y in trim(text, a, b)]
            if text[a].isupper() or ord(text[a]) > 0x3FF
            else []
        )
    ended = name.startswith("end_")
    name = name.removeprefix("end_")
    if name in ("name", "lives_in", "from") and not (text[a].isupper() or ord(text[a]) > 0x24F):
        return []
    kind = "preference" if name in ("likes", "dislikes", "diet") else "fact"
    spans: list[Span] = []
    if name in ("allergy", "likes", "dislikes", "language"):
        stop = words_end(text, a, b, _STOP.replace("und|", "", 1).replace("|y|e|", "|", 1).replace("|et|", "|", 1).replace("|ed|", "|", 1))
        following = rx(_NEXT_VERB).search(text, a, stop)
        stop = following.start() if following else stop
        at = a
        for sep in rx(_LISTS).finditer(text, a, stop):
            spans += trim(text, at, sep.start())
            at = sep.end()
        spans += trim(text, at, stop)
    else:
        spans = trim(text, a, words_end(text, a, b, _STOP))
    return [Reading(name, x, y, ended=ended, kind=kind) for x, y in spans if y - x <= 60]
