"""The log entry about a record that does not open in the vault."""

from collections.abc import Callable

from sqlalchemy import Connection

from gateway.domain.clock import Clock, hour_of
from gateway.domain.identifiers import TenantId
from gateway.log.append import append_case
from gateway.log.entries import AlarmPayload
from gateway.receipts.cases import new_reference


def damage_alarm(clock: Clock) -> Callable[[Connection, TenantId], None]:
    """What writes an `alarm` leaf: something in the vault was moved, altered or removed."""

    def alarm(connection: Connection, tenant: TenantId) -> None:
        hour = hour_of(clock())
        payload = AlarmPayload(new_reference(), tenant, hour, "vault_damaged", "records", 1)
        append_case(connection, payload)

    return alarm
