"""Evidence packs, payloads and samples for auditors, and the signed audits that they return."""

from gateway.audits._accepting import accept_audit, check_close, check_root, read_audit
from gateway.audits._as_filed import DIFFERENCES
from gateway.audits._auditors import Auditor, accredit, all_auditors, auditor_of, end_accreditation
from gateway.audits._bodies import note_giving, write_bodies
from gateway.audits._disclosures import STEPS_OF
from gateway.audits._drawing import draw_again
from gateway.audits._opened_samples import Result, Supplied, check_all
from gateway.audits._packs import Pack, write_pack
from gateway.audits._samples import Entered, enter_sample, read_sample_request

__all__ = [
    "Auditor",
    "Entered",
    "Pack",
    "Result",
    "STEPS_OF",
    "Supplied",
    "DIFFERENCES",
    "accept_audit",
    "accredit",
    "all_auditors",
    "auditor_of",
    "check_close",
    "check_root",
    "draw_again",
    "end_accreditation",
    "enter_sample",
    "note_giving",
    "check_all",
    "read_audit",
    "read_sample_request",
    "write_bodies",
    "write_pack",
]
