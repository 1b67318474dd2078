"""LOA files in an S3 bucket, with failures that read like those of a disk."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile, File
from storages.backends.s3 import S3Storage

# A bucket that hangs must not hold a page or a worker for minutes.
_CLIENT = Config(
    signature_version="s3v4",  # the older one is not taken everywhere
    connect_timeout=5,
    read_timeout=20,
    retries={"total_max_attempts": 2},
    # The checks of newer clients are not known to every server that speaks S3.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class BucketTrouble(OSError):
    """The bucket did not do what was asked: away, refused, or an error of its own."""


@contextmanager
def _like_a_disk() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        # Its own words may quote addresses and keys; the class says enough here.
        raise BucketTrouble(f"The bucket of the LOA files: {type(error).__name__}.") from error


class LoaBucket(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """A private bucket. Whatever goes wrong with it is an OSError, as with a disk."""

    def __init__(self, **options: object) -> None:
        super().__init__(
            client_config=_CLIENT,
            default_acl="private",
            file_overwrite=False,
            querystring_auth=True,
            **options,
        )

    def _open(self, name: str, mode: str = "rb") -> File:  # type: ignore[type-arg]
        """Read it whole at once, so that reading on cannot fail; LOAs are 10 MiB at most."""
        with _like_a_disk(), super()._open(name, mode) as stored:
            return ContentFile(stored.read(), name=name)

    def _save(self, name: str, content: File) -> str:  # type: ignore[type-arg]
        with _like_a_disk():
            return str(super()._save(name, content))

    def delete(self, name: str) -> None:
        """Delete the file; one that is not there is no trouble."""
        with _like_a_disk():
            super().delete(name)

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name."""
        with _like_a_disk():
            return bool(super().exists(name))
