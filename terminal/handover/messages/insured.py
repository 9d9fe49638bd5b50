"""`ResultOfQualificationConfirmation`: a person's qualification and consents."""

from datetime import date
from typing import Annotated

from consent.items import Item
from terminal.handover.codes import (
    CARD,
    CONSISTENCY,
    DESIGNATED,
    DISEASE,
    ELDERLY_CARE,
    FAMILY,
    INFECTION,
    LIMIT,
    LIMIT_CARD,
    LIMIT_CHANGED,
    LOSS_REASON,
    PREFECTURAL,
    PRESCHOOL,
    RATIO,
    SEX,
    SINGLE_OR_COMBINED,
    SOCIAL_INSURANCE,
    TICKET,
    TREATMENT,
)
from terminal.handover.parts import Confidence, ConsentElements, ConsentPart, Element, Part
from terminal.handover.values import (
    BRANCH,
    DATE,
    INSURER,
    KANA,
    MONTH,
    NAME,
    NUMBER,
    POST_NUMBER,
    SYMBOL,
    TEXT,
    TextKind,
    code,
)

Day = date | None
Text = str | None
REFERENCE_NUMBER = TextKind(50)


class ElderlyRecipientInfo(Part):
    certificate_date: Annotated[Day, Element("ElderlyRecipientCertificateDate", DATE)] = None
    valid_start_date: Annotated[Day, Element("ElderlyRecipientValidStartDate", DATE)] = None
    valid_end_date: Annotated[Day, Element("ElderlyRecipientValidEndDate", DATE)] = None
    contribution_ratio: Annotated[Text, Element("ElderlyRecipientContributionRatio", code(RATIO))] = None


class LimitInfo(Part):
    classification: Annotated[Text, Element("LimitApplicationCertificateClassification", code(LIMIT_CARD))] = None
    classification_flag: Annotated[Text, Element("LimitApplicationCertificateClassificationFlag", code(LIMIT))] = None
    certificate_date: Annotated[Day, Element("LimitApplicationCertificateDate", DATE)] = None
    valid_start_date: Annotated[Day, Element("LimitApplicationCertificateValidStartDate", DATE)] = None
    valid_end_date: Annotated[Day, Element("LimitApplicationCertificateValidEndDate", DATE)] = None
    long_term_date: Annotated[Day, Element("LimitApplicationCertificateLongTermDate", DATE)] = None


class DiseaseInfo(Part):
    disease_category: Annotated[Text, Element("SpecificDiseasesDiseaseCategory", code(DISEASE))] = None
    certificate_date: Annotated[Day, Element("SpecificDiseasesCertificateDate", DATE)] = None
    valid_start_date: Annotated[Day, Element("SpecificDiseasesValidStartDate", DATE)] = None
    valid_end_date: Annotated[Day, Element("SpecificDiseasesValidEndDate", DATE)] = None
    self_pay: Annotated[Text, Element("SpecificDiseasesSelfPay", TEXT)] = None


class MedicalTicketInfo(Part):
    """医療扶助. `StatusOfInfecton` is spelled as in the interface."""

    ticket_type: Annotated[Text, Element("TicketType", code(TICKET))] = None
    valid_date: Annotated[Day, Element("MedicalTicketValidDate", DATE)] = None
    expiration_date: Annotated[Day, Element("MedicalTicketExpirationDate", DATE)] = None
    issue_number: Annotated[Text, Element("IssueNumber", TEXT)] = None
    treatment_month: Annotated[Text, Element("MedicalTreatmentMonth", MONTH)] = None
    institution_code: Annotated[Text, Element("DesignatedMedicalInstitutionCode", TEXT)] = None
    institution_flag: Annotated[Text, Element("DesignatedMedicalInstitutionFlag", code(DESIGNATED))] = None
    institution_name: Annotated[Text, Element("DesignatedMedicalInstitutionName", TEXT)] = None
    prescription_issuer_code: Annotated[Text, Element("PrescriptionIssuerMedicalInstitutionCode", TEXT)] = None
    prescription_issuer_name: Annotated[Text, Element("PrescriptionIssuerMedicalInstitutionName", TEXT)] = None
    injury_name_1: Annotated[Text, Element("InjuryName1", TEXT)] = None
    injury_name_2: Annotated[Text, Element("InjuryName2", TEXT)] = None
    injury_name_3: Annotated[Text, Element("InjuryName3", TEXT)] = None
    treatment_type: Annotated[Text, Element("MedicalTreatmentType", code(TREATMENT))] = None
    self_pay_amount: Annotated[Text, Element("SelfPayAmount", TEXT)] = None
    district_contact_name: Annotated[Text, Element("DistrictContactName", TEXT)] = None
    handling_contact_name: Annotated[Text, Element("HandlingContactName", TEXT)] = None
    single_or_combined_use: Annotated[Text, Element("SingleOrCombinedUse", code(SINGLE_OR_COMBINED))] = None
    social_insurance: Annotated[Text, Element("StatusOfSocialInsurance", code(SOCIAL_INSURANCE))] = None
    consistency_flag: Annotated[Text, Element("ConsistencyFlag", code(CONSISTENCY))] = None
    infection: Annotated[Text, Element("StatusOfInfecton", code(INFECTION))] = None
    elderly_medical_care: Annotated[Text, Element("StatusOfElderlyMedicalCare", code(ELDERLY_CARE))] = None
    prefectural_expenses: Annotated[Text, Element("StatusOfPrefecturalExpenses", code(PREFECTURAL))] = None
    remarks_1: Annotated[Text, Element("Remarks1", TEXT)] = None
    remarks_2: Annotated[Text, Element("Remarks2", TEXT)] = None
    remarks_3: Annotated[Text, Element("Remarks3", TEXT)] = None


