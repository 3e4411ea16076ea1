"""Contains all the data models used in inputs/outputs"""

from .create_export_request import CreateExportRequest
from .create_export_success import CreateExportSuccess
from .created_task import CreatedTask
from .custom_request import CustomRequest
from .error_answer import ErrorAnswer
from .file_format_type_0 import FileFormatType0
from .source_type import SourceType
from .task_result import TaskResult
from .task_state import TaskState
from .task_status_request import TaskStatusRequest
from .task_status_success import TaskStatusSuccess
from .task_status_word_type_0 import TaskStatusWordType0

__all__ = (
    "CreatedTask",
    "CreateExportRequest",
    "CreateExportSuccess",
    "CustomRequest",
    "ErrorAnswer",
    "FileFormatType0",
    "SourceType",
    "TaskResult",
    "TaskState",
    "TaskStatusRequest",
    "TaskStatusSuccess",
    "TaskStatusWordType0",
)
