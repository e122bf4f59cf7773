"""Why a rule of one's own is refused at a place, for people who read Spanish, by the stable reason; as in
`refusals_es`. The page shows the English sentence below it, which names what stands there.
"""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "RULE_CHECK_FAILED": "La comprobación no terminó dentro de sus límites. Escriba la regla más corta.",
    "RULE_COLUMN_UNKNOWN": "La tabla no tiene esa columna. Corrija el nombre.",
    "RULE_CONSTRUCT_REFUSED": "Una regla no puede usar esta construcción de SQL. Escríbalo de otro modo.",
    "RULE_DOES_NOT_RUN": "Aquí el SQL no se puede ejecutar. Corríjalo, o corrija el encabezado que lo promete.",
    "RULE_FUNCTION_REFUSED": "Una regla no puede llamar a esta función. Use otra, o los nombres de sus tablas.",
    "RULE_ID_TAKEN": "Otra regla ya tiene ese identificador. Dé otro a esta.",
    "RULE_MALFORMED": "El encabezado no está completo o no es como debe. Corrija este lugar.",
    "RULE_NOT_REPRODUCIBLE": "El resultado podría cambiar de una ejecución a otra. Escríbalo de modo que sea único.",
    "RULE_SQL_INVALID": "Esto no es SQL válido. Corríjalo aquí.",
    "RULE_STATEMENT_REFUSED": "Una sección es una sola consulta SELECT. Quite lo demás.",
    "RULE_TABLE_REFUSED": "Una regla no puede leer esta tabla. Lea una de las que nombra su encabezado.",
    "RULE_TEXT_TOO_LONG": "El texto es demasiado largo. Haga dos reglas.",
    "RULE_TOO_COMPLEX": "La regla dice demasiado de una vez. Divídala.",
}
