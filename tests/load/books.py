"""A ledger of any size for measurements: consistent books of one retailer, written by DuckDB in a stream.

Every product and location has the same number of movements, two snapshots that the ledger explains, and one count. One
count in a hundred differs from the book, so that rules have something to write. Made from row numbers alone: the same
size gives the same bytes.
"""

from pathlib import Path

import duckdb

MAPPING = """\
version: 1
currency: EUR
timezone: UTC
files:
  ledger.csv:
    tables:
      movements:
        columns:
          movement: id
          ts: {column: ts, format: "%Y-%m-%d %H:%M:%S"}
          product: product
          location: location
          type: {column: type, values: {GR: receipt, SO: sale, ADJ: adjustment}}
          qty: qty
          unit_cost: unit_cost
          ref_id: document
          user: user
  snapshots.csv:
    tables:
      inventory:
        columns:
          snapshot_date: {column: date, format: "%Y-%m-%d"}
          product: product
          location: location
          qty: qty
  counts.csv:
    tables:
      counts:
        columns:
          ts: {column: date, format: "%Y-%m-%d"}
          product: product
          location: location
          system_qty: system_qty
          counted_qty: counted_qty
"""

MOVEMENTS_PER_KEY = 50

LEDGER = """
create view ledger as
select i as n,
  printf('P%06d', (i // {per_key}) // 10) as product,
  printf('L%02d', (i // {per_key}) % 10) as location,
  timestamp '2026-01-01 08:00:00' + interval (((i % {per_key}) * 7 * 24 * 3600) // 7 + (i * 7919) % 36000) second as ts,
  case when (i % {per_key}) % 7 = 0 then 'GR' when (i % {per_key}) % 23 = 11 then 'ADJ' else 'SO' end as type,
  case when (i % {per_key}) % 7 = 0 then 40 + (i * 31) % 60 when (i % {per_key}) % 23 = 11 then -1
       else -(1 + (i * 17) % 5) end as qty,
  (100 + (i // {per_key}) % 900) / 4.0 as unit_cost
from range({rows}) t(i)
"""

FILES = {
    "ledger.csv": """select printf('M%09d', n) as id, strftime(ts, '%Y-%m-%d %H:%M:%S') as ts, product, location, type,
        qty, printf('%.2f', unit_cost) as unit_cost, printf('D%08d', n // 3) as document,
        printf('U%03d', n % 40) as user from ledger order by n""",
    "snapshots.csv": """select * from (
        select '2025-12-31' as date, product, location, 0 as qty from ledger group by all
        union all
        select '2026-02-28', product, location, sum(qty) from ledger group by all) order by date, product, location""",
    "counts.csv": """select '2026-02-28' as date, product, location, sum(qty) as system_qty,
        sum(qty) - case when min(n) % {odd} = 0 then 2 else 0 end as counted_qty
        from ledger group by product, location order by product, location""",
}


def write_books(folder: Path, rows: int) -> None:
    """Writes the CSV files and `mapping.yaml` of a ledger with `rows` movements (a multiple of 50)."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(LEDGER.format(per_key=MOVEMENTS_PER_KEY, rows=rows))
        for name, query in FILES.items():
            # Every hundredth key: keys begin at multiples of the movements per key.
            select = query.replace("{odd}", str(MOVEMENTS_PER_KEY * 100))
            connection.execute(f"copy ({select}) to '{folder / name}' (header, delimiter ',')")
    (folder / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
