"""The pages of the booking system."""

from django.urls import path

from bookings.views import bookings, feeds, machines

urlpatterns = [
    path("", machines.home, name="home"),
    path("floor.json", feeds.floor, name="floor_feed"),
    path("machines/<str:code>/", machines.machine, name="machine"),
    path("machines/<str:code>/week.json", feeds.week, name="week_feed"),
    path("bookings/", bookings.overview, name="bookings"),
    path("bookings/<str:reference>/", bookings.booking, name="booking"),
    path("bookings/<str:reference>/cancel/", bookings.cancel, name="cancel"),
]
