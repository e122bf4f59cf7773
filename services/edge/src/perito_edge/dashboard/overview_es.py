"""What the pages of trends and of the rule catalogue say, in Spanish."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "part_trends": "Evolución",
    "trends_lead": "Cómo fue de un análisis a otro, el más antiguo a la izquierda. Las puntuaciones se dibujan de 0 a "
    "100; lo demás, entre su valor más bajo y el más alto.",
    "trends_cut": "los más recientes de {count}",
    "trends_of_books": "de los mismos archivos",
    "trends_none": "Todavía no ha terminado ningún análisis así.",
    "trends_unread": "Ahora no se pudieron leer los informes de {count}. Cargue la página de nuevo.",
    "trend_figure": "Indicador",
    "trend_no_figure": "ninguno",
    "trend_between": "entre {low} y {high}",
    "trend_numbers": "Las cifras",
    "period": "Periodo",
}
