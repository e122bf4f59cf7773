"""Simulated shops: products that sell at their own rates, stock that the books hold, and stock that is not there.

Seeded; every number is drawn here. Day 0 is the first of January 2025, and the last snapshot is taken on the last day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

Columns = Mapping[str, "np.ndarray[Any, np.dtype[Any]]"]


@dataclass(frozen=True)
class World:
    """Canonical tables on disk; `phantoms` maps (product, location) to the sales that its missing stock cost."""

    tables: Mapping[str, Path]
    phantoms: Mapping[tuple[str, str], float]


def simulate(folder: Path, series: int, *, seed: int, days: int = 300, clusters: float = 0, phantoms: int = 0) -> World:
    """`series` products in places of 200 each, selling 0.03 to 3 times a day, Poisson.

    With `clusters` the rate of each week is drawn from a gamma distribution of that squared coefficient of variation
    (negative binomial weeks). From `phantoms` of the series the stock vanishes 10 to 120 days before the end.
    """
    chance = np.random.default_rng(seed)
    rates = np.exp(chance.uniform(np.log(0.03), np.log(3.0), series))
    weekly = (
        chance.gamma(1 / clusters, clusters, (series, days // 7 + 1)) if clusters else np.ones((series, days // 7 + 1))
    )
    sales = chance.poisson(rates[:, None] * np.repeat(weekly, 7, axis=1)[:, :days])
    gone = chance.choice(series, phantoms, replace=False)
    length = chance.integers(10, 121, phantoms)
    for at, lost in zip(gone.tolist(), length.tolist(), strict=True):
        sales[at, days - lost :] = 0
    lost_sales = rates[gone] * length
    names = {at: key(at) for at in gone.tolist()}
    where, day = np.nonzero(sales)
    sold = sales[where, day]
    rows = {"series": np.repeat(where, sold), "day": np.repeat(day, sold), "record": np.arange(1, int(sold.sum()) + 1)}
    return World(_write(folder, rows, series, days), dict(zip(names.values(), lost_sales.tolist(), strict=True)))


def key(at: int) -> tuple[str, str]:
    """Product and location of a series."""
    return f"P{at}", f"L{at // 200}"


_SALES = """
    SELECT 'T' || record AS document, 'P' || series AS product, 'L' || series // 200 AS location,
           DATE '2025-01-01' + day::INTEGER AS ts_date,
           ts_date::TIMESTAMP AS ts, 'sale' AS type, 1::DECIMAL(18, 4) AS qty,
           0::INTEGER AS _file_id, record AS _record, record + 1 AS _line,
           NULL::INTEGER AS _duplicate_file, NULL::BIGINT AS _duplicate_record
    FROM rows"""
_INVENTORY = """
    SELECT DATE '2025-01-01' + (days - 1)::INTEGER AS snapshot_date,
           'P' || series AS product, 'L' || series // 200 AS location, 10::DECIMAL(18, 4) AS qty,
           25::DECIMAL(18, 4) AS value, 1::INTEGER AS _file_id, series + 1 AS _record, series + 2 AS _line,
           NULL::INTEGER AS _duplicate_file, NULL::BIGINT AS _duplicate_record
    FROM held"""


def _write(folder: Path, rows: Columns, series: int, days: int) -> Mapping[str, Path]:
    folder.mkdir(parents=True, exist_ok=True)
    held = {"series": np.arange(series), "days": np.full(series, days)}
    paths = {name: folder / f"{name}.parquet" for name in ("sales", "inventory")}
    with duckdb.connect() as connection:
        connection.register("rows", _arrow(rows))
        connection.register("held", _arrow(held))
        connection.sql(_SALES).write_parquet(str(paths["sales"]))
        connection.sql(_INVENTORY).write_parquet(str(paths["inventory"]))
    return paths


def _arrow(columns: Columns) -> pa.Table:
    return pa.Table.from_pydict({name: pa.array(values) for name, values in columns.items()})
