"""What waits in this deployment: open chains, dossiers for the portal, tickets of correction?"""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, Table, func, select

from gateway.storage.schema import chains, correction_tickets, dossiers


@dataclass(frozen=True, slots=True)
class Waiting:
    """Numbers by state, as the columns of the three tables name the states."""

    chains_open: int
    dossiers: dict[str, int]
    tickets: dict[str, int]


def what_waits(connection: Connection) -> Waiting:
    """Count what waits now; each by an index."""
    still = select(func.count()).where(chains.c.state == "open")
    return Waiting(
        int(connection.execute(still).scalar_one()),
        _by_state(connection, dossiers, dossiers.c.sync),
        _by_state(connection, correction_tickets, correction_tickets.c.state),
    )


def _by_state(connection: Connection, table: Table, state: Column[str]) -> dict[str, int]:
    rows = connection.execute(select(state, func.count()).select_from(table).group_by(state))
    return {row[0]: int(row[1]) for row in rows}
