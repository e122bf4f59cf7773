"""What stands in the books of a distributor: the measured facts of crestline's, and the form of those of made books."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """Numbers that must come out of the books. Rows unless said otherwise; quantities in base units, amounts in NGN.

    `feeds` are rows by sales file; `padded_names` cells with blanks at an end, `grouped_numbers` cells with thousands
    separators; `cartons` lines in cartons, `off_whole` those that come out beside a whole number and `far_off_whole` by
    more than 0.05. `differences`, `net`, `gross` and `near` (within 5 %) are counted less system; `posted` have an
    adjustment of their size; `stated_only` are stated by the file alone. `cheap_lines` cost 0.88 of the master,
    `cheap_value` less in all. Days are summed over order lines; `..._in_ledger` over those received
    by the end of the stock ledger. `over_capacity` are months by warehouse.
    """

    products: int
    suppliers: int
    customers: int
    users: int
    keys: int
    snapshots: int
    order_lines: int
    late_lines: int
    ledger_rows: int
    transfers: int
    lanes: int
    returns: int
    lost_sales: int
    feeds: Mapping[str, int]
    repeated: int
    blank_customers: int
    padded_names: int
    grouped_numbers: int
    cartons: int
    off_whole: int
    far_off_whole: int
    differences: int
    net: int
    gross: int
    near: int
    posted: int
    stated_only: int
    cheap_lines: int
    cheap_value: int
    lead_days: int
    on_time: int
    lead_days_in_ledger: int
    on_time_in_ledger: int
    quoted_days: int
    over_capacity: Mapping[str, int]


CRESTLINE = Facts(
    products=170,
    suppliers=25,
    customers=2_500,
    users=40,
    keys=850,
    snapshots=20_400,
    order_lines=4_321,
    late_lines=59,
    ledger_rows=5_444,
    transfers=222,
    lanes=20,
    returns=701,
    lost_sales=1_935,
    feeds={
        "sales_abuja.csv": 10_942,
        "sales_ibadan.csv": 7_462,
        "sales_lagos_annex.csv": 8_696,
        "sales_lagos_main.csv": 18_347,
        "sales_port_harcourt.csv": 8_657,
    },
    repeated=122,
    blank_customers=164,
    padded_names=695,
    grouped_numbers=17_314,
    cartons=5_218,
    off_whole=3_206,
    far_off_whole=1_251,
    differences=2_446,
    net=-110,
    gross=5_060,
    near=19_888,
    posted=19,
    stated_only=31,
    cheap_lines=18,
    cheap_value=-11_414_808,
    lead_days=53_175,
    on_time=3_095,
    lead_days_in_ledger=52_250,
    on_time_in_ledger=3_063,
    quoted_days=51_964,
    over_capacity={"WH-LAG1": 11, "WH-LAG2": 1, "WH-IBD": 0, "WH-ABJ": 0, "WH-PHC": 0},
)
"""Measured on the real files with other tools than ours."""
