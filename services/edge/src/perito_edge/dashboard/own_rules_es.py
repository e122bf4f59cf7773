"""What the pages of a tenant's own rules say, in Spanish."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "own_rules": "Sus propias reglas",
    "own_rules_lead": "Lo que usted buscaría en sus libros y Perito no busca: una pregunta en SQL sobre las mismas "
    "tablas que leen las reglas de Perito. Cada análisis que se inicie desde ahora hace las que estén activas.",
    "own_rules_none": "Todavía no hay reglas propias.",
    "own_rule_new": "Nueva regla",
    "own_rule_text": "Texto de la regla: su encabezado y después el SQL",
    "own_rule_file": "Desde un archivo",
    "own_rule_keep": "Comprobar y guardar",
    "own_rule_check": "Solo comprobar",
    "own_rule_good": "Esta regla no tiene errores. Todavía no está guardada.",
    "own_rule_bad": "No se guardó nada. Hay errores en estos lugares:",
    "own_rule_place": "Línea {line}, carácter {column}",
    "own_rule_version": "Versión",
    "own_rule_versions": "Versiones",
    "own_rule_changed": "Modificada",
    "own_rule_is_on": "activa",
    "own_rule_is_off": "inactiva",
    "own_rule_enable": "Activar",
    "own_rule_disable": "Desactivar",
    "own_rule_change": "Comprobar y modificar",
    "own_rule_old": "Esta es la versión {number}. La regla se ejecuta con otro texto.",
    "own_rule_now": "Mostrar el texto actual",
    "own_rule_by": "con la clave {key}",
    "own_rule_reads": "Lee",
    "own_rule_delete": "Borrar",
    "own_rule_delete_sure": "Borrar con todas sus versiones",
    "own_rule_cannot": "Su clave no puede cambiar reglas: para eso hace falta el permiso rules.",
}
