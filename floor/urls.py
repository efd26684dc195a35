"""The pages of the people who run the floor, and the addresses in their mails."""

from django.urls import path

from floor.views import approvals, desk, email_actions

urlpatterns = [
    path("act/<str:signed>/", email_actions.act, name="act"),
    path("requests/", approvals.requests, name="requests"),
    path("requests/<str:reference>/approve-all/", approvals.approve_booking, name="approve_booking"),
    path("requests/<str:reference>/decline-all/", approvals.decline_booking, name="decline_booking"),
    path("requests/<int:pk>/approve/", approvals.approve, name="approve_request"),
    path("requests/<int:pk>/decline/", approvals.decline, name="decline_request"),
    path("desk/", desk.desk, name="desk"),
    path("reservations/<int:pk>/check-in/", desk.check_in, name="check_in"),
    path("reservations/<int:pk>/check-out/", desk.check_out, name="check_out"),
    path("reservations/<int:pk>/nobody-came/", desk.mark_no_show, name="mark_no_show"),
    path("concerns/<int:pk>/settle/", approvals.dismiss_issue, name="dismiss_issue"),
]
