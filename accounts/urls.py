"""The sign-in pages that are wanted. Sign-up and managing addresses are not routed at all."""

from allauth.account import views as account_views
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from accounts.views import email_change, sign_in_link

urlpatterns = [
    path("link/", sign_in_link.ask, name="account_sign_in_link"),
    path("link/sent/", sign_in_link.sent, name="account_sign_in_link_sent"),
    path("link/<str:key>/", sign_in_link.sign_in, name="account_sign_in_by_link"),
    path("email/<str:key>/", email_change.confirm, name="account_confirm_email"),
    path("login/", account_views.login, name="account_login"),
    path("logout/", account_views.logout, name="account_logout"),
    path("inactive/", account_views.account_inactive, name="account_inactive"),
    path("reauthenticate/", account_views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account_views.password_change, name="account_change_password"),
    path("password/reset/", account_views.password_reset, name="account_reset_password"),
    # Somebody without a password gets one by the same link as somebody who forgot it.
    path(
        "password/set/",
        RedirectView.as_view(pattern_name="account_reset_password"),
        name="account_set_password",
    ),
    path(
        "password/reset/done/",
        account_views.password_reset_done,
        name="account_reset_password_done",
    ),
    path(
        "password/reset/key/done/",
        account_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    # The key holds dashes, so that only the first one separates.
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[-0-9A-Za-z]+)/$",
        account_views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("2fa/", include("allauth.mfa.urls")),
]
