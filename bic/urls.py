"""Every address of the site, one line per app."""

from django.contrib import admin
from django.urls import include, path

from bic.api import api

urlpatterns = [
    path("admin/", admin.site.urls),
    path("account/", include("allauth.urls")),
    path("api/v1/", api.urls),
    path("", include("organisations.urls")),
    path("", include("bookings.urls")),
    path("", include("usage.urls")),
]
