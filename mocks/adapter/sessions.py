"""Sessions of units. A unit has one session: the next sign-in ends the one before."""

import hmac
import secrets
from collections.abc import Callable, Mapping

from mocks.adapter.envelope import Refused


class Sessions:
    """The sessions of one provider. `accounts`: user name -> password; `clock` in seconds since 1970.

    That a sign-in ends the unit's earlier session is ours, and so is the life of one.
    """

    def __init__(
        self,
        accounts: Mapping[str, str],
        clock: Callable[[], float],
        seconds: float,
        *,
        one_per_unit: bool = True,
    ) -> None:
        self._accounts = accounts
        self._clock = clock
        self._seconds = seconds
        self._one_per_unit = one_per_unit
        self._open: dict[str, tuple[str, float]] = {}
        self.opened = 0

    def open(self, username: str, password: str) -> str:
        """A new session; Refused for another account."""
        expected = self._accounts.get(username)
        given = password.encode()
        if expected is None or not hmac.compare_digest(given, expected.encode()):
            raise Refused("wrong_account")
        if self._one_per_unit:
            self.end(username)
        session = secrets.token_urlsafe(24)
        self._open[session] = (username, self._clock() + self._seconds)
        self.opened += 1
        return session

    def unit(self, session: str) -> str:
        """The user name behind a session; Refused where it is over or was never there."""
        name, until = self._open.get(session, ("", 0.0))
        if until <= self._clock():
            raise Refused("session_over")
        return name

    def end(self, username: str) -> None:
        """Every session of this unit is over from now on."""
        self._open = {s: held for s, held in self._open.items() if held[0] != username}

    def end_all(self) -> None:
        """Every session is over from now on."""
        self._open.clear()
