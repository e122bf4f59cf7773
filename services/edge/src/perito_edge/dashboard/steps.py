"""What a phase says that it is doing, in the language of the page. Phases say it in English, in a few words; a sentence
that is not known here stays as it was said.
"""

import re
from collections.abc import Mapping

from perito_edge.dashboard.voice import Voice

_SPANISH: Mapping[str, str] = {
    "reading the inputs": "leyendo las entradas",
    "storing the results": "guardando los resultados",
    "proposing a mapping": "proponiendo una asignación",
    "accounting for what was read": "contando lo leído",
    "folding findings into cases": "reuniendo hallazgos en casos",
    "writing the report": "escribiendo el informe",
    "listing the findings": "listando los hallazgos",
    "drawing the page": "dibujando la página",
}
_NAMED = re.compile(r"(reading|writing) (.{1,300})", re.DOTALL)
_VERBS: Mapping[str, str] = {"reading": "leyendo", "writing": "escribiendo"}


def step(said: str, voice: Voice) -> str:
    """The step as the page says it; what stands after a verb is the name of a file or table and stays."""
    if voice.language != "es":
        return said
    if said in _SPANISH:
        return _SPANISH[said]
    named = _NAMED.fullmatch(said)
    return f"{_VERBS[named[1]]} {named[2]}" if named else said
