"""One try to log an account in. It survives a restart of everybody who takes part."""

from __future__ import annotations

from django.db import models


class LoginStep(models.TextChoices):
    """Who has to act next is in the name: *_GIVEN and REQUESTED wait for the worker, the others for the person."""

    REQUESTED = "requested"
    CODE_SENT = "code_sent"
    CODE_GIVEN = "code_given"
    PASSWORD_NEEDED = "password_needed"  # noqa: S105 - the name of a step
    PASSWORD_GIVEN = "password_given"  # noqa: S105 - the name of a step
    DONE = "done"
    FAILED = "failed"


OPEN_STEPS = (
    LoginStep.REQUESTED,
    LoginStep.CODE_SENT,
    LoginStep.CODE_GIVEN,
    LoginStep.PASSWORD_NEEDED,
    LoginStep.PASSWORD_GIVEN,
)


class LoginAttempt(models.Model):
    """The sealed state of a login. `account` is session.<id>, or sender.<id> for the one import of a bot's token."""

    account = models.CharField(max_length=32)
    step = models.CharField(max_length=16, choices=LoginStep.choices, default=LoginStep.REQUESTED)
    sealed_state = models.BinaryField(null=True, blank=True, help_text="phone_code_hash, sealed")
    sealed_answer = models.BinaryField(null=True, blank=True, help_text="code or password on its way, sealed")
    delivery = models.CharField(max_length=32, blank=True, default="", help_text="where the code went")
    code_length = models.PositiveSmallIntegerField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, default="", help_text="last refusal, for people")
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "account",
                condition=~models.Q(step__in=["done", "failed"]),
                name="login_one_open_attempt_per_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.step}"
