"""Files and uploads over the wire."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from domains.kernel.wire import In, Out
from domains.media.policy.purposes import FileVisibility, Purpose
from domains.media.policy.types import Kind

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
Alt = Annotated[str, msgspec.Meta(max_length=1000)]
UploadState = Literal["open", "processing", "done", "failed"]


class UploadIn(In, frozen=True):
    """`type` is checked against the content once it has arrived. With `sha256`, of all of it, in hexadecimal digits,
    nothing needs to be sent that is here already. `course_id`: for who is an author of that course only."""

    name: Name
    size_bytes: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    type: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    purpose: Purpose
    visibility: FileVisibility | None = None
    alt: Alt = ""
    sha256: Annotated[str, msgspec.Meta(max_length=64)] | None = None
    course_id: UUID | None = None


class ImportIn(In, frozen=True):
    """Of a file for courses. `name` is taken from the address where none is given."""

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]
    visibility: FileVisibility | None = None
    name: Name | None = None
    alt: Alt = ""
    course_id: UUID | None = None


class FilePatch(In, frozen=True):
    name: Name | UnsetType = UNSET
    alt: Alt | UnsetType = UNSET
    visibility: FileVisibility | UnsetType = UNSET


class PictureOut(Out, frozen=True):
    """`name` is a width, or `main`, or `square`."""

    name: str
    width: int
    height: int
    size_bytes: int
    url: str


class FileOut(Out, frozen=True):
    """`ref` is how a course names it. `url` opens it, of a private file until `url_expires_at`; a picture is what we
    have made of it, without the place and the camera that the file may tell. `size_bytes` is of what was uploaded."""

    id: UUID
    ref: str
    name: str
    alt: str
    purpose: Purpose
    visibility: FileVisibility
    kind: Kind
    type: str
    size_bytes: int
    width: int | None
    height: int | None
    duration_ms: int | None
    url: str
    url_expires_at: datetime | None
    pictures: list[PictureOut]
    created_at: datetime


class PartOut(Out, frozen=True):
    """`url` takes `size_bytes` of the file from `offset` on, for an hour; asking for the upload gives it anew. With
    `fields`, the part goes as the field `file` of a form that has these too."""

    number: int
    offset: int
    size_bytes: int
    url: str
    arrived: bool
    fields: dict[str, str] | None = None


class FailureOut(Out, frozen=True):
    code: str
    title: str
    detail: str


class UploadOut(Out, frozen=True):
    """Each part goes to its `url` by `method` with `headers` and without a token. `parts` is empty once the upload is
    completed; `file` is there when it is done, `failure` when it has failed."""

    id: UUID
    state: UploadState
    name: str
    purpose: Purpose
    size_bytes: int
    expires_at: datetime
    method: str
    headers: dict[str, str]
    parts: list[PartOut]
    file: FileOut | None
    failure: FailureOut | None


class UploadBriefOut(Out, frozen=True):
    id: UUID
    state: UploadState
    name: str
    purpose: Purpose
    size_bytes: int
    expires_at: datetime


class UploadsOut(Out, frozen=True):
    items: list[UploadBriefOut]


class UsageOut(Out, frozen=True):
    """`used_bytes` counts `uploads_bytes` of uploads under way."""

    quota_bytes: int
    used_bytes: int
    uploads_bytes: int
    files: int
    uploads: int
    most_uploads: int
