"""Drug and health-check data.

Some elements have different names than in other messages (`InsuranceCardSymbol`, `BranchNumber`, `ResultCode`).
"""

from datetime import date
from typing import Annotated

from terminal.handover.codes import CARE, CHARACTER_CODE, FILE_CATEGORY, RESULT
from terminal.handover.messages.header import FileIdentifier, InstitutionCode
from terminal.handover.messages.insured import Day, Text
from terminal.handover.parts import Confidence, Element, Part
from terminal.handover.values import (
    BRANCH,
    DATE,
    INSURER,
    KANA,
    MONTH,
    NAME,
    NUMBER,
    SYMBOL,
    TEXT,
    TIMESTAMP,
    Timestamp,
    code,
)

_INFERRED = Confidence.INFERRED
_RESULT = code(RESULT)


class DataHeader(Part):
    institution_code: InstitutionCode
    insurer_number: Annotated[str, Element("InsurerNumber", INSURER)]
    insured_card_symbol: Annotated[Text, Element("InsuranceCardSymbol", SYMBOL)] = None
    insured_identification_number: Annotated[str, Element("InsuredPersonIdentificationNumber", NUMBER)]
    insured_branch_number: Annotated[Text, Element("BranchNumber", BRANCH)] = None
    file_identifier: FileIdentifier = None


class DataSearch(Part):
    file_category: Annotated[str, Element("FileCategory", code(FILE_CATEGORY))]
    classification: Annotated[Text, Element("PrDiInfClassification", TEXT)] = None
    care: Annotated[Text, Element("MedicalTreatmentFlag", code(CARE))] = None


class DrugSearch(DataSearch):
    start: Annotated[date, Element("StartDate", DATE)]
    end: Annotated[date, Element("EndDate", DATE)]


class DrugRequest(Part):
    """`YZKsiquc01req_`"""

    header: Annotated[DataHeader, Element("MessageHeader")]
    body: Annotated[DrugSearch, Element("MessageBody")]


class CheckupRequest(Part):
    """`TKKsiquc01req_`"""

    header: Annotated[DataHeader, Element("MessageHeader")]
    body: Annotated[DataSearch, Element("MessageBody")]


class DrugPatient(Part):
    name: Annotated[Text, Element("Name", NAME)] = None
    kana: Annotated[Text, Element("KanaName", KANA)] = None
    birth_date: Annotated[Day, Element("Birth", DATE)] = None
    sex: Annotated[Text, Element("AdmGendCode", TEXT)] = None


class DrugHeader(Part):
    """`ResultCode` is 1, or `MessageContents` contains the error. The order is inferred; readers accept any order."""

    executed_at: Annotated[Timestamp, Element("ProcessExecutionTime", TIMESTAMP, _INFERRED)]
    institution_code: Annotated[str, Element("MedicalInstitutionCode", TEXT, _INFERRED)]
    file_identifier: Annotated[Text, Element("ArbitraryFileIdentifier", TEXT, _INFERRED)] = None
    result: Annotated[str, Element("ResultCode", _RESULT)]
    message_code: Annotated[Text, Element("MessageCode", TEXT, _INFERRED)] = None
    message: Annotated[Text, Element("MessageContents", TEXT)] = None
    character_code: Annotated[str, Element("CharacterCodeIdentifier", code(CHARACTER_CODE), _INFERRED)]
    patient: Annotated[DrugPatient | None, Element("QuaInf")] = None


class Drug(Part):
    code: Annotated[Text, Element("DrugC", TEXT)] = None
    name: Annotated[Text, Element("DrugN", TEXT)] = None
    ingredient: Annotated[Text, Element("IngreN", TEXT)] = None
    quantity: Annotated[Text, Element("Qua1", TEXT)] = None
    unit: Annotated[Text, Element("Unit", TEXT)] = None
    usage: Annotated[Text, Element("UsageN", TEXT)] = None
    times: Annotated[Text, Element("Times", TEXT)] = None
    usage_class: Annotated[Text, Element("MeTrIdCl", TEXT)] = None


