"""The set-up pages about people: who they are, what they belong to, and the tokens of their programs."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldBooleanWidget

from core.search import mentioning
from organisations.history import Entry, history_of_organisation, history_of_person, value_in_words
from organisations.keys import end_keys
from organisations.models import (
    AUDITORS,
    FACILITY_GROUPS,
    FACILITY_MANAGERS,
    TECHNICIANS,
    ApiToken,
    Membership,
    Organisation,
    User,
)
from organisations.telling import News, tell

FACILITY_ROLES_IN_WORDS = {
    TECHNICIANS: _("Technician: helps at the machines, checks in for others, reports faults"),
    FACILITY_MANAGERS: _("Facility manager: calendars, booking rules, approvals, administration"),
    AUDITORS: _("Auditor: reads reports and the rows behind them"),
}

admin.site.unregister(Group)  # the three there are belong to people, and are ticked there
admin.site.unregister(EmailAddress)  # follows the address of the person


class SelectOfNumbers(AutocompleteSelect):
    """Drawn again with what was sent: Django looks that up without asking whether it is a number at all."""

    def optgroups(self, name, value, attr=None):
        return super().optgroups(name, [one for one in value if str(one).isdecimal()], attr)


class FacilityManagersOnly:
    """Django's own permissions are not used: being a facility manager is what counts."""

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SelectOfNumbers(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_module_permission(self, request) -> bool:
        return request.user.is_active and request.user.is_facility_manager

    def has_view_permission(self, request, obj=None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request, obj=None) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request, obj=None) -> bool:
        return self.has_module_permission(request)

    def has_delete_permission(self, request, obj=None) -> bool:
        return self.has_module_permission(request)


class ShowsHistory:
    """What happened to it stands on the page itself, under `history`; the button leads there too."""

    def history_of(self, obj) -> list[Entry]:
        raise NotImplementedError

    def history_view(self, request, object_id, extra_context=None):
        return redirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id]))

    @admin.display(description=_("history"))
    def history(self, obj) -> str:
        """A line for each: when, who, about what, and what changed."""
        lines = (
            (value_in_words(e.at), e.who or _("the system"), e.about, "; ".join(e.changes))
            for e in self.history_of(obj)
        )
        return format_html_join("", "<div><strong>{}</strong>, {}: {}. {}</div>", lines) or "–"


class SearchedByWords:
    """Before `ModelAdmin`: `search_fields` are columns, and what is typed is found as on all other pages; also in the
    fields that complete what one types."""

    def get_search_results(self, request, queryset, search_term):
        return mentioning(queryset, search_term, self.get_search_fields(request)), False


class FacilityRolesField(forms.ModelMultipleChoiceField):
    widget = UnfoldAdminCheckboxSelectMultipleWidget

    def label_from_instance(self, group: Group) -> str:
        return str(FACILITY_ROLES_IN_WORDS[group.name])


class NewPasswordForm(AdminPasswordChangeForm):
    """What a facility manager gives somebody: they are told, and are signed out wherever they were signed in."""

    end_keys = forms.BooleanField(
        label=_("Also end this person’s API tokens and calendar links"),
        required=False,
        widget=UnfoldBooleanWidget,
        help_text=_("For when somebody else may have had them. Programs and calendars stop until they get new ones."),
    )

    def save(self, commit: bool = True):
        now = timezone.now()
        with transaction.atomic():
            person = super().save(commit)
            if person.has_usable_password():
                tell(person, News.PASSWORD_CHANGED, now=now, by_facility=True)
            else:
                tell(person, News.SIGN_IN_CHANGED, now=now, change="password_removed")
            if self.cleaned_data["end_keys"]:
                end_keys(person, now=now)
        return person


class MembershipsInline(FacilityManagersOnly, TabularInline):
    model = Membership
    fields = ["user", "organisation", "role"]
    extra = 0

    def get_fields(self, request, obj=None):
        """Both ways round: of an organisation its people, of a person their organisations."""
        parent = "user" if isinstance(obj, User) else "organisation"
        return [field for field in self.fields if field != parent]

    def get_autocomplete_fields(self, request):
        return ["organisation" if self.parent_model is User else "user"]


