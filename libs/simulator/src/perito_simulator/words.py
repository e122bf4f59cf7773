"""Words that stand in cells by a number: by domain, in the order of their numbers, as the plain style writes them."""

WORDS: dict[str, tuple[str, ...]] = {
    "movement_type": ("receipt", "transfer_in", "sale", "return", "waste", "transfer_out", "adjustment"),
    "sale_type": ("sale", "return", "void"),
    "void_stage": ("line",),
    "tender": ("card", "cash", "gift_card"),
    "movement_reason": ("EXPIRED", "DAMAGED", "COUNT"),
    "return_reason": ("UNWANTED", "DEFECT", "WRONG ITEM"),
    "ref_type": ("ticket", "receipt", "transfer", "count"),
    "order_status": ("received", "partial", "open"),
    "transfer_status": ("received", "sent"),
    "location_type": ("warehouse", "store"),
    "count_type": ("cycle",),
    "count_status": ("posted",),
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
    ),
}


def place_of(domain: str, word: str) -> int:
    """The number that stands for `word`."""
    return WORDS[domain].index(word)
