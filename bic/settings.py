"""Every setting of the site, read from the environment. docs/running.md lists the variables a deployment sets.

Where `DATABASE_URL` or `REDIS_URL` is unset and the extra `embedded` is installed, the services that
`bic/devserver/embedded.py` runs under `.data/` are used.
"""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from bic.devserver import embedded
from bic.monitoring.logs import read_over_every_record
from bic.object_storage import s3_storage
from bic.secret_key import kept_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

DEBUG = env.bool("DEBUG", default=False)

SECRET_KEY = env("SECRET_KEY", default="") or (kept_secret_key() if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Outside DEBUG the site refuses to start without one: sessions and signed links "
        "would be open to anyone. Make one with: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list(
    "CSRF_TRUSTED_ORIGINS", default=[f"https://{host}" for host in ALLOWED_HOSTS if not DEBUG]
)
# The address that mails and tokens print, where there is no request to take it from.
SITE_URL = env("SITE_URL", default="http://127.0.0.1:8000" if DEBUG else "")
DEMO = env.bool("DEMO", default=False)
# The facility manager's address, for whoever needs an account or an organisation.
CONTACT_EMAIL = env("CONTACT_EMAIL", default="manager@example.org" if DEMO else "")
# Set by `make run` where it listens to others than this machine.
SEEN_BY_OTHERS = env.bool("SEEN_BY_OTHERS", default=False)
DEFAULT_EXCEPTION_REPORTER = "bic.devserver.demo_pages.OurOwnError"

INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",  # its templates, beside our own of widgets
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "schedule",
    "core",
    "organisations",
    "notifications",
    "equipment",
    "bookings",
    "floor",
    "usage",
    "bic",
    "demo",
    "bench",
]

MIDDLEWARE = [
    "bic.monitoring.health.answer_health",
    "bic.monitoring.metrics.answer_metrics",
    "bic.middleware.client_address.know_the_client",
    "bic.monitoring.request_metrics.count_requests",
    "bic.monitoring.request_id.name_requests",
    "bic.api.problems.ProblemsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "bic.middleware.admin_policy.AdminPolicyMiddleware",
    "bic.middleware.private_pages.keep_nothing",
    "bic.database_errors.answer_database_errors",
    "bic.middleware.readable.ReadableOnly",
    "bic.devserver.demo_pages.show_our_own_404",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "organisations.middleware.ReaderLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "organisations.sign_in.second_factor.SecondFactorMiddleware",
    "bic.middleware.dangerous.DangerousMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "bic.middleware.history.HistoryMiddleware",
]

ROOT_URLCONF = "bic.urls"
WSGI_APPLICATION = "bic.wsgi.application"

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
                "django.template.context_processors.i18n",
                "bic.context.site",
            ],
        },
    }
]

# ---- One database, one broker -------------------------------------------------------------------------------

DATABASES = {"default": env.db_url_config(env("DATABASE_URL", default="") or embedded.database_url())}
DATABASES["default"] |= {
    "ENGINE": "bic.postgresql",
    "CONN_MAX_AGE": 0,  # the pool keeps them
    "CONN_HEALTH_CHECKS": True,  # the pool replaces what a restart of the database left dead
    "OPTIONS": DATABASES["default"].get("OPTIONS", {})
    | {
        # Seconds. With a connection for every thread, who waits longer waits for a database that is away.
        "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL", default=8), "timeout": 3},
        "connect_timeout": 3,
        "tcp_user_timeout": 5000,  # milliseconds until a database that fell silent counts as gone
    },
    # So that PgBouncer may stand in between and give each transaction to another server (docs/running.md).
    "DISABLE_SERVER_SIDE_CURSORS": True,
}
REDIS_URL = env("REDIS_URL", default="") or embedded.redis_url()

# The cache holds rate limits of the sign-in only. It is a table, so that signing in and booking go on when the
# broker is down, and large, so that nobody pushes out what was counted by trying many names.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- Celery -------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # its lines look as all others do
CELERY_TIMEZONE = "Europe/Amsterdam"
CELERY_BEAT_SCHEDULE_FILENAME = str(env.path("CELERY_BEAT_STATE", default=str(BASE_DIR / ".data" / "beat")))
CELERY_BEAT_SCHEDULE = {
    "roll-calendars-forward": {
        "task": "equipment.tasks.roll_calendars_forward",
        "schedule": crontab(hour=2, minute=30),
    },
    "forget-old-idempotency-keys": {
        "task": "core.tasks.forget_old_idempotency_keys",
        "schedule": crontab(hour=3, minute=0),
    },
    # One that a worker comes to late has nothing to do that the next does not.
    "sweep-notifications": {
        "task": "notifications.tasks.sweep_notifications",
        "schedule": 60,
        "options": {"expires": 55},
    },
    "plan-reminders": {"task": "bookings.tasks.plan_reminders", "schedule": crontab(hour=3, minute=15)},
    "tell-of-certificates": {
        "task": "equipment.tasks.notify_of_certificates",
        "schedule": crontab(hour=8, minute=0),
    },
    "tell-of-keys": {"task": "notifications.tasks.notify_of_keys", "schedule": crontab(hour=8, minute=5)},
    # Told once; asked more often for the morning on which beat was down at seven.
    "tell-of-days-and-weeks": {
        "task": "bookings.tasks.notify_of_days_and_weeks",
        "schedule": crontab(hour="7-16", minute="*/10"),
    },
    # Made once; asked every morning for the month whose first night beat missed.
    "keep-usage-reports": {"task": "usage.tasks.keep_usage_reports", "schedule": crontab(hour=5, minute=0)},
}

