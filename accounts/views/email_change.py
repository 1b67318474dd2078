"""The page behind the link that confirms a new e-mail address."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import email_changes
from accounts.keyed_page import keyed_page


@keyed_page
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, key: str) -> HttpResponse:
    """Show the new address and a button; the button (POST) takes it into use."""
    if request.method == "POST":
        person = email_changes.confirm(key)
        if person is not None:
            messages.success(request, f"From now on you sign in with {person.email}.")
            return redirect("profile" if request.user == person else "account_sign_in_link")
    elif change := email_changes.asked_for(key):
        return render(request, "account/email_confirm.html", {"change": change})
    return render(request, "account/email_confirm_over.html", status=404)
