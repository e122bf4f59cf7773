"""Refusals in the language of a page. Errors carry their sentence in English; a person who reads Spanish gets the one
that stands with us for the reason, and the English one, which may name more, where there is none.
"""

from perito_kernel.errors import PeritoError

from perito_edge.dashboard.refusals_es import TEXTS
from perito_edge.problems import InvalidFields
from perito_edge.request_models import Language


def sentence(error: PeritoError, language: Language) -> str:
    """What the error says in this language."""
    known = TEXTS.get(error.reason) if language == "es" else None
    if known is None:
        return error.message
    try:
        return known.format_map(error.details)
    except KeyError:
        return error.message


def spoken(error: PeritoError, language: Language) -> PeritoError:
    """The same error, with its sentence in this language."""
    told = sentence(error, language)
    if told == error.message:
        return error
    if isinstance(error, InvalidFields):
        return InvalidFields(error.reason, told, error.errors)
    return type(error)(error.reason, told, error.details)
