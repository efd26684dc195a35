"""What a person sets for themselves."""

from django.urls import path

from organisations import views

urlpatterns = [
    path("language/", views.choose_language, name="choose_language"),
    path("me/tokens/", views.issue_token, name="issue_token"),
    path("me/tokens/<int:pk>/revoke/", views.revoke_token, name="revoke_token"),
    path("me/tokens/<int:pk>/extend/", views.extend_token, name="extend_token"),
]
