"""What is taken for a photo, and what is kept of it."""

import struct
import zlib
from io import BytesIO

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import FileField
from django.urls import reverse
from PIL import Image, ImageCms

from equipment.photos import LARGEST_FILE, LONGEST_SIDE, PhotoField, kind_of, made_small

ORIENTATION, MAKE, PLACE = 0x0112, 0x010F, 0x8825


def drawn(kind: str = "JPEG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **options) -> bytes:
    """A red picture with a blue corner at the top left."""
    image = Image.new(mode, size, "red")
    image.paste("blue", (0, 0, size[0] // 2, size[1] // 2))
    written = BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def small(content: bytes) -> Image.Image:
    return Image.open(made_small(ContentFile(content, "a.jpg")))


def is_blue(pixel) -> bool:
    return pixel[2] > 180 and pixel[0] < 80


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_kept_small_and_written_anew(kind):
    kept = small(drawn(kind, (4000, 3000)))
    assert (kept.format, kept.size) == ("WEBP", (LONGEST_SIDE, LONGEST_SIDE * 3 // 4))
    assert is_blue(kept.getpixel((5, 5)))


def test_a_small_one_is_not_made_larger_and_what_is_transparent_stays_so():
    image = Image.new("RGBA", (40, 30), (255, 0, 0, 0))
    written = BytesIO()
    image.save(written, "PNG")
    kept = small(written.getvalue())
    assert (kept.size, kept.mode) == ((40, 30), "RGBA")


def test_it_is_the_right_way_up_and_says_nothing_of_where_and_with_what_it_was_taken():
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKE] = 6, "A telephone"
    exif.get_ifd(PLACE)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    content = drawn("JPEG", (40, 30), exif=exif.tobytes(), icc_profile=profile, quality=95)
    assert b"A telephone" in content
    kept = made_small(ContentFile(content, "a.jpg"))
    assert b"A telephone" not in kept.read()
    image = Image.open(kept)
    assert image.size == (30, 40)
    assert is_blue(image.getpixel((25, 5)))  # top left has become top right
    assert not image.getexif()
    assert "icc_profile" not in image.info


def png_of_size(width: int, height: int) -> bytes:
    """A few hundred bytes that claim to be that large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html><script>alert(1)</script></html>", "Choose a JPEG, PNG or WebP file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Choose a JPEG, PNG or WebP file"),
        (drawn("GIF"), "Choose a JPEG, PNG or WebP file"),
        (drawn("TIFF"), "Choose a JPEG, PNG or WebP file"),
        (drawn("JPEG", (400, 300))[:-300], "Choose a JPEG, PNG or WebP file"),
        (drawn("PNG")[:60], "Choose a JPEG, PNG or WebP file"),
        (png_of_size(40, 30), "Choose a JPEG, PNG or WebP file"),
        (png_of_size(8_000, 8_000), "more than 50 million pixels"),
        (png_of_size(60_000, 60_000), "more than 50 million pixels"),
        (drawn() + b"\0" * LARGEST_FILE, "a photo has at most 15.0"),
    ],
)
def test_what_is_not_a_photo_or_too_much_is_refused_in_a_sentence(content, said):
    with pytest.raises(ValidationError) as refused:
        made_small(ContentFile(content, "a.png"))
    assert said in refused.value.messages[0]


def test_what_hides_behind_a_photo_is_not_kept():
    kept = made_small(ContentFile(drawn() + b"<script>alert(1)</script>", "a.jpg"))
    assert b"<script>" not in kept.read()


def test_every_file_that_the_site_takes_is_a_photo():
    """Whoever adds another kind of file decides what it may be."""
    columns = [field for model in apps.get_models() for field in model._meta.get_fields()]
    others = [f for f in columns if isinstance(f, FileField) and not isinstance(f, PhotoField)]
    assert others == []


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_the_kind_of_a_kept_file_is_what_it_is(kind):
    assert kind_of(BytesIO(drawn(kind))) == f"image/{kind.lower()}"


@pytest.mark.parametrize("content", [b"", b"<html>", drawn("TIFF"), b"\xff\xd8\xff"])
def test_other_files_have_none(content):
    assert kind_of(BytesIO(content)) is None


@pytest.mark.django_db
class TestSetUpPage:
    @pytest.fixture
    def send(self, client, facility_manager, printer_type, settings, tmp_path):
        settings.MEDIA_ROOT = tmp_path
        facility_manager.is_staff = True
        facility_manager.save()
        client.force_login(facility_manager)
        address = reverse("admin:equipment_equipmenttype_change", args=[printer_type.pk])

        def send(photo: SimpleUploadedFile):
            form = client.get(address).context["adminform"].form
            fields = form.fields
            told = {name: form[name].value() for name in fields}
            data = {name: value for name, value in told.items() if value not in (None, "", False, [])}
            data |= {"grid_minutes": 30, "shortest": "30 min", "longest": "8 h", "photo": photo}
            data = {name: value for name, value in data.items() if not hasattr(value, "days")}
            answer = client.post(address, data)
            printer_type.refresh_from_db()
            return answer

        return send

    def test_a_photo_is_kept_under_a_name_of_our_own(self, send, printer_type, tmp_path):
        answer = send(SimpleUploadedFile("../IMG 1234.html", drawn(), "text/html"))
        assert answer.status_code == 302, answer.context["adminform"].form.errors
        assert printer_type.photo.name.startswith("types/")
        assert printer_type.photo.name.endswith(".webp")
        assert printer_type.photo.url == "/types/ultimaker-s5/photo/"
        [kept] = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert kept.read_bytes()[8:12] == b"WEBP"

    def test_what_is_none_is_refused_on_the_page_and_nothing_is_kept(self, send, printer_type, tmp_path):
        answer = send(SimpleUploadedFile("photo.png", b"<html>", "image/png"))
        assert answer.status_code == 200
        assert "This is not a photo that can be read" in answer.content.decode()
        assert not printer_type.photo
        assert not list(tmp_path.rglob("*.*"))


def test_a_photo_whose_notes_are_broken_is_refused_in_words():
    """Pillow reads the notes (EXIF) only when it turns the photo upright."""
    content = BytesIO()
    Image.new("RGB", (8, 8)).save(content, "PNG", exif=b"Exif\0\0II*\0")
    with pytest.raises(ValidationError, match="not a photo that can be read"):
        made_small(ContentFile(content.getvalue(), name="broken.png"))
