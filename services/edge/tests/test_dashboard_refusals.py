"""What cannot be done is said in the language of the page, wherever a person meets it."""

import string
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from perito.analysis.v1 import analysis_pb2 as pb
from perito_edge.dashboard import failures_es, refusals_es, rule_refusals_es
from perito_edge.dashboard.refusals import SPANISH, sentence, spoken
from perito_edge.problems import InvalidFields
from perito_kernel.errors import Exhausted, Invalid, PeritoError, Unavailable

from .browser import signed_in, text_of, token
from .conftest import Edge
from .dashboard_report import CAUSE, REPORT
from .finished import finished, running
from .orchestrator_double import READ_KEY
from .test_dashboard_reviews import kept

ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
TOO_LARGE = Exhausted("FILE_TOO_LARGE", "big.csv is larger than 9 bytes.", {"file": "<b>.csv", "limit_bytes": 9})


@pytest.fixture
async def analista(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(edge.app, language="es") as client:
        yield client


def test_a_refusal_keeps_all_but_its_sentence() -> None:
    told = spoken(TOO_LARGE, "es")
    assert told.message == "<b>.csv supera los 9 bytes: divídalo."
    assert (type(told), told.reason, told.details) == (Exhausted, "FILE_TOO_LARGE", TOO_LARGE.details)
    assert spoken(TOO_LARGE, "en") is TOO_LARGE
    several = InvalidFields("HINT_INVALID", "Wrong.", [{"pointer": "/currency"}])
    kept = spoken(several, "es")
    assert isinstance(kept, InvalidFields)
    assert (kept.errors, kept.message) == (several.errors, SPANISH["HINT_INVALID"])


@pytest.mark.parametrize("error", [
    Invalid("OF_ANOTHER_VERSION", "It is told as it is."),
    Exhausted("FILE_TOO_LARGE", "Without a name it is told as it is."),
])  # fmt: skip
def test_what_nobody_has_put_into_spanish_is_told_in_english(error: PeritoError) -> None:
    assert sentence(error, "es") == error.message


def test_each_sentence_ends_and_takes_nothing_but_details() -> None:
    assert len(SPANISH) == sum(len(each.TEXTS) for each in (failures_es, refusals_es, rule_refusals_es))
    for reason, text in SPANISH.items():
        assert text.endswith("."), reason
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        assert names <= {"file", "files", "column", "limit", "limit_bytes", "scope", "what"}, reason


async def test_pages_forms_and_scripts_are_refused_in_spanish(edge: Edge, analista: httpx.AsyncClient) -> None:
    shown = await token(analista)
    for path, words in (
        (f"/analyses/{ID}", "No existe ese análisis"),
        ("/nada", "No existe esa página"),
        ("/?from=ayer", "Los días se escriben como 2026-03-31"),
    ):
        assert words in text_of((await analista.get(path)).text), path
    forged = await analista.post("/sign-out", data={"csrf": "0" * 128})
    assert "Este formulario es de otra sesión" in forged.text
    script = await analista.post(
        "/upload", headers={"X-CSRF-Token": shown, "Accept": "application/json", "Content-Type": "text/plain"}
    )
    assert (script.status_code, script.json()["detail"]) == (415, SPANISH["UNSUPPORTED_MEDIA_TYPE"])
    edge.double.failures["ListAnalyses"] = Unavailable("DATABASE_UNAVAILABLE", "The database does not answer.")
    assert "La base de datos no responde" in (await analista.get("/")).text


async def test_english_stays_english(edge: Edge) -> None:
    async with signed_in(edge.app, READ_KEY) as reader:
        assert "This key lacks the scope" in (await reader.get("/upload")).text
    async with signed_in(edge.app, READ_KEY, language="es") as lectora:
        assert "A su clave le falta el permiso" in text_of((await lectora.get("/upload")).text)


async def test_a_false_alarm_without_its_reason_is_asked_for_it_where_it_was_said(
    edge: Edge, analista: httpx.AsyncClient
) -> None:
    base = await kept(edge)
    edge.double.failures["SetDisposition"] = Invalid("REASON_MISSING", "Say why it is a false alarm.")
    where = f"{base}/{CAUSE}"
    form = {"csrf": await token(analista), "kind": "case", "status": "false_alarm", "version": "0", "reason": ""}
    answer = await analista.post(f"{where}/disposition", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{where}?unsaid=1#said")
    assert "Una falsa alarma necesita su motivo" in (await analista.get(answer.headers["location"])).text
    assert "necesita su motivo" not in (await analista.get(where)).text


async def test_why_an_analysis_failed_is_said_in_spanish_with_the_place_below(
    edge: Edge, analista: httpx.AsyncClient
) -> None:
    analysis = running(edge)
    analysis.status = pb.ANALYSIS_STATUS_FAILED
    english = "a<b>.csv, line 7: nested deeper than 100 levels."
    analysis.failure.CopyFrom(
        pb.Failure(reason="INTAKE_JSON_DEPTH", message=english, details_json='{"file": "a<b>.csv"}')
    )
    first, second = analysis.phases[0], analysis.phases[1]
    first.failure.CopyFrom(analysis.failure)
    second.failure.CopyFrom(pb.Failure(reason="COMPUTE_CRASHED", message="The worker crashed."))
    spanish = "a<b>.csv está anidado a demasiada profundidad."
    shown = text_of((await analista.get(f"/analyses/{analysis.analysis_id}")).text)
    assert spanish in shown
    assert shown.count(english) == 1, "a phase does not say again why all failed"
    assert "El proceso que examinaba los libros se cayó." in shown
    assert "The worker crashed." not in shown
    assert spanish in text_of((await analista.get("/")).text)
    async with signed_in(edge.app) as analyst:
        assert text_of((await analyst.get(f"/analyses/{analysis.analysis_id}")).text).count(english) == 1


async def test_a_report_of_books_that_could_not_be_examined_speaks_for_nothing(
    edge: Edge, analista: httpx.AsyncClient
) -> None:
    report: dict[str, Any] = {
        **REPORT,
        "stories": [],
        "cases": [],
        "verdict": {**REPORT["verdict"], "level": "untested"},
    }
    analysis = await finished(edge, report)
    english = "The mapping names 'a.csv', which was not uploaded."
    analysis.failure.CopyFrom(
        pb.Failure(reason="MAPPING_FILE_MISSING", message=english, details_json='{"file": "a.csv"}')
    )
    where = f"/analyses/{analysis.analysis_id}"
    shown = text_of((await analista.get(where)).text)
    assert "La asignación nombra un archivo que no se envió: a.csv." in shown
    assert "eso no dice nada de estos libros" in shown
    async with signed_in(edge.app) as analyst:
        shown = text_of((await analyst.get(where)).text)
        assert "that says nothing of these books" in shown
        assert "speaks against these books" not in shown
        assert english not in shown, "the report says it where it tells what is missing"
    clean: dict[str, Any] = {**report, "verdict": {**REPORT["verdict"], "level": "clean"}}
    for missing, told in (
        (True, "No se encontró nada en lo que se pudo examinar."),
        (False, "No se encontró nada en contra de estos libros."),
    ):
        analysis = await finished(edge, {**clean, **({} if missing else {"missing_phases": []})})
        assert told in (await analista.get(f"/analyses/{analysis.analysis_id}")).text
