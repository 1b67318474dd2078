"""A customer's own name and e-mail address. Staff have theirs changed by an administrator."""

from allauth.core import ratelimit
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import email_changes, proof
from accounts.customer import customer_of, customers_only
from accounts.forms import NameForm, NewAddressForm


@customers_only
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show who one is, and take a new name."""
    person = customer_of(request)
    form = NameForm(
        request.POST if request.method == "POST" else None, initial={"name": person.name}
    )
    if not form.is_valid():
        return render(request, "account/profile.html", {"form": form})
    person.name = form.cleaned_data["name"]
    person.save(update_fields=["name"])
    messages.success(request, "Your name is saved.")
    return redirect("profile")


@customers_only
@require_http_methods(["GET", "HEAD", "POST"])
def new_address(request: HttpRequest) -> HttpResponse:
    """Take a new e-mail address from somebody who has proved moments ago who they are."""
    person = customer_of(request)
    if not proof.is_fresh(request, person):
        return render(request, "account/prove_first.html")
    form = NewAddressForm(request.POST if request.method == "POST" else None, person=person)
    if not form.is_valid():
        return render(request, "account/new_address.html", {"form": form})
    too_many: HttpResponse | None = ratelimit.consume_or_429(request, action="new_address")
    if too_many is not None:
        return too_many
    email_changes.ask(person, form.cleaned_data["email"])
    return render(request, "account/new_address_sent.html", {"email": form.cleaned_data["email"]})
