"""Background work: what is waiting, failing or parked."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.admin_base import ReadOnlyAdmin, action
from numbering.admin.badges import badge
from numbering.admin.filters import choice_filter
from numbering.domain.jobs import retry_parked
from numbering.enums import JobState
from numbering.models import Job
from numbering.wording import counted


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """The job rows; parked ones can be put back to work."""

    empty_hint = "Background work appears here as soon as something is to be done."
    list_display = (
        "kind",
        "subject_id",
        "state_badge",
        "due_at",
        "attempts",
        "trouble",
        "created_at",
        "finished_at",
    )
    list_filter = (choice_filter(JobState, "state", "State"),)
    search_fields = ("kind", "trouble")
    actions = ("retry",)
    ordering = ("-pk",)

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whether the person may put jobs back to work."""
        return request.user.has_perm("numbers.retry_job")

    @admin.display(description="State", ordering="state")
    def state_badge(self, job: Job) -> SafeString:
        """The state as a badge; a failing job says so before it is parked."""
        if job.state == JobState.WAITING and job.attempts:
            return badge("refused", "Failing, waits")
        return badge(job.state, job.get_state_display())

    @action(description="Put parked jobs back to work", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        """Ask anew for the parked ones among the chosen jobs."""
        count = retry_parked(queryset.values_list("pk", flat=True))
        messages.success(request, f"{counted(count, 'parked job')} put back to work.")
