"""The plot of each form; those forms are served whose folder stands in schemas/.

Of the personas the first is the plainest; whoever has no folder of forms at hand gets every plot.
"""

from pathlib import Path
from typing import Final

from mocks.igate import civil_plots, family_plots, own_plots, property_plots, welfare_plots
from mocks.igate.plot import ELDER, MAN, WOMAN, Plot, holds

_FOLDER = Path(__file__).parents[2] / "schemas" / "forms"

_CIVIL_STATUS: Final[dict[str, Plot]] = {
    "birth-registration": Plot(
        "1.001193",
        ("hospital_birth_parents", "home_birth_parents"),
        family_plots.has_newborn,
        (WOMAN, MAN),
        family_plots.birth,
    ),
    "bundle-birth": Plot(
        "2.000987",
        ("hospital_birth_parents", "hospital_birth_father"),
        family_plots.has_newborn,
        (WOMAN, MAN),
        family_plots.bundle_birth,
    ),
    "bundle-death": Plot(
        "1.006714",
        ("beneficiary_death_widow", "hospital_death_widow", "beneficiary_death_child"),
        civil_plots.bereaved,
        (1, MAN, WOMAN),
        civil_plots.bundle_death,
    ),
    "civil-status-change": Plot(
        "1.004859",
        ("ordinary", "wrong_official_value", "certificate_of_identity", "nfd_name"),
        own_plots.adult,
        (MAN, WOMAN),
        civil_plots.change,
    ),
    "civil-status-extract": Plot(
        "2.000635",
        ("ordinary", "ordinary_woman", "certificate_of_identity", "very_long_name"),
        own_plots.adult,
        (MAN, WOMAN),
        civil_plots.extract,
    ),
    "death-registration": Plot(
        "1.000656",
        ("hospital_death_widow", "hospital_death_child", "beneficiary_death_widow"),
        civil_plots.bereaved,
        (1, MAN, WOMAN),
        civil_plots.death,
    ),
    "marital-status-certificate": Plot(
        "1.004873",
        ("ordinary", "widowed", "divorced", "no_spouse"),
        own_plots.adult,
        (ELDER, MAN, WOMAN),
        civil_plots.marital_status,
    ),
    "marriage-registration": Plot(
        "1.000894",
        ("bride", "groom", "divorced"),
        family_plots.single,
        (ELDER, ELDER + 1),
        family_plots.marriage,
    ),
    "parentage-recognition": Plot(
        "1.001022",
        ("ordinary", "ordinary_woman", "unemployed"),
        civil_plots.parent,
        (MAN, WOMAN),
        civil_plots.parentage,
    ),
}

_SUPPORT: Final[dict[str, Plot]] = {
    "disability-determination": Plot(
        "1.001699",
        ("disability_applicant", "disabled"),
        holds("disability_conclusion"),
        (0, 1, MAN, WOMAN),
        welfare_plots.disability,
    ),
    "scholarship-public": Plot(
        "1.002407",
        ("student",),
        holds("scholarship_decision", 15, 22),
        (ELDER, ELDER + 1),
        welfare_plots.study,
    ),
    "social-allowance-1a": Plot(
        "1.001776",
        ("student", "child_without_card"),
        welfare_plots.young_and_poor,
        (ELDER, ELDER + 1),
        welfare_plots.allowance_of_the_young,
    ),
    "social-allowance-1d": Plot(
        "1.001776",
        ("pensioner", "disabled", "merit_beneficiary"),
        welfare_plots.frail,
        (0, 1),
        welfare_plots.allowance_of_the_old,
    ),
    "social-pension": Plot(
        "1.014027",
        ("social_pension_applicant", "pensioner"),
        own_plots.old,
        (0, 1),
        own_plots.pension,
    ),
    "tk1-ts-social-insurance": Plot(
        None,
        ("ordinary", "self_employed", "unemployed", "household_head"),
        own_plots.settled,
        (MAN, WOMAN),
        welfare_plots.insurance,
    ),
    "tuition-exemption-public": Plot(
        None,
        ("student",),
        holds("tuition_decision", 15, 22),
        (ELDER, ELDER + 1),
        welfare_plots.exemption,
    ),
    "tuition-payment-private": Plot(
        None,
        ("student",),
        holds("tuition_decision", 15, 22),
        (ELDER, ELDER + 1),
        welfare_plots.refund,
    ),
    "unemployment-benefit": Plot(
        "1.014748",
        ("unemployed",),
        holds("termination_decision", 20, 60),
        (MAN, WOMAN),
        welfare_plots.unemployment,
    ),
}

