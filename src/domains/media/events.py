"""Facts of media."""

from uuid import UUID

from domains.kernel.events import Event


class UploadCompleted(Event, frozen=True, kw_only=True, tag="media.upload_completed.v1"):
    """All of a large file has arrived, and is to be looked at."""

    upload_id: UUID
