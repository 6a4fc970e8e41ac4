"""Faults of the portal, and the calls they apply to. Behaviour that has been seen, and worse."""

from typing import Literal

from mocks.faults import Losing, Rule


class Effects(Losing):
    """What may happen to a call; absent means that it does not.

    `failing_message`: code 0 with these words and nothing done. `exists_code`: under which code a
    dossier exists already. `success_code`: how success is written; `number` writes every code as a
    number. `expire_session`: the session is over just now.
    """

    failing_message: str | None = None
    exists_code: Literal["0", "3", "-3"] | None = None
    success_code: Literal["00", "number"] | None = None
    expire_session: bool | None = None


class PortalRule(Effects, Rule):
    """One fault: conditions (`service`, `login` among them; `dossier`; `procedure`), effects."""

    service: str | None = None
    dossier: str | None = None
    procedure: str | None = None

    def conditions(self) -> set[str]:
        """The members that say which requests are meant."""
        return {"service", "dossier", "procedure"}

    def fits(self, service: str, dossiers: tuple[str, ...], procedures: tuple[str, ...]) -> bool:
        """Whether the conditions are about this call."""
        return (
            self.service in (None, service)
            and (self.dossier is None or self.dossier in dossiers)
            and (self.procedure is None or self.procedure in procedures)
        )


QUIET = Effects()
