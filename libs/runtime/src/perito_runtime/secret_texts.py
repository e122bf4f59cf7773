"""What no secret may be: short, a word from an example, or so regular that it was typed and not drawn.

Every process refuses such a secret when it starts, and so does the look at a whole deployment (deploy/credentials.py):
a password that was left as it stood in somebody's instructions is worse than none, because it looks like one.
"""

import re

LEAST_CHARACTERS = 32
_LEAST_DISTINCT = 10
_PLACEHOLDERS = re.compile(
    r"admin|change|default|demo|dummy|example|fill|guest|here|insert|key|letmein|me|my|password|perito|placeholder|"
    r"postgres|pseudonym|rabbitmq|redis|replace|root|secret|test|this|todo|token|with|your|xxx"
)


def weakness(text: str) -> str:
    """What is wrong with a secret, such as `is a placeholder`; empty where nothing is. Says nothing of its content."""
    if not text:
        return "is empty"
    if not re.sub(r"[^a-z]", "", _PLACEHOLDERS.sub("", text.lower())) and re.search("[a-z]", text.lower()):
        return "is a placeholder"
    if len(text) < LEAST_CHARACTERS:
        return f"must hold {LEAST_CHARACTERS} characters or more, not {len(text)}"
    if len(set(text)) < _LEAST_DISTINCT:
        return f"repeats {len(set(text))} characters, which no drawn secret does"
    return ""
