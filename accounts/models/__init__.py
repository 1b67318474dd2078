"""The records of people."""

from accounts.models.email_change import EmailChange
from accounts.models.mailed_link import MailedLink, MailedLinkQuerySet
from accounts.models.sign_in_link import SignInLink
from accounts.models.user import User, UserManager

__all__ = [
    "EmailChange",
    "MailedLink",
    "MailedLinkQuerySet",
    "SignInLink",
    "User",
    "UserManager",
]
