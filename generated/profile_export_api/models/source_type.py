from enum import StrEnum


class SourceType(StrEnum):
    DATABASE = "database"
    SEGMENT = "segment"

    def __str__(self) -> str:
        return str(self.value)