Answer = ConsentPart | None
_PUBLISHED = Confidence.DOCUMENTED
"""ORCA's published patient interface uses the same names."""
_INFERRED = Confidence.INFERRED
"""ORCA's interface has the newer consents since January 2025. Their position in this file is inferred."""


class Insured(Part):
    """All known elements, in file order. Elements without a value or an answer are omitted.

    Fields from the insurer's record are named as in `qualification.insured.Qualification`.
    """

    insured_card_classification: Annotated[Text, Element("InsuredCardClassification", code(CARD))] = None
    insurer_number: Annotated[Text, Element("InsurerNumber", INSURER)] = None
    insured_card_symbol: Annotated[Text, Element("InsuredCardSymbol", SYMBOL)] = None
    insured_identification_number: Annotated[Text, Element("InsuredIdentificationNumber", NUMBER)] = None
    insured_branch_number: Annotated[Text, Element("InsuredBranchNumber", BRANCH)] = None
    personal_family_classification: Annotated[Text, Element("PersonalFamilyClassification", code(FAMILY))] = None
    insured_name: Annotated[Text, Element("InsuredName", NAME)] = None
    name: Annotated[Text, Element("Name", NAME)] = None
    name_of_other: Annotated[Text, Element("NameOfOther", NAME)] = None
    name_kana: Annotated[Text, Element("NameKana", KANA)] = None
    name_of_other_kana: Annotated[Text, Element("NameOfOtherKana", KANA)] = None
    sex: Annotated[Text, Element("Sex1", code(SEX))] = None
    sex_on_certificate: Annotated[Text, Element("Sex2", code(SEX))] = None
    birth_date: Annotated[Day, Element("Birthdate", DATE)] = None
    address: Annotated[Text, Element("Address", TEXT)] = None
    post_number: Annotated[Text, Element("PostNumber", POST_NUMBER)] = None
    qualification_date: Annotated[Day, Element("QualificationDate", DATE)] = None
    disqualification_date: Annotated[Day, Element("DisqualificationDate", DATE)] = None
    certificate_issuance_date: Annotated[Day, Element("InsuredCertificateIssuanceDate", DATE)] = None
    card_valid_date: Annotated[Day, Element("InsuredCardValidDate", DATE)] = None
    card_expiration_date: Annotated[Day, Element("InsuredCardExpirationDate", DATE)] = None
    insured_partial_contribution_ratio: Annotated[Text, Element("InsuredPartialContributionRatio", code(RATIO))] = None
    preschool_classification: Annotated[Text, Element("PreschoolClassification", code(PRESCHOOL))] = None
    reason_of_loss: Annotated[Text, Element("ReasonOfLoss", code(LOSS_REASON))] = None
    insurer_name: Annotated[Text, Element("InsurerName", TEXT)] = None
    elderly_recipient: Annotated[ElderlyRecipientInfo | None, Element("ElderlyRecipientCertificateInfo")] = None
    limit_changed: Annotated[Text, Element("LimitApplicationCertificateChanged", code(LIMIT_CHANGED))] = None
    limit_consent: Annotated[
        Answer,
        ConsentElements(
            "LimitApplicationCertificateRelated", Item.HIGH_COST_LIMIT, has_available_time=False, confidence=_PUBLISHED
        ),
    ] = None
    limit: Annotated[LimitInfo | None, Element("LimitApplicationCertificateRelatedInfo")] = None
    disease_consent: Annotated[
        Answer,
        ConsentElements("SpecificDiseasesCertificateRelated", Item.SPECIFIC_DISEASE, has_available_time=False),
    ] = None
    diseases: Annotated[
        tuple[DiseaseInfo, ...], Element("SpecificDiseasesCertificateList", item="SpecificDiseasesCertificateInfo")
    ] = ()
    medical_tickets: Annotated[
        tuple[MedicalTicketInfo, ...], Element("PublicExpenseResultList", item="MedicalTicketInfo")
    ] = ()
    checkups: Annotated[
        Answer, ConsentElements("SpecificHealthCheckupsInfo", Item.HEALTH_CHECKUP, confidence=_PUBLISHED)
    ] = None
    medicines: Annotated[Answer, ConsentElements("PharmacistsInfo", Item.MEDICINES, confidence=_PUBLISHED)] = None
    diagnosis: Annotated[Answer, ConsentElements("DiagnosisInfo", Item.DIAGNOSIS, confidence=_PUBLISHED)] = None
    surgery: Annotated[Answer, ConsentElements("OperationInfo", Item.SURGERY, confidence=_PUBLISHED)] = None
    diagnosis_name: Annotated[
        Answer, ConsentElements("DiagnosisName", Item.SURGERY, confidence=_INFERRED, newer=True)
    ] = None
    infection: Annotated[Answer, ConsentElements("InfectiousInfo", Item.SURGERY, confidence=_INFERRED, newer=True)] = (
        None
    )
    allergy: Annotated[Answer, ConsentElements("AllergyInfo", Item.DIAGNOSIS, confidence=_INFERRED, newer=True)] = None
    contraindication: Annotated[
        Answer, ConsentElements("ContraindicationInfo", Item.DIAGNOSIS, confidence=_INFERRED, newer=True)
    ] = None
    test: Annotated[Answer, ConsentElements("TestInfo", Item.DIAGNOSIS, confidence=_INFERRED, newer=True)] = None
    prescription: Annotated[
        Answer, ConsentElements("PrescriptionInfo", Item.MEDICINES, confidence=_INFERRED, newer=True)
    ] = None
    reference_number: Annotated[Text, Element("ReferenceNumber", REFERENCE_NUMBER)] = None
    arbitrary_identifier: Annotated[Text, Element("ArbitraryIdentifier", TEXT)] = None
