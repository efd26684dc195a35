"""Every address of the site, one line per app."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from bic import admin_door
from bic.api.assembly import api
from bic.api.docs import api_docs
from bic.devserver import mailbox
from organisations.sign_in import identity_provider

urlpatterns = [
    path("admin/login/", admin_door.sign_in),
    # One page for it: that one tells the person, and ends the keys that should end.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("account/oidc/<str:provider_id>/login/", identity_provider.login),
    path("account/oidc/<str:provider_id>/login/callback/", identity_provider.callback),
    path("account/", include("allauth.urls")),
    path("api/", api_docs, name="api_docs"),
    path("api/v1/", api.urls),
    path("mail/", mailbox.mailbox, name="mailbox"),
    path("mail/<str:name>/", mailbox.mail, name="mail"),
    path("mail/<str:name>/page/", mailbox.mail_as_page, name="mail_as_page"),
    path("mail/<str:name>/<int:number>/", mailbox.mail_attachment, name="mail_attachment"),
    path("", include("organisations.urls")),
    path("", include("notifications.urls")),
    path("", include("equipment.urls")),
    path("", include("bookings.urls")),
    path("", include("floor.urls")),
    path("", include("usage.urls")),
]
