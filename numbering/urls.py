"""Addresses outside the admin: the carrier's door, and the customer's pages."""

from django.urls import path

from numbering.views import hosting_request, loa_upload, my, signing
from numbering.views.link import link
from numbering.views.request_correct import correct
from numbering.views.status import status
from numbering.views.verify import verify
from numbering.views.withdrawal import withdraw
from numbering.webhooks import order_webhook

app_name = "numbering"
urlpatterns = [
    path("webhooks/orders/", order_webhook, name="order_webhook"),
    path("link/<str:key>/", link, name="link"),
    path("invitation/<int:invitation_id>/request/", hosting_request.numbers, name="request"),
    path(
        "invitation/<int:invitation_id>/request/business/",
        hosting_request.details,
        name="request_details",
    ),
    path(
        "invitation/<int:invitation_id>/request/check/",
        hosting_request.check,
        name="request_check",
    ),
    path(
        "invitation/<int:invitation_id>/request/withdraw/",
        hosting_request.withdraw,
        name="request_withdraw",
    ),
    path("invitation/<int:invitation_id>/correct/", correct, name="request_correct"),
    path("invitation/<int:invitation_id>/status/", status, name="status"),
    path("invitation/<int:invitation_id>/withdraw/", withdraw, name="withdraw"),
    path("invitation/<int:invitation_id>/letter/", loa_upload.choice, name="loa_choice"),
    path("invitation/<int:invitation_id>/letter/upload/", loa_upload.upload, name="loa_upload"),
    path(
        "invitation/<int:invitation_id>/letter/<int:loa_id>/",
        loa_upload.preview,
        name="loa_preview",
    ),
    path(
        "invitation/<int:invitation_id>/letter/<int:loa_id>/page/<int:number>/",
        loa_upload.page,
        name="loa_page",
    ),
    path("invitation/<int:invitation_id>/sign/", signing.review, name="loa_sign"),
    path("invitation/<int:invitation_id>/sign/now/", signing.sign, name="loa_sign_now"),
    path("invitation/<int:invitation_id>/signed/", signing.signed, name="loa_signed"),
    path("invitation/<int:invitation_id>/copy/", signing.copy, name="loa_copy"),
    path("invitation/<int:invitation_id>/unsigned/", signing.letter, name="loa_letter"),
    path("verify/<slug:code>/", verify, name="verify"),
    path("my/", my.home, name="my"),
    path("my/subscribers/<int:subscriber_id>/", my.subscriber, name="my_subscriber"),
    path("my/subscribers/<int:subscriber_id>/ask/", my.ask_for_numbers, name="my_ask"),
    path("my/requests/<int:request_id>/", my.hosting_request, name="my_request"),
    path("my/orders/<int:order_id>/", my.order, name="my_order"),
    path("my/orders/<int:order_id>/letter/", my.letter, name="my_letter"),
    path("my/orders/<int:order_id>/status/", my.status, name="my_status"),
    path("my/documents/<int:loa_id>/", my.document, name="my_document"),
]
