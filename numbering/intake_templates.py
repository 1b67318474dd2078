"""Templates for a file of numbers: the columns with an example row, as CSV and as a workbook."""

import io
import zipfile
from xml.etree import ElementTree

from numbering.csv_cells import csv_lines
from numbering.intake_file import COLUMNS

# A number from the range that is kept for examples: a template uploaded as it is adds nothing.
_EXAMPLE = ("303-555-0100", "Corner Bakery", "import", "", "", "no")


def template_csv() -> str:
    """Return the template as CSV, with an example row."""
    return "\ufeff" + "".join(csv_lines([tuple(COLUMNS), _EXAMPLE]))


def template_xlsx() -> bytes:
    """Return the template as a workbook, whose cells are text: nothing typed in is rounded."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    relation = {"Id": "r1", "Type": f"{office}/officeDocument", "Target": "xl/workbook.xml"}
    parts = {
        "[Content_Types].xml": _element(
            "Types",
            {"xmlns": f"{package}/content-types"},
            _element(
                "Default",
                {
                    "Extension": "rels",
                    "ContentType": "application/vnd.openxmlformats-package.relationships+xml",
                },
            ),
            *(
                _element(
                    "Override",
                    {"PartName": f"/xl/{part}.xml", "ContentType": f"{kind}.{what}+xml"},
                )
                for part, what in (
                    ("workbook", "sheet.main"),
                    ("sheet", "worksheet"),
                    ("styles", "styles"),
                )
            ),
        ),
        "_rels/.rels": _element(
            "Relationships",
            {"xmlns": f"{package}/relationships"},
            _element("Relationship", relation),
        ),
        "xl/workbook.xml": _element(
            "workbook",
            {"xmlns": main, "xmlns:r": office},
            _element(
                "sheets", {}, _element("sheet", {"name": "Numbers", "sheetId": "1", "r:id": "r1"})
            ),
        ),
        "xl/_rels/workbook.xml.rels": _element(
            "Relationships",
            {"xmlns": f"{package}/relationships"},
            _element(
                "Relationship",
                {**relation, "Type": f"{office}/worksheet", "Target": "sheet.xml"},
            ),
            _element(
                "Relationship", {"Id": "r2", "Type": f"{office}/styles", "Target": "styles.xml"}
            ),
        ),
        "xl/styles.xml": _styles(main),
        "xl/sheet.xml": _sheet(main),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, ElementTree.tostring(part, "utf-8", xml_declaration=True))
    return content.getvalue()


def _styles(main: str) -> ElementTree.Element:
    one = {"count": "1"}
    return _element(
        "styleSheet",
        {"xmlns": main},
        _element("fonts", one, _element("font", {})),
        _element("fills", one, _element("fill", {})),
        _element("borders", one, _element("border", {})),
        _element(
            "cellXfs",
            {"count": "2"},
            _element("xf", {"numFmtId": "0"}),
            _element("xf", {"numFmtId": "49", "applyNumberFormat": "1"}),  # 49 is text
        ),
    )


def _sheet(main: str) -> ElementTree.Element:
    wide = {"min": "1", "max": str(len(COLUMNS)), "width": "22", "style": "1", "customWidth": "1"}
    rows = [
        _element(
            "row",
            {},
            *(
                _element("c", {"t": "inlineStr", "s": "1"}, _element("is", {}, _text(cell)))
                for cell in cells
            ),
        )
        for cells in (tuple(COLUMNS), _EXAMPLE)
    ]
    return _element(
        "worksheet",
        {"xmlns": main},
        _element("cols", {}, _element("col", wide)),
        _element("sheetData", {}, *rows),
    )


def _element(
    name: str, attributes: dict[str, str], *children: ElementTree.Element
) -> ElementTree.Element:
    element = ElementTree.Element(name, attributes)
    element.extend(children)
    return element


def _text(cell: str) -> ElementTree.Element:
    element = ElementTree.Element("t")
    element.text = cell
    return element
