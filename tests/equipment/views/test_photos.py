"""Photos as the site serves them: from a folder, and from an object storage that speaks S3."""

from uuid import uuid4

import boto3
import pytest
from django.core.files.base import ContentFile
from moto.server import ThreadedMotoServer

from bic.object_storage import s3_storage
from equipment.models import Equipment
from tests.equipment.test_photos import drawn

pytestmark = pytest.mark.django_db
KEY = "the-key-of-the-bucket"


@pytest.fixture(params=["in a folder", "in a bucket"])
def storage(request, settings, tmp_path, monkeypatch):
    """A place that is empty, and how to put a file there past the site, as an older version of it may have."""
    if request.param == "in a folder":
        settings.MEDIA_ROOT = tmp_path

        def put(name: str, content: bytes) -> None:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(content)

        yield put
        return
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    name = f"photos-{uuid4().hex}"  # all servers of one process share what they keep
    bucket = boto3.resource("s3", endpoint_url=endpoint, region_name="eu-west-1").Bucket(name)
    bucket.create(CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    settings.STORAGES = settings.STORAGES | {"default": s3_storage(name, endpoint=endpoint, region="eu-west-1")}
    yield lambda name, content: bucket.put_object(Key=name, Body=content)
    server.stop()


@pytest.fixture
def page(client, engineer):
    client.force_login(engineer)
    return client


def test_a_photo_is_served_as_what_it_is_by_the_site_itself(page, printer, storage):
    printer.photo.save("a.html", ContentFile(drawn(size=(2000, 1000))))
    shown = page.get("/machines/FDM-01/").content.decode()
    assert 'src="/machines/FDM-01/photo/"' in shown
    assert KEY not in shown
    answer = page.get("/machines/FDM-01/photo/")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, max-age=86400"
    assert answer.content[8:12] == b"WEBP"
    assert KEY not in printer.photo.url


def test_who_has_it_gets_it_once_and_another_photo_anew(page, printer, storage):
    printer.photo.save("a.jpg", ContentFile(drawn()))
    first = page.get("/machines/FDM-01/photo/")
    again = page.get("/machines/FDM-01/photo/", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again["Cache-Control"]) == (304, "private, max-age=86400")
    printer.photo.save("a.jpg", ContentFile(drawn(size=(50, 50))))
    another = page.get("/machines/FDM-01/photo/", headers={"if-none-match": first["ETag"]})
    assert another.status_code == 200


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("equipment/old.png", drawn("PNG"), "image/png"),
        ("equipment/old.png", drawn("JPEG"), "image/jpeg"),
        ("equipment/old.html", drawn("GIF"), "image/gif"),
        ("equipment/old.png", b"<html><script>alert(1)</script>", None),
        ("equipment/old.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        ("equipment/lost.png", None, None),
    ],
)
def test_one_that_was_kept_before_photos_were_checked_is_served_where_it_is_one(
    page, printer, storage, name, content, kind
):
    if content is not None:
        storage(name, content)
    Equipment.objects.filter(pk=printer.pk).update(photo=name)
    answer = page.get("/machines/FDM-01/photo/")
    assert answer.status_code == (200 if kind else 404)
    if kind:
        assert answer["Content-Type"] == kind


def test_the_photo_of_a_type_is_that_of_machines_without_one(page, printer, printer_type, storage):
    assert page.get("/machines/FDM-01/photo/").status_code == 404
    assert page.get("/types/ultimaker-s5/photo/").status_code == 404
    printer_type.photo.save("a.jpg", ContentFile(drawn()))
    for address in ("/machines/FDM-01/photo/", "/types/ultimaker-s5/photo/"):
        answer = page.get(address)
        assert answer.status_code == 200


def test_nobody_sees_one_who_is_not_signed_in(client, printer, storage):
    printer.photo.save("a.jpg", ContentFile(drawn()))
    assert client.get("/machines/FDM-01/photo/").status_code == 302
