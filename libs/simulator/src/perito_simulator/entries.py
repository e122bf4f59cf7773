"""Ledger entries that documents cause: receipts, legs of transfers, sales and returns, adjustments after counts."""

import numpy as np

from perito_simulator.arrays import NOTHING, Ints, blank
from perito_simulator.batch import Batch, Columns
from perito_simulator.calendar import DAY
from perito_simulator.counting import POSTED
from perito_simulator.entities import World
from perito_simulator.people import MANAGER, WAREHOUSE_MANAGER
from perito_simulator.words import place_of

_TYPE = {
    word: place_of("movement_type", word)
    for word in ("receipt", "transfer_in", "sale", "return", "transfer_out", "adjustment")
}
_REF = {word: place_of("ref_type", word) for word in ("ticket", "receipt", "transfer", "count")}
_RETURN, _VOID = place_of("sale_type", "return"), place_of("sale_type", "void")
_COUNT = place_of("movement_reason", "COUNT")


def of_receipts(receipts: Batch) -> Columns:
    """What was accepted is there."""
    count = len(receipts)
    rows = {name: receipts[name] for name in ("ts", "product", "location", "unit_cost", "user")}
    rows |= {"type": _all(count, _TYPE["receipt"]), "qty": receipts["accepted"], "reason": blank(count)}
    return rows | {
        "ref_type": _all(count, _REF["receipt"]),
        "ref_id": receipts["document"],
        "ref_line": receipts["line"],
    }


def of_transfers(transfers: Batch, cost: Ints, *, arrived: bool) -> Columns:
    """The leg at the destination if `arrived`, else that at the source. `cost` is per product."""
    count = len(transfers)
    leg = ("in_ts", "to_location", "receiver") if arrived else ("out_ts", "from_location", "sender")
    kind = "transfer_in" if arrived else "transfer_out"
    return {
        "ts": transfers[leg[0]],
        "product": transfers["product"],
        "location": transfers[leg[1]],
        "type": _all(count, _TYPE[kind]),
        "qty": transfers["qty_in"] if arrived else -transfers["qty_out"],
        "unit_cost": cost[transfers["product"]],
        "ref_type": _all(count, _REF["transfer"]),
        "ref_id": transfers["transfer"],
        "ref_line": transfers["line"],
        "user": transfers[leg[2]],
        "reason": blank(count),
    }


def of_sales(sales: Batch, cost: Ints) -> Columns:
    """Sales go out, returns come back to the shelf, voids move nothing."""
    moved = np.flatnonzero(sales["type"] != _VOID)
    back = sales["type"][moved] == _RETURN
    count = len(moved)
    return {
        "ts": sales["ts"][moved],
        "product": sales["product"][moved],
        "location": sales["location"][moved],
        "type": np.where(back, _TYPE["return"], _TYPE["sale"]),
        "qty": np.where(back, sales["qty"][moved], -sales["qty"][moved]),
        "unit_cost": cost[sales["product"][moved]],
        "ref_type": _all(count, _REF["ticket"]),
        "ref_id": sales["document"][moved],
        "ref_line": sales["line"][moved],
        "user": sales["user"][moved],
        "reason": blank(count),
    }


def of_counts(counts: Batch, world: World, cost: Ints) -> Columns:
    """The adjustment of each difference, the same night, by the manager of the place."""
    off = np.flatnonzero(counts["counted_qty"] != counts["system_qty"])
    count = len(off)
    location = counts["location"][off]
    manager = np.where(location == 0, WAREHOUSE_MANAGER, MANAGER)
    return {
        "ts": counts["ts"][off] // DAY * DAY + POSTED,
        "product": counts["product"][off],
        "location": location,
        "type": _all(count, _TYPE["adjustment"]),
        "qty": counts["counted_qty"][off] - counts["system_qty"][off],
        "unit_cost": cost[counts["product"][off]],
        "ref_type": _all(count, _REF["count"]),
        "ref_id": counts["count_session"][off],
        "ref_line": np.full(count, NOTHING, np.int64),
        "user": world.people.first[location, manager],
        "reason": _all(count, _COUNT),
    }


def _all(count: int, value: int) -> Ints:
    return np.full(count, value, np.int64)
