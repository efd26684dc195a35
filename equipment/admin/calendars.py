"""Opening hours, closures and outages, edited as days and hours. Replaces the pages that django-scheduler brings."""

from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from schedule.models import CalendarRelation, EventRelation
from unfold.admin import ModelAdmin

from core.clock import wall
from core.periods import Period
from equipment.admin.confirming import SaysWhatItHits
from equipment.admin.forms import EventForm, OccurrenceForm
from equipment.admin.weeks import drawn_weeks, window_of
from equipment.admin.wording import coming_weeks, event_in_words, span_in_words
from equipment.availability import Calendar, Event, Occurrence, Rule
from equipment.availability.hours import free_slug
from equipment.availability.spans import PATTERNS
from equipment.models import CalendarSpan
from organisations.admin import FacilityManagersOnly, SearchedByWords


def unregister_library_pages(site: AdminSite) -> None:
    for model in (Calendar, CalendarRelation, Event, EventRelation, Occurrence, Rule):
        site.unregister(model)


unregister_library_pages(admin.site)


def lines(texts) -> str:
    return format_html_join("", "<div>{}</div>", ((text,) for text in texts)) or "–"


@admin.register(Calendar)
class CalendarAdmin(SaysWhatItHits, FacilityManagersOnly, SearchedByWords, ModelAdmin):
    """What is kept where, for which machines, and what it comes to. Outages are with their machines."""

    list_display = ["name", "machines"]
    search_fields = ["name"]
    ordering = ["name"]
    fields = ["name", "machines", "hours", "weeks"]
    readonly_fields = ["machines", "hours", "weeks"]

    def get_queryset(self, request):
        calendars = super().get_queryset(request).filter(equipment_out=None).exclude(slug=PATTERNS)
        return calendars.prefetch_related("opens", "closes")

    def get_fields(self, request, obj=None):
        return self.fields if obj else ["name"]

    def save_model(self, request, obj, form, change):
        if not change:
            obj.slug = free_slug(obj.name)
        super().save_model(request, obj, form, change)

    def get_deleted_objects(self, objs, request):
        """What people made; the rows that follow from it would fill the page."""
        _listed, _counts, lacking, protected = super().get_deleted_objects(objs, request)
        events = Event.objects.filter(calendar__in=objs).select_related("rule")
        listed = [*map(str, objs), *map(event_in_words, events)]
        counts = {Calendar._meta.verbose_name_plural: len(objs), Event._meta.verbose_name_plural: len(events)}
        return listed, counts, lacking, protected

    @admin.display(description=_("used by"))
    def machines(self, calendar: Calendar) -> str:
        opens = {equipment.code for equipment in calendar.opens.all()}
        closes = {equipment.code for equipment in calendar.closes.all()}
        return ", ".join(sorted(opens | closes)) or "–"

    @admin.display(description=_("hours"))
    def hours(self, calendar: Calendar) -> str:
        add = reverse("admin:schedule_event_add") + f"?calendar={calendar.pk}"
        listed = format_html_join(
            "",
            '<div><a class="plain-link" href="{}">{}: {}</a></div>',
            (
                (reverse("admin:schedule_event_change", args=[event.pk]), event.title, event_in_words(event))
                for event in calendar.event_set.select_related("rule").order_by("start")
            ),
        )
        return format_html(
            '{}<div><a class="plain-link" href="{}">{}</a></div>',
            listed,
            add,
            _("Add hours"),
        )

    @admin.display(description=_("the coming four weeks"))
    def weeks(self, calendar: Calendar) -> str:
        """Drawn, and the same as a list."""
        now = timezone.now()
        monday, start, end = window_of(now)
        spans = CalendarSpan.objects.filter(calendar=calendar, period__overlap=(start, end)).order_by("period")
        periods = [Period(span.period.lower, span.period.upper) for span in spans]
        return format_html(
            "{}<details><summary>{}</summary>{}</details>",
            drawn_weeks(monday, open=periods),
            _("As a list"),
            lines(coming_weeks(calendar, now=now)),
        )


class KeptInFilter(admin.SimpleListFilter):
    title = _("kept in")
    parameter_name = "kept"

    def lookups(self, request, model_admin):
        return [("calendars", _("calendars")), ("outages", _("outages of machines"))]

    def queryset(self, request, events):
        if self.value() is None:
            return events
        return events.filter(calendar__equipment_out__isnull=self.value() == "calendars")


@admin.register(Event)
class EventAdmin(SaysWhatItHits, FacilityManagersOnly, SearchedByWords, ModelAdmin):
    form = EventForm
    list_display = ["title", "kept_in", "when"]
    list_filter = [KeptInFilter, ("calendar", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["title", "description", "calendar__name", "calendar__equipment_out__code"]
    ordering = ["calendar__name", "start"]
    list_select_related = ["calendar__equipment_out", "rule"]
    readonly_fields = ["exceptions"]
    fieldsets = [
        (None, {"fields": ["title", "calendar", "equipment", "description"]}),
        (_("When"), {"fields": ["repeats", "weekdays", "first", "last", "opens", "closes"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).exclude(calendar__slug=PATTERNS)

    def get_fieldsets(self, request, obj=None):
        if obj is None or obj.rule_id is None:
            return self.fieldsets
        return [*self.fieldsets, (_("Days that differ"), {"fields": ["exceptions"]})]

    def save_model(self, request, obj, form, change):
        if not change:
            obj.creator = request.user
        super().save_model(request, obj, form, change)

    @admin.display(description=_("kept in"), ordering="calendar__name")
    def kept_in(self, event: Event) -> str:
        return str(getattr(event.calendar, "equipment_out", event.calendar))

    @admin.display(description=_("when"), ordering="start")
    def when(self, event: Event) -> str:
        return event_in_words(event)

    @admin.display(description=_("days that differ"))
    def exceptions(self, event: Event) -> str:
        add = reverse("admin:schedule_occurrence_add") + f"?event={event.pk}"
        listed = format_html_join(
            "",
            '<div><a class="plain-link" href="{}">{}</a></div>',
            (
                (reverse("admin:schedule_occurrence_change", args=[kept.pk]), exception_in_words(kept))
                for kept in event.occurrence_set.order_by("original_start")
            ),
        )
        return format_html(
            '{}<div><a class="plain-link" href="{}">{}</a></div>',
            listed,
            add,
            _("Add a day that differs"),
        )


def exception_in_words(kept: Occurrence) -> str:
    if kept.cancelled:
        return _("%(day)s: not that day") % {"day": f"{wall(kept.original_start):%d-%m-%Y}"}
    said = {"day": f"{wall(kept.original_start):%d-%m-%Y}", "hours": span_in_words(kept.start, kept.end)}
    return _("%(day)s: moved to %(hours)s") % said


@admin.register(Occurrence)
class OccurrenceAdmin(SaysWhatItHits, FacilityManagersOnly, SearchedByWords, ModelAdmin):
    """One day on which weekly hours are not as usual; deleting it makes the day usual again."""

    form = OccurrenceForm
    list_display = ["in_words", "event_calendar"]
    list_filter = ["cancelled", ("event__calendar", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["event__title", "event__calendar__name"]
    ordering = ["-original_start"]
    list_select_related = ["event__calendar"]
    fields = ["event", "day", "becomes", "moved_to", "opens", "closes"]

    @admin.display(description=_("day that differs"), ordering="original_start")
    def in_words(self, kept: Occurrence) -> str:
        return exception_in_words(kept)

    @admin.display(description=_("calendar"), ordering="event__calendar__name")
    def event_calendar(self, kept: Occurrence) -> str:
        return str(kept.event.calendar)
