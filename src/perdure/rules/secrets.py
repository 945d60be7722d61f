"""Secrets in a text, replaced by marks that say what was there: ``[redacted:payment_card]``.

Recognised by form, not by entropy, so that names, codes, order numbers and prose stay: keys with a provider's prefix, JSON web
tokens, bearer tokens, PEM private keys, passwords and keys that are called so, logins in URLs, and payment card numbers with a
known issuer's prefix and length and a valid check digit (Luhn, ISO/IEC 7812-1).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

KINDS: Final = ("private_key", "api_key", "jwt", "bearer_token", "password", "payment_card", "card_code")
"""What a mark can say."""

# --- keys with a prefix. A run of key characters is taken whole, and starts where no key character precedes it, so that
# scanning is linear and what is left of a run can never look like another key.
_KEY_START: Final = r"(?<![A-Za-z0-9_-])"
_PREFIXED: Final = re.compile(
    _KEY_START + r"(?:"
    r"sk-[A-Za-z0-9_-]{16,}"  # OpenAI, Anthropic, OpenRouter, DeepSeek …
    r"|(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{20,}"  # Stripe
    r"|(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"  # AWS
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{18,}"  # GitHub, GitLab
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{20,}"  # Slack
    r"|AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}"  # Google
    r"|hf_[A-Za-z0-9]{20,}|gsk_[A-Za-z0-9]{20,}|xai-[A-Za-z0-9]{20,}|pplx-[A-Za-z0-9]{20,}|r8_[A-Za-z0-9]{20,}"
    r"|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{50,}|dop_v1_[a-f0-9]{40,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"
    r")"
)
_PREFIX_LIST: Final = (
    "sk- sk_ rk_ whsec_ AKIA ASIA ABIA ACCA ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- xox xapp- AIza ya29. GOCSPX- hf_ gsk_ "
    "xai- pplx- r8_ npm_ pypi- dop_v1_ SG."
)
_PREFIXES: Final = tuple(_PREFIX_LIST.split())
_JWT: Final = re.compile(_KEY_START + r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*")
_BEARER: Final = re.compile(
    r"(?i)\b(bearer\s{1,4}|authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:basic|token)\s{1,4})([A-Za-z0-9._~+/=-]{12,})"
)

_PEM: Final = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?P<body>(?:[^-]|-(?!----))*)"
    r"(?P<end>-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?"
)
_PEM_LINES: Final = re.compile(r"(?:(?:\s|\\[nr])*[A-Za-z0-9+/=]{16,})*")

# --- passwords and keys that are called so
_ASSIGNED: Final = re.compile(
    r"""(?ix)
    (?P<name> passw(?:or)?d | passphrase | passcode | \bpwd | contrase[ñn]a | passwort | mot\ de\ passe
      | (?P<key> api[_ -]?key | (?:secret|access|private|signing|encryption|account)[_ -]?key | client[_ -]?secret
          | (?:auth|access|refresh|session|api|bot|secret)[_ -]?token | (?<![a-z])secret | (?<![a-z])token ) )
    (?: ["'\]]{0,2} | \s{1,2} (?:for|to|of|on|at) (?:\s{1,2}[\w.'-]{1,30}){1,4}? )
    (?P<verb> \s{0,3} (?: := | => | = | : ) \s{0,3} | \s{1,3} (?:is|was|ist|es|est) (?:\s{0,2}:)? \s{1,3} )
    (?: "(?P<double>[^"\n]{1,200})" | '(?P<single>[^'\n]{1,200})' | `(?P<tick>[^`\n]{1,200})` | (?P<bare>[^\s"'`,;]{3,}) )
    """
)
_ASSIGNED_WORDS: Final = ("pass", "pwd", "key", "secret", "token", "contrase")
_REFERENCE: Final = re.compile(
    r"(?i)[$<{(\[%]|[*x•.]+$|(?:none|null|true|false|undefined|str|string|your|my|the)\b|[a-z_]+(?:\.[a-z_]+)+$|[a-z_.]+[(\[]"
)
# What is said *about* a password: "my password is wrong".
_ORDINARY_LIST: Final = """
a about actually again all already also always an as at bad based been being best between blank broken case changed
compromised correct created different easy empty encrypted expired expiring fine for forgotten from gone good hard hashed
hidden important in incorrect invalid issued it just known leaked like locked long longer lost made missing most my needed
never new no not now of ok okay old on one only out outdated over password please protected public random refused rejected
required reset right rotated safe same saved secret secure sent set shared short simple so something still stored strong
stuck supposed temporary that the then there this to too unique used used valid very visible weak what where working
written wrong your
"""
_ORDINARY: Final = frozenset(_ORDINARY_LIST.split())
_URL_LOGIN: Final = re.compile(r"(://[^\s:/@\[\]]{1,64}:)([^\s/@\[\]]{1,128})(?=@)")

# --- payment cards
_DIGITS: Final = re.compile(r"(?<![0-9A-Za-z+.,/_-])[0-9](?:[ \u00a0-]?[0-9]){12,}(?![0-9A-Za-z_]|[.,/-][0-9A-Za-z])")
_GROUP: Final = re.compile(r"[0-9]+")
_CARD_GROUPS: Final = ((4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3), (4, 4, 4, 4, 2), (4, 4, 4, 4, 1), (6, 13))
_CARD_CODE: Final = re.compile(
    r"(?i)\b((?:cvv2?|cvc2?|card security code)\b\s{0,2}(?:(?:is|code|number)\b)?\s{0,2}[:=#]?\s{0,2})([0-9]{3,4})(?![0-9])"
)
_ROUNDS: Final = 8


def redact(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with secrets replaced by ``[redacted:<kind>]``, and the kinds found, in the order of `KINDS`.

    Takes time linear in the text's length. Applied to its own result it changes nothing.
    """
    found: set[str] = set()
    for _ in range(_ROUNDS):
        cleaned = _once(text, found)
        if cleaned == text:
            break
        # A mark can uncover a neighbour, e.g. the second of two card numbers in one run of digits.
        text = cleaned
    return text, tuple(kind for kind in KINDS if kind in found)


def _once(text: str, found: set[str]) -> str:
    def mark(kind: str) -> str:
        found.add(kind)
        return f"[redacted:{kind}]"

    if "PRIVATE KEY" in text:
        text = _PEM.sub(lambda m: _pem(m, mark), text)
    if any(prefix in text for prefix in _PREFIXES):
        text = _PREFIXED.sub(lambda m: mark("api_key") if any(c.isdigit() for c in m[0]) else m[0], text)
    if "eyJ" in text:
        text = _JWT.sub(lambda _: mark("jwt"), text)
    lowered = text.casefold()
    if "bearer" in lowered or "authorization" in lowered:
        text = _BEARER.sub(lambda m: m[1] + mark("bearer_token") if any(c.isdigit() for c in m[2]) else m[0], text)
    if "://" in text:
        text = _URL_LOGIN.sub(lambda m: m[1] + mark("password"), text)
    if any(word in lowered for word in _ASSIGNED_WORDS):
        text = _ASSIGNED.sub(lambda m: _assigned(m, mark), text)
    text = _DIGITS.sub(lambda m: _cards(m[0], mark), text)
    if "cv" in lowered or "security code" in lowered:
        text = _CARD_CODE.sub(lambda m: m[1] + mark("card_code"), text)
    return text


def _pem(match: re.Match[str], mark: Callable[[str], str]) -> str:
    """The whole block; when its end was cut off, the header and the lines of key that follow."""
    if match["end"]:
        return mark("private_key")
    lines = _PEM_LINES.match(match["body"])
    return mark("private_key") + match["body"][lines.end() if lines else 0 :]


def _assigned(match: re.Match[str], mark: Callable[[str], str]) -> str:
    group = next(g for g in ("double", "single", "tick", "bare") if match[g] is not None)
    value: str = match[group]
    tail = ""
    if group == "bare":
        stripped = value.rstrip(".!?)]}>")
        value, tail = stripped, value[len(stripped) :]
    if not value or value.startswith("[redacted") or _REFERENCE.match(value):
        return match[0]
    start = match.start(group) - match.start()
    end = start + len(value)
    after = tail + match.string[match.end() : match.end() + 2]
    if not _is_secret(value, match, quoted=group != "bare", last=not after.strip() or after[0] in ".!?,;\n\r"):
        return match[0]
    return match[0][:start] + mark("api_key" if match["key"] else "password") + match[0][end:]


def _is_secret(value: str, match: re.Match[str], *, quoted: bool, last: bool) -> bool:
    """Whether `value` is the secret itself, and not a word about it. `last`: nothing follows in its clause."""
    digit, letter = any(c.isdigit() for c in value), any(c.isalpha() for c in value)
    if match["key"]:
        mixed = value != value.lower() and value != value.upper()
        return len(value) >= 8 and letter and (digit or (len(value) >= 20 and mixed))
    if value.casefold() in _ORDINARY:
        return False
    if "=" in match["verb"] or quoted:
        return True
    symbol = any(not c.isalnum() and c not in "-'’" for c in value)
    return digit or symbol or last


def _cards(run: str, mark: Callable[[str], str]) -> str:
    """`run`, digits in groups, with the card numbers in it replaced."""
    groups = list(_GROUP.finditer(run))
    digits = "".join(g[0] for g in groups)
    if _is_card(digits):
        return mark("payment_card")
    out: list[str] = []
    at = i = 0
    while i < len(groups):
        # A group that no card number starts with is passed over at once: runs can be long.
        for lengths in _CARD_GROUPS if groups[i].end() - groups[i].start() in (4, 6) else ():
            window = groups[i : i + len(lengths)]
            if tuple(len(g[0]) for g in window) == lengths and _is_card("".join(g[0] for g in window)):
                out += [run[at : window[0].start()], mark("payment_card")]
                at = window[-1].end()
                i += len(lengths)
                break
        else:
            if _is_card(groups[i][0]):
                out += [run[at : groups[i].start()], mark("payment_card")]
                at = groups[i].end()
            i += 1
    return "".join(out) + run[at:]


def _is_card(digits: str) -> bool:
    return 13 <= len(digits) <= 19 and _issuer_allows(digits) and _luhn(digits)


def _issuer_allows(digits: str) -> bool:
    """Whether a known issuer gives out numbers with this prefix and length."""
    length, two, three, four = len(digits), int(digits[:2]), int(digits[:3]), int(digits[:4])
    if digits[0] == "4":  # Visa
        return length in (13, 16, 19)
    if 51 <= two <= 55 or 2221 <= four <= 2720:  # Mastercard
        return length == 16
    if two in (34, 37):  # American Express
        return length == 15
    if 300 <= three <= 305 or two in (36, 38, 39):  # Diners Club
        return length == 14 or (two != 30 and length == 16)
    if 3528 <= four <= 3589 or four == 6011 or 644 <= three <= 649 or two in (62, 65) or 2200 <= four <= 2204:
        return 16 <= length <= 19  # JCB, Discover, UnionPay, RuPay, Mir
    return four in (5018, 5020, 5038, 5893, 6304, 6759, 6761, 6762, 6763)  # Maestro


def _luhn(digits: str) -> bool:
    doubled = (sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])
    return (sum(doubled) + sum(int(d) for d in digits[-1::-2])) % 10 == 0
