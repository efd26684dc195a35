"""The pages about usage."""

from django.urls import path

from usage.views import reports

urlpatterns = [
    path("usage/", reports.usage, name="usage"),
    path("usage/kept/<int:pk>.xlsx", reports.kept_workbook, name="kept_usage_workbook"),
    path("usage/report.xlsx", reports.workbook, name="usage_workbook"),
]
