"""The verdict of a verification, and the exit code that says it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal

from attrs import define, field

from scripts.verification.ledger import Ledger

Word = Literal["kept", "broken", "unknown", "usage", "interrupted"]
EXIT_CODES: Final[dict[Word, int]] = {"kept": 0, "broken": 1, "usage": 2, "unknown": 3, "interrupted": 130}
AUTH_WORDS: Final = {"body": "in body and URL", "bearer": "in the Authorization header"}
SENTENCES: Final[dict[Word, str]] = {
    "kept": "The contract is kept.",
    "broken": "The contract is broken.",
    "usage": "The command can't be understood.",
    "unknown": "Nothing can be said.",
    "interrupted": "Interrupted: nothing can be said.",
}


@define
class Outcome:
    """What came of a verification, for all reports."""

    word: Word = "unknown"
    reason: str = ""
    ledger: Ledger = field(factory=Ledger)
    missing: list[str] = field(factory=list)
    """What had to be observed, and was not."""
    unseen: list[str] = field(factory=list)
    """What this panel's data gave no occasion to observe."""
    panel: str = ""
    sources: list[str] = field(factory=list)
    formats: list[str] = field(factory=list)
    auth: str = ""
    planned: str = ""
    requests: tuple[int, int] = (0, 0)
    exports: tuple[int, int] = (0, 0)
    started: datetime = field(factory=lambda: datetime.now(UTC))
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """What the process says."""
        return EXIT_CODES[self.word]

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        return SENTENCES[self.word]

    def judge(self) -> None:
        """Draws the verdict from what was found, and from what was not seen."""
        if self.ledger.findings:
            self.word = "broken"
            rules = len({finding.rule.name for finding in self.ledger.findings})
            broken = f"{rules} rule{'s' if rules > 1 else ''} of the contract {'do' if rules > 1 else 'does'}n't hold"
            self.reason = f"{broken}; and then: {self.reason}" if self.reason else broken
        elif self.reason or self.missing:
            self.word = "unknown"
            self.reason = self.reason or f"{len(self.missing)} of the things that have to be seen were not"
        else:
            self.word = "kept"
