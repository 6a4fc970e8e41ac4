"""Where a deployment's database lies, as a URL, and the refusal of one that cannot serve."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

_ALLOWED = (
    "must be sqlite:/// and an absolute path, as in sqlite:////srv/eform-gateway/gateway.db;"
    " no other database is supported yet"
)


class DatabaseUnusable(Exception):
    """A database that this version of the gateway cannot work with; the text names the remedy."""


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """A database by its URL, `sqlite:///` and an absolute path; made when it is first opened."""

    path: Path

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `text`; raises ValueError, which says what is allowed and repeats nothing of it."""
        try:
            parts = urlsplit(text)
        except ValueError:
            raise ValueError(_ALLOWED) from None
        path = Path(parts.path[1:])
        if parts.scheme != "sqlite" or parts.netloc or parts.query or parts.fragment:
            raise ValueError(_ALLOWED)
        if not path.is_absolute() or "\0" in parts.path:
            raise ValueError(_ALLOWED)
        return cls(path)

    @classmethod
    def in_folder(cls, data: Path) -> Self:
        """The database of a data folder, where no other is set."""
        return cls(data / "gateway.db")

    @property
    def vault(self) -> Self:
        """The vault beside this database, where no other is set."""
        return type(self)(self.path.with_name("vault.db"))

    def __str__(self) -> str:
        return f"sqlite:///{self.path}"

    def exists(self) -> bool:
        """Whether a database was ever made there."""
        return self.path.exists()
