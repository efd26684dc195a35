"""django-scheduler's models, listened to: whoever saves or deletes one, the spans follow at once.

In the same transaction where there is one, as in the admin and the functions of `hours`; a bare
`event.save()` outside any is followed by one of its own. A signal brings no clock, so it is read here; inside
`rebuilding_once` that of whoever changes them holds.
"""

from django.db.models import Model, ProtectedError, QuerySet
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from django.utils import timezone
from django.utils.translation import gettext as _
from schedule.models import Event, Occurrence, Rule

from equipment.availability.spans import calendars_changed


def _remember_calendar(sender, instance: Event, raw=False, **kwargs) -> None:
    """An event may be moved to another calendar, and then both change."""
    stored = None if raw else Event.objects.filter(pk=instance.pk).values_list("calendar_id", flat=True).first()
    instance._calendars_to_rebuild = {stored} - {None}


def _event_saved(sender, instance: Event, raw=False, **kwargs) -> None:
    if not raw:
        calendars_changed({instance.calendar_id} | instance._calendars_to_rebuild, now=timezone.now())


def _occurrence_saved(sender, instance: Occurrence, raw=False, **kwargs) -> None:
    if not raw:
        calendars_changed(_calendars_of(Event.objects.filter(pk=instance.event_id)), now=timezone.now())


def _rule_saved(sender, instance: Rule, raw=False, **kwargs) -> None:
    if not raw:
        calendars_changed(_calendars_of(instance.event_set.all()), now=timezone.now())


def _event_deleted(sender, instance: Event, origin=None, **kwargs) -> None:
    if _began_with(sender, origin):
        calendars_changed({instance.calendar_id}, now=timezone.now())


def _occurrence_deleted(sender, instance: Occurrence, origin=None, **kwargs) -> None:
    if _began_with(sender, origin):
        calendars_changed(_calendars_of(Event.objects.filter(pk=instance.event_id)), now=timezone.now())


def _keep_rules_in_use(sender, instance: Rule, **kwargs) -> None:
    """The library would leave the events behind as single dates: weekly hours would end without a word."""
    events = set(instance.event_set.all())
    if events:
        raise ProtectedError(
            _("The recurrence “%(rule)s” is used by %(count)s events; change or delete those first.")
            % {"rule": instance.name, "count": len(events)},
            events,
        )


def _calendars_of(events: QuerySet[Event]) -> set[int]:
    return set(events.values_list("calendar_id", flat=True))


def _began_with(sender: type[Model], origin: Model | QuerySet | None) -> bool:
    """Whether a deletion began with this model.

    What falls with its calendar needs no rebuilding, and what falls with its event is rebuilt once, for the
    event.
    """
    begun = origin.model if isinstance(origin, QuerySet) else type(origin)
    return origin is None or issubclass(begun, sender)


def listen() -> None:
    """Called once, when the app is ready. Loaded fixtures are expanded by the next `roll_forward`."""
    pre_save.connect(_remember_calendar, Event, dispatch_uid="equipment.event_before")
    post_save.connect(_event_saved, Event, dispatch_uid="equipment.event_saved")
    post_save.connect(_occurrence_saved, Occurrence, dispatch_uid="equipment.occurrence_saved")
    post_save.connect(_rule_saved, Rule, dispatch_uid="equipment.rule_saved")
    pre_delete.connect(_keep_rules_in_use, Rule, dispatch_uid="equipment.rule_in_use")
    post_delete.connect(_event_deleted, Event, dispatch_uid="equipment.event_deleted")
    post_delete.connect(_occurrence_deleted, Occurrence, dispatch_uid="equipment.occurrence_deleted")
