"""The state of the screen between two calls: the data so far, and the gateway's answer."""

import copy
import random
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mocks.igate.client import IGate
from mocks.igate.form import Form, Input, template_of
from mocks.igate.knowledge import Plain
from mocks.igate.stories import Story
from mocks.igate.typist import Choices, invent, type_in

_STEP = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")
_REFERENCE = re.compile(r"\{\{ *data\.([A-Za-z0-9_]+)(?:\.value)? *\}\}")
_EMPTY: tuple[Any, ...] = (None, "", [], {})
_ADDRESSEE = "Ủy ban nhân dân nơi tiếp nhận hồ sơ"


class Screen:
    """One form before one person: takes in answers, and lets the person type."""

    def __init__(self, igate: IGate, form: Form, story: Story, chance: random.Random) -> None:
        self.form = form
        self.data: dict[str, Any] = {}
        self.fields: list[Mapping[str, Any]] = []
        self.typed: set[str] = set()
        self._igate = igate
        self._story = story
        self._chance = chance
        self._asked: set[str] = set()

    def sign_in(self) -> None:
        """What the province's own login and the form's head fill before anybody acts.

        On whose behalf somebody acts is asked first: it decides who is read.
        """
        for field in self.form.inputs.values():
            if field.addressee:
                self.data[field.path] = _ADDRESSEE
            elif field.path in self.form.login_fills:
                put(self.data, field.path, type_in(field, self._known(field.path), ()))
            elif field.path in self.form.asked_first & self._story.answers.keys():
                put(self.data, field.path, type_in(field, self.says(field.path), field.choices))

    def take(self, answer: Mapping[str, Any]) -> None:
        """Put what the gateway filled beside what is there."""
        self.data = _merged(self.data, answer["data"])
        self.fields = list(answer["fields"])

    def filled(self, **having: str) -> list[Mapping[str, Any]]:
        """Filled, visible fields with these members, such as `edit="locked"`."""
        return [
            field
            for field in self.fields
            if field["state"] == "filled"
            and field["visible"] is True
            and field["path"] not in self.typed
            and all(field[name] == value for name, value in having.items())
        ]

    async def decide(self) -> bool:
        """Answer the questions on which others depend; whether anything was answered.

        What nobody but the person can say comes first, then who the others are, one after the
        other: it may let the rest be read.
        """
        own, bound, deciding = self._story.answers, self.form.bound, self.form.deciding
        return (
            await self._answer(lambda path: path in own or path in deciding - bound.keys())
            or self._add_rows()
            or await self._introduce()
            or await self._answer(deciding.__contains__)
        )

    async def _answer(self, wanted: Callable[[str], bool]) -> bool:
        changed = False
        for field, path in self._open(wanted):
            changed |= await self._type(field, path, optional=True)
        return changed

    async def _introduce(self) -> bool:
        """Say who the next person is whom the form asks for; whether there was one."""
        for role in self.form.roles:
            if await self._answer(frozenset(self.form.keys(role)).__contains__):
                return True
        return False

    def _add_rows(self) -> bool:
        due = dict.fromkeys(self.form.required_groups, 1) | dict(self._story.rows)
        missing = {group: count for group, count in due.items() if not self.data.get(group)}
        self.data |= {group: [{} for _ in range(count)] for group, count in missing.items()}
        return bool(missing)

    async def complete(self, *, optional_share: float, skipped_share: float, last: bool) -> bool:
        """Type the rest: required inputs but for a share, optional ones in a share."""
        changed = False
        for field, path in self._open(lambda _: True):
            waits = self.form.bound.get(field.path, ("", ""))[1].startswith("derived.")
            if waits and not last:
                continue
            drawn = self._draw(path)
            if drawn < (1 - skipped_share if field.required else optional_share):
                changed |= await self._type(field, path, optional=not field.required)
        return changed

    async def choices(self, field: Input) -> Choices:
        """What a select or radio offers now."""
        if field.remote is None:
            return field.choices
        address = _REFERENCE.sub(self._referred, field.remote)
        return () if address.endswith("=") else await self._igate.options(address)

    def says(self, path: str) -> Plain:
        """What the person would say here: the story's answer, else what the role's person knows."""
        template = template_of(path)
        if template in self._story.answers:
            answer: Plain = self._story.answers[template]
            return answer
        return self._known(template)

    def _known(self, template: str) -> Plain:
        role, attribute = self.form.bound.get(template, ("", ""))
        person = self._story.people.get(role)
        return None if person is None else person.answer(attribute)

    def _draw(self, path: str) -> float:
        """One draw for each input, whatever the order and number of rounds."""
        return random.Random(f"{self._story.form} {self._story.n} {path}").random()

    def _open(self, wanted: Callable[[str], bool]) -> Iterator[tuple[Input, str]]:
        """Inputs that show and that the person has to say something to, selects last that hang on others."""
        due = []
        for said in self.fields:
            template = template_of(said["path"])
            field = self.form.inputs.get(template)
            if field is None or said["visible"] is not True or not wanted(template):
                continue
            empty = get(self.data, said["path"]) in _EMPTY
            insists = template in self._story.answers and said["path"] not in self.typed
            if empty or insists:
                due.append((field, str(said["path"])))
        return iter(sorted(due, key=lambda one: "{{" in (one[0].remote or "")))

    async def _type(self, field: Input, path: str, *, optional: bool) -> bool:
        if path in self._asked and get(self.data, path) in _EMPTY and optional:
            return False
        self._asked.add(path)
        choices = await self.choices(field)
        value = type_in(field, self.says(path), choices)
        if value in _EMPTY and field.required and field.path not in self._story.answers:
            value = invent(field, choices, self._chance, self._story.calendar)
        if value in _EMPTY or value == get(self.data, path):
            return False
        put(self.data, path, value)
        self.typed.add(path)
        return True

    def _referred(self, match: re.Match[str]) -> str:
        value = self.data.get(match[1])
        return str(value.get("value", "") if isinstance(value, Mapping) else value or "")


def get(data: Any, path: str) -> Any:
    """The value at an instance path, None where there is none."""
    for step in _steps(path):
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def put(data: Any, path: str, value: Any) -> None:
    """Set the value at an instance path whose rows exist; containers are made."""
    *way, last = _steps(path)
    for step in way:
        data = data[step] if isinstance(step, int) else data.setdefault(step, {})
    data[last] = value


def _steps(path: str) -> list[str | int]:
    return [int(number) if number else name for name, number in _STEP.findall(path)]


def _merged(old: Any, new: Any) -> Any:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        if "value" in new and "label" in new:
            return copy.deepcopy(dict(new))
        return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list):
        longer = max(len(old), len(new))
        pairs = ((old + [None] * longer)[i] for i in range(longer)), (new + [None] * longer)
        return [
            _merged(one, two) if two is not None else one
            for one, two in zip(pairs[0], pairs[1], strict=False)
        ]
    return copy.deepcopy(new)
