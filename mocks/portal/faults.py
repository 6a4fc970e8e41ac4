"""What may go wrong at the portal, and with which calls? Manners that have been seen, and worse."""

from typing import Literal

from mocks.faults import Rule
from mocks.wire import OnTheWay


class Effects(OnTheWay):
    """What may happen to a call; absent means that it does not.

    A `status` or `garbage` other than `truncated` keeps the call from the portal, unless
    `lost_answer` is set: then the portal has done its work first, and where nothing else is said
    the adapter answers 504. `failing_message`: code 0 with these words and nothing done.
    `exists_code`: under which code a dossier exists already. `success_code`: how success is written;
    `number` writes every code as a number. `expire_session`: the session is over just now.
    """

    lost_answer: bool | None = None
    failing_message: str | None = None
    exists_code: Literal["0", "3", "-3"] | None = None
    success_code: Literal["00", "number"] | None = None
    expire_session: bool | None = None

    def keeps_away(self) -> bool:
        """Whether the call never reaches the portal."""
        return self.replaces() and not self.lost_answer

    def loses(self) -> "Effects":
        """The same, with something between portal and caller where the answer is to be lost."""
        if not self.lost_answer or self.replaces() or self.cut_after_bytes is not None:
            return self
        return self.model_copy(update={"status": 504})


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
