"""The pages of the booking system."""

from django.urls import path

from bookings.views import (
    book,
    bookings,
    calendar_feeds,
    calendars,
    change,
    feeds,
    find,
    floor,
    house_rules,
    machines,
    people,
    shares,
)

urlpatterns = [
    path("", find.find, name="home"),
    path("book/", book.book, name="book"),
    path("floor/", floor.floor, name="floor"),
    path("floor.json", feeds.floor, name="floor_feed"),
    path("machines/<str:code>/", machines.machine, name="machine"),
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
    path("feeds/<str:secret>.ics", calendar_feeds.calendar_file, name="calendar_file"),
    path("me/feeds/", calendar_feeds.calendar_feeds, name="calendar_feeds"),
    path("me/feeds/<int:pk>/extend/", calendar_feeds.extend, name="extend_calendar_feed"),
    path("me/feeds/<int:pk>/revoke/", calendar_feeds.revoke, name="revoke_calendar_feed"),
    path("me/", people.account, name="account"),
    path("organisations/<slug:slug>/", people.organisation, name="organisation"),
]
