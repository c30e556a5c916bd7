"""One try to log an account in. It survives a restart of everybody who takes part."""

from __future__ import annotations

from django.db import models


class LoginKind(models.TextChoices):
    """How an account is logged in; or out, which takes the same way through its worker."""

    CODE = "code", "code"
    QR = "qr", "QR code"
    IMPORT = "import"
    LOG_OUT = "log_out"


class LoginStep(models.TextChoices):
    """Who has to act next is in the name: *_GIVEN, *_ASKED and REQUESTED wait for the worker, the others for the
    person; QR_SHOWN for both, since the worker renews what is shown."""

    REQUESTED = "requested"
    CODE_SENT = "code_sent"
    CODE_GIVEN = "code_given"
    RESEND_ASKED = "resend_asked"
    QR_SHOWN = "qr_shown"
    PASSWORD_NEEDED = "password_needed"  # noqa: S105 - the name of a step
    PASSWORD_GIVEN = "password_given"  # noqa: S105 - the name of a step
    DONE = "done"
    FAILED = "failed"


OPEN_STEPS = (
    LoginStep.REQUESTED,
    LoginStep.CODE_SENT,
    LoginStep.CODE_GIVEN,
    LoginStep.RESEND_ASKED,
    LoginStep.QR_SHOWN,
    LoginStep.PASSWORD_NEEDED,
    LoginStep.PASSWORD_GIVEN,
)


class LoginAttempt(models.Model):
    """The sealed state of a login. `account` is session.<id>, or sender.<id> for the one import of a bot's token."""

    account = models.CharField(max_length=32)
    kind = models.CharField(max_length=8, choices=LoginKind.choices, default="code", db_default="code")
    step = models.CharField(max_length=16, choices=LoginStep.choices, default=LoginStep.REQUESTED)
    sealed_state = models.BinaryField(null=True, blank=True, help_text="phone_code_hash, sealed")
    sealed_answer = models.BinaryField(
        null=True, blank=True, help_text="code (or its first digits), password or imported key, sealed"
    )
    sealed_link = models.BinaryField(null=True, blank=True, help_text="what the QR code says, sealed")
    link_until = models.DateTimeField(null=True, blank=True)
    delivery = models.CharField(max_length=32, blank=True, default="", help_text="where the code went")
    next_delivery = models.CharField(
        max_length=32, blank=True, default="", db_default="", help_text="where another code would go"
    )
    resend_at = models.DateTimeField(null=True, blank=True, help_text="when another code may be asked for")
    code_length = models.PositiveSmallIntegerField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, default="", help_text="last refusal, for people")
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text="when control told how it ended")

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                name="login_untold",
                condition=models.Q(step__in=["done", "failed"], told_at=None),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                "account",
                condition=~models.Q(step__in=["done", "failed"]),
                name="login_one_open_attempt_per_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.step}"
