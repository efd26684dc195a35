"""Photos of machines: what is uploaded is looked at, made small and written anew before anybody sees it.

Whoever uploads says what a file is called and what it holds; neither is believed. Only what Pillow reads as a JPEG, PNG
or WebP is taken, and what is kept is a WebP of our own making: without the place and the time at which a telephone took
it, the right way up, and no larger than a page shows it.
"""

import struct
from hashlib import sha256
from io import BytesIO
from typing import IO, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.db import models
from django.db.models.fields.files import FieldFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps

LARGEST_FILE = 15 * 1024 * 1024  # bytes; what telephones make is under ten
MOST_PIXELS = 50_000_000  # unpacked, more take the memory of the server, however small the file is
LONGEST_SIDE = 1280  # pixels; pages show it at most 640 wide, on screens with two pixels for one
TAKEN = ("JPEG", "PNG", "WEBP")
# What browsers draw and never run, by Pillow's name for it. Photos of before this check may be any of these. An MPO is
# the JPEG of a telephone that keeps a second picture behind the first.
SERVED = {"JPEG": "jpeg", "MPO": "jpeg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "AVIF": "avif"}
READ_AS = (*TAKEN, "GIF", "AVIF")
# All that reading an image that is broken, or none, can raise.
UNREADABLE = (OSError, SyntaxError, ValueError, TypeError, IndexError, EOFError, struct.error)


class Photo(ContentFile):
    """A photo as it is kept; its name follows from what it shows, so that another photo has another name."""

    def __init__(self, content: bytes):
        super().__init__(content, name=f"{sha256(content).hexdigest()[:32]}.webp")
        self.content_type = "image/webp"


def made_small(file: File) -> Photo:
    """The photo to keep of an uploaded file. Raises ValidationError, with what to do, where it cannot be one."""
    if file.size > LARGEST_FILE:
        raise ValidationError(
            _("This file has %(size)s; a photo has at most %(most)s. Make it smaller, or choose another.")
            % {"size": filesizeformat(file.size), "most": filesizeformat(LARGEST_FILE)},
            code="too_large",
        )
    try:
        file.seek(0)
        with Image.open(file, formats=TAKEN) as image:
            if image.width * image.height <= MOST_PIXELS:
                return Photo(_written_anew(image))
    except Image.DecompressionBombError:
        pass  # Pillow has a bound of its own, far above ours
    except UNREADABLE as error:
        said = _("This is not a photo that can be read. Choose a JPEG, PNG or WebP file.")
        raise ValidationError(said, code="not_a_photo") from error
    raise ValidationError(
        _("This photo has more than %(most)d million pixels. Make it smaller first.")
        % {"most": MOST_PIXELS // 1_000_000},
        code="too_many_pixels",
    )


def _written_anew(image: Image.Image) -> bytes:
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # of a JPEG only what is needed is unpacked
    turned = ImageOps.exif_transpose(image)
    turned.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    plain = turned.convert("RGBA" if turned.has_transparency_data else "RGB")
    written = BytesIO()
    _in_the_colours_of_screens(plain, turned.info.get("icc_profile")).save(
        written, "WEBP", quality=82, method=4, exif=b"", icc_profile=b"", xmp=b""
    )
    return written.getvalue()


def _in_the_colours_of_screens(image: Image.Image, profile: bytes | None) -> Image.Image:
    """In sRGB, since the profile is dropped with all else that came along."""
    if not profile:
        return image
    try:
        own, screens = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, own, screens) or image
    except (ImageCms.PyCMSError, OSError):  # a profile that is broken, or for another kind of image
        return image


def kind_of(file: IO[bytes]) -> str | None:
    """The content type of a kept file by what it is, whatever it is called; None for what browsers should not get."""
    try:
        image = Image.open(file, formats=READ_AS)  # its head alone; closing it would close the file
        return f"image/{SERVED[image.format or '']}"
    except (*UNREADABLE, KeyError, Image.DecompressionBombError):
        return None
    finally:
        file.seek(0)


# ---- The column, and its field in forms ------------------------------------------------------------------------


class PhotoFormField(forms.FileField):
    def clean(self, data: Any, initial: Any = None) -> Any:
        """An upload becomes the photo that is kept; what is kept already, and its removal, pass."""
        cleaned = super().clean(data, initial)
        return made_small(cleaned) if cleaned and cleaned is data else cleaned


class KeptPhoto(FieldFile):
    def save(self, name: str, content: File, save: bool = True) -> None:
        """Whoever saves one, from a page or not: what is kept is a photo. Raises ValidationError."""
        photo = content if isinstance(content, Photo) else made_small(content)
        assert photo.name
        super().save(photo.name, photo, save)

    @property
    def url(self) -> str:
        """On the site and for who signed in, wherever the file is kept; a bucket stays private, and its keys here."""
        if not self:
            raise ValueError("There is no photo.")
        row: Any = self.instance
        return row.photo_address


class PhotoField(models.FileField):
    """A photo of what the row is about, whose model says in `photo_address` where the site shows it."""

    attr_class = KeptPhoto

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": PhotoFormField, **kwargs})
