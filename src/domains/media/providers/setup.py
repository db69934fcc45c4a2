"""Which storage and which scanner there are, by what is set."""

from pathlib import Path

from domains.kernel.addresses import PublicHttps, PublicWeb
from domains.kernel.egress import Egress
from domains.media.providers.clamd import Clamd
from domains.media.providers.cloudinary import cloudinary_storage
from domains.media.providers.port import Depot, Storage
from domains.media.providers.stores import BadStorage, object_storage


class BadSetting(ValueError):
    """One line: what is wrong with the setting `name`."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


def open_depot(
    *,
    storage_url: str,
    data_dir: Path,
    public_url: str,
    clamd_url: str = "",
    plain_http: bool = False,
    learner_bytes: int,
    author_bytes: int,
) -> Depot:
    """Nothing is connected to before the first file. Raises BadSetting."""
    try:
        scanner = Clamd(clamd_url) if clamd_url else None
    except ValueError as error:
        raise BadSetting("clamd_url", str(error)) from None
    return Depot(
        storage=storage_of(storage_url, data_dir),
        egress=Egress(PublicWeb() if plain_http else PublicHttps()),
        scratch=data_dir / "scratch",
        public_url=public_url,
        scanner=scanner,
        learner_bytes=learner_bytes,
        author_bytes=author_bytes,
    )


def storage_of(storage_url: str, data_dir: Path) -> Storage:
    """Raises BadSetting."""
    try:
        if storage_url.startswith("cloudinary:"):
            return cloudinary_storage(storage_url)
        return object_storage(storage_url, data_dir / "media")
    except (BadStorage, ValueError) as error:
        raise BadSetting("storage_url", str(error)) from None
