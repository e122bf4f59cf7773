"""Numbers of documents. A document is one integer: its series, times a thousand million, plus its number in the series.

Each shop's tickets and each supplier's invoices are a series of their own; the retailer's orders, receipts, transfers,
count sessions and movements are one each.
"""

from dataclasses import dataclass

import numpy as np

from perito_simulator.arrays import Texts

WIDTH = 9
SERIES = 10**WIDTH
_OWN = {"movement": b"M", "purchase": b"PO", "receipt": b"GR", "transfer": b"TR", "count": b"CS", "shift": b"SH"}


@dataclass(frozen=True)
class Numbering:
    """`prefixes` of all series, in order."""

    prefixes: Texts
    shops: int

    def series(self, kind: str) -> int:
        """First number of `kind`: movement, purchase, receipt, transfer, count, shift."""
        return list(_OWN).index(kind) * SERIES

    def tickets_of(self, shop: int) -> int:
        """First ticket number of `shop`, counted from 0; those of the next one lie one SERIES further."""
        return (len(_OWN) + shop) * SERIES

    def invoices_of(self, supplier: int) -> int:
        """First invoice number of `supplier`, counted from 0; those of the next one lie one SERIES further."""
        return (len(_OWN) + self.shops + supplier) * SERIES

    def text(self, document: int) -> str:
        """As the books write it."""
        return f"{self.prefixes[document // SERIES].decode()}{document % SERIES:0{WIDTH}d}"


def numbering(shop_codes: Texts, supplier_codes: Texts) -> Numbering:
    """The series of a world with these shops and suppliers."""
    tickets = [code + b"-" for code in shop_codes.tolist()]
    invoices = [b"F" + code[1:] + b"/" for code in supplier_codes.tolist()]
    return Numbering(np.array([*_OWN.values(), *tickets, *invoices], np.bytes_), len(tickets))
