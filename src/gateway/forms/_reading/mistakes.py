"""The ways in which a value and its component can disagree."""


class NotOfType(ValueError):
    """A submitted value does not fit its component's type; the text names no value."""


class NotAnOption(NotOfType):
    """A label that is not the one of the value beside it."""


class NotConvertible(ValueError):
    """A fact cannot be given this component's shape without inventing or losing something."""
