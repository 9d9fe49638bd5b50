"""Reads the consent flags back from a written result file: what the demo shows is what the receipt computer gets."""

from pathlib import Path

from lxml import etree

from consent.items import Item

FLAG_ELEMENTS = {
    "DiagnosisInfoConsFlg": Item.DIAGNOSIS,
    "PharmacistsInfoConsFlg": Item.MEDICINES,
    "OperationInfoConsFlg": Item.SURGERY,
    "SpecificHealthCheckupsInfoConsFlg": Item.HEALTH_CHECKUP,
    "SpecificDiseasesCertificateRelatedConsFlg": Item.SPECIFIC_DISEASE,
    "LimitApplicationCertificateRelatedConsFlg": Item.HIGH_COST_LIMIT,
}


def flags_in(path: Path) -> dict[Item, int]:
    """0 or 1 for every consent element in the file; an item that was not asked is absent."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.fromstring(path.read_bytes(), parser)
    found = {}
    for element in root.iter(*FLAG_ELEMENTS):
        found[FLAG_ELEMENTS[str(element.tag)]] = int(element.text or "")
    return found
