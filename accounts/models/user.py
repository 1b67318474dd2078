"""People who sign in."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from accounts.rights import RIGHTS, STAFF_ROLES, Role


class UserManager(BaseUserManager["User"]):
    """Makes people; an e-mail address is kept in lower case, so that it is one person's."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person; without a password nobody can sign in as them."""
        if not email:
            raise ValueError("A person needs an e-mail address.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an administrator (Django's `createsuperuser` command calls this)."""
        return self.create_user(email, password, role=Role.ADMIN, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        """Find a person by e-mail address, whatever its case."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person. What they may do follows from their role alone (see `accounts.rights`)."""

    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField("name", max_length=80, blank=True)
    role = models.CharField("role", max_length=10, choices=Role, default=Role.CUSTOMER)
    is_active = models.BooleanField("may sign in", default=True)
    date_joined = models.DateTimeField("added", auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"
        ordering = ("email",)

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        """Keep the address in lower case, so that two spellings are not two people."""
        super().clean()
        self.email = self.email.strip().lower()

    @property
    def is_staff(self) -> bool:
        """Whether the staff pages are for this person at all."""
        return self.role in STAFF_ROLES

    @property
    def is_superuser(self) -> bool:
        """Whether this person administers the portal; it gives no right beyond the table's."""
        return self.role == Role.ADMIN

    def has_perm(self, perm: str, obj: object | None = None) -> bool:
        """Whether the role has this right. Inactive people have none."""
        return self.is_active and perm in RIGHTS.get(self.role, frozenset())

    def has_perms(self, perm_list: Iterable[str], obj: object | None = None) -> bool:
        """Whether the role has all these rights."""
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether the role has any right in the app."""
        prefix = f"{app_label}."
        return self.is_active and any(
            right.startswith(prefix) for right in RIGHTS.get(self.role, frozenset())
        )

    def get_full_name(self) -> str:
        """Return the name to show."""
        return str(self)

    def get_short_name(self) -> str:
        """Return the name to show where space is short."""
        return str(self)
