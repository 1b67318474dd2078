"""The address that the carrier knocks on with message callbacks."""

from django.urls import path

from messaging.webhooks import message_webhook

app_name = "messaging"
urlpatterns = [path("webhooks/messages/", message_webhook, name="message_webhook")]
