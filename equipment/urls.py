"""Photos of machines, and the certificates that people hold for them."""

from django.urls import path

from equipment.certificates import views as certificates
from equipment.views import photos

urlpatterns = [
    path("machines/<str:code>/photo/", photos.machine_photo, name="machine_photo"),
    path("types/<slug:slug>/photo/", photos.type_photo, name="type_photo"),
    path("certificates/", certificates.certificates, name="certificates"),
    path("certificates/grant/", certificates.grant, name="grant_certificate"),
    path("certificates/<int:pk>/withdraw/", certificates.withdraw, name="withdraw_certificate"),
]
