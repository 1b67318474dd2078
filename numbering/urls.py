"""Addresses outside the admin: the carrier's door."""

from django.urls import path

from numbering.webhooks import order_webhook

app_name = "numbering"
urlpatterns = [path("webhooks/orders/", order_webhook, name="order_webhook")]
