"""The one settings file. Every value that differs between installations is a variable in the
environment (or in `.env`); docs/operators.md lists them all with their defaults.
"""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONCE, NONE, SELF

from accounts.theme import THEME
from portal.env import (
    read_bool,
    read_chances,
    read_choice,
    read_database,
    read_int,
    read_list,
    read_mail_server,
    read_secret,
    read_text,
)
from portal.logs import logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")

VAR_DIR = Path(read_text("VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(mode=0o750, parents=True, exist_ok=True)

# --- Safety ---------------------------------------------------------------------------------
DEBUG = read_bool("DEBUG", default=False)
SECRET_KEY = read_secret("SECRET_KEY")
SITE_URL = read_text("SITE_URL", default="http://localhost:8000").rstrip("/")
_site = urlsplit(SITE_URL)
ALLOWED_HOSTS = read_list("ALLOWED_HOSTS", default=(_site.hostname or "localhost",))
CSRF_TRUSTED_ORIGINS = [SITE_URL]
_https = _site.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _https
SESSION_COOKIE_AGE = 12 * 60 * 60
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
# TLS ends at the reverse proxy, which redirects plain HTTP itself and sets this header.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6_000
# A little over the largest LOA: what is checked and refused anyway touches no disk before that.
FILE_UPLOAD_MAX_MEMORY_SIZE = 11 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o640
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o750

# --- Applications ---------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "accounts.staff_app.StaffPagesConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "accounts",
    "numbering",
    "messaging",
    "portal",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Far out, so that the pages for errors in what follows carry the headers too.
    "portal.headers.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.outages.DatabaseOutageMiddleware",
    "portal.request_text.RequestTextMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.staff_door.StaffDoorMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "portal.company.company",
            ],
        },
    }
]

# --- Data -----------------------------------------------------------------------------------
DATABASES = {"default": read_database("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/db.sqlite3")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: a transaction that starts by reading and then writes would otherwise fail with
    # "database is locked" as soon as a second process writes.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = read_int("DATABASE_CONNECTION_SECONDS", default=600)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A database that is away must be noticed well within the time the carrier waits for us.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 4)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        # Shared by every process, so that sign-in limits are not multiplied by their number.
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        # Limits and used codes live here: a flood of keys must not push them out.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# LOA files never lie below a web root; the storage below is read only through checked views.
LOA_DIR = Path(read_text("LOA_DIR", default=str(VAR_DIR / "loa")))
_loa_storage: dict[str, object] = {
    "BACKEND": "django.core.files.storage.FileSystemStorage",
    "OPTIONS": {"location": LOA_DIR, "base_url": None},
}
if read_choice("LOA_STORAGE", default="local", choices=("local", "s3")) == "s3":
    _loa_storage = {
        "BACKEND": "numbering.loa_storage.LoaBucket",
        "OPTIONS": {
            "bucket_name": read_text("LOA_S3_BUCKET"),
            "endpoint_url": read_text("LOA_S3_ENDPOINT") or None,
            "region_name": read_text("LOA_S3_REGION") or None,
            "access_key": read_secret("LOA_S3_ACCESS_KEY") or None,
            "secret_key": read_secret("LOA_S3_SECRET_KEY") or None,
        },
    }
STORAGES = {
    "default": _loa_storage,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]

# --- People ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "numbering:my"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.PatternValidator"},
]
# Staff and finance use a second factor; only a demonstration on one's own machine turns it off.
SECOND_FACTOR_REQUIRED = read_bool("SECOND_FACTOR_REQUIRED", default=True)
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
# A mail to every address that a stranger types would make the portal a sender of spam.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
PASSWORD_RESET_TIMEOUT = 60 * 60
# "key" is the address typed; for failed sign-ins the address and the client (accounts.adapter).
ACCOUNT_RATE_LIMITS = {
    "login_failed": "20/m/ip,5/5m/key",
    "reset_password": "20/m/ip,5/h/key",
    "sign_in_link": "20/m/ip,5/h/key",
    "new_address": "5/h/user",
}
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reauthenticate": "accounts.forms.ConfirmPasswordForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reset_password": "accounts.forms.AskResetForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordForm",
}
# The client's own address is the last that the proxy in front added to X-Forwarded-For.
ALLAUTH_TRUSTED_PROXY_COUNT = read_int("TRUSTED_PROXY_COUNT", default=1 if _https else 0)
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Hosted messaging portal"
# People are added by an administrator, not by themselves, so their address is not in doubt.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "accounts.forms.SecondFactorForm",
    "reauthenticate": "accounts.forms.ConfirmSecondFactorForm",
    "activate_totp": "accounts.forms.SetUpAuthenticatorForm",
}

