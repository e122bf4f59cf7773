"""Words that stand in cells by a number: by domain, in the order of their numbers, as the plain style writes them."""

WORDS: dict[str, tuple[str, ...]] = {
    "movement_type": ("receipt", "transfer_in", "sale", "return", "waste", "transfer_out", "adjustment"),
    "sale_type": ("sale", "return", "void", "no_sale"),
    "void_stage": ("line", "before_tender", "after_tender"),
    "tender": ("card", "cash", "gift_card"),
    "movement_reason": ("EXPIRED", "DAMAGED", "COUNT", "CORRECTION", "OTHER", "FOUND"),
    "return_reason": ("UNWANTED", "DEFECT", "WRONG ITEM"),
    "drawer_reason": ("CHANGE",),
    "ref_type": ("ticket", "receipt", "transfer", "count"),
    "order_status": ("received", "partial", "open"),
    "transfer_status": ("received", "sent"),
    "location_type": ("warehouse", "store"),
    "count_type": ("cycle",),
    "count_status": ("posted",),
    "holiday": ("New Year", "Epiphany", "Labour Day", "Christmas"),
    "approved": ("purchase",),
    "yes_no": ("no", "yes"),
    "uom": ("EACH",),
    "pack_unit": ("EACH", "CARTON"),
    "role": (
        "cashier",
        "shop_manager",
        "stock_clerk",
        "buyer",
        "receiver",
        "dispatcher",
        "counter",
        "warehouse_manager",
        "accountant",
        "director",
    ),
}


def place_of(domain: str, word: str) -> int:
    """The number that stands for `word`."""
    return WORDS[domain].index(word)
