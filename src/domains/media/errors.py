"""Situations of media. Somebody else's file or upload is not there, like any that never was."""

from typing import Any

from domains.kernel.errors import AppError, Conflict, Forbidden, Invalid, NotFound, Unavailable


class BadMediaField(Invalid):
    """A field of the request is not acceptable; the member `field` names it."""

    code = "media.bad_field"
    title = "A field is not acceptable"

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail, field=field)


class FileNotFound(NotFound):
    code = "media.file_not_found"
    title = "There is no such file"


class UploadNotFound(NotFound):
    code = "media.upload_not_found"
    title = "There is no such upload"


class NotForYou(Forbidden):
    code = "media.purpose_not_allowed"
    title = "Files for this purpose are not yours to bring"


class TypeRefused(AppError):
    """The members `found` and `taken` say what it is, and what is taken."""

    status = 415
    code = "media.type_refused"
    title = "Files of this kind are not taken"

    def __init__(self, found: str, taken: str) -> None:
        super().__init__(f"This is {found}; what is taken here: {taken}", found=found, taken=taken)


class FileTooLarge(AppError):
    """The members `size_bytes` and `most_bytes` say how large it is, and how large it may be."""

    status = 413
    code = "media.too_large"
    title = "The file is too large"

    def __init__(self, size_bytes: int, most_bytes: int) -> None:
        detail = f"It has {size_bytes} bytes, and may have {most_bytes}"
        super().__init__(detail, size_bytes=size_bytes, most_bytes=most_bytes)


class BadFile(AppError):
    """It says that it is a picture, or sound, and is not, or not one that can be shown."""

    status = 422
    code = "media.bad_file"
    title = "The file cannot be used"


class Infected(AppError):
    status = 422
    code = "media.infected"
    title = "The virus scanner refuses this file"


class QuotaExceeded(Conflict):
    """The members `used_bytes`, `quota_bytes` and `wanted_bytes` say how much there is; uploads under way count."""

    code = "media.quota_exceeded"
    title = "There is no room left for this file"

    def __init__(self, used_bytes: int, quota_bytes: int, wanted_bytes: int) -> None:
        detail = f"{used_bytes} of {quota_bytes} bytes are used, and this file has {wanted_bytes}"
        super().__init__(detail, used_bytes=used_bytes, quota_bytes=quota_bytes, wanted_bytes=wanted_bytes)


class TooManyUploads(Conflict):
    code = "media.too_many_uploads"
    title = "Too many uploads are under way; end some of them first"


class UploadIncomplete(Conflict):
    """The member `missing` names the parts that are not there, or not whole."""

    code = "media.upload_incomplete"
    title = "Not all of the file has arrived"

    def __init__(self, missing: list[int]) -> None:
        super().__init__(f"{len(missing)} parts are missing", missing=missing)


class UploadOver(Conflict):
    code = "media.upload_over"
    title = "This upload is over"


class HashDiffers(AppError):
    status = 422
    code = "media.hash_differs"
    title = "What has arrived is not what was announced"


class BadPart(Invalid):
    """The member `size_bytes` says how much this part has."""

    code = "media.bad_part"
    title = "This part has another size"

    def __init__(self, size_bytes: int) -> None:
        super().__init__(f"It has {size_bytes} bytes", size_bytes=size_bytes)


class FileInUse(Conflict):
    """The member `used_by` says where."""

    code = "media.in_use"
    title = "This file is used"

    def __init__(self, used_by: list[str]) -> None:
        super().__init__(f"It is used by {', '.join(used_by)}", used_by=used_by)


class LinkRefused(Forbidden):
    code = "media.link_refused"
    title = "This address opens nothing, or nothing any more"


class ImportFailed(AppError):
    status = 422
    code = "media.import_failed"
    title = "There is no file to be had at this address"


class StorageAway(Unavailable):
    code = "media.storage_away"
    title = "The storage of files does not answer"


class ScannerAway(Unavailable):
    """Nothing is taken unlooked at."""

    code = "media.scanner_away"
    title = "The virus scanner does not answer; no file is taken meanwhile"


REFUSALS: dict[str, type[AppError]] = {
    each.code: each for each in (TypeRefused, FileTooLarge, BadFile, Infected, HashDiffers)
}
"""How an upload may end for good."""


def told_again(code: str, detail: str, extra: dict[str, Any]) -> AppError:
    """What an upload ended with."""
    kind = REFUSALS.get(code, BadFile)
    error = kind.__new__(kind)
    AppError.__init__(error, detail, **extra)
    return error
