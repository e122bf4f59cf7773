"""A small invented trade, from vendors and goods to payments, and its exports in the words of a system.

`dialects/strangers_*.yaml` says how a system would write it: for each file the records it lists (`of`) and, for each
header, what it should become and which field stands below it, with a way of writing (`date:dmy`).
"""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

Record = Mapping[str, Any]
Key = Callable[[str, int], str]
"""The code of the nth of a kind."""

Word = Callable[[str], str]

CITIES = (("Leeds", "West Yorks", "LS1 4AP"), ("Bristol", "Avon", "BS1 5TR"), ("Hull", "East Yorks", "HU1 3RA"))
GOODS = ("Brass hinge", "Steel bolt", "Wall paint", "Oak plank", "Copper pipe", "Door handle", "LED lamp", "Work glove")
CLANS = ("Northfield", "Harlow", "Pemberton", "Ashdown", "Calder", "Wexley", "Brindle", "Tarrant", "Sedge", "Molina")
PEOPLE = ("jhart", "mlopez", "dchan", "rpatel")
SITES = (("Main Warehouse", 1), ("South Depot", 2), ("Harbour Store", 3))


def trade(codes: Mapping[str, str], words: Mapping[str, str]) -> Mapping[str, list[Record]]:
    """Records by kind; `codes` are templates of the keys (vendor: 'V{:04}'), `words` those of states and units."""
    chance = random.Random(20260101)  # noqa: S311  # invented records, no secrets

    def key(kind: str, number: int) -> str:
        return codes.get(kind, "1" if kind == "step" else kind[:2].upper() + "{:05}").format(number)

    def word(name: str) -> str:
        return words.get(name, name)

    vendors = [_vendor(chance, key, place) for place in range(1, 11)]
    products = [_product(chance, key, word, vendors, place) for place in range(1, 33)]
    found: dict[str, list[Record]] = {name: [] for name in ("order_lines", "receipt_lines", "invoice_lines")}
    found |= {"payments": [], "vendors": vendors, "products": products}
    for number in range(1, 41):
        goods = chance.sample(products, chance.randint(1, 3))
        for kind, record in _documents(chance, key, word, number, chance.choice(vendors), goods):
            found[kind].append(record)
    for kind in ("order", "invoice", "receipt"):
        found[f"{kind}s"] = list({record["key"]: record for record in found[f"{kind}_lines"]}.values())
    return found


def _vendor(chance: random.Random, key: Key, place: int) -> Record:
    city, state, postal = chance.choice(CITIES)
    name = f"{CLANS[place - 1]} {chance.choice(('Ltd', 'Supplies', 'Trading', '& Sons'))}"
    return {
        "vendor": key("vendor", place),
        "vendor_name": name,
        "tax_id": f"GB{chance.randrange(10**8, 10**9)}",
        "street": f"{chance.randint(1, 90)} {chance.choice(('Mill Lane', 'Dock Road', 'High Street'))}",
        "city": city,
        "state": state,
        "postal": postal,
        "country": "GB",
        "phone": f"+44 113 {chance.randrange(10**6, 10**7)}",
        "email": f"sales@{CLANS[place - 1].lower()}.example",
        "contact": f"{chance.choice(('Ana', 'Tom', 'Priya', 'Luc'))} {chance.choice(('Reed', 'Diaz', 'Shah'))}",
        "terms": chance.choice(("NET30", "NET45", "NET60")),
        "iban": f"GB{chance.randrange(10**19, 10**20)}",
        "created": date(2019, 3, 1) + timedelta(chance.randrange(900)),
        "active": chance.choice(("Y", "Y", "Y", "N")),
        "lead": chance.randint(3, 30),
        "currency": "GBP",
        "group": chance.choice(("Hardware", "Paints", "Electrical")),
    }


def _product(chance: random.Random, key: Key, word: Word, vendors: list[Record], place: int) -> Record:
    cost = chance.randint(120, 9000) / 100
    vendor = chance.choice(vendors)
    return {
        "product": key("product", place),
        "description": f"{chance.choice(GOODS)} {chance.randint(1, 60)} mm",
        "category": chance.choice(("Hardware", "Paints", "Electrical", "Timber")),
        "brand": chance.choice(("Torv", "Kessel", "Brightside")),
        "cost": cost,
        "price": round(cost * 1.6, 2),
        "uom": word(chance.choice(("EA", "EA", "BOX"))),
        "pack": chance.choice((1, 6, 12, 24)),
        "ean": str(chance.randrange(4 * 10**12, 5 * 10**12)),
        "supplier": vendor["vendor"],
        "supplier_name": vendor["vendor_name"],
        "reorder": chance.randint(5, 80),
        "launched": date(2021, 1, 1) + timedelta(chance.randrange(1000)),
        "active": chance.choice(("Y", "Y", "Y", "N")),
        "since": date(2025, 1, 1),
        "until": date(2025, 12, 31),
        "least": chance.choice((1, 10, 50)),
        "weight": chance.randint(1, 400) / 10,
        "currency": "GBP",
    }


