"""What can be booked: fieldlabs, equipment types, machines, and when people may work there."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.search import mentioning
from equipment.materials import materials_called
from equipment.photos import PhotoField
from equipment.policy import Policy, PolicyFields, PolicyOverrides


class Bilingual(models.Model):
    """A name in Dutch and, where it differs, in English."""

    name = models.CharField(_("name"), max_length=100)
    name_en = models.CharField(_("name in English"), max_length=100, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name_en if self.name_en and get_language() == "en" else self.name


class Fieldlab(Bilingual):
    slug = models.SlugField(_("short name in addresses"), unique=True)
    place = models.CharField(_("where"), max_length=100, blank=True)
    position = models.PositiveSmallIntegerField(_("order on screens"), default=0)

    class Meta:
        verbose_name = _("fieldlab")
        verbose_name_plural = _("fieldlabs")
        ordering = ["position", "name"]


class Process(models.TextChoices):
    """What is done with it. One per type: a machine that does two things is two types."""

    FDM = "fdm", _("print in plastic filament (FDM)")
    SLA = "sla", _("print in resin (SLA)")
    SLS = "sls", _("print in plastic powder (SLS)")
    JETTING = "jetting", _("print in several materials (jetting)")
    LPBF = "lpbf", _("print in metal (LPBF)")
    CUTTING = "cutting", _("cut and remove parts")
    HEAT_TREATMENT = "heat-treatment", _("heat-treat")
    ROBOT = "robot", _("use an industrial robot")
    COBOT = "cobot", _("use a collaborative robot")
    MOBILE_ROBOT = "mobile-robot", _("use a mobile robot")
    MILLING = "milling", _("mill")
    TURNING = "turning", _("turn")
    MEASURING = "measuring", _("measure")
    SCANNING = "scanning", _("scan in 3D")
    LASER_CUTTING = "laser-cutting", _("cut with a laser")
    ELECTRONICS = "electronics", _("solder and work on electronics")
    CLEANROOM = "cleanroom", _("work in the cleanroom")
    MIXED_REALITY = "mixed-reality", _("use mixed reality")
    ROOM = "room", _("use a room")


class EquipmentTypeQuerySet(models.QuerySet["EquipmentType"]):
    def able_to(self, *, process="", width_mm=0, depth_mm=0, height_mm=0, material="", payload_kg=0):
        """Types that take a part of this size (mm, as the part stands), material and payload; 0 and "" ask nothing."""
        types = self
        if process:
            types = types.filter(process=process)
        for name, size in (("width_mm", width_mm), ("depth_mm", depth_mm), ("height_mm", height_mm)):
            if size:
                types = types.filter(**{f"{name}__gte": size})
        if material:
            types = types.filter(materials__contains=[material])
        if payload_kg:
            types = types.filter(payload_kg__gte=payload_kg)
        return types

    def at_least_as_able_as(self, one: "EquipmentType") -> "EquipmentTypeQuerySet":
        """Types that do what this one does: the same process, as large or larger, every material; itself among them."""
        sizes = ("width_mm", "depth_mm", "height_mm", "reach_mm", "payload_kg", "seats")
        as_large = {f"{name}__gte": getattr(one, name) for name in sizes if getattr(one, name)}
        return self.filter(process=one.process, materials__contains=one.materials, **as_large)


class EquipmentType(PolicyFields, Bilingual):
    """Interchangeable machines: same abilities, same policy."""

    slug = models.SlugField(_("short name in addresses"), unique=True)
    description = models.TextField(_("description"), blank=True)
    description_en = models.TextField(_("description in English"), blank=True)
    process = models.CharField(_("process"), max_length=20, choices=Process.choices)
    width_mm = models.PositiveIntegerField(_("envelope, width (mm)"), null=True, blank=True)
    depth_mm = models.PositiveIntegerField(_("envelope, depth (mm)"), null=True, blank=True)
    height_mm = models.PositiveIntegerField(_("envelope, height (mm)"), null=True, blank=True)
    reach_mm = models.PositiveIntegerField(_("reach (mm)"), null=True, blank=True)
    payload_kg = models.DecimalField(_("payload (kg)"), max_digits=7, decimal_places=2, null=True, blank=True)
    seats = models.PositiveSmallIntegerField(_("seats"), null=True, blank=True)
    materials = ArrayField(models.CharField(max_length=40), verbose_name=_("materials"), default=list, blank=True)
    photo = PhotoField(_("photo"), upload_to="types/", blank=True)
    finished_on = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="finishes",
        verbose_name=_("finished on"),
        help_text=_("The type on which its results are finished; asked for together with it."),
    )
    finishing_time = models.DurationField(
        _("finishing takes"), null=True, blank=True, help_text=_("How long the finishing station is needed.")
    )

    objects = EquipmentTypeQuerySet.as_manager()

    class Meta:
        verbose_name = _("machine type")
        verbose_name_plural = _("machine types")
        ordering = ["name"]

    @property
    def photo_address(self) -> str:
        return reverse("type_photo", args=[self.slug])


class EquipmentState(models.TextChoices):
    IN_SERVICE = "in_service", _("in service")
    RETIRED = "retired", _("retired")


SEARCHED = (
    "code",
    "name",
    "place",
    "type__slug",
    "type__name",
    "type__name_en",
    "type__process",
    "type__materials",
    "fieldlab__slug",
    "fieldlab__name",
    "fieldlab__name_en",
)


class EquipmentQuerySet(models.QuerySet["Equipment"]):
    def in_service(self) -> "EquipmentQuerySet":
        return self.filter(state=EquipmentState.IN_SERVICE)

    def with_type(self) -> "EquipmentQuerySet":
        """With what the policy and the screens need, in the same statement."""
        return self.select_related("type", "fieldlab")

    def mentioning(self, text: str) -> "EquipmentQuerySet":
        """Machines of which every word of `text` stands in their code, name, place, type, process, materials or
        fieldlab, materials also by their name in the reader's language; all of them for an empty text."""
        found = self
        for word in text.split():
            spelled = mentioning(Equipment.objects.all(), word, SEARCHED).values("pk")
            found = found.filter(Q(pk__in=spelled) | Q(type__materials__overlap=materials_called(word)))
        return found

    def locked(self) -> "EquipmentQuerySet":
        """Locked in id order until the transaction ends; every writer of reservations or calendars takes these."""
        return self.select_for_update(no_key=True, of=("self",)).order_by("pk")

    def using_calendars(self, calendar_ids) -> "EquipmentQuerySet":
        """Machines whose opening hours, closures or outages are kept in one of these calendars."""
        return self.filter(
            Q(opening_hours__in=calendar_ids) | Q(closures__in=calendar_ids) | Q(outages__in=calendar_ids)
        ).distinct()


