"""The portal's settings for the tests: nothing is taken from a developer's own `.env`."""

import os
import tempfile
from pathlib import Path

# Playwright keeps an event loop in the process, also for the tests that come after the browser's.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
_var = Path(tempfile.mkdtemp(prefix="portal-tests-"))
os.environ.update(
    {
        "SECRET_KEY": "tests-only-kX4v9Qm2Lr7Wc1Zp8Ns5Bt3Yh6Jd0Gf_AeUoRi-EqTwMxCz",
        "VAR_DIR": str(_var),
        "SITE_URL": "http://localhost:8000",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
        "DEBUG": "false",
        "SECOND_FACTOR_REQUIRED": "true",
        "WEBHOOK_USERNAME": "bandwidth",
        "WEBHOOK_PASSWORDS": "webhook-password-new,webhook-password-old",
        "CARRIER_ACCOUNT_ID": "9900001",
        "CARRIER_AUTH": "bearer",
        "CARRIER_CLIENT_ID": "sandbox-client",
        "CARRIER_CLIENT_SECRET": "sandbox-secret",
        "CARRIER_API_VERSION": "v2",
        # Nothing listens on port 1: a test that wants a carrier points the settings to a sandbox.
        "CARRIER_V1_BASE": "http://127.0.0.1:1/api/",
        "CARRIER_V2_BASE": "http://127.0.0.1:1/api/v2/",
        "CARRIER_MESSAGING_BASE": "http://127.0.0.1:1/api/v2/",
        "CARRIER_MESSAGING_APPLICATION_ID": "sandbox-application",
        "CARRIER_TOKEN_URL": "http://127.0.0.1:1/api/v1/oauth2/token",
        "CARRIER_ALLOW_PLAIN_HTTP": "true",
        "PLATFORM_USER_ID": "u-sandbox",
        "PLATFORM_API_TOKEN": "t-sandbox",
        "PLATFORM_API_SECRET": "sandbox-platform-secret",
        "PLATFORM_BASE": "http://127.0.0.1:1/v1/",
        "PLATFORM_APPLICATION_ID": "a-sandbox",
        "PLATFORM_DASHBOARD_USERNAME": "sandbox",
        "PLATFORM_DASHBOARD_PASSWORD": "sandbox-password",
        "LOG_FORMAT": "console",
        "LOG_LEVEL": "WARNING",
    }
)

(_var / "static").mkdir()

from portal.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":  # noqa: F405
    DATABASES["default"]["ENGINE"] = "tests.postgresql"  # noqa: F405
    # What a test commits need not outlive the machine.
    DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"  # noqa: F405
else:
    DATABASES["default"]["ENGINE"] = "tests.sqlite"  # noqa: F405
    # Said outright: for an engine of this name pytest-django would make up a file's name.
    DATABASES["default"]["TEST"] = {"NAME": ":memory:"}  # noqa: F405
