"""An error can be recorded whatever it quotes."""

from perito_kernel.errors import Invalid


def test_an_error_that_quotes_what_no_database_takes_can_be_recorded() -> None:
    error = Invalid("BAD", "there is no column 'a\0b\ud800'", {"column": "a\0b", "row": 3})
    assert error.message == "there is no column 'a\N{REPLACEMENT CHARACTER}b?'"
    assert error.details == {"column": "a\N{REPLACEMENT CHARACTER}b", "row": 3}
    assert "\0" not in str(error)
