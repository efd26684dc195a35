"""E-mail addresses: one way to write each, and one proven address of each person, whoever writes it."""

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError

from organisations.addresses import canonical_address, canonical_addresses
from organisations.models import User


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Eva@Example.ORG", "eva@example.org"),
        (" eva@example.org ", "eva@example.org"),
        ("eva@m\u00fcller.example", "eva@xn--mller-kva.example"),
        ("eva@MU\u0308LLER.example", "eva@xn--mller-kva.example"),
        ("eva@\uff45xample.org", "eva@example.org"),
        ("", ""),
    ],
)
def test_an_address_is_written_in_one_way(typed, kept):
    assert canonical_address(typed) == kept


@pytest.mark.parametrize("typed", ["\u0131ngrid@example.org", "eva.\u017fmits@example.org", "\u212aoen@example.org"])
def test_letters_that_look_like_others_are_refused(typed):
    with pytest.raises(ValidationError, match="letters without accents"):
        canonical_address(typed)


def test_what_is_no_name_of_a_server_is_refused():
    with pytest.raises(ValidationError, match="mail server"):
        canonical_address("eva@" + "\u00fc" * 300 + ".example")


def test_of_several_the_good_ones_count():
    assert canonical_addresses(["Eva@Example.org", "eva.\u017fmits@example.org"]) == {"eva@example.org"}


def proven() -> list[tuple]:
    return sorted(EmailAddress.objects.values_list("user__name", "email", "verified", "primary"))


@pytest.mark.django_db
def test_each_person_has_one_proven_address_whoever_writes_it():
    eva, tom = User.objects.bulk_create(User(email=f"{name}@Example.org", name=name) for name in ("Eva", "Tom"))
    assert proven() == [("Eva", "eva@example.org", True, True), ("Tom", "tom@example.org", True, True)]
    EmailAddress.objects.create(user=eva, email="claimed@example.org")
    User.objects.filter(pk=eva.pk).update(email="Eva.New@example.org")
    tom.name = "Thomas"
    tom.save()
    assert set(User.objects.at(["eva.new@example.org", "TOM@example.org"])) == {eva}
    assert proven() == [("Eva", "eva.new@example.org", True, True), ("Thomas", "tom@example.org", True, True)]


def test_an_address_that_is_too_long_is_refused_in_words(client, db):
    answer = client.post("/account/password/reset/", {"email": "a" * 250 + "@example.org"})
    assert answer.status_code == 200
    assert "254" in answer.content.decode()
