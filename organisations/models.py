"""Who uses the Atrium: people, their organisations, their roles, and the tokens their programs sign in with."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.search import found_by
from organisations.addresses import canonical_address
from organisations.keys import A_YEAR, KeyQuerySet, SecretKey, digest_of, last_day_of

TECHNICIANS = "technician"
FACILITY_MANAGERS = "facility manager"
AUDITORS = "auditor"
FACILITY_GROUPS = (TECHNICIANS, FACILITY_MANAGERS, AUDITORS)
SECOND_FACTORS = ("totp", "webauthn")  # as allauth names them; recovery codes alone are none


# allauth keeps addresses in a table of its own and goes by that. The facility vouches for who has which address here:
# it is each person's one proven address, whoever writes it, a page, an import or SQL.
PROVEN_ADDRESS = """
    DELETE FROM account_emailaddress WHERE user_id = NEW.id AND email <> lower(NEW.email);
    INSERT INTO account_emailaddress (user_id, email, verified, "primary")
    VALUES (NEW.id, lower(NEW.email), true, true)
    ON CONFLICT (user_id, email) DO UPDATE SET verified = true, "primary" = true;
    RETURN NULL;
"""


def kept(*columns: str, of_an_object: bool = True):
    """Triggers keep every change of these columns, with who and when; organisations/history.py tells it. The columns
    are named one by one, so that a new one that holds a password or a token does not get into the history unseen.

    `of_an_object` is not so for rows that are nothing in themselves, as those that put people into groups."""
    object_changed = pghistory.ObjForeignKey(related_name="+") if of_an_object else None

    def track(model: type[models.Model]) -> type[models.Model]:
        events = pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent()
        name = f"{model.__name__}Event"
        return pghistory.track(*events, fields=list(columns), obj_field=object_changed, model_name=name)(model)

    return track


class UserManager(BaseUserManager["User"]):
    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        return canonical_address(email or "")

    def create_user(self, email: str, password: str | None = None, **fields) -> "User":
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def at(self, addresses: Iterable[str]) -> models.QuerySet["User"]:
        """Who has one of these canonical addresses, in whatever case theirs was written once."""
        return self.annotate(written_small=Lower("email")).filter(written_small__in=addresses)

    def get_by_natural_key(self, email: str | None) -> "User":
        """Sign-in ignores the case of an address, as the unique index does."""
        return self.get(email__iexact=email)


@kept("email", "name", "language", "is_active", "is_staff", "is_superuser")
class User(AbstractBaseUser, PermissionsMixin):
    """A person. Signs in by e-mail; what they may do follows from memberships and facility groups."""

    email = models.EmailField(_("email address"), unique=True)
    name = models.CharField(_("name"), max_length=150)
    language = models.CharField(
        _("language"), max_length=2, choices=[("nl", _("Dutch")), ("en", _("English"))], default="nl"
    )
    is_active = models.BooleanField(_("can sign in"), default=True)
    is_staff = models.BooleanField(_("can open administration"), default=False)
    joined_at = models.DateTimeField(_("since"), auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name"]
        indexes = [found_by("name", name="people_found_by_name"), found_by("email", name="people_found_by_email")]
        constraints = [models.UniqueConstraint(Lower("email"), name="one_person_per_email_address")]
        triggers = [
            pgtrigger.Trigger(
                name="address_is_proven",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("email"),
                func=PROVEN_ADDRESS,
            )
        ]

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """Forms of the set-up pages go by this."""
        return canonical_address(username)

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    @cached_property
    def facility_roles(self) -> frozenset[str]:
        """The facility groups this person is in, read once per instance."""
        return frozenset(self.groups.filter(name__in=FACILITY_GROUPS).values_list("name", flat=True))

    @property
    def is_facility_manager(self) -> bool:
        return self.is_superuser or FACILITY_MANAGERS in self.facility_roles

    @property
    def is_technician(self) -> bool:
        """Technicians and those above them: who may work on the floor."""
        return self.is_facility_manager or TECHNICIANS in self.facility_roles

    @property
    def sees_every_booking(self) -> bool:
        """Facility staff and auditors see who booked and why; companies see only their own."""
        return self.is_superuser or bool(self.facility_roles)

    @property
    def reads_every_report(self) -> bool:
        """Facility managers and auditors; a manager of an organisation reads that of the own one."""
        return self.is_facility_manager or AUDITORS in self.facility_roles

    @property
    def must_have_second_factor(self) -> bool:
        """By a role of theirs at the facility; a superuser counts as a facility manager."""
        asked = settings.SECOND_FACTOR_FOR
        return bool(asked) and (bool(asked & self.facility_roles) or (self.is_superuser and FACILITY_MANAGERS in asked))

    @property
    def has_second_factor(self) -> bool:
        kept_by_allauth = self.authenticator_set  # type: ignore[attr-defined]
        return kept_by_allauth.filter(type__in=SECOND_FACTORS).exists()


@kept("user", "group", of_an_object=False)
class RoleAtTheFacility(User.groups.through):  # type: ignore[name-defined]
    """A person's membership of a facility group: the rows are Django's own, and their history is ours."""

    class Meta:
        proxy = True


class OrganisationClass(models.TextChoices):
    """Reporting class (domain of the province's reports). Companies by the EU definition of an SME, as declared."""

    MBO = "mbo", _("mbo school")
    HBO = "hbo", _("hbo school")
    WO = "wo", _("university")
    RESEARCH = "research", _("research institute")
    MICRO = "micro", _("micro company")
    SMALL = "small", _("small company")
    MEDIUM = "medium", _("medium-sized company")
    LARGE = "large", _("large company")
    GOVERNMENT = "government", _("government")
    INTERNAL = "internal", _("internal")


SCHOOLS = (OrganisationClass.MBO, OrganisationClass.HBO, OrganisationClass.WO)
COMPANIES = (
    OrganisationClass.MICRO,
    OrganisationClass.SMALL,
    OrganisationClass.MEDIUM,
    OrganisationClass.LARGE,
)


class Region(models.TextChoices):
    BRABANT = "brabant", _("Noord-Brabant")
    NETHERLANDS = "netherlands", _("elsewhere in the Netherlands")
    EUROPE = "europe", _("elsewhere in the EU")
    WORLD = "world", _("outside the EU")


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def visible_to(self, user: User) -> "OrganisationQuerySet":
        """Facility staff see every organisation, others those they belong to."""
        return self if user.sees_every_booking else self.filter(memberships__user=user).distinct()


@kept("name", "slug", "organisation_class", "kvk_number", "region", "declared_on", "holidays", "suspended_at")
class Organisation(models.Model):
    name = models.CharField(_("name"), max_length=150, unique=True)
    slug = models.SlugField(_("short name in addresses"), unique=True)
    organisation_class = models.CharField(_("type of organisation"), max_length=20, choices=OrganisationClass.choices)
    kvk_number = models.CharField(_("KvK number"), max_length=8, blank=True)
    region = models.CharField(_("region"), max_length=20, choices=Region.choices, default=Region.BRABANT)
    declared_on = models.DateField(
        _("type stated on"), null=True, blank=True, help_text=_("When the organisation stated its type.")
    )
    holidays = models.ForeignKey(
        "schedule.Calendar",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("holidays"),
        help_text=_("Weeks without classes; a recurring booking can leave them out."),
    )
    suspended_at = models.DateTimeField(
        _("suspended since"), null=True, blank=True, help_text=_("A suspended organisation cannot book.")
    )

    objects = OrganisationQuerySet.as_manager()

    # Set by the booking services, which ask for them in the statement that reads the organisation.
    bookers_role: str | None
    has_quotas: bool

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name"]
        indexes = [found_by("name", name="organisations_found_by_name")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kvk_number="") | models.Q(kvk_number__regex=r"^[0-9]{8}$"),
                name="kvk_number_has_eight_digits",
                violation_error_message=_("A KvK number has eight digits."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    MEMBER = "member", _("member")
    PLANNER = "planner", _("planner")
    MANAGER = "manager", _("organisation manager")


@kept("user", "organisation", "role")
class Membership(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("person"))
    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="memberships", verbose_name=_("organisation")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.MEMBER)
    since = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(fields=["user", "organisation"], name="one_membership_per_person_and_organisation")
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()}, {self.organisation}"


