"""Metadata of a PDF/A-3, with what Factur-X says about the attached XML."""

from __future__ import annotations

from datetime import datetime
from xml.sax.saxutils import escape

from ordercore.kernel.time import format_instant

__all__ = ["metadata"]

_PACKET = """\
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/">
   <pdfaid:part>3</pdfaid:part>
   <pdfaid:conformance>B</pdfaid:conformance>
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
   <dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
   <xmp:CreateDate>{at}</xmp:CreateDate>
   <xmp:ModifyDate>{at}</xmp:ModifyDate>
   <xmp:MetadataDate>{at}</xmp:MetadataDate>
  </rdf:Description>
{attached} </rdf:RDF>
</x:xmpmeta>"""

# PDF/A wants a schema for every property it does not know itself.
_ATTACHED = """\
  <rdf:Description rdf:about="" xmlns:fx="{space}">
   <fx:DocumentType>INVOICE</fx:DocumentType>
   <fx:DocumentFileName>{name}</fx:DocumentFileName>
   <fx:Version>1.0</fx:Version>
   <fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>
  </rdf:Description>
  <rdf:Description rdf:about=""
    xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
    xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
    xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
   <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
    <pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
    <pdfaSchema:namespaceURI>{space}</pdfaSchema:namespaceURI>
    <pdfaSchema:prefix>fx</pdfaSchema:prefix>
    <pdfaSchema:property><rdf:Seq>
{properties}    </rdf:Seq></pdfaSchema:property>
   </rdf:li></rdf:Bag></pdfaExtension:schemas>
  </rdf:Description>
"""
_PROPERTY = """\
     <rdf:li rdf:parseType="Resource">
      <pdfaProperty:name>{name}</pdfaProperty:name>
      <pdfaProperty:valueType>Text</pdfaProperty:valueType>
      <pdfaProperty:category>external</pdfaProperty:category>
      <pdfaProperty:description>{what}</pdfaProperty:description>
     </rdf:li>
"""
_PROPERTIES = (
    ("DocumentFileName", "Name of the attached XML"),
    ("DocumentType", "Kind of the document in the XML"),
    ("Version", "Version of the XML schema"),
    ("ConformanceLevel", "Profile of the XML"),
)
_SPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"


def metadata(*, title: str, author: str, at: datetime, attached: str) -> str:
    """Return the metadata of a document.

    Args:
        title: Of the document.
        author: Who issues it.
        at: When it was made.
        attached: Name of the XML inside; empty when there is none.
    """
    if attached:
        properties = "".join(_PROPERTY.format(name=name, what=what) for name, what in _PROPERTIES)
        attached = _ATTACHED.format(space=_SPACE, name=escape(attached), properties=properties)
    return _PACKET.format(
        title=escape(title), author=escape(author), at=format_instant(at), attached=attached
    )
