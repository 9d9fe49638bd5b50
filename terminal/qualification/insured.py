"""An insurer's record of a person, with the strings and codes (`OQSCD...`) used by receipt computers."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from terminal.qualification.base import Confidential, Model

InsurerNumber = Annotated[str, Field(pattern=r"^[0-9]{1,8}$")]


class ElderlyRecipient(Confidential):
    """`ElderlyRecipientCertificateInfo`, for ages 70 to 74."""

    certificate_date: date | None = None
    valid_start_date: date
    valid_end_date: date
    contribution_ratio: str


class LimitCertificate(Confidential):
    """`LimitApplicationCertificateRelatedInfo`"""

    classification: str
    """OQSCD011."""
    classification_flag: str
    """OQSCD012."""
    certificate_date: date | None = None
    valid_start_date: date
    valid_end_date: date
    long_term_date: date | None = None
    """Start of a long hospital stay (長期入院該当年月日)."""


class SpecificDiseaseCertificate(Confidential):
    """`SpecificDiseasesCertificateInfo`"""

    disease_category: str
    """OQSCD013."""
    certificate_date: date | None = None
    valid_start_date: date
    valid_end_date: date | None = None
    self_pay: str | None = None


class MedicalTicket(Confidential):
    """`MedicalTicketInfo` of public assistance (医療扶助), with codes OQSCD018 to 026."""

    ticket_type: str
    """01 医療券, 02 調剤券."""
    valid_date: date
    expiration_date: date
    issue_number: str | None = None
    treatment_month: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    """yyyyMM."""
    institution_code: str | None = None
    institution_flag: str | None = None
    """0 if the requesting institution is the designated one, otherwise 1."""
    institution_name: str | None = None
    prescription_issuer_code: str | None = None
    prescription_issuer_name: str | None = None
    injury_names: Annotated[tuple[str, ...], Field(max_length=3)] = ()
    treatment_type: str | None = None
    """01 inpatient, 02 outpatient, 03 dental, 04 dispensing, 05 home nursing."""
    self_pay_amount: str | None = None
    district_contact_name: str | None = None
    handling_contact_name: str | None = None
    single_or_combined_use: str | None = None
    social_insurance: str | None = None
    consistency_flag: str | None = None
    infection: str | None = None
    elderly_medical_care: str | None = None
    prefectural_expenses: str | None = None
    remarks: Annotated[tuple[str, ...], Field(max_length=3)] = ()


class SubsidyStatus(StrEnum):
    """Status of a holder's medical subsidies (医療費助成)."""

    USABLE = "usable"
    NONE = "none"
    ENDED = "ended"
    """The holder's subsidy is not valid on the day of the check."""
    NOT_CONNECTED = "not-connected"
    """Unknown, because the municipality's system is not connected. The paper certificate is authoritative."""
    REFUSED = "refused"
    """The patient chose not to use it. Only in results."""


class Subsidy(Confidential):
    """Medical subsidy certificate, with the fields of the public PMH interface."""

    insurer_number: Annotated[str, Field(pattern=r"^[0-9]{8}$")]
    """公費負担者番号."""
    recipient_number: Annotated[str, Field(min_length=1, max_length=30)]
    """受給者番号."""
    name: Annotated[str, Field(min_length=1, max_length=100)]
    """Certificate name (証類名)."""
    segment: Annotated[str, Field(max_length=40)] | None = None
    """Income segment (所得区分)."""
    monthly_limit: Annotated[int, Field(ge=0)] | None = None
    """Yen per month (自己負担上限月額); None if unlimited."""
    valid_from: date
    valid_until: date | None = None
    reimbursement_only: bool = False
    """償還払いのみ: the person pays at the counter and is reimbursed by the municipality."""

    def is_valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


class ProvidedSubsidies(Model):
    """Medical subsidies in a result, if the institution accepts them."""

    standing: SubsidyStatus
    certificates: tuple[Subsidy, ...] = ()
    """Usable certificates; empty unless `standing` is `usable`."""

    @model_validator(mode="after")
    def _certificates_only_if_usable(self) -> Self:
        if bool(self.certificates) != (self.standing is SubsidyStatus.USABLE):
            raise ValueError("certificates are required if and only if subsidies are usable")
        return self


class Qualification(Confidential):
    """The insurer's record in a `ResultOfQualificationConfirmation`."""

    insured_card_classification: str = "01"
    """OQSCD010."""
    insurer_number: InsurerNumber
    insured_card_symbol: str | None = None
    insured_identification_number: str | None = None
    insured_branch_number: str | None = None
    personal_family_classification: str | None = None
    """OQSCD009."""
    insured_name: str | None = None
    insurer_name: str | None = None
    qualification_date: date | None = None
    disqualification_date: date | None = None
    reason_of_loss: str | None = None
    """OQSCD008."""
    certificate_issuance_date: date | None = None
    card_valid_date: date | None = None
    card_expiration_date: date | None = None
    insured_partial_contribution_ratio: str | None = None
    """Percentage, three digits. Only for 後期高齢者."""
    preschool_classification: str | None = None
    """OQSCD015."""
    name: str
    """Family and given name separated by a full-width space."""
    name_of_other: str | None = None
    """Alias (通称名)."""
    name_kana: str | None = None
    """Half-width katakana."""
    name_of_other_kana: str | None = None
    sex: str
    """Sex1, OQSCD007."""
    sex_on_certificate: str | None = None
    """Sex2: sex on the certificate, if it differs from the register."""
    birth_date: date
    address: str | None = None
    post_number: str | None = None
    elderly_recipient: ElderlyRecipient | None = None
    medical_tickets: tuple[MedicalTicket, ...] = ()
    reference_number: str | None = None
    """The institution's own patient number (照会番号), if registered."""


class InsuredSearch(Confidential):
    """Numbers and birth date from a 資格確認書, for a look-up without a card (`QualificationConfirmSearchInfo`)."""

    insurer_number: InsurerNumber
    insured_card_symbol: Annotated[str, Field(max_length=20)] | None = None
    insured_identification_number: Annotated[str, Field(min_length=1, max_length=20)]
    insured_branch_number: Annotated[str, Field(pattern=r"^[0-9]{2}$")] | None = None
    birth_date: date
