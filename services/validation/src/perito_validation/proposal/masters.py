"""Which of several files feeds a master table, and which lists are none: a master's rows must not stand twice, and what
stood in stock on a day names some products only."""

from perito_validation.proposal.drafts import Draft, Plan
from perito_validation.proposal.keys import Overlaps
from perito_validation.understanding import Reason

MASTERS = ("products", "suppliers", "locations", "customers", "users")
_SAME_KEYS = 0.5


def drop_partial_masters(plan: Plan, overlaps: Overlaps) -> None:
    """What stood in stock somewhere on a day is no list of all products: where others name more, it feeds none."""
    for draft in plan.feeding("products"):
        listed = next((made for made in plan.of(draft.book) if made.table.name == "inventory"), None)
        if listed is None or "location" not in listed.entries:
            continue
        if "products.product" not in overlaps.domains:
            overlaps.add("products.product", draft.book.source, draft.entries["product"].facts)
        others = [made.own("product") for made in plan.drafts if made.book is not draft.book]
        shares = [overlaps.share(e.book.source, e.facts, "products.product") for e in others if e]
        if any(share is not None and share < 1 for share in shares):
            plan.drafts.remove(draft)


def one_master_each(plan: Plan, overlaps: Overlaps) -> None:
    """Two files of one master table that hold the same keys would double its rows: the likelier one feeds it."""
    for name in MASTERS:
        drafts = sorted(plan.feeding(name), key=lambda draft: -(draft.book.best.evidence if draft.book.best else 0.0))
        for other in drafts[1:]:
            key = other.entries[other.table.key[0]]
            share = overlaps.share(other.book.source, key.facts, f"{name}.{other.table.key[0]}")
            if share is not None and share >= _SAME_KEYS:
                plan.drafts.remove(other)
                _ask_which(plan, other, drafts[0])


def _ask_which(plan: Plan, other: Draft, taken: Draft) -> None:
    a, b, table = other.book.source.name, taken.book.source.name, other.table.name
    plan.ask(
        "table",
        Reason(
            f"Both {a} and {b} look like {table} and hold the same codes. {b} was taken; which is right?",
            f"Tanto {a} como {b} parecen {table} y contienen los mismos códigos. Se tomó {b}; ¿cuál es el correcto?",
        ),
        book=other.book,
    )