def _documents(
    chance: random.Random, key: Key, word: Word, number: int, vendor: Record, goods: list[Record]
) -> Iterator[tuple[str, Record]]:
    """The lines of one order, and of its receipt, its invoice and its payment where they came; by kind of record."""
    lines = list(_lines(chance, key, number, _shared(chance, key, number, vendor), goods))
    came, billed = number % 8 != 0, number % 9 != 0 and number % 8 != 0
    arrived = lines[0]["due"] + timedelta(chance.randint(-2, 6))
    total = round(sum(line["amount"] for line in lines), 2)
    later: Record = {
        "total": total,
        "tax_total": round(total * 0.2, 2),
        "gross": round(total + round(total * 0.2, 2), 2),
        "receipt": key("receipt", number),
        "received_on": arrived,
        "entered": arrived + timedelta(1),
        "invoice": key("invoice", number),
        "their_number": f"{vendor['vendor_name'][:2].upper()}-{7 * number}",
        "invoiced": arrived + timedelta(2),
        "posted": arrived + timedelta(3),
        "pay_by": arrived + timedelta(32),
        "payment": key("payment", number),
        "paid": arrived + timedelta(32),
        "method": word("BACS"),
    }
    for line in lines:
        done = 0 if not came else line["qty"]
        all_of_it = {**line, **later, "received": done, "open": line["qty"] - done}
        yield "order_lines", {**all_of_it, "key": line["order"], "status": word("Closed" if came else "Open")}
        if came:
            yield "receipt_lines", {**all_of_it, "key": later["receipt"], "status": word("Posted")}
        if billed:
            yield "invoice_lines", {**all_of_it, "key": later["invoice"], "status": word("Paid")}
    if billed:
        yield "payments", {**lines[0], **later, "key": later["payment"], "status": word("Cleared")}


def _shared(chance: random.Random, key: Key, number: int, vendor: Record) -> Record:
    day = date(2025, 1, 6) + timedelta(number * 6 + chance.randrange(4))
    site = chance.choice(SITES)
    return {
        **{name: value for name, value in vendor.items() if name not in ("created", "active", "group")},
        "order": key("order", number),
        "ordered": day,
        "due": day + timedelta(vendor["lead"]),
        "site": key("site", site[1]),
        "site_name": site[0],
        "buyer": chance.choice(PEOPLE),
        "user": chance.choice(PEOPLE),
        "approver": chance.choice(PEOPLE),
        "approved": day + timedelta(1),
    }


def _lines(
    chance: random.Random, key: Key, number: int, shared: Record, goods: list[Record]
) -> Iterator[dict[str, Any]]:
    step = key("step", 1)
    for place, good in enumerate(goods, 1):
        qty = chance.randint(1, 40) * 5
        bad = chance.choice((0, 0, 0, 2))
        line = place * int(step)
        amount = round(qty * good["cost"], 2)
        yield {
            **good,
            **shared,
            "line": line,
            "id": number * 100 + place,
            "lot": f"L{number:03}{line}",
            "qty": qty,
            "rejected": bad,
            "accepted": qty - bad,
            "amount": amount,
            "tax": round(amount * 0.2, 2),
        }


def _money(mark: str, point: str, group: str) -> Callable[[Any], str]:
    return lambda value: mark + f"{value:,.2f}".replace(",", "~").replace(".", point).replace("~", group)


WAYS: Mapping[str, Callable[[Any], str]] = {
    "iso": lambda value: value.isoformat(),
    "dmy": lambda value: value.strftime("%d/%m/%Y"),
    "mdy": lambda value: value.strftime("%m/%d/%Y"),
    "dots": lambda value: value.strftime("%d.%m.%Y"),
    "compact": lambda value: value.strftime("%Y%m%d"),
    "month": lambda value: value.strftime("%d-%b-%Y"),
    "moment": lambda value: value.strftime("%Y-%m-%dT09:30:00Z"),
    "space": lambda value: value.strftime("%Y-%m-%d 09:30:00"),
    "usd": _money("$", ".", ","),
    "eu": _money("", ",", "."),
    "comma": _money("", ",", ""),
    "2": lambda value: f"{value:.2f}",
    "3": lambda value: f"{value:.3f}",
}


def written(record: Record, source: str) -> str:
    """What stands below a header: a field in a way of writing, or `=a word` that never changes."""
    if source.startswith("="):
        return source[1:]
    field, _, way = source.partition(":")
    value = record[field]
    return WAYS[way](value) if way else value.isoformat() if isinstance(value, date) else str(value)


def export(file: Mapping[str, Any], records: Mapping[str, list[Record]], name: str) -> str:
    """The text of a file: JSON when its name says so, otherwise delimited by `sep`."""
    rows = records[str(file["of"])]
    below = {header: str(spec[1]) for header, spec in file["columns"].items()}
    if name.endswith(".json"):
        return json.dumps([{header: _typed(record, source) for header, source in below.items()} for record in rows])
    sep = str(file.get("sep", ","))
    lines = [[_quoted(header, sep) for header in below]]
    lines += [[_quoted(written(record, source), sep) for source in below.values()] for record in rows]
    return "\n".join(sep.join(line) for line in lines) + "\n"


def _typed(record: Record, source: str) -> Any:
    value = record.get(source)
    return value if isinstance(value, int | float) else written(record, source)


def _quoted(text: str, sep: str) -> str:
    return '"' + text.replace('"', '""') + '"' if sep in text or '"' in text else text
