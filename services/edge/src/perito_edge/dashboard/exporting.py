"""The report's own bytes, for who is signed in: what `GET /export/{id}` of REST answers."""

from perito_kernel.errors import NotFound
from starlette.responses import Response

from perito_edge.dashboard.cookies import LANGUAGES
from perito_edge.dashboard.ids import analysis_id
from perito_edge.dashboard.page import Page
from perito_edge.dashboard.visit import Visit
from perito_edge.exports import export_report
from perito_edge.reports import MEDIA_TYPES
from perito_edge.request_models import Format, Language

_KINDS: dict[str, Format] = {each: each for each in MEDIA_TYPES}
_LANGUAGES: dict[str, Language] = {each: each for each in LANGUAGES}


async def exported(visit: Visit) -> Response:
    """The file. The page of the report comes under its own policy, which lets it run nothing."""
    kind = _KINDS.get(visit.request.path_params["kind"])
    if kind is None:
        raise NotFound("PAGE_NOT_FOUND", "There is no such form of the report. Choose one on the page of the analysis.")
    language = _LANGUAGES.get(visit.query.get("lang", ""), visit.voice.language)
    wanted = analysis_id(visit)
    report = await export_report(visit.given, visit.caller, wanted, kind, language)
    visit.reads(wanted)
    return report


PAGES = (Page("/analyses/{analysis_id}/report.{kind}", exported),)