_OTHERS: Final[dict[str, Plot]] = {
    "cc01-identity-card": Plot(
        "2.000200",
        ("ordinary", "certificate_of_identity", "single_word_name", "ethnic_other"),
        own_plots.adult,
        (MAN, WOMAN),
        own_plots.identity,
    ),
    "construction-permit": Plot(
        "1.013225",
        ("land_owner", "landlord", "land_user"),
        holds("land_certificate", 25, 75),
        (MAN, 0),
        property_plots.building,
    ),
    "criminal-record-certificate": Plot(
        "3.000333",
        ("ordinary", "temporary_resident", "widowed", "foreign_spouse"),
        own_plots.settled,
        (MAN, WOMAN),
        own_plots.criminal_record,
    ),
    "ct01-permanent-residence": Plot(
        "1.004222",
        ("ordinary", "tenant_in_household", "moved_house", "wrong_official_value", "nfd_name"),
        own_plots.settled,
        (MAN, WOMAN),
        own_plots.residence,
    ),
    "ct01-temporary-residence": Plot(
        "1.004194",
        ("ordinary", "temporary_resident", "tenant_in_household", "moved_house"),
        own_plots.settled,
        (MAN, WOMAN),
        own_plots.temporary_residence,
    ),
    "driving-licence-exchange": Plot(
        "3.000347",
        ("ordinary", "driver", "year_only_birth", "old_unit_codes"),
        own_plots.drives,
        (MAN, WOMAN),
        own_plots.licence,
    ),
    "electricity-household": Plot(
        None,
        ("ordinary", "household_head", "temporary_resident", "land_owner"),
        own_plots.settled,
        (MAN, WOMAN),
        property_plots.power_at_home,
    ),
    "electricity-non-household": Plot(
        None,
        ("business_owner", "company_owner"),
        holds("business_registration"),
        (MAN, WOMAN),
        property_plots.power_at_work,
    ),
    "household-business-registration": Plot(
        "1.001612",
        ("ordinary", "business_owner", "single_word_name", "ethnic_other"),
        own_plots.adult,
        (WOMAN, MAN),
        own_plots.business,
    ),
    "land-first-registration": Plot(
        "1.012753",
        ("land_user",),
        holds("cadastral_extract", 25),
        (0, MAN),
        property_plots.first_registration,
    ),
    "single-member-llc-registration": Plot(
        None,
        ("ordinary", "business_owner", "social_facility_head", "single_word_name"),
        own_plots.adult,
        (WOMAN, MAN),
        property_plots.company,
    ),
    "tk01-passport": Plot(
        "1.001456",
        ("ordinary", "passport_holder", "foreign_spouse", "temporary_resident", "widowed"),
        own_plots.adult,
        (MAN, WOMAN),
        own_plots.passport,
    ),
    "vehicle-registration": Plot(
        None,
        ("vehicle_buyer", "electric_vehicle_buyer"),
        holds("vehicle_invoice"),
        (MAN, WOMAN),
        property_plots.vehicle,
    ),
}

PLOTS: Final[dict[str, Plot]] = dict(sorted((_CIVIL_STATUS | _SUPPORT | _OTHERS).items()))
"""Every form that somebody here knows how to file, by code."""

FORMS: Final[dict[str, Plot]] = {
    code: plot
    for code, plot in PLOTS.items()
    if not _FOLDER.is_dir() or (_FOLDER / code / "form.json").is_file()
}
"""The forms of this installation, by code."""
