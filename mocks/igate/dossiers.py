"""The same visit in iGate's own dossier shape.

`DossierIGate` is an iGate that keeps to its own shape: what a visit asks and hands in goes out as a
dossier (`applicant`, `eForm`, selects with the ids of its catalogues, gender 1 or 0, instants), and
comes back as one.
"""

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from mocks.igate.catalogues import (
    COMMUNES_OF,
    ETHNICITIES,
    GENDERS,
    NATIONS,
    PROVINCES_OF,
    asks_gender,
    code_of,
    entry_id,
)
from mocks.igate.client import Answer, IGate
from mocks.igate.form import Form, Input
from mocks.igate.typist import instant
from mocks.people.words import ETHNIC_GROUPS

Json = dict[str, Any]

WRAPPER = entry_id("wrapper", "person")
_OK = 200
_ETHNIC_CODES: dict[str, str] = {one.label: one.code for one in ETHNIC_GROUPS.values()}


def eform_id(form: str) -> str:
    """The id under which this iGate knows a form."""
    return entry_id("eform", form)


class DossierIGate(IGate):
    """An iGate that sends dossiers as it keeps them; it remembers the question behind a receipt."""

    def __init__(self, http: httpx.AsyncClient, token: str | None = None) -> None:
        super().__init__(http, token)
        self._asked: dict[str, Json] = {}

    async def prefill(self, body: Mapping[str, Any]) -> Answer:
        """The question as a dossier; the answer as the plain call gives it."""
        form = await self.form(body["form"])
        await self.options(f"/catalogue/{NATIONS}")
        dossier = self._dossier(form, body, body["subject"], body.get("account", {}))
        members = ("officer", "channel", "without", "legal_basis")
        said = {name: body[name] for name in members if name in body}
        said["verified_by"] = body.get("account", {}).get("verified_by")
        if "extends" in body:
            said["receipt"] = body["extends"]
        answer = await self._post(
            f"/v1/igate/eforms/{eform_id(form.code)}/prefill",
            dossier | {"prefill": {name: one for name, one in said.items() if one is not None}},
        )
        if answer.status != _OK:
            return answer
        plain = dict(answer.body["prefill"])
        self._asked[plain["receipt"]] = dict(body)
        back = _each(form, answer.body["eForm"]["data"], self._from_igate)
        return Answer(answer.status, {**plain, "data": back})

    async def submit(self, body: Mapping[str, Any]) -> Answer:
        """The submission as a dossier, for the person that the receipt's question named."""
        asked = self._asked[body["receipt"]]
        form = await self.form(asked["form"])
        dossier = self._dossier(
            form,
            {**asked, "data": body["data"], "dossier": body.get("dossier")},
            asked["subject"],
            asked.get("account", {}),
        )
        names = ("receipt", "channel", "contested", "entered_by")
        said = {name: body[name] for name in names if name in body}
        return await self._post("/v1/igate/dossiers", dossier | {"prefill": said})

    def _dossier(
        self,
        form: Form,
        body: Mapping[str, Any],
        subject: Mapping[str, str],
        account: Mapping[str, str],
    ) -> Json:
        procedure = body.get("procedure")
        return {
            "procedure": {"id": entry_id("procedure", procedure or ""), "code": procedure},
            "applicant": {"eformId": WRAPPER, "data": applicant_data(subject, account)},
            "eForm": {
                "id": eform_id(form.code),
                "data": _each(form, body.get("data", {}), self._to_igate),
            },
            "agency": {"id": entry_id("agency", "H99.01")},
            "code": body.get("dossier"),
            "dossierStatus": 0,
        }

    def _to_igate(self, form: Form, field: Input, value: Any) -> Any:
        if field.type != "select" or isinstance(value, list):
            return value
        whole = isinstance(value, Mapping)
        code = str(value.get("value") if whole else value or "")
        if not code:
            return {}
        label = value["label"] if whole else _label(field, code)
        if asks_gender(form, field.path):
            return GENDERS.get(code, code)
        catalogue = _catalogue(form, field)
        if catalogue is not None:
            state = _ETHNIC_CODES.get(_label(field, code)) if catalogue == ETHNICITIES else code
            code = code if state is None else entry_id(catalogue, state)
        return {"label": label, "value": code} if label else code

    def _from_igate(self, form: Form, field: Input, value: Any) -> Any:
        if field.type != "select" or isinstance(value, list):
            return value
        if asks_gender(form, field.path):
            code = next((ours for ours, theirs in GENDERS.items() if theirs == value), value)
            return {"label": dict(field.choices).get(code, ""), "value": code}
        if not value or not isinstance(value, Mapping):
            return value or ""
        code, catalogue = str(value["value"]), _catalogue(form, field)
        if catalogue == NATIONS:
            codes = {entry_id(NATIONS, one): one for one, _ in self._nations()}
            code = codes.get(code, code)
        elif catalogue == ETHNICITIES:
            named = ETHNIC_GROUPS.get(code_of(ETHNICITIES).get(code, ""))
            code = next((c for c, label in field.choices if named and label == named.label), code)
        elif catalogue is not None:
            code = code_of(catalogue).get(code, code)
        return {"label": value["label"], "value": code} if field.item else code

    def _nations(self) -> tuple[tuple[str, str], ...]:
        return self._options.get(f"/catalogue/{NATIONS}", ())


def applicant_data(subject: Mapping[str, str], account: Mapping[str, str]) -> Json:
    """The applicant's part after sign-in: what the account says, all else still empty."""
    born = subject.get("birth_date", "")
    whole = len(born) == len("1990-01-31")
    stated = {
        "fullname": subject["full_name"],
        "identityNumber": subject["personal_id"],
        "birthday": instant(born) if whole else born,
        "phoneNumber": account.get("phone", ""),
        "email": account.get("email", ""),
    }
    empty: Json = {"gender": "", "nation": {}, "province": {}, "district": {}, "village": {}}
    return {**stated, **empty, "ownerFullname": subject["full_name"], "chonDoiTuong": 1}


def _catalogue(form: Form, field: Input) -> str | None:
    """The catalogue of this iGate behind a select."""
    if field.remote is not None:
        name = field.remote.partition("?")[0].rpartition("/")[2]
        return name if name in (NATIONS, PROVINCES_OF, COMMUNES_OF) else None
    bound = form.bound.get(field.path, ("", ""))[1]
    return ETHNICITIES if bound == "person.ethnicity" else None


def _label(field: Input, code: str) -> str:
    return dict(field.choices).get(code, "")


def _each(form: Form, data: Any, word: Callable[[Form, Input, Any], Any], at: str = "") -> Any:
    """The data with every input's value worded anew, rows and containers kept."""
    worded: Json = {}
    for key, value in data.items():
        path = f"{at}{key}"
        field = form.inputs.get(path)
        if field is not None:
            worded[key] = word(form, field, value)
        elif isinstance(value, list):
            worded[key] = [
                _each(form, row, word, f"{path}[].") if isinstance(row, Mapping) else row
                for row in value
            ]
        elif isinstance(value, Mapping):
            worded[key] = _each(form, value, word, f"{path}.")
        else:
            worded[key] = value
    return worded
