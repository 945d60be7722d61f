"""Words the gate knows: talk that tells nothing, and how orders begin, in the languages people greet in. Data alone."""

from __future__ import annotations

import re
from typing import Final

_PHRASES: Final = """
hi; hii; hello; hey; yo; howdy; greetings; good morning; good afternoon; good evening; good night; good day; morning; evening;
welcome; welcome back; thanks; thank you; thank u; thx; ty; cheers; ta; ok; okay; k; kk; cool; great; nice; nice one; awesome;
perfect; excellent; wonderful; amazing; fantastic; super; sweet; sure; alright; all right; got it; i see; right; wow; whoa; oh; ah;
aha; huh; uh; um; lmao; rofl; bye; goodbye; see you; see ya; later; see you later; see you soon; see you tomorrow; take care; have a
nice day; have a good day; have a great day; have a good one; have a nice evening; have a good evening; have a great evening; have a
nice weekend; have a good weekend; have a great weekend; have a good night; have a nice one; have a great one; have a nice night;
have a great night; no problem; no worries; you're welcome; youre welcome; my pleasure; sounds good; makes sense; understood; will
do; well done; good job; please; continue; go on; go ahead; next; more; nevermind; never mind; there; again; so much; very much; a
lot; a million; everyone; all; guys; friend; buddy; man; mate; assistant; bot; chatgpt; claude; gemini; that's great; that's nice;
that's cool; that's awesome; that's perfect; that's helpful; that's very helpful; that's good; that's fine; that's all; that's it;
that's right; that's funny; that's interesting; that's amazing; that is great; that is nice; that is cool; that is awesome; that is
perfect; that is helpful; that is very helpful; that is good; that is fine; that is all; that is it; that is right; that is funny;
that is interesting; that is amazing; that was great; that was nice; that was helpful; that was very helpful; that was perfect; that
was funny; that was amazing; that was all; that helps; that helped; how are you; how are you doing; how's it going; how is it going;
what's up; nice to meet you; hope you're well; hope you are well; hope you're doing well; hope you are doing well; for your help;
for that; for this; for the help; i appreciate it; appreciated; neat; terrible; lovely; brilliant; interesting; kidding; just
kidding; funny; very funny; good one; fair enough; fair; exactly; of course; indeed; absolutely; definitely; noted; yay; yeah; yep;
yup; hooray; oops; ouch; whatever; anyway; nah; not bad; good; very good; fine; glad to hear it; good to know; good point; sorry; my
bad; in a bit; talk soon; talk later; sleep well; sweet dreams; you too; same to you; and you; so; well; haha; weird; crazy; true;
really; oh no; no way; big; very; too; hallo; guten tag; guten morgen; guten abend; gute nacht; moin; servus; grüß gott; grüezi;
danke; danke schön; dankeschön; danke dir; danke ihnen; danke sehr; vielen dank; besten dank; herzlichen dank; tausend dank; bitte;
bitte schön; bitteschön; gerne; gern geschehen; tschüss; tschüs; ciao; bis später; bis dann; bis bald; bis morgen; auf wiedersehen;
mach's gut; machs gut; schönen tag; schönen tag noch; schönen abend; schönen abend noch; schönes wochenende; genau; klar; alles
klar; na klar; verstanden; okay verstanden; ach so; achso; aha; stimmt; richtig; prima; toll; klasse; wunderbar; perfekt; spitze;
gut; sehr gut; lustig; kein problem; keine ursache; passt; passt schon; macht nichts; egal; weiter; mach weiter; noch mal; nochmal;
für deine hilfe; für ihre hilfe; für die hilfe; für die antwort; wie geht's; wie gehts; wie geht es dir; wie geht es ihnen; ja;
nein; doch; ja genau; interessant; cool danke; witzig; na ja; naja; nun; also; tja; oh; dir auch; ihnen auch; gleichfalls; kleiner
scherz; scherz; war nur spaß; hola; buenos días; buenos dias; buen día; buenas; buenas tardes; buenas noches; gracias; muchas
gracias; mil gracias; muchísimas gracias; de nada; por favor; adiós; adios; chao; chau; hasta luego; hasta pronto; hasta mañana; nos
vemos; vale; de acuerdo; entendido; claro; por supuesto; genial; perfecto; excelente; estupendo; fantástico; maravilloso; bien; muy
bien; qué bien; bueno; sí; si; no; sí claro; exacto; cierto; no pasa nada; no hay problema; no hay de qué; está bien; ya veo; ya
entiendo; por tu ayuda; por su ayuda; por la ayuda; por todo; cómo estás; como estas; qué tal; que tal; qué interesante; qué
gracioso; buen fin de semana; que tengas buen día; que tengas un buen día; igualmente; sigue; continúa; otra vez; amigo; bromeaba;
es broma; guay; listo; ok gracias; super; bonjour; bonsoir; bonne nuit; bonne journée; bonne soirée; bon week-end; bon weekend;
salut; coucou; merci; merci beaucoup; merci bien; mille mercis; un grand merci; de rien; je vous en prie; je t'en prie; s'il te
plaît; s'il vous plaît; stp; svp; au revoir; à bientôt; à plus tard; à plus; à demain; à tout à l'heure; d'accord; entendu; compris;
d'accord compris; oui; non; si; bien sûr; oui bien sûr; exactement; voilà; parfait; génial; super; excellent; formidable;
magnifique; top; bien; très bien; c'est bien; c'est bon; c'est parfait; c'est noté; c'est gentil; c'est super; c'est tout; pas de
souci; pas de soucis; pas de problème; pas grave; ce n'est pas grave; je vois; je comprends; ah bon; ah; pour ton aide; pour votre
aide; pour l'aide; pour tout; comment ça va; comment vas-tu; comment allez-vous; ça va; ça marche; toi aussi; vous aussi; de même;
continue; encore; je plaisante; c'est une blague; marrant; drôle; intéressant; mdr; tant mieux; buongiorno; buonasera; buonanotte;
grazie; grazie mille; prego; arrivederci; va bene; perfetto; certo; ottimo; olá; oi; bom dia; boa tarde; boa noite; obrigado;
obrigada; muito obrigado; muito obrigada; tchau; até logo; tudo bem; привет; здравствуйте; спасибо; большое спасибо; пока; хорошо;
ладно; مرحبا; شكرا; नमस्ते; धन्यवाद; merhaba; teşekkürler; cześć; dziękuję; hej; tack; hoi; dank je; bedankt; 안녕하세요; 감사합니다; 네
"""
SMALL_TALK: Final = frozenset(" ".join(phrase.replace("-", " ").split()) for phrase in _PHRASES.split(";"))
"""Phrases that tell nothing, alone or one after the other."""
LONGEST: Final = max(len(phrase.split()) for phrase in SMALL_TALK)
"""Words of the longest of them."""

