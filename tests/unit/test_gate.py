"""The gate before the call: small talk, questions and orders cost nothing, in five languages; what tells of a life is asked about."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.model.candidate import ExtractionContext
from perdure.model.message import Message
from perdure.stages.extract import LLMExtractor
from perdure.stages.gate import gate
from perdure.testing import EchoLLM

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)

NOTHING = {
    "en": [
        "Hi there!", "Good morning", "Thanks, that helps a lot!", "Ok, got it.", "Haha, nice one", "Neat.", "Terrible!",
        "Lovely, thanks", "Can you help me with something?", "What's the weather like?", "Tell me a joke.", "How are you today?",
        "See you later!", "No worries", "Kidding!", "Brilliant!", "Perfect, thank you so much", "Cool cool", "Interesting...", "Go on",
        "Never mind",
    ],
    "de": [
        "Hallo!", "Guten Morgen", "Danke dir!", "Vielen Dank für deine Hilfe", "Alles klar", "Super, danke", "Okay, verstanden",
        "Wie geht's?", "Wie geht es dir?", "Kannst du mir helfen?", "Was ist die Hauptstadt von Frankreich?", "Erzähl mir einen Witz.",
        "Erkläre mir Quantenphysik.", "Bis später!", "Haha, gut", "Schönen Tag noch!", "Gern geschehen", "Ja, genau.", "Tschüss!",
        "Kein Problem", "Ach so", "Wie spät ist es in Tokio?", "Übersetze das bitte ins Englische.",
    ],
    "es": [
        "¡Hola!", "Buenos días", "Muchas gracias", "Gracias por tu ayuda", "Vale, entendido", "¿Cómo estás?", "¿Qué tal?",
        "¿Puedes ayudarme?", "¿Cuál es la capital de Francia?", "Cuéntame un chiste.", "Explícame la fotosíntesis.", "Hasta luego",
        "Jajaja", "Perfecto", "Genial, gracias", "De nada", "Buenas noches", "Sí, claro", "No pasa nada", "¿Qué hora es en Tokio?",
        "Escribe un poema sobre el mar.",
    ],
    "fr": [
        "Bonjour !", "Salut, ça va ?", "Merci beaucoup", "Merci pour ton aide !", "D'accord, compris", "Comment ça va ?",
        "Peux-tu m'aider ?", "Pouvez-vous m'aider ?", "Quelle est la capitale de la France ?", "Raconte-moi une blague.",
        "Explique-moi la relativité.", "À plus tard", "Haha", "Parfait, merci", "De rien", "Bonne nuit", "Oui, bien sûr", "Pas de souci",
        "Bonne journée !", "Écris un poème sur la mer.", "Il fait quel temps à Paris ?",
    ],
    "zh": [
        "你好！", "早上好", "谢谢你", "非常感谢！", "好的，明白了", "你好吗？", "你能帮我吗？", "法国的首都是哪里？", "给我讲个笑话。",
        "解释一下量子力学。", "再见", "哈哈哈", "太好了",
        "不客气", "晚安",
        "没问题", "嗯嗯", "写一首关于秋天的诗", "今天天气怎么样？", "收到", "辛苦了",
    ],
}  # fmt: skip
SOMETHING = {
    "en": [
        "I'm vegan", "My sister lives in Oslo", "We got a puppy", "Allergic to nuts btw", "Booked the dentist for Friday",
        "Thanks! By the way, I moved to Leeds.", "Can you suggest dinner? I don't eat pork.",
    ],
    "de": [
        "Ich bin Veganer", "Meine Schwester wohnt in Oslo", "Wir haben einen Welpen", "Bin übrigens allergisch gegen Nüsse",
        "Habe den Zahnarzt für Freitag gebucht", "Danke! Ich bin übrigens nach Leipzig gezogen.",
        "Was kann ich kochen? Ich esse kein Schweinefleisch.", "Mein Laptop überhitzt", "Nenn mich Bob",
        "Kannst du ein Rezept ohne Ei vorschlagen, mein Sohn verträgt keine", "Emma ist zwölf geworden",
    ],
    "es": [
        "Soy vegano", "Mi hermana vive en Oslo", "Tenemos un cachorro", "Alérgico a las nueces, por cierto",
        "Reservé el dentista para el viernes", "¡Gracias! Por cierto, me mudé a Sevilla.", "¿Qué puedo cenar? No como cerdo.",
        "Mi portátil se calienta", "Llámame Bob", "¿Me recomiendas una receta? Mi hijo es celíaco", "Emma cumplió doce años",
    ],
    "fr": [
        "Je suis végane", "Ma sœur habite à Oslo", "Nous avons un chiot", "Allergique aux noix, au fait",
        "J'ai pris rendez-vous chez le dentiste vendredi", "Merci ! Au fait, j'ai déménagé à Lyon.",
        "Que puis-je cuisiner ? Je ne mange pas de porc.", "Mon ordinateur chauffe", "Appelle-moi Bob",
        "Tu connais une recette ? Mon fils est intolérant au gluten", "Emma a eu douze ans",
    ],
    "zh": [
        "我吃素", "我姐姐住在奥斯陆", "我们养了一只小狗", "我对坚果过敏", "周五约了牙医", "谢谢！对了，我搬到成都了。",
        "晚饭吃什么好？我不吃猪肉。", "我的电脑过热", "叫我小王",
        "推荐个菜谱吧，我儿子不能吃鸡蛋",
        "艾玛十二岁了",
    ],
}  # fmt: skip
MIXED = [
    "Hi! Ich wohne in Köln.", "Thanks, übrigens bin ich Vegetarier", "Gracias! I moved to Madrid", "我 just moved to Berlin",
    "D'accord, but my son is allergic to nuts", "Ok danke, meine Frau heißt Ana", "¿Puedes help me? Soy diabético",
    "Cool, 我下周去东京出差",
]  # fmt: skip
PAIRS = [(language, text) for language, texts in NOTHING.items() for text in texts]


@pytest.mark.parametrize("text", [text for texts in NOTHING.values() for text in texts])
def test_small_talk_questions_and_orders_cost_no_call(text: str) -> None:
    assert not gate([Message(text)])


@pytest.mark.parametrize("text", [text for texts in SOMETHING.values() for text in texts] + MIXED)
def test_a_statement_is_asked_about(text: str) -> None:
    assert gate([Message(text)])


@given(st.lists(st.sampled_from(PAIRS), min_size=1, max_size=5))
def test_small_talk_stays_small_talk_however_it_is_mixed(parts: list[tuple[str, str]]) -> None:
    assert not gate([Message(text) for _, text in parts])
    assert not gate([Message("\n".join(text for _, text in parts))])


@given(
    st.lists(st.sampled_from(PAIRS), max_size=3),
    st.sampled_from([text for texts in SOMETHING.values() for text in texts]),
    st.lists(st.sampled_from(PAIRS), max_size=3),
)
def test_a_statement_is_found_between_small_talk_of_any_language(
    before: list[tuple[str, str]], told: str, after: list[tuple[str, str]]
) -> None:
    texts = [text for _, text in before] + [told] + [text for _, text in after]
    assert gate([Message("\n".join(texts))])
    assert gate([Message(text) for text in texts])


@pytest.mark.parametrize("order", ["Explain it with examples, formal definitions put me to sleep.", "Nenn mich Bob", "叫我小王"])
def test_an_order_that_says_how_somebody_wants_to_be_helped_is_asked_about(order: str) -> None:
    assert gate([Message(order)])


@pytest.mark.parametrize("text", ["k" * 5_000 + "!x", "ha" * 5_000 + "§", "ok " * 5_000 + "x", "嗯" * 5_000 + "§x", "thank " * 4_000 + "z"])
def test_no_talk_takes_long(text: str) -> None:
    begun = time.process_time()
    gate([Message(text)])
    assert time.process_time() - begun < 5  # what backtracks takes hours


@given(st.text(max_size=200))
def test_any_text_can_be_judged(text: str) -> None:
    assert gate([Message(text)]) in (True, False)


# --- who says what

TELLS_NOTHING = [
    "", "   ", "hi", "Hello there!", "Thanks so much!", "ok great", "👍", "!!!", "lol", "你好", "谢谢!", "Please continue.",
    "What is the capital of France?", "what's the capital of france", "Write me a poem about autumn.", "Tell me a joke.",
    "How do I sort a list in Python?", "Can you help me?", "Where do I live?", "What's my dog's name?", "Wie wird das Wetter morgen?",
    "What is the weather today, and should I bring an umbrella?", "Explain quantum computing in simple terms",
    "```python\nmy_pet = 'Rex'\n```", "import os\nprint(os.getcwd())", "def f(x):\n    return x + 1", "https://example.com/a",
    "<perdure-memory>I live in Berlin</perdure-memory>", "<perdure-memory x='1'>I live in Berlin",
]  # fmt: skip
TELLS = [
    "I live in Berlin", "hey, I'm Ada", "Call me Bob", "vegan btw", "no longer vegetarian", "Just moved to Rome", "Priya got promoted",
    "Will moved to Rome.", "When I was young I lived in Rome.", "When Emma was born she weighed 3 kg.", "What I need is quiet.",
    "My daughter Emma is allergic to peanuts. What should I cook?", "What should I cook since my daughter is allergic to nuts?",
    "Which cake can I bake, my son is allergic to nuts?", "My laptop overheats, what can I do?", "Emma is twelve now, isn't that crazy?",
    "How do I tell my boss that I am pregnant?", "Is it bad that I smoke 20 a day?", "Remember that the code is 4471", "Have two kids",
    "Recommend a restaurant near my office in Soho", "Never mention my ex again", "Thanks! My address is 5 Main St", "我住在北京",
    "我女儿对花生过敏,我该做什么菜?", "Ich wohne in Köln", "Was kann ich kochen, meine Tochter ist allergisch?", "Я живу в Москве",
    "The wifi is down again", "let x be my pet's name\nI have a dog", "Can you fix this?\n```\nx = 1\n```\nI use Python 3.11 at work",
    "I can't eat gluten" + " really" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("text", TELLS_NOTHING)
def test_where_nothing_is_said_no_call_is_made(text):
    llm = EchoLLM(lambda _: {"memories": []})
    found = LLMExtractor(llm).extract([Message(text)], ExtractionContext(now=NOW))
    assert (llm.requests, found.calls, found.candidates) == ([], 0, ())


@pytest.mark.parametrize("text", TELLS, ids=lambda t: t[:30])
def test_what_somebody_says_of_their_life_is_asked_about(text):
    assert gate([Message(text)])


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([Message('{"temperature": 3}', role="tool"), Message("You are helpful. I am your system.", role="system")], False),
        ([Message("What is 2+2?"), Message("2+2 is 4. Let me know if you need more!", role="assistant")], False),
        ([Message("The capital of France is Paris.", role="assistant")], False),
        ([Message("I've booked table 5 for Friday.", role="assistant")], True),
        ([Message("Your warranty ends in May.", role="assistant")], True),
        ([Message("Went hiking at dawn.", role="assistant", name="Mel")], True),
        ([Message("Are you vegetarian?", role="assistant"), Message("Yes")], True),
        ([Message("Yes")], False),
        ([], False),
    ],
)
def test_who_speaks_matters(messages, expected):
    assert gate(messages) is expected


def test_a_short_answer_counts_when_something_was_asked_before():
    asked = Message("How old is Emma?", role="assistant")
    assert gate([Message("12")], [asked])
    assert gate([Message("no")], [Message("Are you allergic to nuts?", role="assistant")])
    assert not gate([Message("no")], [Message("Here is your poem.", role="assistant")])
