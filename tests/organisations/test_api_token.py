import pytest
from django.core.management import CommandError, call_command

from organisations.models import ApiToken, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def engineer():
    return User.objects.create_user("engineer@example.org", "a password", name="Eva")


def test_the_secret_alone_goes_to_stdout(engineer, capsys):
    call_command("api_token", "Engineer@example.org", name="scheduler")
    told = capsys.readouterr()
    (secret,) = told.out.splitlines()
    assert ApiToken.objects.matching(secret).get().name == "scheduler"
    assert "engineer@example.org" in told.err
    assert secret not in told.err


def test_tokens_are_revoked_all_or_by_name(engineer, capsys):
    secrets = {name: ApiToken.issue(user=engineer, name=name)[1] for name in ("one", "two", "three")}
    call_command("api_token", engineer.email, "--revoke", "--name", "one")
    assert "Revoked 1 token " in capsys.readouterr().err
    assert not ApiToken.objects.matching(secrets["one"]).exists()
    assert ApiToken.objects.matching(secrets["two"]).exists()
    call_command("api_token", engineer.email, "--revoke")
    told = capsys.readouterr()
    assert "Revoked 2 tokens" in told.err
    assert told.out == ""
    assert not ApiToken.objects.matching(secrets["three"]).exists()


def test_an_unknown_address_is_told(capsys):
    with pytest.raises(CommandError, match=r"nobody@example\.org"):
        call_command("api_token", "nobody@example.org")
    assert capsys.readouterr().out == ""


def test_somebody_who_may_not_sign_in_gets_no_token(engineer):
    engineer.is_active = False
    engineer.save()
    with pytest.raises(CommandError, match="may not sign in"):
        call_command("api_token", engineer.email)