@admin.register(User)
class PersonAdmin(ShowsHistory, FacilityManagersOnly, SearchedByWords, UserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = NewPasswordForm
    change_user_password_template = "admin/organisations/new_password.html"
    list_display = ["name", "email", "belongs_to", "is_active", "is_staff"]
    list_filter = ["is_active", "is_staff", "groups", "memberships__role"]
    search_fields = ["name", "email"]
    ordering = ["name"]
    readonly_fields = ["joined_at", "last_login", "history"]
    filter_horizontal = []
    inlines = [MembershipsInline]
    actions = ["take_away_second_factor"]
    fieldsets = [
        (None, {"fields": ["name", "email", "language", "password"]}),
        (_("At the facility"), {"fields": ["groups", "is_staff"]}),
        (_("Sign-in"), {"fields": ["is_active", "joined_at", "last_login"]}),
        (_("History"), {"fields": ["history"]}),
    ]
    add_fieldsets = [
        (None, {"fields": ["name", "email", "language", "usable_password", "password1", "password2"]}),
    ]

    def get_fieldsets(self, request, obj=None):
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not request.user.is_superuser:
            return fieldsets
        return [*fieldsets, (_("Everything"), {"fields": ["is_superuser"]})]

    def get_inlines(self, request, obj):
        return self.inlines if obj else []

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("memberships__organisation")

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name != "groups":
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        groups = Group.objects.filter(name__in=FACILITY_GROUPS).order_by("pk")
        return FacilityRolesField(groups, required=False, label=_("roles"))

    def save_model(self, request, person, form, change) -> None:
        """An address is changed here without a proof, since the facility knows its people; the old one is told."""
        super().save_model(request, person, form, change)
        before = form.initial.get("email", "")
        if change and person.email != before.lower():
            tell(person, News.ADDRESS_CHANGED, now=timezone.now(), mailed_to=before, new=person.email)

    def has_change_permission(self, request, obj=None) -> bool:
        """A facility manager does not get above themselves by taking over a superuser's account."""
        reaches_up = obj is not None and obj.is_superuser and not request.user.is_superuser
        return super().has_change_permission(request, obj) and not reaches_up

    def has_delete_permission(self, request, obj=None) -> bool:
        """Nobody is deleted, since the history names them; `may sign in` is taken away instead."""
        return False

    @admin.action(description=_("Take away two-step sign-in: telephone and codes are lost"), permissions=["change"])
    def take_away_second_factor(self, request, people):
        if not request.user.is_superuser:
            people = people.filter(is_superuser=False)
        people = people.filter(authenticator__isnull=False).distinct()
        names = ", ".join(map(str, people)) or _("nobody")
        with transaction.atomic():
            for person in list(people):
                Authenticator.objects.filter(user=person).delete()
                tell(person, News.SIGN_IN_CHANGED, now=timezone.now(), change="totp_deactivated")
                self.log_change(request, person, "Two-step sign-in taken away.")
        self.message_user(request, _("Two-step sign-in taken away of: %(names)s.") % {"names": names}, messages.SUCCESS)

    def history_of(self, person: User) -> list[Entry]:
        return history_of_person(person)

    @admin.display(description=_("organisations"))
    def belongs_to(self, person: User) -> str:
        return ", ".join(membership.organisation.name for membership in person.memberships.all())


@admin.register(Organisation)
class OrganisationAdmin(ShowsHistory, FacilityManagersOnly, SearchedByWords, ModelAdmin):
    list_display = ["name", "organisation_class", "region", "declared_on", "suspended_at"]
    list_filter = ["organisation_class", "region", ("suspended_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "slug", "kvk_number"]
    prepopulated_fields = {"slug": ["name"]}
    readonly_fields = ["history"]
    inlines = [MembershipsInline]

    def get_fields(self, request, obj=None):
        fields = super().get_fields(request, obj)
        return fields if obj else [field for field in fields if field != "history"]

    def history_of(self, organisation: Organisation) -> list[Entry]:
        return history_of_organisation(organisation)


class SecretKeyAdmin(FacilityManagersOnly, SearchedByWords, ModelAdmin):
    """Read and revoke. Who has one makes it on a page of their own, which shows it once."""

    list_filter = [("revoked_at", admin.EmptyFieldListFilter), "last_day"]
    actions = ["revoke"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        """Of the list, for the action; one token's page is for reading."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    @admin.action(description=_("Revoke what is chosen"), permissions=["change"])
    def revoke(self, request, keys):
        count = keys.end(timezone.now())
        told = ngettext("%(count)s revoked.", "%(count)s revoked.", count) % {"count": count}
        self.message_user(request, told, messages.SUCCESS)


@admin.register(ApiToken)
class ApiTokenAdmin(SecretKeyAdmin):
    list_display = ["user", "name", "created_at", "last_used_on", "last_day", "revoked_at"]
    search_fields = ["user__name", "user__email", "name"]
    list_select_related = ["user"]
