"""The bell, the outbox of the facility, and how one is told."""

from django.urls import path

from notifications.views import inbox, outbox, preferences

urlpatterns = [
    path("notices/", inbox.inbox, name="notifications"),
    path("notices/unread.json", inbox.unread, name="unread_notifications"),
    path("notices/read/", inbox.read_all, name="read_all_notifications"),
    path("notices/<uuid:pk>/", inbox.message, name="notification"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/again/", outbox.again, name="send_again"),
    path("me/notices/", preferences.preferences, name="notification_preferences"),
]
