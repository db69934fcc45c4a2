"""Files and uploads as they are told to their owner."""

from domains.kernel.uow import Database
from domains.media.policy.refs import ref_of
from domains.media.policy.types import KINDS
from domains.media.repository import files
from domains.media.repository.files import File
from domains.media.repository.uploads import Upload
from domains.media.schemas.files import FailureOut, FileOut, PartOut, PictureOut, UploadOut
from domains.media.service import serving, uploads


async def file_out(db: Database, file: File) -> FileOut:
    addresses = await serving.addresses(db, file)
    blob = file.blob
    pictures = [
        PictureOut(one.name, one.width, one.height, one.size_bytes, addresses.pictures[one.name])
        for one in blob.variants
    ]
    return FileOut(
        id=file.id,
        ref=ref_of(blob.sha256),
        name=file.name,
        alt=file.alt,
        purpose=file.purpose,
        visibility=file.visibility,
        kind=KINDS[blob.type],
        type=blob.type,
        size_bytes=blob.size_bytes,
        width=blob.width,
        height=blob.height,
        duration_ms=blob.duration_ms,
        url=addresses.main,
        url_expires_at=addresses.expires_at,
        pictures=pictures,
        created_at=file.created_at,
    )


async def upload_out(db: Database, upload: Upload) -> UploadOut:
    parts = await uploads.parts(db, upload)
    first = parts[0].target if parts else None
    file = await files.one(db.fetch, upload.file_id) if upload.file_id is not None else None
    failure = uploads.failure_of(upload)
    return UploadOut(
        id=upload.id,
        state=upload.state,  # type: ignore[arg-type]
        name=upload.name,
        purpose=upload.purpose,
        size_bytes=upload.size_bytes,
        expires_at=upload.expires_at,
        method=first.method if first else "PUT",
        headers=dict(first.headers) if first else {},
        parts=[
            PartOut(
                part.number,
                part.offset,
                part.size_bytes,
                part.target.url,
                part.arrived,
                dict(part.target.fields) if part.target.fields is not None else None,
            )
            for part in parts
            if part.target is not None
        ],
        file=await file_out(db, file) if file is not None else None,
        failure=FailureOut(failure.code, failure.title, failure.detail) if failure is not None else None,
    )
