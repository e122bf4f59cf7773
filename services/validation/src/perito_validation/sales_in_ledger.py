"""Whether the ledger holds the sales already, or the sales lines move the stock: for the books, and for the places that
differ from the rest.

One sale row decides nothing. The units that the ledger sells are held against those of the sales lines of the same
days: a ledger that has half of them or more is taken to hold the sales, one with fewer to hold strays.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import duckdb
from perito_rules.terms import spanish_number

from perito_validation.conventions import Convention
from perito_validation.tables import Written

NAME = "sales_move_stock"
"""The convention of the books; a place that differs has one of its own, `sales_move_stock:<location>`."""


@dataclass(frozen=True)
class _Place:
    """Sales of one place (None: rows without one), in the ledger and in the sales lines of the ledger's days."""

    location: str | None
    ledger_rows: int
    ledger_sales: int
    ledger_units: Decimal
    sales_lines: int
    sold_units: Decimal

    @property
    def in_ledger(self) -> bool:
        """The ledger holds its sales: half of the units or more, or of the rows where no units can be compared."""
        if self.ledger_units and self.sold_units:
            return 2 * self.ledger_units >= self.sold_units
        return self.ledger_sales > 0 and 2 * self.ledger_sales >= self.sales_lines

    def evidence(self) -> dict[str, object]:
        """The figures that were compared."""
        return {
            "ledger_rows": self.ledger_rows,
            "ledger_sales": self.ledger_sales,
            "ledger_units": f"{self.ledger_units:f}",
            "lines_compared": self.sales_lines,
            "units_compared": f"{self.sold_units:f}",
        }


_NOTHING = (
    "SELECT NULL::VARCHAR AS location, 0 AS rows, 0 AS booked, 0 AS booked_units, 0 AS lines, 0 AS units WHERE false"
)


def decide_sales(con: duckdb.DuckDBPyConnection, ledger: Written | None, sales: Written | None) -> list[Convention]:
    """The convention of the books, and one for each place that differs, by name of the place."""
    places = _places(con, ledger, sales)
    books = _total(places)
    lines = sales.rows if sales else 0
    evidence = {**books.evidence(), "sales_lines": lines}
    if not books.ledger_sales and not lines:
        english = "There are no sales, neither in the ledger nor in files of their own."
        spanish = "No hay ventas, ni en el libro ni en archivos propios."
        return [Convention(NAME, "none", "evidence", english, spanish, evidence)]
    english, spanish = _said(books, lines)
    value = "ledger" if books.in_ledger else "feed"
    whole = Convention(NAME, value, "evidence", english, spanish, evidence)
    differing = [
        place
        for place in places
        if place.location is not None and place.ledger_rows and place.sales_lines and place.in_ledger != books.in_ledger
    ]
    return [whole, *(_of_place(place) for place in sorted(differing, key=lambda place: place.location or ""))]


def _said(books: _Place, lines: int) -> tuple[str, str]:
    many = spanish_number(f"{lines:,}")
    if not books.ledger_sales:
        return (
            f"The ledger holds no sale movements: the {lines:,} sales lines move the stock.",
            f"El libro no contiene movimientos de venta: las {many} líneas de venta mueven las existencias.",
        )
    found, in_spanish = f"{books.ledger_sales:,}", spanish_number(f"{books.ledger_sales:,}")
    if books.in_ledger:
        return (
            f"The ledger holds {found} sale movements: sales lines are not subtracted again.",
            f"El libro contiene {in_spanish} movimientos de venta: las líneas de venta no se restan otra vez.",
        )
    english = f"The ledger holds {found} sale movements, too few for {lines:,} sales lines: these move the stock too."
    spanish = (
        f"El libro tiene {in_spanish} movimientos de venta, pocos para {many} líneas: las líneas también lo mueven."
    )
    return english, spanish


def _of_place(place: _Place) -> Convention:
    name = f"{NAME}:{place.location}"
    if place.in_ledger:
        english = f"At {place.location} the ledger holds the sales: its sales lines are not subtracted again."
        spanish = f"En {place.location} el libro contiene las ventas: sus líneas de venta no se restan otra vez."
        return Convention(name, "ledger", "evidence", english, spanish, place.evidence())
    english = f"At {place.location} sales are not in the ledger: its {place.sales_lines:,} sales lines move the stock."
    many = spanish_number(f"{place.sales_lines:,}")
    spanish = f"En {place.location} las ventas no están en el libro: sus {many} líneas de venta mueven las existencias."
    return Convention(name, "feed", "evidence", english, spanish, place.evidence())


def _total(places: Sequence[_Place]) -> _Place:
    zero = Decimal(0)
    return _Place(
        None,
        sum(place.ledger_rows for place in places),
        sum(place.ledger_sales for place in places),
        sum((place.ledger_units for place in places), zero),
        sum(place.sales_lines for place in places),
        sum((place.sold_units for place in places), zero),
    )


def _places(con: duckdb.DuckDBPyConnection, ledger: Written | None, sales: Written | None) -> list[_Place]:
    parts = [*_booked(ledger), *_sold(sales, ledger), _NOTHING]
    sql = (
        "SELECT location, sum(rows)::BIGINT, sum(booked)::BIGINT, coalesce(sum(booked_units), 0), sum(lines)::BIGINT,"
        f" coalesce(sum(units), 0) FROM ({' UNION ALL BY NAME '.join(parts)}) GROUP BY location ORDER BY location"
    )
    return [
        _Place(row[0], int(row[1] or 0), int(row[2] or 0), Decimal(row[3]), int(row[4] or 0), Decimal(row[5]))
        for row in con.execute(sql).fetchall()
    ]


def _booked(ledger: Written | None) -> Iterable[str]:
    if ledger is not None:
        is_sale = "type = 'sale'" if "type" in ledger.columns else "false"
        yield (
            f"SELECT {_column(ledger, 'location')} AS location, count(*) AS rows,"
            f" count(*) FILTER ({is_sale}) AS booked, sum(abs({_units(ledger)})) FILTER ({is_sale}) AS booked_units"
            f" FROM {ledger.relation} WHERE _duplicate_record IS NULL GROUP BY location"
        )


def _sold(sales: Written | None, ledger: Written | None) -> Iterable[str]:
    """Sales lines of the days that the ledger covers; all of them where either has no dates."""
    if sales is not None:
        days = ""
        if ledger is not None and "ts" in ledger.columns and "ts" in sales.columns:
            span = f"SELECT min(ts_date) AS starts, max(ts_date) AS ends FROM {ledger.relation}"
            days = f" AND coalesce((SELECT ts_date BETWEEN starts AND ends FROM ({span})), true)"
        is_sale = "coalesce(type, 'sale') = 'sale'" if "type" in sales.columns else "true"
        yield (
            f"SELECT {_column(sales, 'location')} AS location, count(*) AS lines, sum(abs({_units(sales)})) AS units"
            f" FROM {sales.relation} WHERE _duplicate_record IS NULL AND {is_sale}{days} GROUP BY location"
        )


def _column(table: Written, name: str) -> str:
    return name if name in table.columns else "NULL::VARCHAR"


def _units(table: Written) -> str:
    return "qty::DECIMAL(38, 4)" if "qty" in table.columns else "NULL::DECIMAL(38, 4)"