UNSPACED: Final = tuple(
    sorted(
        "你好 您好 大家好 早上好 上午好 中午好 下午好 晚上好 早安 晚安 早 谢谢 谢谢你 谢谢您 多谢 感谢 非常感谢 "
        "十分感谢 太感谢了 麻烦你了 辛苦了 辛苦 不客气 不用谢 没事 没关系 没问题 好 好的 好吧 好啊 好呀 行 行吧 可以 "
        "明白 明白了 懂了 知道了 了解 了解了 收到 原来如此 这样啊 是的 是啊 对 对的 对啊 没错 不是 不 不用 不用了 "
        "当然 太好了 太棒了 真棒 真好 很好 不错 厉害 完美 赞 有意思 有趣 真有趣 好玩 再见 拜拜 回见 回头见 明天见 "
        "待会见 保重 祝你愉快 周末愉快 继续 请继续 下一个 再来一个 开玩笑 开玩笑的 嗨 哈喽 喂 嗯 哦 噢 啊 呀 吧 呢 "
        "了 哎 唉 哇 哈 呵 嘿 嘻 你好吗 你好么 最近好吗 吃了吗 こんにちは こんばんは おはよう おはようございます "
        "ありがとう ありがとうございます はい いいえ さようなら またね おやすみ おやすみなさい わかりました 了解です すごい "
        "すみません".split(),
        key=len,
        reverse=True,
    )
)
"""The same in scripts without spaces, the longest first."""

