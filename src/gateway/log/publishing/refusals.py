"""Why does the log refuse to go on? Named by the fact; nothing is signed after any of them."""


class LogStopped(Exception):
    """The log cannot be published as it stands; hand typing stays open, persons are not read."""


class LogDamaged(LogStopped):
    """A leaf or a tile is not what it was: `index` is the first leaf concerned."""

    def __init__(self, index: int, why: str) -> None:
        super().__init__(f"leaf {index}: {why}")
        self.index = index
        self.says = why


class LogForked(LogStopped):
    """What is to be signed does not go on from what was signed before, or shown to a witness."""


class LogInUse(Exception):
    """Another process publishes this log; the second one does not start."""
