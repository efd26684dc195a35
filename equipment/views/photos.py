"""Photos of machines and of types, served by the site to who signed in, wherever they are kept."""

from hashlib import sha256

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from equipment.models import Equipment, EquipmentType
from equipment.photos import KeptPhoto, kind_of


@login_required
@require_safe
def machine_photo(request: HttpRequest, code: str) -> HttpResponse:
    """The machine's own photo, else that of its type; 404 where there is none."""
    equipment = get_object_or_404(Equipment.objects.with_type(), code=code)
    return _served(request, photo_of(equipment))


@login_required
@require_safe
def type_photo(request: HttpRequest, slug: str) -> HttpResponse:
    """The photo of a type; 404 where there is none."""
    return _served(request, get_object_or_404(EquipmentType, slug=slug).photo)


def photo_of(equipment: Equipment) -> KeptPhoto | None:
    """The machine's own photo, else that of its type; None where there is none."""
    return equipment.photo or equipment.type.photo or None


def _served(request: HttpRequest, photo: KeptPhoto | None) -> HttpResponse:
    """As what it is and not as what it is called; what browsers might run is not there. For a day without asking; then
    its ETag is asked for, which follows from its name as that does from what it shows, and nothing is read."""
    if not photo:
        raise Http404
    tag = quote_etag(sha256(photo.name.encode()).hexdigest()[:32])
    kept = {"Cache-Control": "private, max-age=86400", "ETag": tag}
    unchanged = get_conditional_response(request, etag=tag)
    if unchanged is not None:
        unchanged.headers["Cache-Control"] = kept["Cache-Control"]
        return unchanged
    try:
        with photo.open() as file:
            kind, content = kind_of(file), file.read()
    except FileNotFoundError:
        raise Http404 from None
    if kind is None:
        raise Http404
    return HttpResponse(content, content_type=kind, headers=kept)
