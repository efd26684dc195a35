"""The pages about usage."""

from django.urls import path

from usage.views import reports

urlpatterns = [
    path("usage/", reports.usage, name="usage"),
    path("usage/report.xlsx", reports.workbook, name="usage_workbook"),
]
