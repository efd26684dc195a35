"""Where photos are kept that do not lie in a folder."""

from typing import Any


def s3_storage(bucket: str, *, endpoint: str, region: str) -> dict[str, Any]:
    """The entry of STORAGES for a bucket of Amazon S3, or of another object storage that speaks S3 at `endpoint`."""
    from botocore.config import Config  # loaded only where it is used; it is large

    # Nobody waits longer for a photo. Storages other than Amazon's often know no address with the bucket's name in it.
    client = Config(
        connect_timeout=3,
        read_timeout=10,
        retries={"max_attempts": 2},
        signature_version="s3v4",
        s3={"addressing_style": "path" if endpoint else "auto"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": endpoint or None,
            "region_name": region or None,
            "client_config": client,
            "default_acl": None,  # as the bucket says; ours is private
            "file_overwrite": False,
        },
    }
