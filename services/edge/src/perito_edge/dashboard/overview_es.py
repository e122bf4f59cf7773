"""What the pages of trends and of the rule catalogue say, in Spanish."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "part_trends": "Evolución",
    "trends_lead": "Cómo fue de un análisis a otro, el más antiguo a la izquierda. Las puntuaciones se dibujan de 0 a "
    "100; lo demás, entre su valor más bajo y el más alto.",
    "trends_follow": "Seguir su evolución",
    "trends_cut": "los más recientes de {count}",
    "trends_of_books": "de los mismos archivos",
    "trends_none": "Todavía no ha terminado ningún análisis así.",
    "trends_currencies": "Monedas",
    "trends_nothing": "Todavía no ha terminado ningún análisis. Desde el primero, sus cifras aparecen aquí.",
    "trends_unread": "Ahora no se pudieron leer los informes de {count}. Cargue la página de nuevo.",
    "trend_figure": "Indicador",
    "trend_no_figure": "ninguno",
    "trend_between": "entre {low} y {high}",
    "trend_same": "siempre igual",
    "trend_numbers": "Las cifras",
    "period": "Periodo",
    "catalogue": "Lo que busca Perito",
    "catalogue_lead": "Cada regla con lo que tiene por incorrecto, qué hacer, qué necesita de los libros y los "
    "parámetros que se pueden fijar para un análisis.",
    "catalogue_newest": "Tal como las ejecutó el análisis más reciente, con lo que encontraron",
    "catalogue_words": "Palabras",
    "catalogue_away": "Servicios que ahora no responden: {phases}. Sus reglas faltan aquí.",
    "catalogue_needs": "Necesita de",
    "catalogue_optional": "Usa, si las hay, de",
    "catalogue_version": "Versión {version}.",
    "parameter": "Parámetro",
    "parameter_default": "Por defecto",
    "parameter_type": "Tipo",
    "type_integer": "número entero",
    "type_decimal": "número",
    "type_text": "texto",
    "type_boolean": "sí o no",
    "type_date": "día",
    "targets_hint": "Una tabla y una columna, como sales.product: elija entre {count} o déjelo vacío para ninguna.",
}
