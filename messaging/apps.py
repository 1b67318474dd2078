"""The app for text messages: what is received and sent, and who wants no more of them."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """Messaging; its background work is done by numbering's worker."""

    name = "messaging"
    verbose_name = "Text messages"

    def ready(self) -> None:
        """Teach the worker our kinds of jobs, and say what leaving numbers would end."""
        # Not at the top: models can only be loaded once every app is known.
        from messaging.domain import conversations, inbox, sending  # noqa: PLC0415
        from numbering.domain.blast_radius import also_tell  # noqa: PLC0415
        from numbering.domain.jobs import JobKind  # noqa: PLC0415
        from numbering.worker import also_do  # noqa: PLC0415

        also_do(
            JobKind("apply_messages", inbox.run_apply, most_attempts=5),
            # Many tries: as long as nothing was sent, waiting for the carrier does no harm.
            JobKind(
                "send_message", sending.run_send, most_attempts=40, on_park=sending.give_up_send
            ),
            plan=inbox.plan,
        )
        also_tell(conversations.lost_with)