class Treatment(Part):
    """診療行為."""

    name: Annotated[Text, Element("SinInfN", TEXT)] = None
    code: Annotated[Text, Element("SinInfCd", TEXT)] = None
    usage_class: Annotated[Text, Element("MeTrIdCl", TEXT)] = None
    quantity: Annotated[Text, Element("Qua1", TEXT)] = None
    times: Annotated[Text, Element("Times", TEXT)] = None
    unit: Annotated[Text, Element("Unit", TEXT)] = None


class DispensedDay(Part):
    dispensed: Annotated[Day, Element("DiDate", DATE)] = None
    prescribed: Annotated[Day, Element("PrDate", DATE)] = None
    drugs: Annotated[tuple[Drug, ...], Element("DrugInfs", item="DrugInf")] = ()
    treatments: Annotated[tuple[Treatment, ...], Element("MeTrInfs", item="MeTrInf")] = ()


class DrugMonth(Part):
    """Medicines from one month of claims."""

    dispenser_kind: Annotated[Text, Element("DiOrg", TEXT)] = None
    dispenser_code: Annotated[Text, Element("MeTrDiHCd", TEXT)] = None
    dispenser_name: Annotated[Text, Element("MeTrDiHNm", TEXT)] = None
    prescriber_code: Annotated[Text, Element("PrlsHCd", TEXT)] = None
    prescriber_name: Annotated[Text, Element("PrlsHNm", TEXT)] = None
    prescriber_kind: Annotated[Text, Element("PrIsOrg", TEXT)] = None
    in_or_out: Annotated[Text, Element("InOut", TEXT)] = None
    month: Annotated[Text, Element("MeTrMonth", MONTH)] = None
    days: Annotated[tuple[DispensedDay, ...], Element("DiDateInfs", item="DiDateInf")] = ()


class PrescribedDrug(Part):
    code: Annotated[Text, Element("ShDrugC", TEXT)] = None
    name: Annotated[Text, Element("ShDrugN", TEXT)] = None
    ingredient: Annotated[Text, Element("ShIngreN", TEXT)] = None
    quantity: Annotated[Text, Element("ShQua1", TEXT)] = None
    unit: Annotated[Text, Element("ShUnit", TEXT)] = None
    usage: Annotated[Text, Element("ShUsageN", TEXT)] = None
    times: Annotated[Text, Element("ShTimes", TEXT)] = None
    usage_class: Annotated[Text, Element("ShUsageCl", TEXT)] = None


class PrescribedDay(Part):
    prescribed: Annotated[Day, Element("ShPrDate", DATE)] = None
    drugs: Annotated[tuple[PrescribedDrug, ...], Element("ShDrugInfs", item="ShDrugInf")] = ()


class PrescriptionMonth(Part):
    """Electronic prescriptions issued in one month."""

    prescriber_code: Annotated[Text, Element("ShPrHCd", TEXT)] = None
    prescriber_name: Annotated[Text, Element("ShPrHNm", TEXT)] = None
    prescriber_kind: Annotated[Text, Element("ShPrIsOrg", TEXT)] = None
    in_or_out: Annotated[Text, Element("ShPrCl", TEXT)] = None
    month: Annotated[Text, Element("ShPrMonth", MONTH)] = None
    days: Annotated[tuple[PrescribedDay, ...], Element("ShPrDateInfs", item="ShPrDateInf")] = ()


class Prescriptions(Part):
    months: Annotated[tuple[PrescriptionMonth, ...], Element("ShPrMonthInf")] = ()


class DispensingDrug(Part):
    code: Annotated[Text, Element("CzDrugC", TEXT)] = None
    name: Annotated[Text, Element("CzDrugN", TEXT)] = None
    ingredient: Annotated[Text, Element("CzIngreN", TEXT)] = None
    quantity: Annotated[Text, Element("CzQua1", TEXT)] = None
    unit: Annotated[Text, Element("CzUnit", TEXT)] = None
    usage: Annotated[Text, Element("CzUsageN", TEXT)] = None
    times: Annotated[Text, Element("CzTimes", TEXT)] = None
    usage_class: Annotated[Text, Element("CzUsageCl", TEXT)] = None


