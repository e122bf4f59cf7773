"""Every kind of fault by its name, and the words by which people choose among them."""

from collections.abc import Mapping, Sequence

from perito_kernel.errors import Invalid

from perito_simulator.faults import (
    adjusting,
    buying,
    cells,
    copies,
    counting,
    ledger,
    masters,
    moving,
    names,
    orders,
    papers,
    receiving,
    series,
    sheets,
    stock,
    tills,
)
from perito_simulator.faults.kind import Kind

FAULTS: Mapping[str, type[Kind]] = {
    kind.name: kind
    for kind in (
        # Those that choose their keys before the first day come first, for they have the least choice.
        stock.PhantomStock,
        stock.DeadStock,
        stock.SoldWithoutStock,
        stock.WriterOff,
        series.SalesFell,
        tills.LinesVoidedOften,
        tills.PaidThenVoided,
        tills.RefundedWithoutReceipt,
        tills.RefundedToOneCard,
        tills.DrawerOpened,
        tills.PricesTypedOver,
        tills.FriendServed,
        tills.TinyTickets,
        names.TestCustomer,
        tills.CashPreferred,
        tills.CashShort,
        tills.LinesDeletedAndGone,
        adjusting.RoundAdjustments,
        adjusting.AdjustedAtMonthEnd,
        adjusting.AdjustedAtNight,
        orders.JustBelowTheLimit,
        orders.OrderSplit,
        orders.ConsecutiveNumbers,
        orders.OneHandInEveryStep,
        orders.SupplierOfAnEmployee,
        orders.SupplierTwice,
        receiving.DeliversShort,
        sheets.CountedTooWell,
        sheets.ShelfEmptied,
        papers.DaysMissing,
        masters.CostNothing,
        masters.PriceBelowCost,
        masters.CheckDigitWrong,
        masters.NameDecodedTwice,
        masters.CategoryInOtherForms,
        masters.PlaceOverfull,
        ledger.ArrivalNotEntered,
        ledger.DepartureNotEntered,
        ledger.SaleNotInLedger,
        ledger.TicketMissing,
        ledger.MovementDeleted,
        ledger.BalanceMisstated,
        ledger.NumberUsedTwice,
        series.ValueMisstated,
        adjusting.AdjustedWithoutSupport,
        adjusting.ReversedTwice,
        adjusting.TakenBackInSilence,
        adjusting.EnteredLate,
        adjusting.EnteredInTheNextMonth,
        moving.LostOnTheRoad,
        moving.ArrivedShort,
        moving.TransferRing,
        counting.CountNotPosted,
        counting.CountAgainstOtherBooks,
        counting.CountDifferenceMisstated,
        orders.PriceCreeps,
        buying.BoughtDearerThanMaster,
        buying.ReceivedMoreThanOrdered,
        buying.PaidForNothing,
        buying.BilledMoreThanReceived,
        buying.BilledDearer,
        buying.InvoiceWithoutOrder,
        receiving.AcceptedMisstated,
        receiving.NeverBilled,
        papers.ReceivedBeforeOrdered,
        papers.InvoiceSumWrong,
        papers.TicketsTakenOut,
        papers.NumbersOutOfOrder,
        papers.SoldInTheFuture,
        copies.InvoiceEnteredTwice,
        copies.InvoiceUnderOtherNumber,
        copies.InvoiceNearlyCopied,
        cells.AmountMiscalculated,
        cells.PackPriceOnPiece,
        cells.PriceUnreadable,
        cells.TenderUnknown,
        cells.CustomerUnknown,
        cells.CustomerPlaceholder,
        cells.RowsExportedTwice,
        cells.SignTurned,
        cells.PriceNegative,
        cells.KeysInLowerCase,
        stock.SnapshotAltered,
    )
}
"""In the order in which they choose."""


def chosen(words: str, kinds: Mapping[str, type[Kind]] = FAULTS, option: str = "--faults") -> dict[str, int]:
    """How many of each kind: `all`, `none`, or names with or without a count (`dead_stock:5,price_unreadable`).

    Raises Invalid OPTION_INVALID.
    """
    if words in {"all", "none"}:
        return {name: kind.default for name, kind in kinds.items()} if words == "all" else {}
    counts: dict[str, int] = {}
    for word in words.split(","):
        name, _, count = word.strip().partition(":")
        if name not in kinds:
            raise Invalid(
                "OPTION_INVALID", f"{option} {name} is unknown. `perito generate --list-faults` tells all of them."
            )
        if count and not (count.isdecimal() and 0 < int(count) <= _MOST):
            raise Invalid("OPTION_INVALID", f"{option} {word.strip()}: {count} is no number from 1 to {_MOST:,}.")
        counts[name] = int(count) if count else kinds[name].default
    return counts


_MOST = 10_000


def told(kinds: Mapping[str, type[Kind]] = FAULTS) -> Sequence[tuple[str, str, int, str]]:
    """Name, rules (that tell a fault, that must not tell an oddity), default count and what it is, by rule and name."""
    lines = ((k.name, k.rule or " ".join(k.must_not) or "any", k.default, k.what) for k in kinds.values())
    return sorted(lines, key=lambda line: (line[1], line[0]))