# --- The carrier ----------------------------------------------------------------------------
# The addresses and their sources are listed in docs/operators.md.
CARRIER = {
    "account_id": read_text("CARRIER_ACCOUNT_ID"),
    "auth": read_choice("CARRIER_AUTH", default="bearer", choices=("bearer", "basic")),
    "client_id": read_text("CARRIER_CLIENT_ID"),
    "client_secret": read_secret("CARRIER_CLIENT_SECRET"),
    "username": read_text("CARRIER_USERNAME"),
    "password": read_secret("CARRIER_PASSWORD"),
    "api_version": read_choice("CARRIER_API_VERSION", default="v2", choices=("v1", "v2")),
    "v1_base": read_text("CARRIER_V1_BASE", default="https://dashboard.bandwidth.com/api/"),
    "v2_base": read_text("CARRIER_V2_BASE", default="https://api.bandwidth.com/api/v2/"),
    "messaging_base": read_text(
        "CARRIER_MESSAGING_BASE", default="https://messaging.bandwidth.com/api/v2/"
    ),
    "messaging_application_id": read_text("CARRIER_MESSAGING_APPLICATION_ID"),
    "token_url": read_text(
        "CARRIER_TOKEN_URL", default="https://api.bandwidth.com/api/v1/oauth2/token"
    ),
    # Plain HTTP is for the sandbox on this machine only; the client refuses any other host.
    "allow_plain_http": read_bool("CARRIER_ALLOW_PLAIN_HTTP", default=False),
    "call_timeout": read_int("CARRIER_CALL_SECONDS", default=30, least=1),
    "pool_size": read_int("CARRIER_POOL_SIZE", default=32, least=1),
}
# The older platform: hosts, users and credentials of its own. Plain HTTP and the time of a call are
# as for the carrier; its account id is the one that numbers are imported from.
PLATFORM = {
    "user_id": read_text("PLATFORM_USER_ID"),
    "api_token": read_text("PLATFORM_API_TOKEN"),
    "api_secret": read_secret("PLATFORM_API_SECRET"),
    "base": read_text("PLATFORM_BASE", default="https://api.catapult.inetwork.com/v1/"),
    "application_id": read_text("PLATFORM_APPLICATION_ID"),
    "dashboard_username": read_text("PLATFORM_DASHBOARD_USERNAME"),
    "dashboard_password": read_secret("PLATFORM_DASHBOARD_PASSWORD"),
}
PLATFORM_CONCURRENCY = read_int("PLATFORM_CONCURRENCY", default=32, least=1, most=64)
# Where the carrier shall deliver notifications; the sandbox of the demo knocks on plain HTTP.
WEBHOOK_USERNAME = read_text("WEBHOOK_USERNAME")
# Several, so that the password can be changed without losing a notification in between.
WEBHOOK_PASSWORDS = [part for part in read_secret("WEBHOOK_PASSWORDS").split(",") if part]

