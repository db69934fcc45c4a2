"""Media own files: bringing them, looking at them, what is made of them, who may see them, and keeping them.

Do not own what they are for: courses, profiles and submissions name content by its hash, and say with `api.hold` what
they use.

Decision: content is named by the SHA-256 of what was uploaded, and kept once. Consequence: a public file's address
never changes what it shows, caches may keep it for ever, and a file that is here already need not be sent.

Decision: whatever the storage, an upload is parts that are objects of their own, and completing it reads them once.
Context: the kind and the hash can only be found out by reading, and the library signs no parts of a multipart upload.
Consequence: one path for disk, S3, Google, Azure and Cloudinary, parts in any order and again, and a second write of
each file.

Decision: pictures are shown as what we have made of them, WebP in a few widths; the original is kept, and shown to
nobody. Consequence: no place and no camera reaches strangers, and nothing that hides in a picture is served; something
that moves shows its first picture.
"""

from domains.kernel.domain import Domain
from domains.media.controllers.files import FilesController
from domains.media.controllers.serving import (
    see,
    see_head,
    see_picture,
    see_private,
    see_private_head,
    send_part,
)
from domains.media.controllers.uploads import UploadsController
from domains.media.events import UploadCompleted
from domains.media.handlers import SUBSCRIPTIONS
from domains.media.jobs import JOBS
from domains.media.repository.rights import PERSONAL_DATA

DOMAIN = Domain(
    "media",
    routes=[FilesController, UploadsController, see, see_head, see_picture, see_private, see_private_head, send_part],
    events=[UploadCompleted],
    subscriptions=SUBSCRIPTIONS,
    jobs=JOBS,
    personal_data=PERSONAL_DATA,
)
