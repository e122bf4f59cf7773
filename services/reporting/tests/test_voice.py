"""The two languages: the same sentences, numbers and dates as each writes them, words for technical names."""

import re
from decimal import Decimal
from string import Formatter

import pytest
from perito_kernel import precision
from perito_reporting import texts_en, texts_es
from perito_reporting.narrative import sureness
from perito_reporting.voice import Voice, both
from perito_rules.terms import label

ENGLISH, SPANISH = Voice("en"), Voice("es")


def test_both_languages_say_the_same_things_with_the_same_values() -> None:
    assert texts_en.TEXTS.keys() == texts_es.TEXTS.keys()
    assert texts_en.NOUNS.keys() == texts_es.NOUNS.keys()
    for key, english in texts_en.TEXTS.items():
        fields = {name for _, name, _, _ in Formatter().parse(english) if name}
        assert {name for _, name, _, _ in Formatter().parse(texts_es.TEXTS[key]) if name} == fields, key


@pytest.mark.parametrize("texts", [texts_en.TEXTS, texts_es.TEXTS], ids=["en", "es"])
def test_the_report_accuses_nobody(texts: dict[str, str]) -> None:
    words = set(re.findall(r"\w+", " ".join(texts.values()).lower()))
    assert not {"fraud", "theft", "thief", "stole", "guilty", "culprit"} & words
    assert not {"fraude", "robo", "robó", "ladrón", "culpable", "hurto"} & words


def test_numbers_have_the_separators_of_their_language() -> None:
    assert ENGLISH.grouped("1234567.5") == "1,234,567.5"
    assert SPANISH.grouped("1234567.5") == "1.234.567,5"
    assert ENGLISH.grouped(-1234, 2) == "−1,234.00"
    assert SPANISH.grouped(-1234, 2) == "−1.234,00"
    assert ENGLISH.grouped("-0.001", 2) == "0.00"
    assert ENGLISH.grouped(None) == SPANISH.grouped(None) == "–"
    assert SPANISH.grouped("P.001,5") == "P.001,5", "what is no number stays as it is"


def test_money_has_its_currency_and_says_where_there_is_none() -> None:
    assert ENGLISH.money("-1234.56", "NGN") == "NGN\N{NO-BREAK SPACE}−1,235"
    assert SPANISH.money("-1234.56", "NGN") == "−1.235\N{NO-BREAK SPACE}NGN"
    assert ENGLISH.money("999.994", "NGN") == "NGN\N{NO-BREAK SPACE}999.99"
    assert ENGLISH.money("0.00", "NGN") == "NGN\N{NO-BREAK SPACE}0"
    assert ENGLISH.money(None, "NGN") == "–"
    assert {ENGLISH.money(Decimal(5), code) for code in ("XXX", "", None)} == {"¤\N{NO-BREAK SPACE}5.00"}


def test_days_and_nouns() -> None:
    assert (ENGLISH.day("2025-03-31"), SPANISH.day("2025-03-31")) == ("2025-03-31", "31/03/2025")
    assert SPANISH.day("2025-03") == "03/2025"
    assert SPANISH.day("around 2025-03") == "around 2025-03"
    assert SPANISH.day(None) == ""
    assert ENGLISH.number_of(1, "case") == "1 case"
    assert both(lambda voice: voice.number_of(2427, "case")) == {"en": "2,427 cases", "es": "2.427 casos"}


def test_names_become_words() -> None:
    assert label("qty", "es", {}) == "cantidad"
    assert label("qty_source", "en", {}) == "quantity as written"
    assert label("cost_source", "en", {}) == "source of the unit cost", "made by a rule: nobody wrote it in a file"
    assert label("opening_source", "es", {}) == "origen del saldo inicial"
    assert label("ts_alternative", "es", {}) == "fecha, otra lectura"
    assert label("counts.rows", "es", {}) == "conteos: filas"
    assert label("never_heard_of", "es", {}) == "never heard of"
    assert label("qty", "es", {"qty": {"en": "pieces", "es": "piezas"}}) == "piezas", "a rule's own word comes first"


def test_how_sure_a_finding_is_is_said_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "measured_precision", lambda: {"C-001": Decimal("0.94")})
    assert sureness(ENGLISH, "P-001", "0.5") == "Confidence 0.5: the precision of this rule has not been measured yet."
    assert sureness(ENGLISH, "P-001", "0.35").endswith("have indicators of their own.")
    assert sureness(SPANISH, "P-048", "0.4").startswith("Confianza 0,4: esta regla solo ordena")
    assert sureness(ENGLISH, "C-001", "0.94").startswith("Confidence 0.94: on simulated books at least this share")
    assert sureness(SPANISH, "C-001", "0.658").endswith("tienen indicios propios.")
    assert (sureness(ENGLISH, "P-001", "0.93"), sureness(ENGLISH, "P-001", None)) == ("", "")
