"""Writes small workbooks by hand, as the tests need them: any cell, sound or not."""

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape

_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_STYLES = (
    f'<styleSheet {_MAIN}><numFmts count="1"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/></numFmts>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="164" applyNumberFormat="1"/></cellXfs></styleSheet>'
)


def text(place: str, value: str) -> str:
    """A text cell."""
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def number(place: str, value: str) -> str:
    """A number as it is stored."""
    return f'<c r="{place}"><v>{value}</v></c>'


def day(place: str, serial: str) -> str:
    """A date by its serial number."""
    return f'<c r="{place}" s="1"><v>{serial}</v></c>'


def workbook(sheets: Mapping[str, str], hidden: str = "", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A workbook of sheets, each given by the XML of its rows."""
    made = io.BytesIO()
    entries = ""
    for i, name in enumerate(sheets, 1):
        state = 'state="hidden" ' if name == hidden else ""
        entries += f'<sheet name="{escape(name)}" sheetId="{i}" {state}r:id="rId{i}"/>'
    relations = "".join(
        f'<Relationship Id="rId{i}" Type="{_RELATION}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i, _ in enumerate(sheets, 1)
    )
    relations += f'<Relationship Id="rId99" Type="{_RELATION}/styles" Target="styles.xml"/>'
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    with zipfile.ZipFile(made, "w", method) as file:
        file.writestr("[Content_Types].xml", _TYPES)
        root = f'<Relationship Id="rId1" Type="{_RELATION}/officeDocument" Target="xl/workbook.xml"/>'
        file.writestr("_rels/.rels", f'<Relationships xmlns="{package}">{root}</Relationships>')
        file.writestr(
            "xl/workbook.xml", f'<workbook {_MAIN} xmlns:r="{_RELATION}"><sheets>{entries}</sheets></workbook>'
        )
        file.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}">{relations}</Relationships>')
        file.writestr("xl/styles.xml", _STYLES)
        for i, rows in enumerate(sheets.values(), 1):
            file.writestr(
                f"xl/worksheets/sheet{i}.xml", f"<worksheet {_MAIN}><sheetData>{rows}</sheetData></worksheet>"
            )
    return made.getvalue()


def row(line: int, *cells: str) -> str:
    """A row of text cells from column A on."""
    return f'<row r="{line}">{"".join(text(f"{chr(65 + i)}{line}", cell) for i, cell in enumerate(cells))}</row>'
