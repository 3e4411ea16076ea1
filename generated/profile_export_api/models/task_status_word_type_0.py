from enum import StrEnum


class TaskStatusWordType0(StrEnum):
    COMPLETED = "completed"
    SUCCESS = "success"

    def __str__(self) -> str:
        return str(self.value)
