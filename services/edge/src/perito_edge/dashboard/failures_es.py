"""Why an analysis failed, for people who read Spanish, by the stable reason; as in `refusals_es`. The page shows the
English sentence below it, which names the place.
"""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "ATTEMPTS_EXHAUSTED": "Una fase falló todas las veces que se intentó. Inténtelo de nuevo; si se repite, dígalo a "
    "quien administra Perito.",
    "COMPUTE_CRASHED": "El proceso que examinaba los libros se cayó. Inténtelo de nuevo; si se repite, dígalo a quien "
    "administra Perito.",
    "COMPUTE_MEMORY_EXCEEDED": "Los libros necesitan más memoria de la que tiene un análisis. Envíe menos de una vez, "
    "o pida más a quien administra Perito.",
    "COMPUTE_TIME_EXCEEDED": "Los libros necesitan más tiempo del que tiene un análisis. Envíe menos de una vez.",
    "INTAKE_BOMB": "{file} se expande muchísimo más de lo que hace una exportación. Envíe su contenido sin comprimir.",
    "INTAKE_COLUMN_TYPE": "Una columna de {file} es de un tipo que no es de datos. Expórtela como texto o como número.",
    "INTAKE_EMPTY": "{file} no tiene contenido. Expórtelo de nuevo.",
    "INTAKE_FORMAT": "{file} no se puede leer como lo que dice ser: está dañado o es otra cosa. Guárdelo otra vez.",
    "INTAKE_FORMULA": "Las fórmulas de {file} se guardaron sin su valor. Ábralo y guárdelo de nuevo.",
    "INTAKE_HEADER": "El encabezado de {file} no sirve: cada columna necesita un nombre y ninguno puede repetirse.",
    "INTAKE_JSON": "{file} no es JSON válido. Expórtelo de nuevo.",
    "INTAKE_JSON_DEPTH": "{file} está anidado a demasiada profundidad. Exporte una lista de registros.",
    "INTAKE_LINE_TOO_LONG": "Una línea o un valor de {file} es demasiado largo. Compruebe que sea una tabla.",
    "INTAKE_NESTED": "{file} es un archivo comprimido dentro de otro. Descomprímalo y envíe lo que contiene.",
    "INTAKE_NOT_CONSERVED": "No se pudo dar cuenta de todos los registros de {file}. Expórtelo de nuevo.",
    "INTAKE_NUL": "{file} contiene bytes nulos y no es texto. Expórtelo como texto en UTF-8.",
    "INTAKE_RAGGED": "Las filas de {file} no tienen las columnas de su encabezado. Compruebe separadores y comillas.",
    "INTAKE_SHAPE": "{file} no es una lista de registros. Exporte los registros como una lista de objetos.",
    "INTAKE_TOO_WIDE": "{file} tiene más columnas de las que puede tener una tabla.",
    "MAPPING_COLUMN_MISSING": "La asignación nombra una columna que {file} no tiene. Corríjala.",
    "MAPPING_FILE_MISSING": "La asignación nombra un archivo que no se envió: {file}. Corríjala, o envíelo.",
    "MAPPING_INVALID": "La asignación no es correcta. Corrija el lugar que se indica y examine de nuevo los archivos.",
    "PHASE_SILENT": "Una parte de Perito no respondió a tiempo. Inténtelo de nuevo.",
    "PHASE_UNSERVED": "Una parte de Perito no está en marcha. Dígalo a quien lo administra.",
    "PROPOSAL_NO_TABLE": "Ningún archivo es una tabla conocida ({files}). Compruebe que la primera línea nombre las "
    "columnas, o escriba una asignación.",
}
