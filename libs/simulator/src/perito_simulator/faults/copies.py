"""Faults of the accounts payable: one invoice that is entered again, in another spelling, number or amount."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from perito_simulator.arrays import Flags, Ints
from perito_simulator.batch import Batch
from perito_simulator.faults.kind import RowKind, Step

_COPIES = 700_000_000
"""Numbers of copies within their series, where they have one of their own."""


class Copied(RowKind):
    """An invoice is kept when it comes, and entered again `after` days later."""

    feed, step, window = "invoices", "decide", (0.1, 0.8)
    after: ClassVar[int]
    respelt: ClassVar[bool] = False
    also = ("C-024", "C-025", "C-026", "P-004", "P-012", "V-009")

    def prepare(self) -> None:
        """Nothing waits to be entered again."""
        self._waiting: list[tuple[int, list[dict[str, int]]]] = []
        self._spelt: list[tuple[int, str]] = []
        self._today = 0

    def candidates(self, batch: Batch) -> Flags:
        """Invoices whose products nobody has taken and whose amounts are worth it."""
        free = self.ground.free(np.zeros(len(batch), np.int64), batch["product"])
        return ~np.isin(batch["document"], batch["document"][~free]) & self.worth(batch)

    def worth(self, batch: Batch) -> Flags:
        """Which invoices could be copied, for all it matters."""
        return batch["line_total"] >= 2_000

    def plant(self, day: int, batch: Batch, row: int) -> bool:
        """Keeps the invoice."""
        rows = np.flatnonzero(batch["document"] == batch["document"][row])
        for line in rows.tolist():
            self.take(batch, line)
        self._waiting.append((day + self.after, [batch.row(line) for line in rows.tolist()]))
        return True

    def on(self, step: Step, day: int, batch: Batch) -> None:
        """Enters again what is due, keeps what is planted, and spells the headers of copies."""
        if step == "decide" and batch.feed.name == "invoices":
            while self._waiting and self._waiting[0][0] <= day:
                self._today = int(self.ground.world.calendar.dates[day])
                self._enter_again(day, batch, self._waiting.pop(0)[1])
        super().on(step, day, batch)
        if step == "export" and batch.feed.name == "invoice_documents":
            for number, text in self._spelt:
                for row in np.flatnonzero(batch["document"] == number).tolist():
                    batch.write_as(row, "document", text)
            self._spelt.clear()

    def copy(self, lines: Sequence[dict[str, int]]) -> list[dict[str, int]]:
        """The lines as they are entered again."""
        raise NotImplementedError

    def _enter_again(self, day: int, batch: Batch, lines: Sequence[dict[str, int]]) -> None:
        original = lines[0]["document"]
        document = original // 10**9 * 10**9 + _COPIES + len(self.ground.plants)
        again = [line | {"document": document} for line in self.copy(lines)]
        text = self._respelt(self.ground.document(original)) if self.respelt else ""
        entities = {
            "supplier": self.ground.code("supplier", lines[0]["supplier"]),
            "purchase_document": self.ground.document(lines[0]["purchase_document"]),
        }
        if self.rule == "P-009":
            entities["document"] = self.ground.document(document)
        planted = self.planted(entities, day, cents=sum(line["line_total"] for line in again))
        planted.undated = True
        places: list[int] = []
        for line in again:
            places.append(batch.insert(len(batch), line))
            if text:
                batch.write_as(places[-1], "document", text)
        if text:
            self._spelt.append((document, text))
        batch.mark(places, planted.number)

    def _respelt(self, text: str) -> str:
        """With another sign between series and number, or with a letter for a digit."""
        return text.replace("/", "-") if self.chance.random() < 0.5 else text[:-9] + text[-9:].replace("0", "O", 1)


class InvoiceEnteredTwice(Copied):
    """The same number, spelt a little differently."""

    name = "invoice_entered_twice"
    rule = "P-008"
    what = "an invoice is entered a second time some days later, its number spelt a little differently"
    after = 6
    respelt = True

    def copy(self, lines: Sequence[dict[str, int]]) -> list[dict[str, int]]:
        """Dated as the original."""
        return [dict(line) for line in lines]


class InvoiceUnderOtherNumber(Copied):
    """The same date and amount, another number."""

    name = "invoice_under_other_number"
    rule = "P-008"
    what = "an invoice of the same date and amount is entered again under another number"
    default = 2
    after = 3

    def copy(self, lines: Sequence[dict[str, int]]) -> list[dict[str, int]]:
        """Dated as the original."""
        return [dict(line) for line in lines]


class InvoiceNearlyCopied(Copied):
    """Another number, another date, an amount that is nearly the same."""

    name = "invoice_nearly_copied"
    rule = "P-009"
    what = "an invoice is entered again some days later under another number, with nearly the same quantity and amount"
    default = 2
    after = 4

    def worth(self, batch: Batch) -> Flags:
        """Of one line, and large enough that a unit less is a small change."""
        alone: Ints = np.array([np.count_nonzero(batch["document"] == number) for number in batch["document"].tolist()])
        return (alone == 1) & (batch["qty"] >= 30)

    def copy(self, lines: Sequence[dict[str, int]]) -> list[dict[str, int]]:
        """One unit less, dated some days later."""
        line = dict(lines[0])
        line["qty"] -= 1
        line["line_total"] -= line["unit_price"]
        line["invoiced_at"] = max(self._today - 1, line["invoiced_at"] + 1)
        return [line]