class PasswordRequest(models.Model):
    """Somebody asked for a link to a new password, for an address that may be nobody's. Gone once it was answered."""

    address = models.EmailField()
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.address


class ApiTokenQuerySet(KeyQuerySet):
    def matching(self, secret: str, now: datetime | None = None) -> "ApiTokenQuerySet":
        """The token that `secret` belongs to, neither revoked nor over, its person allowed to sign in; at most one."""
        found = self.working(now or timezone.now()).filter(digest=digest_of(secret), user__is_active=True)
        return found.select_related("user")


@kept("user", "name", "last_day", "revoked_at")
class ApiToken(SecretKey):
    """A person's key for programs."""

    owned_by, kept_on_page = "user", "account"
    ending_subject = _("An API token of yours ends on %(day)s: %(name)s")
    ending_opening = _("Programs that use the token “%(name)s” are let in through %(day)s, and not after that.")

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens", verbose_name=_("person"))
    name = models.CharField(_("what it is for"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    last_used_on = models.DateField(_("last used"), null=True, blank=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return self.name or f"{self.user}"

    @classmethod
    def issue(
        cls, *, user: User, name: str = "", term: timedelta = A_YEAR, now: datetime | None = None, form: str = ""
    ) -> tuple["ApiToken", str]:
        """A token and its secret, which is not kept anywhere else: a new one, but for the same `form` and name.
        `TooManyKeys` where the person has enough."""
        now = now or timezone.now()
        form = form and f"token {form} {name}"
        return cls.made_once(user, form, now=now, begin="bic_", name=name, last_day=last_day_of(term, now))


class SignInTry(models.Model):
    """A password that was wrong, or is being checked just now. Kept while it counts: see `sign_in_limits`."""

    counted_for = models.CharField(max_length=64, editable=False)  # a digest of who and from where
    at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["counted_for", "at"], name="sign_in_tries_counted")]

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S}"
