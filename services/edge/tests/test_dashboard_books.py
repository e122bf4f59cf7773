"""Books from a browser: uploaded with the token in a header, read, corrected, and started once."""

import json
import re
from collections.abc import AsyncIterator
from html import unescape
from itertools import pairwise

import httpx
import pytest
import yaml
from markupsafe import escape
from perito.dataset.v1 import intake_pb2
from perito_edge.dashboard.corrections import Change, changes, corrected
from perito_edge.settings import EdgeSettings
from perito_kernel.errors import Invalid

from .browser import signed_in, text_of, token
from .conftest import Edge
from .dashboard_report import EVIL
from .orchestrator_double import TENANT

BOOKS = {"sales.csv": b"sku,qty\nA1,4\n", "counts.csv": b"sku,counted\nA1,3\n"}


@pytest.fixture
def settings() -> EdgeSettings:
    return EdgeSettings(max_file_bytes=1000, max_upload_bytes=4000, max_mapping_bytes=500)


@pytest.fixture
async def analyst(edge: Edge) -> AsyncIterator[httpx.AsyncClient]:
    async with signed_in(edge.app) as client:
        yield client


@pytest.fixture(autouse=True)
def proposed(edge: Edge) -> None:
    """What the double proposes for any books."""
    edge.double.proposal = intake_pb2.ProposeMappingResponse(
        mapping_yaml="version: 1\nfiles: {}\n",
        placements=[
            intake_pb2.Placement(
                file="sales.csv", source_column=EVIL, table_name="sales", column_name="product", confidence="0.55",
                status=intake_pb2.PLACEMENT_STATUS_MAPPED, reason_en="by its header", reason_es="por su encabezado",
            ),
            intake_pb2.Placement(
                file="sales.csv", source_column="zz", status=intake_pb2.PLACEMENT_STATUS_UNPLACED, reason_en="nobody",
            ),
        ],
        questions=[
            intake_pb2.MappingQuestion(
                topic="currency", question_en="What currency?", question_es="¿Qué moneda?", add_yaml="currency: NGN"
            )
        ],
        targets=[
            intake_pb2.MappingTarget(table_name="sales", column_name=name, meaning=EVIL)
            for name in ("product", "qty", "type")
        ],
    )  # fmt: skip


async def send(client: httpx.AsyncClient, files: dict[str, bytes], **headers: str) -> httpx.Response:
    shown = {"X-CSRF-Token": await token(client), "Accept": "application/json", **headers}
    parts = [("files", (name, content, "text/csv")) for name, content in files.items()]
    return await client.post("/upload", files=parts, headers=shown)


async def uploaded(client: httpx.AsyncClient) -> str:
    answer = await send(client, BOOKS)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["next"])


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return found[1]


async def test_an_upload_leads_to_its_page_and_without_the_token_nothing_is_stored(
    edge: Edge, analyst: httpx.AsyncClient
) -> None:
    refused = await send(analyst, BOOKS, **{"X-CSRF-Token": "0" * 128})
    assert (refused.status_code, refused.json()["reason"]) == (403, "CSRF_TOKEN_WRONG")
    elsewhere = await send(analyst, BOOKS, **{"Sec-Fetch-Site": "cross-site"})
    assert (elsewhere.status_code, elsewhere.json()["reason"]) == (403, "ORIGIN_WRONG")
    assert edge.objects() == []
    where = await uploaded(analyst)
    page = await analyst.get(where)
    said = text_of(page.text)
    assert "2 files: sales.csv (13 B)" in said.replace("\xa0", " ")
    assert "Reading the files" in said
    assert all(key.startswith(f"tenants/{TENANT}/datasets/") for key in edge.objects())


@pytest.mark.parametrize(("files", "status", "reason"), [
    ({"big.csv": b"x" * 1001}, 413, "FILE_TOO_LARGE"),
    ({f"{n}.csv": b"x" * 900 for n in range(5)}, 413, "BODY_TOO_LARGE"),
    ({"../../evil.csv": b"x"}, 422, "FILE_NAME_INVALID"),
])  # fmt: skip
async def test_what_is_no_upload_is_refused_as_rest_refuses_it(
    edge: Edge, analyst: httpx.AsyncClient, files: dict[str, bytes], status: int, reason: str
) -> None:
    answer = await send(analyst, files)
    assert answer.status_code == status
    if reason != "FILE_NAME_INVALID":
        assert answer.json()["reason"] == reason
    assert edge.objects() == []


