"""What a reader has to say about a course: everything that it did not understand, each with its place."""

from typing import Literal

from msgspec import Struct

Severity = Literal["error", "warning", "note"]


class Remark(Struct, frozen=True):
    """error: the course cannot be published so. warning: something was left out. note: something to know."""

    severity: Severity
    file: str
    line: int
    """Counted from 1."""
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity}: {self.message}"


class Report(Struct):
    """Remarks in the order in which they were made."""

    remarks: list[Remark] = []

    def add(self, severity: Severity, file: str, line: int, message: str) -> None:
        self.remarks.append(Remark(severity, file, line, message))

    @property
    def has_errors(self) -> bool:
        return any(remark.severity == "error" for remark in self.remarks)

    def of(self, severity: Severity) -> list[Remark]:
        return [remark for remark in self.remarks if remark.severity == severity]
