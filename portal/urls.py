"""Every address of the site."""

from allauth.account import views as account_views
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from accounts import staff_door
from accounts.views import profile
from portal import health, pages

urlpatterns = [
    path("", pages.front, name="front"),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path("accounts/", include("accounts.urls")),
    path("my/profile/", profile.profile, name="profile"),
    path("my/profile/email/", profile.new_address, name="profile_email"),
    path("", include("numbering.urls")),
    path("", include("messaging.urls")),
    # The admin's own forms for signing in and changing a password know no second factor.
    path("admin/login/", staff_door.enter),
    path("admin/logout/", account_views.logout),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
]
handler500 = "portal.pages.server_error"
