import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perdure.rules.secrets import KINDS, redact

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq\n+/abcdefghijklmnop==\n-----END RSA PRIVATE KEY-----"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"


def luhn_digit(prefix: str) -> str:
    for last in "0123456789":
        digits = [int(d) for d in prefix + last]
        total = sum(d if i % 2 == 0 else (2 * d - 9 if d > 4 else 2 * d) for i, d in enumerate(reversed(digits)))
        if total % 10 == 0:
            return prefix + last
    raise AssertionError


SECRETS = {
    "sk-abcdefghijklmnop1234567890": "api_key",
    "sk-proj-Ab3_dEf-Gh1jKl2mNo4pQr5s": "api_key",
    "sk-ant-api03-Zy9XwVuTsRqPoNmLkJiH": "api_key",
    "AKIAIOSFODNN7EXAMPLE": "api_key",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789": "api_key",
    "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstu": "api_key",
    "xoxb-123456789012-abcdefghijkl": "api_key",
    "AIzaSyA-1234567890abcdefghijklmnopqrstu": "api_key",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc": "api_key",
    "hf_abcdefghijklmnopqrstuvwxyz012345": "api_key",
    JWT: "jwt",
    PEM: "private_key",
    "4111 1111 1111 1111": "payment_card",
    "5500-0000-0000-0004": "payment_card",
    "378282246310005": "payment_card",
    "3782 822463 10005": "payment_card",
    "6011111111111117": "payment_card",
    "30569309025904": "payment_card",
}


@pytest.mark.parametrize(("secret", "kind"), SECRETS.items(), ids=lambda v: str(v)[:14])
def test_a_secret_is_replaced_by_what_it_was(secret, kind):
    text, kinds = redact(f"Here it is: {secret} and that is all.")
    assert text == f"Here it is: [redacted:{kind}] and that is all."
    assert kinds == (kind,)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("my password is hunter2", "hunter2"),
        ("My password is swordfish.", "swordfish"),
        ("the wifi password is blue-Horse9!", "blue-Horse9"),
        ("password for netflix: Tr0ub4dor&3, ok?", "Tr0ub4dor&3"),
        ("password is 'correct horse battery staple'", "correct horse battery staple"),
        ("OPENAI_API_KEY=abcdEFGH12345678", "abcdEFGH12345678"),
        ('"api_key": "9f8e7d6c5b4a3210"', "9f8e7d6c5b4a3210"),
        ("DB_PASSWORD=pa55word", "pa55word"),
        ("Authorization: Bearer abc.def-123456789xyz", "abc.def-123456789xyz"),
        ("postgres://ada:s3cret@db.example/x", "s3cret"),
        ("my api key is a1b2c3d4e5f6g7h8", "a1b2c3d4e5f6g7h8"),
        ("mein Passwort ist Katze77", "Katze77"),
        ("contraseña: gato123", "gato123"),
        ("card 4111 1111 1111 1111 exp 12/27 cvv 123", "123"),
    ],
)
def test_what_is_called_a_secret_is_hidden_and_the_rest_stays(text, hidden):
    cleaned, kinds = redact(text)
    assert not cleaned.endswith(hidden)
    assert hidden not in cleaned.replace("[redacted:", "")
    assert cleaned.split("[redacted:")[0] == text[: len(cleaned.split("[redacted:")[0])]
    assert set(kinds) <= set(KINDS)
    assert kinds


@pytest.mark.parametrize(
    "text",
    [
        "my password is wrong",
        "my password is not working",
        "I forgot my password yesterday",
        "Reset password: go to settings",
        "password = os.environ['DB_PASSWORD']",
        "password = getpass()",
        "password: str",
        "api_key = settings.openai.key",
        "The secret: always add salt",
        "The token limit: 128000",
        "my token is in the drawer",
        "She is the bearer of good news and much more",
        "call +49 170 1234567 8901",
        "call me on 0170 1234567, or 555-123-4567",
        "order 1234567890123456",
        "order XK-4471-QQ-1234567890123",
        "550e8400-e29b-41d4-a716-446655440000",
        "41111111-1111-4111-8111-111111111111",
        "the risk-assessment-2024-framework-something",
        "ISBN 978-0-306-40615-7",
        "2026-03-01 12:30:45.123456",
        "4111 1111 1111 1112",
        "Das ist ein ganz normaler Satz über Schlüssel.",
    ],
)
def test_what_is_no_secret_stays_as_it_is(text):
    assert redact(text) == (text, ())


def test_several_secrets_in_one_text():
    text, kinds = redact("4111 1111 1111 1111 4242 4242 4242 4242, my password is hunter2 and sk-abcdefghijklmnop1234567890")
    assert text == "[redacted:payment_card] [redacted:payment_card], my password is [redacted:password] and [redacted:api_key]"
    assert kinds == ("api_key", "password", "payment_card")


def test_a_key_block_that_was_cut_off_hides_the_key_and_keeps_what_follows():
    text, kinds = redact("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nBAQEFAASCBKcwggSjAgEAAo\nAnd then I went home.")
    assert text == "[redacted:private_key]\nAnd then I went home."
    assert kinds == ("private_key",)


@given(st.integers(0, 10**14), st.sampled_from(["4{:014d}", "51{:013d}", "2221{:011d}"]))
def test_every_valid_card_number_goes_and_one_wrong_digit_saves_it(body, form):
    number = luhn_digit(form.format(body % 10**11)[:15])
    assert redact(f"card {number} ok")[0] == "card [redacted:payment_card] ok"
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert redact(f"card {wrong} ok") == (f"card {wrong} ok", ())


PIECES = [
    *SECRETS,
    "my password is hunter2",
    "password=",
    "bearer ",
    "://a:b@",
    "4111",
    " ",
    "-",
    "_",
    "\n",
    ".",
    "a",
    "1",
    '"',
    "is ",
    "secret: ",
    "é",
    "\ud800",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@settings(max_examples=400, deadline=None)
def test_redacting_twice_changes_nothing_more(text):
    once, _ = redact(text)
    assert redact(once) == (once, ())


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_is_taken_and_ordinary_text_comes_back(text):
    once, kinds = redact(text)
    assert kinds or once == text


def test_a_key_never_survives_wherever_it_stands():
    rng = random.Random(7)
    words = "so I pasted the thing into the chat, then ( and \n - [ it : worked".split(" ")
    for _ in range(200):
        secret, kind = rng.choice(list(SECRETS.items()))
        rng.shuffle(words)
        at = rng.randrange(len(words))
        text = " ".join([*words[:at], secret, *words[at:]])
        cleaned, kinds = redact(text)
        assert secret not in cleaned
        assert kind in kinds
