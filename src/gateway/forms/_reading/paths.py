"""Instance paths of fields in the data, such as `grid[1].container.key`."""

import re
from functools import lru_cache

_STEP = re.compile(r"([^.\[\]]+)|\[([0-9]{1,9})\]")
_INDEX = re.compile(r"\[[0-9]+\]")


def template_of(path: str) -> str:
    """The template path of an instance path: `grid[1].key` -> `grid[].key`."""
    return _INDEX.sub("[]", path)


@lru_cache(maxsize=16384)
def steps_of(path: str) -> tuple[str | int, ...]:
    """The keys and row numbers of an instance path, outermost first."""
    return tuple(
        int(match[2]) if match[2] is not None else match[1] for match in _STEP.finditer(path)
    )


def value_at(data: object, path: str) -> object:
    """The value at an instance path, None where nothing stands there."""
    for step in steps_of(path):
        if isinstance(step, int):
            if not isinstance(data, list) or step >= len(data):
                return None
            data = data[step]
        elif isinstance(data, dict):
            data = data.get(step)
        else:
            return None
    return data


def put_value(data: dict[str, object], path: str, value: object) -> None:
    """Set the value at an instance path, making the containers and rows that lead there.

    Raises ValueError where something else than a container or a row stands in the way.
    """
    steps = steps_of(path)
    place: object = data
    for step, following in zip(steps, steps[1:], strict=False):
        place = _step_into(place, step, [] if isinstance(following, int) else {})
    _set(place, steps[-1], value)


def remove_value(data: dict[str, object], path: str) -> None:
    """Remove the value at an instance path if it is there; a row is emptied, not taken out."""
    *leading, last = steps_of(path)
    place: object = data
    for step in leading:
        if isinstance(step, int):
            place = place[step] if isinstance(place, list) and step < len(place) else None
        else:
            place = place.get(step) if isinstance(place, dict) else None
    if isinstance(place, dict) and isinstance(last, str):
        place.pop(last, None)
    elif isinstance(place, list) and isinstance(last, int) and last < len(place):
        place[last] = {}


def _step_into(place: object, step: str | int, missing: object) -> object:
    held: object = None
    if isinstance(step, int):
        held = place[step] if isinstance(place, list) and step < len(place) else None
    elif isinstance(place, dict):
        held = place.get(step)
    # An empty container travels as "", null or the wrong kind of emptiness.
    if held is None or (not held and type(held) is not type(missing)):
        _set(place, step, missing)
        return missing
    return held


def _set(place: object, step: str | int, value: object) -> None:
    if isinstance(place, dict) and isinstance(step, str):
        place[step] = value
    elif isinstance(place, list) and isinstance(step, int) and step <= _MOST_ROWS:
        while len(place) <= step:
            place.append({})
        place[step] = value
    else:
        raise ValueError("something else stands where this path leads")


_MOST_ROWS = 10_000