LAUGHTER: Final = re.compile(
    r"(?:(?:ha|he|hi|ho|ja|je|ji|ah|eh|ka|kk|rs)+[hsk]?|[hk]{2,}|l+o+l+|lu+l|h+m+|m+h+m*|x+d+|mdr+|ptdr+|w+o+w+|o+h+|a+h+|h+i+)"
)

FOR_ME: Final = re.compile(r"(?:给|帮|替|告诉|教|请|让|跟|对|为)我们?")
"""What is done for the one who asks is nothing about them."""

ORDERS: Final = re.compile(
    r"\s*(?:(?:and|but|so|hey|hi|hello|ok|okay|well|also|oh|please|now|then|kindly|maybe|just|thanks|great|sure|"
    r"alright|no|yes|again|instead|bitte|dann|und|jetzt|por favor|ahora|entonces|y|s'il te plaît|"
    r"s'il vous plaît|maintenant|alors|et)[,:!]?\s+)*"
    r"(?:write|tell|show|give|help|explain|find|make|create|list|suggest|recommend|translate|summari[sz]e|draft|"
    r"compose|generate|let'?s|let me|recap|"
    r"describe|compare|calculate|compute|open|play|search|look up|check|read|review|edit|proofread|rewrite|rephrase|"
    r"convert|act|pretend|"
    r"imagine|answer|continue|stop|start|try|provide|design|build|code|implement|debug|run|repeat|teach|define|"
    r"solve|outline|analy[sz]e|output|print|"
    r"format|sort|shorten|expand|simplify|elaborate|brainstorm|propose|walk me|come up|say|sing|count|spell|pick|choose|guess|"
    r"erkläre?|schreibe?|zeige?|gib|nenne?|erzähle?|übersetze?|hilf|suche?|finde?|liste|beschreibe?|vergleiche?|berechne|rechne|"
    r"korrigiere?|fasse?|mach|stell|schlag|empfiehl|sage?|lies|prüfe?|verbessere?|formuliere?|kürze|definiere|"
    r"escribe|escríbeme|explica|explícame|dime|dame|muéstrame|enséñame|traduce|tradúceme|cuéntame|cuenta|haz|hazme|busca|búscame|"
    r"recomiéndame|recomienda|ayúdame|resume|resúmeme|calcula|compara|corrige|describe|sugiere|sugiéreme|enumera|prepara|repite|"
    r"écris|écrivez|explique|expliquez|donne|donnez|montre|montrez|traduis|traduisez|raconte|racontez|cherche|cherchez|fais|faites|aide|aidez|"
    r"résume|résumez|corrige|corrigez|compare|décris|calcule|rédige|rédigez|trouve|trouvez|propose|proposez|suggère|dis|dites|répète|"
    r"scrivi|spiega|dimmi|traduci|raccontami|escreva|traduza|explique|conte)\b",
    re.IGNORECASE,
)
ORDERS_UNSPACED: Final = re.compile(
    r"\s*(?:请|麻烦|那|那就|再|好的?|然后|现在|你|您|能不能|[，,、\s])*"
    r"(?:写|讲|解释|翻译|把.{1,80}翻译|介绍|推荐|列出|列|总结|说说|说一|查|搜|算|计算|画|生成|润色|改写|继续|比较|对比|分析|举个?例|想象|假装|假设|扮演|教我|告诉我|帮我|给我|让我)"
)
"""How an order begins, in scripts without spaces."""