class Equipment(PolicyOverrides):
    """One physical machine or place."""

    code = models.CharField(
        _("code"),
        max_length=20,
        unique=True,
        validators=[RegexValidator(r"^[A-Z0-9]+(-[A-Z0-9]+)*$", _("Capitals, digits and hyphens, as in FDM-01."))],
    )
    name = models.CharField(_("name"), max_length=100)
    type = models.ForeignKey(EquipmentType, models.PROTECT, related_name="equipment", verbose_name=_("type"))
    fieldlab = models.ForeignKey(Fieldlab, models.PROTECT, related_name="equipment", verbose_name=_("fieldlab"))
    place = models.CharField(_("where"), max_length=100, blank=True)
    contact = models.EmailField(_("whom to ask"), blank=True)
    state = models.CharField(
        _("state"), max_length=20, choices=EquipmentState.choices, default=EquipmentState.IN_SERVICE
    )
    photo = PhotoField(_("photo"), upload_to="equipment/", blank=True)
    opening_hours = models.ForeignKey(
        "schedule.Calendar",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="opens",
        verbose_name=_("opening hours"),
        help_text=_("Empty: always open."),
    )
    closures: models.ManyToManyField = models.ManyToManyField(
        "schedule.Calendar", blank=True, related_name="closes", verbose_name=_("closures")
    )
    outages = models.OneToOneField(
        "schedule.Calendar",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="equipment_out",
        verbose_name=_("outages"),
    )

    objects = EquipmentQuerySet.as_manager()

    # Set by `bookings.services.evaluating.for_judging`, which asks for it in the statement that reads the machine.
    needs_certificate: bool

    class Meta:
        verbose_name = _("machine")
        verbose_name_plural = _("machines")
        ordering = ["fieldlab__position", "code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def photo_address(self) -> str:
        return reverse("machine_photo", args=[self.code])

    @property
    def policy(self) -> Policy:
        return self.policy_on(self.type.type_policy)

    def clean(self) -> None:
        super().clean()
        if self.type_id:
            self.check_policy_on(self.type.type_policy)


class CalendarSpan(models.Model):
    """One stretch of a calendar's expanded time, `[start, end)`.

    Rebuilt by `equipment.availability` in the transaction that changes the calendar; never edited by hand. The
    spans of one calendar neither overlap nor touch a second row for the same moment.
    """

    # No index of its own: the one of the constraint serves, and beside it a plain one misleads the planner.
    calendar = models.ForeignKey("schedule.Calendar", models.CASCADE, related_name="spans", db_index=False)
    period = DateTimeRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="calendar_spans_stay_apart",
                expressions=[("calendar", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(condition=Q(period__isempty=False), name="calendar_span_lasts"),
        ]

    def __str__(self) -> str:
        return f"{self.period.lower} – {self.period.upper}"
