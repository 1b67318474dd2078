"""Who runs this portal, for every page."""

from django.conf import settings
from django.http import HttpRequest


def company(request: HttpRequest) -> dict[str, str]:
    """Context processor: the company's name, and whom to ask."""
    return {"company": settings.COMPANY_NAME, "ask_us": settings.COMPANY_CONTACT}
