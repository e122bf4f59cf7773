"""What the command line prints in its own voice, in both languages. The report brings its own words."""

from collections.abc import Mapping

from perito_reporting.voice import Language

_TEXTS: Mapping[str, Mapping[Language, str]] = {
    "not_used": {
        "en": "Not used (the mapping does not name it)",
        "es": "No se usa (el mapeo no lo nombra)",
    },
    "starting": {"en": "Starting the services ...", "es": "Arrancan los servicios ..."},
    "failed": {"en": "{phase} failed: {message}", "es": "{phase} falló: {message}"},
    "severity": {"en": "severity", "es": "gravedad"},
    "rule": {"en": "rule", "es": "regla"},
    "what": {"en": "what", "es": "qué"},
    "cases": {"en": "cases", "es": "casos"},
    "amount": {"en": "amount", "es": "importe"},
    "first": {"en": "{title}{place}, first: {what}", "es": "{title}{place}, el primero: {what}"},
    "more": {"en": "... and {count} more in the report.", "es": "... y {count} más en el informe."},
    "report": {"en": "Report: {path}", "es": "Informe: {path}"},
    "data": {"en": "Data: {parts}.", "es": "Datos: {parts}."},
    "records": {
        "en": "{records} records read, {rejected} refused",
        "es": "{records} registros leídos, {rejected} rechazados",
    },
    "repeated": {
        "en": "{rows} repeated rows left out of sums",
        "es": "{rows} filas repetidas que no se suman",
    },
    "cells": {
        "en": "{rejected} of {cells} cells could not be read, {changed} were converted",
        "es": "{rejected} de {cells} celdas no se pudieron leer, {changed} se convirtieron",
    },
    "tested": {
        "en": "{tested} of {total} rules could be tested",
        "es": "se pudieron comprobar {tested} de {total} reglas",
    },
    "running": {"en": "running", "es": "en curso"},
    "completed": {"en": "completed", "es": "terminada"},
    "state_failed": {"en": "failed", "es": "falló"},
    "skipped": {"en": "skipped", "es": "omitida"},
    "cancelled": {"en": "cancelled", "es": "cancelada"},
}


def printed(language: Language, key: str, **values: object) -> str:
    """The sentence of a key with its values put in. Raises KeyError for a key that does not exist."""
    return _TEXTS[key][language].format(**values)


def state(language: Language, name: str) -> str:
    """The word for a phase's state; one that is not known stays as it is."""
    texts = _TEXTS.get("state_failed" if name == "failed" else name)
    return texts[language] if texts else name
