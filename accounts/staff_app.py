"""Django's admin app, with our own site in place of the stock one."""

from django.contrib.admin.apps import AdminConfig


class StaffPagesConfig(AdminConfig):
    """The admin; `admin.site` is ours wherever it is asked for."""

    default_site = "accounts.staff_site.StaffSite"
