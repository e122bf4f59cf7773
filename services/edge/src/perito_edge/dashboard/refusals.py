"""Refusals and failures in the language of a page. Errors carry their sentence in English; a person who reads Spanish
gets the one that stands with us for the reason, and the English one, which may name more, where there is none.
"""

from collections.abc import Mapping

from perito_kernel.errors import PeritoError

from perito_edge.dashboard import failures_es, refusals_es, rule_refusals_es
from perito_edge.models import Failure
from perito_edge.problems import InvalidFields
from perito_edge.request_models import Language

SPANISH: Mapping[str, str] = {**failures_es.TEXTS, **refusals_es.TEXTS, **rule_refusals_es.TEXTS}


def told(reason: str, message: str, details: Mapping[str, object], language: Language) -> str:
    """What an error says in this language."""
    known = SPANISH.get(reason) if language == "es" else None
    if known is None:
        return message
    try:
        return known.format_map(details)
    except KeyError:
        return message


def failed(failure: Failure | None, language: Language) -> str:
    """Why an analysis or a phase failed, in this language; empty where it did not."""
    return "" if failure is None else told(failure.reason, failure.message, failure.details, language)


def sentence(error: PeritoError, language: Language) -> str:
    """The same of one that was raised."""
    return told(error.reason, error.message, error.details, language)


def spoken(error: PeritoError, language: Language) -> PeritoError:
    """The same error, with its sentence in this language."""
    again = sentence(error, language)
    if again == error.message:
        return error
    if isinstance(error, InvalidFields):
        return InvalidFields(error.reason, again, error.errors)
    return type(error)(error.reason, again, error.details)
