"""What is not there, in the demonstration."""

import pytest


@pytest.mark.parametrize(("demo", "ours"), [(True, True), (False, False)])
def test_the_demonstration_shows_the_page_that_visitors_see(client, db, settings, demo, ours):
    settings.DEBUG, settings.DEMO = True, demo
    answer = client.get("/none/")
    assert answer.status_code == 404
    assert ("DEBUG = True" not in answer.content.decode()) is ours


def test_a_page_of_its_own_that_answers_404_stays(client, db, settings):
    settings.DEBUG, settings.DEMO = True, True
    assert "Deze link werkt niet" in client.get("/act/x/").content.decode()
