"""What the command line prints in its own voice, in both languages. The report brings its own words."""

from collections.abc import Mapping, Sequence

from perito_reporting.voice import Language

_TEXTS: Mapping[str, Mapping[Language, str]] = {
    "not_named": {
        "en": "Not used (the mapping does not name it)",
        "es": "No se usa (el mapeo no lo nombra)",
    },
    "left": {"en": "Left alone (no books)", "es": "Se deja (no son libros)"},
    "left_folder": {
        "en": "Not looked into (a folder inside; examine it by itself)",
        "es": "No se mira (una carpeta dentro; examínela aparte)",
    },
    "understood": {"en": "What was understood of the files:", "es": "Lo que se entendió de los archivos:"},
    "no_table": {"en": "no table", "es": "ninguna tabla"},
    "placed": {"en": "{count} columns", "es": "{count} columnas"},
    "count_not_used": {"en": "{count} not used", "es": "{count} sin usar"},
    "count_unplaced": {"en": "{count} not placed", "es": "{count} sin lugar"},
    "least_sure": {"en": "lowest confidence {confidence}", "es": "confianza mínima {confidence}"},
    "not_used": {"en": "Not used", "es": "Sin usar"},
    "unplaced": {"en": "Not placed", "es": "Sin lugar"},
    "constant": {"en": "(the same in every row)", "es": "(igual en cada fila)"},
    "joined": {"en": "(another file)", "es": "(otro archivo)"},
    "column": {"en": "column", "es": "columna"},
    "from": {"en": "from", "es": "de"},
    "confidence": {"en": "confidence", "es": "confianza"},
    "why": {"en": "why", "es": "por qué"},
    "open": {"en": "What only you can say:", "es": "Lo que solo usted puede decir:"},
    "add": {"en": "Add to the mapping:", "es": "Añada al mapeo:"},
    "reading": {"en": "Reading {files} ...", "es": "Se leen {files} ..."},
    "mapping_written": {
        "en": "Mapping to look at and correct: {path}",
        "es": "Mapeo para revisar y corregir: {path}",
    },
    "mapping_used": {
        "en": "The mapping that was used: {path} (correct it and name it with --mapping)",
        "es": "El mapeo que se usó: {path} (corríjalo y nómbrelo con --mapping)",
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


def left_alone(language: Language, names: Sequence[str]) -> str:
    """A line for each file that is no books, and for each folder inside, whose name ends in a slash."""
    return "".join(f"{printed(language, 'left_folder' if name[-1] == '/' else 'left')}: {name}\n" for name in names)
