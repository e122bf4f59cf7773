"""Every file of the hostile corpus is answered as `docs/reliability.md` promises, in bounded memory and time, and the
next analysis runs: all of them go through one compute child, one after the other."""

import asyncio
import gzip
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from perito_kernel.errors import Invalid
from perito_kernel.phases import InputFile, Job, Outcome
from perito_runtime.compute import ComputePool

from .desk import one_table, silent, sources_of
from .hostile import CORPUS, CSV, MARK, PAGE, Hostile, parquet, table, zipped
from .sheets import row, workbook

MEMORY = 448 << 20
"""Of the child. It has about 150 MiB after its start; 100 MB in one line do not fit three times."""
SECONDS = 20.0


async def answer(pool: ComputePool, folder: Path, name: str, content: bytes) -> set[str]:
    """All that the validation phase says about a file, in the words of the corpus."""
    path = folder / "content"
    path.write_bytes(content)
    (folder / "mapping.yaml").write_text(
        one_table(name, "products", "{product: id, name: name, unit_price: price, launched: day}")
    )
    slot = pool.try_acquire()
    assert slot is not None
    with slot:
        file = InputFile(name, str(path), hashlib.sha256(content).hexdigest(), len(content))
        job = Job(
            "validation", "perito_validation.rules", [file], str(folder / "mapping.yaml"), [], {}, str(slot.out),
            str(slot.scratch), pool.threads, pool.job_memory_bytes,
        )  # fmt: skip
        try:
            outcome = await slot.run("perito_validation.compute:validate", job, silent, SECONDS)
        except Invalid as error:
            return {error.reason} if is_help(error, name) else {"no help"}
        return said(slot.out, outcome)


def is_help(error: Invalid, name: str) -> bool:
    """Does the error name the file, in a sentence?"""
    return name.partition(".")[0] in error.message and error.message.endswith(".")


def said(out: Path, outcome: Outcome) -> set[str]:
    """What stands in the tables of a run."""
    names = {"unit_price": "price", "launched": "day"}
    with duckdb.connect() as con:

        def ask(sql: str, table: str) -> list[str]:
            return [str(row[0]) for row in con.execute(f"{sql} FROM '{out}/{table}.parquet'").fetchall()]

        words = {f"record {reason}" for reason in ask("SELECT DISTINCT reason", "rejected_records")}
        words |= {f"cell {names.get(name, name)}" for name in ask("SELECT DISTINCT column_name", "rejected_cells")}
        told = ask("SELECT DISTINCT CASE WHEN table_name IS NULL THEN kind END", "transformations")
        words |= {f"told {kind}" for kind in told if kind != "None"}
        kept = ask("SELECT sum(records) - sum(rejected_records)", "files")
    (products,) = (artifact for artifact in outcome.artifacts if artifact.name == "products.parquet")
    assert kept == [str(products.rows)], "records are conserved"
    return words or {"read"}


@pytest.fixture(scope="module")
def loop() -> Iterable[asyncio.Runner]:
    """One event loop for the pool that all cases share."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def pool(loop: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterable[ComputePool]:
    pool = ComputePool(1, MEMORY, 1, work_dir=tmp_path_factory.mktemp("work"), recycle_after=1000)
    loop.run(pool.__aenter__())
    yield pool
    loop.run(pool.__aexit__(None, None, None))


@pytest.mark.parametrize("hostile", CORPUS, ids=lambda hostile: f"{hostile.name}: {hostile.wrong}")
def test_each_is_answered_as_promised(
    loop: asyncio.Runner, pool: ComputePool, tmp_path: Path, hostile: Hostile
) -> None:
    assert hostile.answer in loop.run(answer(pool, tmp_path, hostile.name, hostile.make()))


def test_after_all_of_them_a_sound_file_is_read(loop: asyncio.Runner, pool: ComputePool, tmp_path: Path) -> None:
    assert loop.run(answer(pool, tmp_path, "b.csv", CSV)) == {"read"}


def test_the_page_of_promises_holds_the_same_table() -> None:
    assert len(CORPUS) >= 60
    assert PAGE.read_text(encoding="utf-8").split(MARK)[1].strip() == table(), (
        "python -m services.validation.tests.hostile"
    )


@pytest.fixture(scope="module")
def con() -> Iterable[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


SOUND: dict[str, bytes] = {
    "b.csv": CSV + b'A-3,"a ""b""\r\nc, d",2,2024-01-01\r\n',
    "b.json": json.dumps([{"id": "A", "n": 1.5, "x": {"y": [1, None]}}, {"id": "B"}]).encode(),
    "b.ndjson": b'{"id": "A"}\n{"id": "B", "n": 2}\n',
    "b.zip": zipped(("s.csv", CSV), ("t.csv", CSV)),
    "b.csv.gz": gzip.compress(CSV),
    "b.xlsx": workbook({"S": row(1, "id", "n") + row(2, "A", "1")}),
    "b.parquet": parquet({"id": ["A", "B"], "n": [1, 2]}),
}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(SOUND)), data=st.data())
def test_a_damaged_file_never_crashes_and_never_loses_a_record(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, data: st.DataObject
) -> None:
    """Bytes cut out, put in or exchanged anywhere: either a reason that names the file, or tables that add up."""
    content = bytearray(SOUND[name])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        upto = data.draw(st.integers(at, min(at + 8, len(content))))
        content[at:upto] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b'"', b"\n", b"\r", b",", b"\0", b"{", b"["])
        )
    _check(con, tmp_path, name, bytes(content))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(SOUND)),
    content=st.binary(max_size=300) | st.text('ab,;"\n\r\t 1{}[]:é').map(str.encode),
)
def test_any_bytes_are_read_or_refused(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, name: str, content: bytes
) -> None:
    _check(con, tmp_path, name, content)


def _check(con: duckdb.DuckDBPyConnection, folder: Path, name: str, content: bytes) -> None:
    for (left,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall():
        con.execute(f"DROP TABLE {left}")
    try:
        found = sources_of(con, folder, {name: content})
    except Invalid as error:
        if not is_help(error, name):
            raise
        return
    for source in found.values():
        numbers = [int(row[0]) for row in con.execute(f"SELECT {source.record} FROM {source.table}").fetchall()]
        assert len(numbers) == source.rows
        numbers += [rejected.record for rejected in source.rejected]
        assert sorted(numbers) == list(range(1, source.records + 1)), (
            "each record is kept or set aside, none is missing"
        )
