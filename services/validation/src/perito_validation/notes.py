"""What is said, in both languages, about decisions that concern a whole file: rows of `transformations` beside those of
cells, for a preamble that was passed over changes what is read as much as a comma does."""

from collections.abc import Mapping

from perito_validation.source import Source

TEXTS: Mapping[str, tuple[str, str]] = {
    "decoded": (
        "The file is not in UTF-8; its text was decoded from the encoding named here.",
        "El archivo no está en UTF-8; su texto se decodificó desde la codificación indicada.",
    ),
    "replaced_character": (
        "Bytes that are no character in the file's encoding became a replacement mark.",
        "Los bytes que no son un carácter en la codificación del archivo se cambiaron por una marca.",
    ),
    "header_blank": (
        "Columns without a name in the header were named by their number.",
        "Las columnas sin nombre en el encabezado se nombraron por su número.",
    ),
    "header_repeated": (
        "Names that stand several times in the header were numbered.",
        "Los nombres repetidos en el encabezado se numeraron.",
    ),
    "preamble": (
        "Lines above the header were passed over.",
        "Se pasaron por alto las líneas sobre el encabezado.",
    ),
    "line_ends": (
        "Lines end in several ways; each was taken as the end of a line.",
        "Las líneas terminan de varias maneras; cada una se tomó como fin de línea.",
    ),
    "quoted_line_break": (
        "Cells in quotes hold line breaks; they were kept.",
        "Hay celdas entre comillas con saltos de línea; se conservaron.",
    ),
    "stray_quote": (
        "Quotes stand inside cells that are not quoted; they were taken as written.",
        "Hay comillas dentro de celdas sin entrecomillar; se tomaron tal como están.",
    ),
    "member_renamed": (
        "The name of a member of the archive could lead elsewhere as a path; a plain one is shown.",
        "El nombre de un miembro del archivo comprimido podía llevar a otro lugar; se muestra uno simple.",
    ),
    "member_passed_over": (
        "Members that are no files of the books (folders, files of the system) were passed over.",
        "Se pasaron por alto miembros que no son archivos de los libros (carpetas, archivos del sistema).",
    ),
    "beside_the_tables": (
        "Values of the document that stand beside its tables were not read.",
        "No se leyeron valores del documento que están al lado de sus tablas.",
    ),
    "repeated_name": (
        "Names that stand several times in one object were numbered.",
        "Los nombres repetidos dentro de un objeto se numeraron.",
    ),
    "formula": (
        "Cells hold formulas; the value that was stored with them was read.",
        "Hay celdas con fórmulas; se leyó el valor guardado con ellas.",
    ),
    "hidden_sheet": (
        "The sheet is hidden in the workbook; it was read all the same.",
        "La hoja está oculta en el libro de cálculo; se leyó de todos modos.",
    ),
}


def note_rows(sources: list[Source]) -> list[dict[str, object]]:
    """Rows of `transformations` about whole files, without their ordinal, in the order of the files."""
    return [
        {
            "file_id": source.file_id,
            "kind": note.kind,
            "cells": note.count,
            "example_before": note.before[:200],
            "example_after": note.after[:200],
            "explanation_en": TEXTS[note.kind][0],
            "explanation_es": TEXTS[note.kind][1],
        }
        for source in sources
        for note in source.notes
    ]