# ---- People -------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "organisations.User"
# One, and Django's own: one statement and one hash for every address, known or not. A second would hash once more.
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "organisations.sign_in.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "organisations.sign_in.adapters.SocialAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # nobody signs up; a new address counts once its link was opened, see CHANGE_EMAIL
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 1
ACCOUNT_EMAIL_CONFIRMATION_AUTHENTICATED_REDIRECT_URL = "account_email"
ACCOUNT_EMAIL_NOTIFICATIONS = True  # through our outbox, see organisations/sign_in/account_adapter.py
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_FORMS = {
    "change_password": "organisations.sign_in.forms.ChangePasswordForm",
    "set_password": "organisations.sign_in.forms.SetPasswordForm",
    "reset_password": "organisations.sign_in.forms.ResetPasswordForm",
    "reset_password_from_key": "organisations.sign_in.forms.ResetPasswordKeyForm",
}
# From when the mail is sent, however long the mail server was away before.
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=4).total_seconds())
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # where it was changed; every other session ends
ACCOUNT_REAUTHENTICATION_TIMEOUT = int(timedelta(minutes=10).total_seconds())  # for what is dangerous
ACCOUNT_PREVENT_ENUMERATION = True
# A whole class signs in, forgets its password and chooses a new one behind one address. Signing in rightly is not
# limited; what is wrong, organisations/sign_in/limits.py counts.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    # Codes of the second factor, for whoever has the password: from wherever, six digits are soon guessed.
    "login_failed": "5/5m/key",
    "reset_password": "200/10m/ip",  # not per person: whoever else asks would use up the owner's
    "reset_password_from_key": "200/10m/ip",
}
# The facility's roles that must have a second step of signing in, as `facility-manager,technician`.
SECOND_FACTOR_FOR = frozenset(role.strip().replace("-", " ") for role in env.list("SECOND_FACTOR_FOR", default=[]))
if unknown := SECOND_FACTOR_FOR - {"facility manager", "technician", "auditor"}:
    raise ImproperlyConfigured(
        f"SECOND_FACTOR_FOR names {', '.join(sorted(unknown))}. Known are facility-manager, technician and auditor."
    )
MFA_ADAPTER = "organisations.sign_in.second_factor.SecondFactorAdapter"
MFA_TOTP_ISSUER = "BIC Atrium"
MFA_TOTP_TOLERANCE = 1  # the code before and after, for telephones whose clock is off by some seconds
# Nobody makes an account here with an address of somebody else, which is what allauth guards against with this.
MFA_ALLOW_UNVERIFIED_EMAIL = True
SOCIALACCOUNT_REQUESTS_TIMEOUT = 4  # seconds for the provider to answer
OIDC_SERVER_URL = env("OIDC_SERVER_URL", default="")
# Where the button "sign in with" may lead. A provider that asks people in elsewhere, or sends them on, has more.
OIDC_ORIGINS = [
    f"{urlsplit(address).scheme}://{urlsplit(address).netloc}"
    for address in [OIDC_SERVER_URL, *env.list("OIDC_ORIGINS", default=[])]
    if address
]
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "APPS": [
            {
                "provider_id": "oidc",
                "name": env("OIDC_NAME", default="Organisatie-account"),
                "client_id": env("OIDC_CLIENT_ID", default=""),
                "secret": env("OIDC_CLIENT_SECRET", default=""),
                "settings": {"server_url": OIDC_SERVER_URL, "oauth_pkce_enabled": True},
            }
        ]
        if OIDC_SERVER_URL
        else [],
    }
}
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())

# ---- Language and time --------------------------------------------------------------------------------------

LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", _("Dutch")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
MESSAGE_STORAGE = "bic.messages.SaidOnce"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
FORMAT_MODULE_PATH = ["bic.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Amsterdam"

# ---- Files --------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [
    BASE_DIR / "static",
    # (prefix, folder): what the pages use of the npm packages; `tools/prepare.py` installs them.
    *(
        (f"vendor/{name}", BASE_DIR / "node_modules" / package)
        for name, package in {
            "htmx": "htmx.org/dist",
            "plex-sans": "@fontsource/ibm-plex-sans/files",
            "plex-mono": "@fontsource/ibm-plex-mono/files",
        }.items()
        if (BASE_DIR / "node_modules" / package).is_dir()
    ),
]
# Photos lie in a folder, or where a bucket is named in an object storage that speaks S3. The bucket stays private: the
# site serves what is in it. Its keys come from the environment alone, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
S3_BUCKET = env("S3_BUCKET", default="")
STORAGES = {
    "default": s3_storage(S3_BUCKET, endpoint=env("S3_ENDPOINT", default=""), region=env("S3_REGION", default=""))
    if S3_BUCKET
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(BASE_DIR / "media"))
MEDIA_URL = "/media/"

# ---- Mail ---------------------------------------------------------------------------------------------------

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="filemail:///" + str(BASE_DIR / ".data" / "mail"))
vars().update(EMAIL_CONFIG)
# Seconds for each step of the talk with the mail server; all of them take far less than a worker's lease.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="BIC Atrium <noreply@localhost>")

# ---- The set-up pages ---------------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": "BIC Atrium",
    "SITE_HEADER": "BIC Atrium",
    "SITE_SUBHEADER": _("Administration"),
    "SITE_URL": "/",
    "SITE_SYMBOL": "precision_manufacturing",
    "SHOW_VIEW_ON_SITE": False,
    "ENVIRONMENT": "bic.devserver.demo_pages.set_up_pages_badge",
    "STYLES": [lambda request: static("css/admin.css")],
    "SCRIPTS": [lambda request: static("js/back_button.js")],
    "BORDER_RADIUS": "4px",
    "COLORS": {
        # The petrol of static/css/tokens.css, from paper to ink.
        "primary": {
            "50": "#eef7f7",
            "100": "#d5ebea",
            "200": "#aed8d6",
            "300": "#7dbfbc",
            "400": "#3fb6b0",
            "500": "#14837f",
            "600": "#0b6e6e",
            "700": "#0a5a5b",
            "800": "#0b4849",
            "900": "#0c3b3c",
            "950": "#052425",
        }
    },
}

# ---- Security -----------------------------------------------------------------------------------------------

BEHIND_PROXY = env.bool("BEHIND_PROXY", default=not DEBUG)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
# How many proxies of ours a request passes, each writing X-Forwarded-For, and where the nearest of them may stand:
# bic/middleware/client_address.py.
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=1 if BEHIND_PROXY else 0)
PRIVATE_NETWORKS = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7"]
TRUSTED_PROXY_NETWORKS = [ip_network(each) for each in env.list("TRUSTED_PROXY_NETWORKS", default=PRIVATE_NETWORKS)]
SECURE_SSL_REDIRECT = env.bool("HTTPS_REDIRECT", default=not DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not DEBUG
SECURE_HSTS_SECONDS = 0 if DEBUG else env.int("HSTS_SECONDS", default=int(timedelta(days=365).total_seconds()))
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEBUG
SECURE_HSTS_PRELOAD = False  # joining the browsers' list is the owner's decision
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # which asks for that
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "style-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF, *OIDC_ORIGINS],
        "frame-ancestors": [NONE],
    }
}

# ---- Logs ---------------------------------------------------------------------------------------------------

# "line" for people, "json" for what collects logs: one object a line.
read_over_every_record()
LOG_FORMAT = env("LOG_FORMAT", default="line" if DEBUG else "json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "bic.monitoring.request_id.KnowsTheRequest"}},
    "formatters": {
        "line": {
            "()": "bic.monitoring.logs.LineFormatter",
            "format": "%(asctime)s %(levelname)s %(request_id)s %(name)s: %(message)s",
        },
        "json": {
            "()": "bic.monitoring.logs.JsonLineFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s",
            "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["request_id"]}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
    # In a terminal the server's own lines are enough.
    "loggers": {"bic.requests": {"level": "WARNING" if DEBUG else "INFO"}},
}
METRICS_TOKEN = env("METRICS_TOKEN", default="")

# ---- The booking system's own -------------------------------------------------------------------------------

# How far ahead calendars are expanded into spans. Bounds every policy's horizon.
CALENDARS_EXPANDED_AHEAD = timedelta(days=760)
# A group of ten machines for a school year of forty weeks fits; a slip of the keyboard does not.
MOST_RESERVATIONS_PER_BOOKING = 500
# Requests that the API answers in so many seconds: of one token, of one person with all tokens and the browser, and
# those without a good token from one address. 0 requests is no limit.
API_RATE_LIMITS = {
    "token": (env.int("API_REQUESTS_PER_TOKEN", default=300), 60),
    "person": (env.int("API_REQUESTS_PER_PERSON", default=600), 60),
    "address": (env.int("API_FAILED_REQUESTS_PER_ADDRESS", default=60), 60),
}
IDEMPOTENCY_KEYS_KEPT = timedelta(days=7)
