"""The pages of the booking system."""

from django.urls import path

from bookings.views import (
    bookings,
    calendars,
    change,
    desk,
    feeds,
    find,
    floor,
    house_rules,
    machines,
    people,
    requests,
    shares,
)

urlpatterns = [
    path("", find.find, name="home"),
    path("floor/", floor.floor, name="floor"),
    path("floor.json", feeds.floor, name="floor_feed"),
    path("machines/<str:code>/", machines.machine, name="machine"),
    path("machines/<str:code>/photo/", machines.photo, name="machine_photo"),
    path("machines/<str:code>/card/", machines.card, name="machine_card"),
    path("machines/<str:code>/week.json", feeds.week, name="week_feed"),
    path("bookings/", bookings.overview, name="bookings"),
    path("bookings/<str:reference>/", bookings.booking, name="booking"),
    path("bookings/<str:reference>/cancel/", change.cancel, name="cancel"),
    path("bookings/<str:reference>/calendar.ics", calendars.booking_calendar, name="booking_calendar"),
    path("reservations/<int:pk>/move/", change.move, name="move_reservation"),
    path("reservations/<int:pk>/calendar.ics", calendars.reservation_calendar, name="reservation_calendar"),
    path("house-rules/", house_rules.house_rules, name="house_rules"),
    path("shares/", shares.shares, name="shares"),
    path("me/", people.account, name="account"),
    path("organisations/<slug:slug>/", people.organisation, name="organisation"),
    path("requests/", requests.requests, name="requests"),
    path("requests/<int:pk>/approve/", requests.approve, name="approve_request"),
    path("requests/<int:pk>/decline/", requests.decline, name="decline_request"),
    path("desk/", desk.desk, name="desk"),
    path("reservations/<int:pk>/check-in/", desk.check_in, name="check_in"),
    path("reservations/<int:pk>/check-out/", desk.check_out, name="check_out"),
    path("reservations/<int:pk>/nobody-came/", desk.nobody_came, name="nobody_came"),
    path("concerns/<int:pk>/settle/", requests.settle_concern, name="settle_concern"),
]
