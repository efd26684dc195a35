"""The page about the API: docs/api.md, inside the site."""

import re

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_the_account_leads_to_it_and_it_leads_to_the_description(client, engineer):
    client.force_login(engineer)
    assert f'href="{reverse("api_docs")}"' in client.get("/me/").content.decode()
    page = client.get(reverse("api_docs")).content.decode()
    [description] = re.findall(r'href="([^"]+openapi[^"]*)"', page)
    assert client.get(description).json()["openapi"].startswith("3.")


def test_it_tells_every_call_and_its_commands_name_this_site(client):
    page = client.get(reverse("api_docs"), headers={"Host": "testserver"}).content.decode()
    assert "<h2>Signing in</h2>" in page
    assert "http://testserver/api/v1/me" in page
    assert "127.0.0.1:8000" not in page
    for path, calls in client.get("/api/v1/openapi.json").json()["paths"].items():
        for method in calls:
            assert f"<code>{method.upper()} {path}</code>" in page