async def test_a_hostile_file_name_is_shown_as_it_is(edge: Edge, analyst: httpx.AsyncClient) -> None:
    name = "<script>alert(1)<b>.csv"
    answer = await send(analyst, {name: b"a\n1\n"})
    assert answer.status_code == 201
    page = await analyst.get(answer.json()["next"])
    assert name in text_of(page.text)
    assert "<script>alert" not in page.text


async def test_how_files_are_read_is_a_part_for_the_script_and_a_page_without_it(
    edge: Edge, analyst: httpx.AsyncClient
) -> None:
    where = await uploaded(analyst)
    part = await analyst.get(f"{where}/mapping?part=1")
    assert part.text.startswith('<section id="reading">')
    whole = await analyst.get(f"{where}/mapping?currency=ngn&timezone=Africa/Lagos")
    for shown in (part.text, whole.text):
        said = text_of(shown)
        for each in ("What currency?", "currency: NGN", "55 %", "1 of 2 columns used"):
            assert each in said.replace("\xa0", " "), each
        assert "<script>alert" not in shown
        assert 'value="sales.product"' in shown
        assert 'placeholder="nobody knows"' in shown
    assert edge.double.hints == [("", ""), ("NGN", "Africa/Lagos")]
    assert hidden(whole.text, "currency") == "NGN"


async def test_started_as_it_is_it_is_started_once(edge: Edge, analyst: httpx.AsyncClient) -> None:
    where = await uploaded(analyst)
    page = (await analyst.get(f"{where}/mapping?currency=ngn")).text
    form = {
        "csrf": await token(analyst), "key": hidden(page, "key"), "name": " March ", "currency": "NGN",
        "proposed": hidden(page, "proposed"), "mapping": "version: 1\r\nfiles: {}\r\n",
    }  # fmt: skip
    first, second = [await analyst.post(f"{where}/analyses", data=form) for _ in range(2)]
    assert first.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    asked = edge.double.submitted[0]
    assert (asked.name, asked.params_json) == ("March", '{"hints": {"currency": "NGN"}}')
    assert where == f"/datasets/{asked.dataset_id}"
    assert edge.double.count("CreateDataset") == 1


