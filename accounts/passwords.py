"""The password rule: four classes, 8-128 characters, and nothing that is easy to guess.

The classes are the client's; the blocklist is ours, because "Sommar2026!" satisfies the classes. A password is compared
folded (lower case, no diacritics, leet undone) and as its stem (outer non-letters off), so that a listed word with a
year and an exclamation mark is still that word. `accounts/data/blocklist.txt` is written by `manage.py build_blocklist`;
Django's list of common passwords is read from the package. No network, no history, no rotation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import CommonPasswordValidator

from accounts import limits

BLOCKLIST = Path(__file__).parent / "data" / "blocklist.txt"
LONG_ENOUGH = 15  # from here on a listed word is no longer refused, a context word still is
CONTEXT_WORDS = frozenset(
    """
    skr sveriges kommuner regioner kommun region landsting personalstatistik personal statistik insamling insamlingen lon loner
    lonen lonestatistik losenord password inloggning authenticator uppskov inlamning kontaktperson uppgiftslamnare portal
    portalen hr
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
RULES = {"length": "", "upper": "versaler", "lower": "gemener", "digit": "siffror", "special": "specialtecken"}
_LEET = str.maketrans("013457@$!|", "oieastasii")
_LEET_L = str.maketrans("013457@$!|", "oleastasll")
_SIMILAR = 0.7


def normalise(password: str) -> str:
    """The form that is hashed (NFKC): å typed as one sign or as two is the same password. Check the length first."""
    return unicodedata.normalize("NFKC", password)


def encode(password: str) -> str:
    """The hash to store. Takes a while by design: call it outside locks."""
    return make_password(normalise(password))


def faults(password: str, own: Iterable[str] = ()) -> list[str]:
    """What is wrong with a new password, as Swedish sentences; an empty list when it may be used.

    `own` are the person's own words (address, name), as `own_words` gives them.
    """
    if len(password) < limits.PASSWORD_MIN:
        return [f"Lösenordet är för kort. Det ska ha minst {limits.PASSWORD_MIN} tecken."]
    if len(password) > limits.PASSWORD_MAX:
        return [f"Lösenordet är för långt. Det får ha högst {limits.PASSWORD_MAX} tecken."]
    if missing := missing_classes(password):
        return [f"Lösenordet saknar {_listed(missing)}."]
    reason = _guessable(normalise(password), [fold(word) for word in own])
    return [reason] if reason else []


def missing_classes(password: str) -> list[str]:
    """Which of the four classes are missing. Å is a capital; what is neither letter nor digit is special, a space too."""
    text = normalise(password)
    categories = [unicodedata.category(char) for char in text]
    classes = {
        "versaler": any(char.isupper() for char in text),
        "gemener": any(char.islower() for char in text),
        "siffror": any(char.isdigit() for char in text),
        "specialtecken": any(category[0] not in "LN" for category in categories),
    }
    return [name for name, there in classes.items() if not there]


def missing_rules(password: str) -> frozenset[str]:
    """Which of RULES the password does not keep. Of one that is too long only the first 128 characters are looked at."""
    missing = missing_classes(password[: limits.PASSWORD_MAX])
    rules = {rule for rule, name in RULES.items() if name in missing}
    has_length = limits.PASSWORD_MIN <= len(password) <= limits.PASSWORD_MAX
    return frozenset(rules if has_length else rules | {"length"})


def own_words(email: str, name: str = "") -> list[str]:
    """The words of a person's address and name: whole parts and their pieces, at least three letters each."""
    local, _, domain = email.partition("@")
    wholes = [local, domain.rpartition(".")[0], domain, email, name]
    pieces = [piece for whole in wholes for piece in re.split(r"[\W\d_]+", whole)]
    return sorted({word for word in (*wholes, *pieces) if len(word) >= 3})


def fold(text: str) -> str:
    """Lower case without diacritics: "Göteborg" is "goteborg"."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def stems(password: str) -> Iterator[str]:
    """The words that a password may be built on: as it stands and without outer non-letters, with leet undone or not."""
    folded = fold(password)
    for start in (folded, re.sub(r"\A[\W\d_]+", "", folded)):
        for text in (start, re.sub(r"[\W\d_]+\Z", "", start)):
            for word in (text, text.translate(_LEET), text.translate(_LEET_L)):
                yield word
                letters = re.sub(r"[\W\d_]+", "", word)
                if len(letters) > 3:
                    yield letters


@cache
def common_words() -> frozenset[str]:
    """The blocklist and Django's common passwords, folded."""
    own = BLOCKLIST.read_text(encoding="utf-8").split()
    return frozenset(fold(word) for word in (*own, *CommonPasswordValidator().passwords) if len(word) >= 3)


def _guessable(password: str, own: list[str]) -> str:
    """The sentence that says which word gives the password away; "" when none does."""
    words = {word for word in stems(password) if len(word) >= 3}
    if any(_is_made_of(word, CONTEXT_WORDS) for word in words):
        return "Lösenordet bygger på ord som alla gissar på här, som lösenord, lön eller kommun. Välj något annat."
    parts = CONTEXT_WORDS.union(own, (f"{word}s" for word in own))
    if any(_is_own(word, own) or _is_made_of(word, parts) for word in words):
        return "Lösenordet liknar din e-postadress eller ditt namn. Välj något som inte går att gissa."
    if len(password) < LONG_ENOUGH:
        listed = sorted((word for word in words if _is_common(word)), key=len)
        if listed:
            return f"Lösenordet bygger på något vanligt (”{listed[-1]}”) som är lätt att gissa. Ta flera ord som inte hör ihop."
    return ""


def _is_common(word: str) -> bool:
    """In the list, or a listed word said twice or more ("hejhej"), or one sign over and over."""
    common = common_words()
    repeated = (word[:size] for size in range(1, len(word) // 2 + 1) if word == word[:size] * (len(word) // size))
    return word in common or any(len(part) < 3 or part in common for part in repeated)


def _is_own(word: str, own: Iterable[str]) -> bool:
    return any(word == theirs or (len(theirs) > 3 and _similar(word, theirs)) for theirs in own)


def _similar(left: str, right: str) -> bool:
    longest = max(len(left), len(right))
    if abs(len(left) - len(right)) > longest * (1 - _SIMILAR):
        return False
    return SequenceMatcher(a=left, b=right).quick_ratio() >= _SIMILAR and SequenceMatcher(a=left, b=right).ratio() >= _SIMILAR


def _is_made_of(word: str, parts: frozenset[str]) -> bool:
    """Whether the word is one or several of `parts` and nothing else ("skrpersonal")."""
    return word in parts or any(word[:size] in parts and _is_made_of(word[size:], parts) for size in range(2, len(word) - 1))


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} och {words[-1]}"
