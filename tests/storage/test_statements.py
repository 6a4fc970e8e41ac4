"""Statements that are compiled once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from gateway.storage._sqlite import writing_engine
from gateway.storage.database import Statement, new_row
from gateway.storage.schema import case_persons
from gateway.storage.url import DatabaseUrl
from tests.databases import open_database

OF_CASE = Statement(
    select(case_persons.c.person_index).where(case_persons.c.case_ref == bindparam("case"))
)
PERSON = {"person_index": b"\x01", "case_ref": "one", "applicant": True}


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    open_database(tmp_path).close()
    engine = writing_engine(DatabaseUrl.in_folder(tmp_path).path)
    with engine.begin() as connection:
        yield connection


def test_written_row_is_read_by_name(connection: Connection) -> None:
    new_row(case_persons).run(
        connection, {"case_ref": "one", "person_index": b"\x01", "applicant": True}
    )
    assert OF_CASE.first(connection, {"case": "one"}) == (b"\x01",)
    assert OF_CASE.all(connection, {"case": "other"}) == []
    assert OF_CASE.first(connection, {"case": "other"}) is None


def test_driver_error_holds_no_value(
    connection: Connection,
) -> None:
    write = new_row(case_persons)
    write.run(connection, PERSON)
    with pytest.raises(DBAPIError) as refused:
        write.run(connection, {**PERSON, "case_ref": "one"})
    assert "x01" not in str(refused.value)


def test_missing_parameter_is_no_null(connection: Connection) -> None:
    with pytest.raises(KeyError):
        new_row(case_persons).run(connection, {"case_ref": "one"})


def test_existing_row_is_an_integrity_error(connection: Connection) -> None:
    write = new_row(case_persons)
    write.run(connection, PERSON)
    with pytest.raises(IntegrityError):
        write.run(connection, PERSON)
