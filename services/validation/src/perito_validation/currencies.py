"""Marks that say in which currency an amount stands: ISO 4217 codes and the signs people write instead.

A sign may belong to several currencies; an amount is read where its mark can mean the currency of the books, and
refused where it cannot, since adding naira to euros makes a number that means nothing.
"""

import re

NONE = "XXX"
"""ISO 4217 for no currency: books whose currency nobody stated. Any mark is taken there."""

_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL
HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL
MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON
RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH
UGX USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""

SIGNS = {
    "$": (
        "USD MXN ARS CLP COP UYU DOP CAD AUD NZD SGD HKD TWD BBD BSD BZD BMD BND CUP FJD GYD JMD KYD LRD NAD SBD SRD"
        " TTD XCD"
    ),
    "€": "EUR",
    "£": "GBP EGP FKP GIP LBP SDG SHP SSP SYP",
    "¥": "JPY CNY",
    "₦": "NGN",
    "₹": "INR",
    "₽": "RUB",
    "₺": "TRY",
    "₩": "KRW KPW",
    "₫": "VND",
    "₴": "UAH",
    "₪": "ILS",
    "₱": "PHP",
    "₡": "CRC",
    "₲": "PYG",
    "₵": "GHS",
    "₸": "KZT",
    "₼": "AZN",
    "₾": "GEL",
    "₮": "MNT",
    "₭": "LAK",
    "฿": "THB",
    "US$": "USD",
    "MX$": "MXN",
    "R$": "BRL",
    "A$": "AUD",
    "C$": "NIO CAD",
    "NZ$": "NZD",
    "HK$": "HKD",
    "NT$": "TWD",
    "RD$": "DOP",
    "S/": "PEN",
    "Bs": "BOB VES",
    "Q": "GTQ",
    "L": "HNL",
    "R": "ZAR",
    "RM": "MYR",
    "Rp": "IDR",
    "Rs": "INR PKR LKR NPR MUR SCR",
    "KSh": "KES",
    "TSh": "TZS",
    "USh": "UGX",
    "zł": "PLN",
    "kr": "SEK NOK DKK ISK",
    "Kč": "CZK",
    "Ft": "HUF",
    "Fr": "CHF",
    "lei": "RON",
}
"""What a sign can mean. None holds a point or comma, which would be taken for a part of the number."""


def mark_pattern(currency: str | None = None) -> str:
    """Regular expression of one mark of `currency`, an ISO 4217 code; without one, or for XXX, of any currency."""
    every = currency in {None, NONE}
    codes = _CODES.split() if every else (currency or "",)
    signs = [sign for sign, meant in SIGNS.items() if every or currency in meant.split()]
    marks = sorted([*map(re.escape, signs), *(f"(?i:{code})" for code in codes)], key=len, reverse=True)
    return f"(?:{'|'.join(marks)})"
