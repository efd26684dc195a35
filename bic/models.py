"""What the site knows of its own running. No domain."""

from django.db import models
from django.db.models import F


class TaskTimes(models.Model):
    """How often a Celery task ran, over all workers, and how long that took. In the database and not in the workers,
    so that it is there whichever process is asked, and when all of them were started anew."""

    name = models.CharField(primary_key=True, max_length=200)
    runs = models.PositiveBigIntegerField(default=0)
    failures = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0, help_text="Of all runs together.")
    last_ended_at = models.DateTimeField()
    last_seconds = models.FloatField()

    class Meta:
        verbose_name_plural = "task times"

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def add(name: str, *, seconds: float, failed: bool, ended_at) -> None:
        """One run more. Two statements at most."""
        TaskTimes.objects.bulk_create(
            [TaskTimes(name=name, last_ended_at=ended_at, last_seconds=0)], ignore_conflicts=True
        )
        TaskTimes.objects.filter(name=name).update(
            runs=F("runs") + 1,
            failures=F("failures") + int(failed),
            seconds=F("seconds") + seconds,
            last_ended_at=ended_at,
            last_seconds=seconds,
        )
