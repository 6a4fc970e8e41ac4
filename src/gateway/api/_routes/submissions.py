"""POST /v1/submissions: a verdict for every field that was filled, judged against the receipt."""

from base64 import b64encode
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, ClassVar, Literal

from fastapi import Response
from pydantic import Field
from sqlalchemy import Connection

from gateway.access.callers import Caller
from gateway.access.idempotency import Earlier
from gateway.api._http import encode
from gateway.api._models.answers import SubmissionAnswer
from gateway.api._models.people import Channel, DossierText, FormData, PersonalIdText
from gateway.api._problems import PROBLEM_JSON, problem_of
from gateway.api._routing import (
    Context,
    MaySubmit,
    RequestContext,
    RequestModel,
    new_router,
    respond,
)
from gateway.api.services import CaseServices, UseCases
from gateway.domain.errors import ReceiptRefused
from gateway.domain.identifiers import DossierCode, PersonalId
from gateway.domain.json_texts import own_json
from gateway.sources.paper_path import PaperPath, UnverifiedField
from gateway.submission.request import Accepted, SubmissionRequest

router = new_router("submission")

_RECEIPT_COPY = "receipt"
"""The route under which an answer is kept by the receipt alone, whatever key came with it."""

Path = Annotated[str, Field(min_length=1, max_length=300)]


class ReceiptSubjectModel(RequestModel):
    """The person of the receipt, named once more."""

    personal_id: PersonalIdText
    full_name: str | None = None
    birth_date: str | None = None


class SubmissionBody(RequestModel):
    """A form as it was submitted, with the receipt of what had been filled."""

    free_text: ClassVar[tuple[str, ...]] = ("data",)

    receipt: Annotated[str, Field(max_length=400_000)]
    data: FormData
    dossier: DossierText | None = None
    subject: ReceiptSubjectModel | None = None
    channel: Channel | None = None
    entered_by: dict[Path, Literal["officer", "citizen"]] = Field(default_factory=dict)
    contested: Annotated[list[Path], Field(max_length=500)] = Field(default_factory=list)

    def read(
        self,
        caller: Caller,
        untold: frozenset[str] = frozenset(),
        dossier_member: str = "dossier",
    ) -> SubmissionRequest:
        """The request as the workflow takes it."""
        caller.check_dossier(self.dossier, dossier_member)
        return SubmissionRequest(
            tenant=caller.tenant,
            receipt=self.receipt,
            dossier=None if self.dossier is None else DossierCode(self.dossier),
            subject=None if self.subject is None else PersonalId(self.subject.personal_id),
            channel=self.channel,
            data=self.data,
            entered_by_officer=frozenset(
                path for path, who in self.entered_by.items() if who == "officer"
            ),
            contested=tuple(self.contested),
            entered_by=tuple(self.entered_by),
            untold=untold,
        )


@router.post(
    "/v1/submissions",
    summary="Judge what became of each field at submission",
    response_model=SubmissionAnswer,
)
async def submit(
    body: SubmissionBody, caller: MaySubmit, cases: UseCases, context: Context
) -> Response:
    """A verdict for every field, the counts, the dossier's evidence and the leaf."""
    return await judge_once(cases, caller, context, body.read(caller))


async def judge_once(
    cases: CaseServices,
    caller: Caller,
    context: RequestContext,
    request: SubmissionRequest,
    on_commit: Callable[[Connection], None] = lambda _: None,
) -> Response:
    """Judge, and answer once per Idempotency-Key and once per receipt.

    `on_commit` is written with an accepted submission; what it refuses is not judged either.
    """
    with context.reserve(caller) as replay:
        if replay.earlier is not None:
            return _again(replay.earlier)
        secret = request.receipt.encode()
        with context.replays.reserve(caller.tenant, _RECEIPT_COPY, secret, None) as copy:

            def keep(connection: Connection, accepted: Accepted) -> None:
                on_commit(connection)
                written = encode(_answer(accepted, cases.paper_path))
                copy.complete_in(connection, 200, written)
                replay.complete_in(connection, 200, written)

            def keep_refusal(connection: Connection, refusal: ReceiptRefused) -> None:
                problem = problem_of(refusal)
                replay.complete_in(connection, problem.status_code, bytes(problem.body))

            accepted = await cases.submissions.run(request, keep, keep_refusal)
            answer = _answer(accepted, cases.paper_path)
            if answer["evidence"] is None and copy.earlier is not None:
                answer["evidence"] = own_json(copy.earlier.answer)["evidence"]
            return respond(200, encode(answer))


def _again(earlier: Earlier) -> Response:
    """The answer, or the refusal, that the same call was given before."""
    answer = respond(earlier.status, earlier.answer)
    if earlier.status != HTTPStatus.OK:
        answer.headers["Content-Type"] = PROBLEM_JSON
    return answer


def _answer(accepted: Accepted, paper_path: PaperPath) -> SubmissionAnswer:
    tickets = accepted.tickets
    unverified = (UnverifiedField(one.path, one.role, one.attribute, one.why) for one in tickets)
    return {
        "accepted": True,
        "fields": [{"path": path, "verdict": verdict} for path, verdict in accepted.verdicts],
        "counts": accepted.counts,
        "evidence": accepted.evidence,
        "leaf": b64encode(accepted.leaf).decode(),
        "corrections": [{"path": one.path, "ticket": one.id} for one in tickets],
        "paper": paper_path.asked_for(unverified),
    }