class DispensingDay(Part):
    dispensed: Annotated[Day, Element("CzDiDate", DATE)] = None
    prescribed: Annotated[Day, Element("CzPrDate", DATE)] = None
    drugs: Annotated[tuple[DispensingDrug, ...], Element("CzDrugInfs", item="CzDrugInf")] = ()


class DispensingMonth(Part):
    """Dispensing records of pharmacies for one month."""

    dispenser_kind: Annotated[Text, Element("CzDiOrg", TEXT)] = None
    dispenser_code: Annotated[Text, Element("CzMeTrDiHCd", TEXT)] = None
    dispenser_name: Annotated[Text, Element("CzMeTrDiHNm", TEXT)] = None
    prescriber_code: Annotated[Text, Element("CzPrlsHCd", TEXT)] = None
    prescriber_name: Annotated[Text, Element("CzPrlsHNm", TEXT)] = None
    prescriber_kind: Annotated[Text, Element("CzPrIsOrg", TEXT)] = None
    in_or_out: Annotated[Text, Element("CzPrCl", TEXT)] = None
    month: Annotated[Text, Element("CzDiMonth", MONTH)] = None
    days: Annotated[tuple[DispensingDay, ...], Element("CzDiDateInfs", item="CzDiDateInf")] = ()


class Dispensings(Part):
    months: Annotated[tuple[DispensingMonth, ...], Element("CzDiMonthInf")] = ()


class DrugBody(Part):
    months: Annotated[tuple[DrugMonth, ...], Element("MeTrMonthInf")] = ()
    prescriptions: Annotated[Prescriptions | None, Element("ShPrInf")] = None
    dispensings: Annotated[Dispensings | None, Element("CzDiInf")] = None


class DrugAnswer(Part):
    """`YZKsiquc01res_`"""

    header: Annotated[DrugHeader, Element("MessageHeader")]
    body: Annotated[DrugBody | None, Element("MessageBody")] = None


class CheckupPatient(Part):
    name: Annotated[Text, Element("Name", NAME)] = None
    kana: Annotated[Text, Element("KanasName", KANA)] = None
    birth_date: Annotated[Day, Element("Birthday", DATE)] = None
    sex: Annotated[Text, Element("AdministrativeGenderCode", TEXT)] = None


class CheckupHeader(Part):
    executed_at: Annotated[Timestamp, Element("ProcessExecutionTime", TIMESTAMP, _INFERRED)]
    institution_code: Annotated[str, Element("MedicalInstitutionCode", TEXT, _INFERRED)]
    file_identifier: Annotated[Text, Element("ArbitraryFileIdentifier", TEXT, _INFERRED)] = None
    result: Annotated[str, Element("ResultCode", _RESULT)]
    message_code: Annotated[Text, Element("MessageCode", TEXT, _INFERRED)] = None
    message: Annotated[Text, Element("MessageContents", TEXT)] = None
    character_code: Annotated[str, Element("CharacterCodeIdentifier", code(CHARACTER_CODE), _INFERRED)]
    patient: Annotated[CheckupPatient | None, Element("QualificationsInfo")] = None


class CheckupValue(Part):
    item_code: Annotated[Text, Element("ItemCode", TEXT)] = None
    item_name: Annotated[Text, Element("ItemName", TEXT)] = None
    data_type: Annotated[Text, Element("DataType", TEXT)] = None
    value: Annotated[Text, Element("DataValue", TEXT)] = None
    unit: Annotated[Text, Element("Unit", TEXT)] = None
    oid: Annotated[Text, Element("Oid", TEXT)] = None
    value_name: Annotated[Text, Element("DataValueName", TEXT)] = None


class Checkup(Part):
    effective: Annotated[Day, Element("EffectiveTime", DATE)] = None
    values: Annotated[
        tuple[CheckupValue, ...],
        Element("HealthCheckupResultAndQuestionInfos", item="HealthCheckupResultAndQuestionInfo"),
    ] = ()


class CheckupBody(Part):
    checkups: Annotated[tuple[Checkup, ...], Element("SpecificHealthCheckupInfo")] = ()


class CheckupAnswer(Part):
    """`TKKsiquc01res_`"""

    header: Annotated[CheckupHeader, Element("MessageHeader")]
    body: Annotated[CheckupBody | None, Element("MessageBody")] = None
