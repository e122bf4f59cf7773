"""What the pages say of cases, and of analyses that are run again or deleted, in Spanish."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "tab_cases": "Casos",
    "cases_lead": "A qué se reducen los hallazgos: cada caso tiene una causa y los hallazgos que explica.",
    "cases_listed": "Las listas tienen {shown} de {all} casos, los más caros de cada tipo; la tabla exportada tiene "
    "todos los hallazgos.",
    "no_cases_filtered": "Ningún caso es así.",
    "explains": "Explica",
    "onward": "Qué hacer con este análisis",
    "rerun": "Repetirlo",
    "rerun_lead": "Los mismos archivos, leídos igual, con las reglas de hoy, también las suyas. El análisis anterior "
    "se conserva y los dos se pueden comparar.",
    "rerun_params": "Parámetros que deben cambiar (JSON; puede quedar vacío)",
    "rerun_params_note": "Lo que no se nombra queda como estaba; null devuelve un parámetro a su valor por defecto. "
    "Cuáles hay:",
    "rerun_do": "Repetir",
    "rerun_mapping": "para que se lean de otro modo.",
    "rerun_of": "Repetición:",
    "rerun_compare": "comparar con el anterior",
    "read_anew": "Leer los archivos de nuevo y enviar sus columnas a otro lugar",
    "mapping_held_note": "Cómo se leen los archivos. Lo que cambie se guarda con una copia de estos archivos al "
    "empezar; los análisis que ya hay conservan la suya.",
    "delete_analysis": "Borrar este análisis",
    "delete_books": "Borrar estos archivos",
    "delete_lead": "Para siempre: nada lo devuelve.",
    "delete_what": "Con él se va lo que se encontró, el informe en todas sus formas, lo que se dijo de sus "
    "hallazgos si ningún otro análisis los tiene y los archivos que llegaron con él si ningún otro análisis los usa.",
    "delete_books_too": "Borrar también los archivos subidos ({files})",
    "delete_books_stay": "Los archivos subidos se quedan, para {count}.",
    "delete_books_used": "Están en uso por {count}. Bórrelos antes.",
    "delete_books_which": "Verlos",
    "delete_sure": "Borrar para siempre",
    "delete_books_sure": "Borrar los archivos para siempre",
    "delete_not": "Dejarlo como está",
    "deleted_analysis": "El análisis está borrado. Sus archivos se van en un minuto.",
    "deleted_both": "El análisis y sus archivos están borrados.",
    "deleted_kept": "El análisis está borrado. Sus archivos se quedan porque entretanto los usa otro análisis.",
    "deleted_books": "Los archivos están borrados.",
    "and_more": "Y {count} más.",
    "noun_other": "otro análisis|otros análisis",
}