# --- Waiting times, in seconds --------------------------------------------------------------
# Before the first look for an order whose submission got no clear answer, and between the looks.
LOOK_FIRST_SECONDS = read_int("LOOK_FIRST_SECONDS", default=120)
LOOK_AGAIN_SECONDS = read_int("LOOK_AGAIN_SECONDS", default=600)
# An accepted order is read once so soon: its first states pass without a notification.
READ_SOON_SECONDS = read_int("READ_SOON_SECONDS", default=5)
# The sweep leaves an open order alone for half as long as it has waited, between these two. The cap
# is what a whole day without webhooks needs to be made good within half an hour.
SWEEP_FIRST_SECONDS = read_int("SWEEP_FIRST_SECONDS", default=60, least=1)
SWEEP_CAP_SECONDS = read_int("SWEEP_CAP_SECONDS", default=900, least=1)
# The carrier publishes no rate limit; the sweep stays at or below so many reads a second.
SWEEP_READS_PER_SECOND = read_int("SWEEP_READS_PER_SECOND", default=5, least=1)
# An order that is open for longer counts as stuck on the home page.
STUCK_AFTER_SECONDS = read_int("STUCK_AFTER_SECONDS", default=24 * 3600, least=1)
JOB_LEASE_SECONDS = read_int("JOB_LEASE_SECONDS", default=60, least=5)
EXCHANGES_KEPT_DAYS = read_int("EXCHANGES_KEPT_DAYS", default=90, least=1)

# --- Numbers that leave ---------------------------------------------------------------------
# More numbers than this leave only when a second person agrees; 0 asks for one every time.
LEAVING_SECOND_PERSON_ABOVE = read_int("LEAVING_SECOND_PERSON_ABOVE", default=25)

# The largest file of numbers that staff may upload.
INTAKE_FILE_MIB = read_int("INTAKE_FILE_MIB", default=25, least=1)

# --- Customers and their LOAs ---------------------------------------------------------------
# Who writes to customers, and how they reach a person.
COMPANY_NAME = read_text("COMPANY_NAME", default="Your phone company")
COMPANY_CONTACT = read_text("COMPANY_CONTACT", default="the number or address on your bill")
INVITATION_DAYS = read_int("INVITATION_DAYS", default=14, least=1)
SIGN_IN_LINK_SECONDS = read_int("SIGN_IN_LINK_SECONDS", default=600, least=60)
# An LOA that is older on the day it is submitted is refused by many carriers.
LOA_AGE_DAYS = read_int("LOA_AGE_DAYS", default=30, least=1)
LOA_KEPT_YEARS = read_int("LOA_KEPT_YEARS", default=5, least=2)
# host:port or the path of a socket of ClamAV's clamd; empty for no scanner.
CLAMD_ADDRESS = read_text("CLAMD_ADDRESS")

# For kill tests on one's own machine: the chance that a process ends at a named point.
STOPPING_POINTS = read_chances("STOPPING_POINTS")
# For rehearsals on one's own machine: a file with the seconds that the clock is ahead.
CLOCK_FILE = read_text("CLOCK_FILE")

# --- Pages ----------------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
# The theme looks up every language that there is on every page, and Django comes with a hundred.
LANGUAGES = [("en", "English")]
TIME_ZONE = read_text("TIME_ZONE", default="UTC")
USE_I18N = False
FORMAT_MODULE_PATH = "portal.formats"
USE_TZ = True
_strict_csp = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
    "base-uri": [NONE],
}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": _strict_csp}
# The admin's theme evaluates expressions in attributes and sets styles from script (Alpine.js).
ADMIN_CONTENT_SECURITY_POLICY = {
    **_strict_csp,
    "script-src": [SELF, NONCE, "'unsafe-eval'"],
    "style-src": [SELF, "'unsafe-inline'"],
}

UNFOLD = THEME

# --- Mail and logs --------------------------------------------------------------------------
_mail = read_mail_server("EMAIL_URL", default="consolemail://")
vars().update(_mail)
# Every mail becomes a row first; the worker delivers it through the backend that EMAIL_URL names.
EMAIL_BACKEND = "numbering.mail_backend.RowBackend"
MAIL_DELIVERY_BACKEND = _mail["EMAIL_BACKEND"]
# For each step of talking to the mail server; without it a server that hangs would hold a worker.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = read_text("DEFAULT_FROM_EMAIL", default="portal@localhost")
# Who is told when something needs a person; each address gets one mail for each new alert.
ALERT_EMAILS = read_list("ALERT_EMAILS")
LOGGING = logging_settings(
    level=read_choice("LOG_LEVEL", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR")),
    as_json=read_choice("LOG_FORMAT", default="json", choices=("json", "console")) == "json",
)