async def test_a_corrected_mapping_is_saved_with_the_same_files(edge: Edge, analyst: httpx.AsyncClient) -> None:
    where = await uploaded(analyst)
    page = (await analyst.get(f"{where}/mapping")).text
    form = {
        "csrf": await token(analyst), "key": hidden(page, "key"), "proposed": hidden(page, "proposed"),
        "mapping": "version: 1\r\ncurrency: EUR\r\nfiles: {}",
    }  # fmt: skip
    answers = [await analyst.post(f"{where}/analyses", data=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["location"] == answers[1].headers["location"]
    asked = edge.double.submitted[0].dataset_id
    assert where != f"/datasets/{asked}"
    saved = edge.double.datasets[asked]
    assert await edge.store.read_bytes(saved.mapping, 1000) == b"version: 1\ncurrency: EUR\nfiles: {}\n"
    before = edge.double.datasets[where.rpartition("/")[2]]
    assert [(f.name, f.object.sha256) for f in saved.files] == [(f.name, f.object.sha256) for f in before.files]
    assert len([key for key in edge.objects() if "/datasets/" in key]) == 5, "the second try left nothing behind"
    assert "came with a mapping" in (await analyst.get(f"/datasets/{asked}")).text


@pytest.mark.parametrize(("mapping", "status", "reason"), [
    ("x" * 600, 413, "MAPPING_TOO_LARGE"),
    ("version: 1\u0007", 422, "MAPPING_UNREADABLE"),
])  # fmt: skip
async def test_a_mapping_that_is_none_is_refused_and_nothing_starts(
    edge: Edge, analyst: httpx.AsyncClient, mapping: str, status: int, reason: str
) -> None:
    where = await uploaded(analyst)
    answer = await analyst.post(f"{where}/analyses", data={"csrf": await token(analyst), "mapping": mapping})
    assert answer.status_code == status
    assert reason in answer.text
    assert edge.double.submitted == []


async def test_forms_have_bounds(edge: Edge, analyst: httpx.AsyncClient) -> None:
    where, shown = await uploaded(analyst), await token(analyst)
    long = await analyst.post(f"{where}/analyses", data={"csrf": shown, "name": "x" * 201})
    assert (long.status_code, "ANALYSIS_INVALID" in long.text) == (422, True)
    huge = await analyst.post("/sign-out", data={"csrf": shown, "x": "x" * 20_000})
    assert (huge.status_code, "BODY_TOO_LARGE" in huge.text) == (413, True)
    many = await analyst.post("/sign-out", data={"csrf": shown} | {f"f{n}": "" for n in range(300)})
    assert (many.status_code, "FORM_UNREADABLE" in many.text) == (422, True)
    for body, kind in ((b"csrf=%ff", "application/x-www-form-urlencoded"), (b"{}", "application/json"), (b"\xff", "")):
        wrong = await analyst.post("/sign-out", content=body, headers={"Content-Type": kind})
        assert wrong.status_code in (415, 422)
    assert len(edge.double.sessions) == 1


_MAPPING = """\
version: 1
files:
  sales.csv:
    tables:
      sales:
        columns:
          product: {column: sku, normalise: [trim]}
          qty: qty
"""


def test_columns_that_a_form_changes_take_along_how_they_are_read() -> None:
    said = json.dumps(
        [["sales.csv", "sku", "sales.product"], ["sales.csv", "qty", "sales.qty"], ["sales.csv", "x", ""]]
    )
    asked = changes({"columns": said, "to:0": " returns.product ", "to:1": "", "to:2": "sales.type"})
    books = yaml.safe_load(corrected(_MAPPING, asked))
    assert books["version"] == 1
    assert books["files"]["sales.csv"]["tables"] == {
        "returns": {"columns": {"product": {"column": "sku", "normalise": ["trim"]}}},
        "sales": {"columns": {"type": "x"}},
    }
    assert changes({"columns": said, "to:0": "sales.product"}) == []
    all_gone = [Change("sales.csv", "sku", "sales.product", ""), Change("sales.csv", "qty", "sales.qty", "")]
    assert yaml.safe_load(corrected(_MAPPING, all_gone))["files"] == {}
    swapped = [
        Change("sales.csv", "sku", "sales.product", "sales.qty"),
        Change("sales.csv", "qty", "sales.qty", "sales.type"),
    ]
    assert yaml.safe_load(corrected(_MAPPING, swapped))["files"]["sales.csv"]["tables"]["sales"]["columns"] == {
        "qty": {"column": "sku", "normalise": ["trim"]}, "type": "qty",
    }  # fmt: skip
    with pytest.raises(Invalid, match="TARGET_TAKEN"):
        corrected(_MAPPING, [Change("sales.csv", "x", "", "sales.qty")])
    new_file = corrected("version: 1\nfiles: {}\n", [Change("b.csv", "sku", "", "products.product")])
    assert yaml.safe_load(new_file)["files"] == {"b.csv": {"tables": {"products": {"columns": {"product": "sku"}}}}}


@pytest.mark.parametrize("form", [
    {"columns": "[["}, {"columns": "[1]"}, {"columns": '[["a","b"]]'}, {"columns": '{"a": 1}'},
    {"columns": '[["a.csv","x",""]]', "to:0": "product"}, {"columns": '[["a.csv","x",""]]', "to:0": "a.b.c"},
    {"columns": '[["a.csv","x","product"]]', "to:0": "a.b"}, {"columns": '[["a.csv","\\ud800",""]]', "to:0": "a.b"},
    {"columns": "[" * 100_000},
])  # fmt: skip
def test_a_form_of_corrections_that_is_none_is_refused(form: dict[str, str]) -> None:
    with pytest.raises(Invalid, match=r"FORM_UNREADABLE|TARGET_INVALID"):
        changes(form)


@pytest.mark.parametrize(
    "mapping",
    [
        *("[]", "x", "files: 1", "files: {a.csv: 1}", "a: [", "a: " * 3000, "# x\n" * 100_000),
        *("files: {a.csv: 2026-13-45}", f"files: {{a.csv: {'9' * 5000}}}", "files: {? [a] : 1}"),
        "a: &a {k: 1}\n" + "".join(f"{to}: &{to} {{<<: [{f'*{of},' * 9}]}}\n" for of, to in pairwise("abcdefghijkl")),
    ],
)
def test_a_mapping_that_the_form_cannot_change_is_said(mapping: str) -> None:
    with pytest.raises(Invalid, match="MAPPING_UNREADABLE"):
        corrected(mapping, [Change("a.csv", "x", "sales.qty", "sales.product")])


async def test_a_column_is_corrected_in_the_form(edge: Edge, analyst: httpx.AsyncClient) -> None:
    edge.double.proposal.mapping_yaml = _MAPPING
    edge.double.proposal.placements[0].source_column = "sku"
    where = await uploaded(analyst)
    page = (await analyst.get(f"{where}/mapping")).text
    assert '<input name="to:0" value="sales.product" list="targets"' in page
    form = {
        "csrf": await token(analyst), "key": hidden(page, "key"), "proposed": hidden(page, "proposed"),
        "columns": unescape(hidden(page, "columns")), "mapping": _MAPPING,
        "to:0": "sales.product", "to:1": "sales.type",
    }  # fmt: skip
    answer = await analyst.post(f"{where}/analyses", data=form)
    assert answer.status_code == 303
    saved = edge.double.datasets[edge.double.submitted[0].dataset_id].mapping
    books = yaml.safe_load(await edge.store.read_bytes(saved, 1000))
    assert books["files"]["sales.csv"]["tables"]["sales"]["columns"]["type"] == "zz"
    assert f'<option value="sales.type" label="{escape(EVIL)}">' in page, "every column there is, not only those in use"
    form["targets"] = unescape(hidden(page, "targets"))
    unknown = await analyst.post(f"{where}/analyses", data={**form, "to:1": "sales.nothing"})
    assert (unknown.status_code, "There is no sales.nothing" in unknown.text) == (422, True)
    refused = await analyst.post(f"{where}/analyses", data={**form, "to:1": "nowhere"})
    assert (refused.status_code, "TARGET_INVALID" in refused.text) == (422, True)


async def test_books_with_a_mapping_are_corrected_as_text_or_read_anew(edge: Edge, analyst: httpx.AsyncClient) -> None:
    shown = {"X-CSRF-Token": await token(analyst), "Accept": "application/json"}
    parts = [
        ("files", ("sales.csv", BOOKS["sales.csv"], "text/csv")),
        ("mapping", ("mapping.yaml", b"version: 1\r\nfiles: {}\r\n# <b>\r\n", "application/yaml")),
    ]
    where = (await analyst.post("/upload", files=parts, headers=shown)).json()["next"]
    page = (await analyst.get(where)).text
    assert "# &lt;b&gt;" in page
    form = {"csrf": await token(analyst), "key": hidden(page, "key"), "proposed": hidden(page, "proposed")}
    as_it_is = {**form, "mapping": "version: 1\r\nfiles: {}\r\n# <b>\r\n"}
    assert (await analyst.post(f"{where}/analyses", data=as_it_is)).status_code == 303
    assert where == f"/datasets/{edge.double.submitted[-1].dataset_id}", "as it came it stays the same books"
    other = {**form, "key": "another", "mapping": "version: 1\ncurrency: EUR\nfiles: {}"}
    assert (await analyst.post(f"{where}/analyses", data=other)).status_code == 303
    saved = edge.double.datasets[edge.double.submitted[-1].dataset_id]
    assert await edge.store.read_bytes(saved.mapping, 1000) == b"version: 1\ncurrency: EUR\nfiles: {}\n"
    assert (await analyst.get(f"{where}/mapping")).headers["location"] == where
    anew = (await analyst.get(f"{where}/mapping?anew=1")).text
    assert 'list="targets"' in anew
    assert 'name="anew" value="1"' in anew
    form = {"csrf": form["csrf"], "key": hidden(anew, "key"), "proposed": hidden(anew, "proposed")}
    proposed = {**form, "mapping": edge.double.proposal.mapping_yaml}
    assert (await analyst.post(f"{where}/analyses", data=proposed)).status_code == 303
    saved = edge.double.datasets[edge.double.submitted[-1].dataset_id]
    assert await edge.store.read_bytes(saved.mapping, 1000) == b"version: 1\nfiles: {}\n", "not the one it came with"
