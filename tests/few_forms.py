"""Schemas of a deployment that registers a few forms alone: reading all is most of a start."""

from pathlib import Path

ONE_FORM = "social-pension"
_ALL = Path(__file__).parents[1] / "schemas"


def schemas_with(folder: Path, *forms: str) -> Path:
    """Lay the schemas with these forms alone into an empty or new folder."""
    (folder / "forms").mkdir(parents=True)
    for path in _ALL.iterdir():
        if path.name != "forms":
            (folder / path.name).symlink_to(path)
    for form in forms:
        (folder / "forms" / form).symlink_to(_ALL / "forms" / form)
    return folder
