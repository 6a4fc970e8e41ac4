"""Which URLs name a database."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.settings import read_settings
from gateway.storage.url import DatabaseUrl

REFUSED = {
    "another engine": "postgresql://gateway:mat-khau@db.example/gateway",
    "a relative path": "sqlite:///gateway.db",
    "in memory": "sqlite://",
    "a host": "sqlite://mat-khau/srv/gateway.db",
    "options": "sqlite:////srv/gateway.db?mode=mat-khau",
    "a fragment": "sqlite:////srv/gateway.db#mat-khau",
    "no URL": "mat-khau",
    "a torn host": "sqlite://[mat-khau",
    "nothing": "",
    "NUL": "sqlite:////srv/\0mat-khau",
}


def test_file_url_is_read_and_written() -> None:
    url = DatabaseUrl.read("sqlite:////srv/e form/gateway.db")

    assert url.path == Path("/srv/e form/gateway.db")
    assert str(url) == "sqlite:////srv/e form/gateway.db"


@pytest.mark.parametrize("case", REFUSED)
def test_refusal_names_setting_and_hides_value(case: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read_settings({"GATEWAY_DATABASE_URL": REFUSED[case]})

    (error,) = refused.value.errors(include_url=False, include_input=False)
    assert error["loc"] == ("database_url",)
    assert "sqlite:///" in error["msg"] and "no other database" in error["msg"]
    assert "mat-khau" not in str(refused.value)


def test_database_lies_in_data_by_default() -> None:
    inside = read_settings({"GATEWAY_DATA": "/srv/data"})
    apart = read_settings({"GATEWAY_DATABASE_URL": "sqlite:////srv/apart.db"})

    assert inside.database.path == Path("/srv/data/gateway.db")
    assert apart.database.path == Path("/srv/apart.db")
