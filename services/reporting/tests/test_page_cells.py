"""Cells of evidence speak the reader's language, and what a file wrote stays as it is."""

import pytest
from perito_reporting.page_cells import cell
from perito_reporting.people import WITHHELD
from perito_reporting.voice import Voice


@pytest.mark.parametrize(
    ("name", "value", "english", "spanish"),
    [
        ("invoiced_at", "2025-11-24", "2025-11-24", "24/11/2025"),
        ("ts", "2025-08-01T09:40:16Z", "2025-08-01 09:40:16 UTC", "01/08/2025 09:40:16 UTC"),
        ("line_total", "2978.01", "2,978.01", "2.978,01"),
        ("balance_before", "-1234.5", "−1,234.5", "−1.234,5"),
        ("price_override", True, "yes", "sí"),
        ("type", "transfer_in", "transfer in", "traspaso de entrada"),
        ("void_stage", "after_tender", "after tender", "después del pago"),
        ("table_name", "invoice_documents", "invoice documents", "facturas"),
        ("reason", "not_a_number", "not a number", "no es un número"),
        ("document", "000123", "000123", "000123"),
        ("product", "1.5", "1.5", "1.5"),
        ("category", "stock", "stock", "stock"),
        ("file", "sales.csv", "sales.csv", "sales.csv"),
        ("line_total_source", "2978.01", "2978.01", "2978.01"),
        ("text", "2025-11-24", "2025-11-24", "2025-11-24"),
        ("name", WITHHELD, "withheld", "reservado"),
        ("seq", 12345, "12345", "12345"),
        ("customer", None, "", ""),
    ],
)
def test_a_cell_is_written_for_its_reader(name: str, value: object, english: str, spanish: str) -> None:
    words = {"not_a_number": {"es": "no es un número"}, "stock": {"es": "existencia"}}
    assert cell(name, value, words, Voice("en")) == english
    assert cell(name, value, words, Voice("es")) == spanish
