"""Settings of the whole project, every one of them readable from the environment (see .env.example)."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from . import catalogs
from .api_settings import SPECTACULAR_SETTINGS  # noqa: F401 - settings
from .crm_settings import (  # noqa: F401 - settings
    CRM_SCHEDULE,
    EMBED_ADDRESSES,
    EMBED_PLACES,
    EMBED_SETTINGS_ADDRESSES,
    EXAMPLE_HOST_URL,
    PIPEDRIVE_SCHEDULE,
    OidcSettings,
    oidc_settings,
    pipedrive_settings,
)
from .local_secrets import load_or_create

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(BASE_DIR / ".env")
# Compose files hand on what nobody set as empty: that is the same as not given.
env.ENVIRON = {name: value for name, value in os.environ.items() if value}

# Names of before: whoever still sets one would otherwise get a default without noticing.
_RENAMED = {
    "SWEEP_SECONDS": "DISPATCH_INTERVAL_SECONDS",
    "QUICKBOOKS_SWEEP_SECONDS": "QUICKBOOKS_FALLBACK_POLL_SECONDS",
    "TOKEN_KEYS": "TOKEN_ENCRYPTION_KEYS",
    "CONSENT_ORIGIN": "QUICKBOOKS_CONSENT_ORIGIN",
    "FAULT_AT": "CRASH_AT",
}
if _old := [f"{old} is now {new}" for old, new in _RENAMED.items() if old in env.ENVIRON]:
    raise ImproperlyConfigured(f"Rename in .env or the environment: {', '.join(_old)}.")

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))
DEBUG = env.bool("DEBUG", default=False)

# An installation on one machine may leave both out: they are then made once and kept in DATA_DIR.
_SECRETS = (
    {}
    if env.str("SECRET_KEY", default="") and env.str("TOKEN_ENCRYPTION_KEYS", default="")
    else load_or_create(DATA_DIR / "secrets.json")
)
if "TOKEN_KEYS" in _SECRETS:
    raise ImproperlyConfigured(
        f"Rename TOKEN_KEYS in {DATA_DIR / 'secrets.json'}: it is now TOKEN_ENCRYPTION_KEYS."
    )
SECRET_KEY = env.str("SECRET_KEY", default="") or _SECRETS["SECRET_KEY"]
# Fernet keys that encrypt QuickBooks tokens, newest first; older ones stay readable until rotated away.
TOKEN_ENCRYPTION_KEYS = [
    key.strip()
    for key in (env.str("TOKEN_ENCRYPTION_KEYS", default="") or _SECRETS["TOKEN_ENCRYPTION_KEYS"]).split(",")
    if key.strip()
]

PORT = env.int("PORT", default=8000)
# Where people's browsers reach this installation. Its scheme decides whether cookies must be secure.
PUBLIC_URL = env.str("PUBLIC_URL", default=f"http://localhost:{PORT}").rstrip("/")
_public = urlsplit(PUBLIC_URL)
IS_HTTPS = _public.scheme == "https"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_public.hostname or "localhost", "localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]

if DEBUG and (IS_HTTPS or env.str("QUICKBOOKS_ENVIRONMENT", default="sandbox") == "production"):
    raise ImproperlyConfigured(
        "DEBUG=1 shows settings and code to whoever meets a failure. Take it out: PUBLIC_URL is https, or QuickBooks is "
        "the production one."
    )

_pipedrive = pipedrive_settings(env, BASE_DIR)
PIPEDRIVE_CLIENT_ID: str = _pipedrive["PIPEDRIVE_CLIENT_ID"]
PIPEDRIVE_CLIENT_SECRET: str = _pipedrive["PIPEDRIVE_CLIENT_SECRET"]
PIPEDRIVE_OAUTH_URL: str = _pipedrive["PIPEDRIVE_OAUTH_URL"]
PIPEDRIVE_API_HOSTS: list[str] = _pipedrive["PIPEDRIVE_API_HOSTS"]
PIPEDRIVE_FRAMERS: list[str] = _pipedrive["PIPEDRIVE_FRAMERS"]
PIPEDRIVE_MODALS: dict[str, str] = _pipedrive["PIPEDRIVE_MODALS"]
PIPEDRIVE_SDK_DIR: Path = _pipedrive["PIPEDRIVE_SDK_DIR"]

# Single sign-on by the company's own provider, where there is one.
OIDC: OidcSettings = oidc_settings(env)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_standardized_errors",
    "crm_invoicing.ui",
    "deals",
    "quickbooks_bridge",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "crm_invoicing.json_logging.RequestIdMiddleware",
    "quickbooks_bridge.views.webhook.WebhookMiddleware",
    "csp.middleware.CSPMiddleware",
    "crm_invoicing.methods.MethodMiddleware",
    # Whoever checks the container asks by an address that ALLOWED_HOSTS does not name.
    "crm_invoicing.health.HealthMiddleware",
    "deals.embed.middleware.EmbedMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "deals.account.sessions.SessionLimitsMiddleware",
    "deals.account.required.FactorRequiredMiddleware",
    "crm_invoicing.member_language.MemberLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "crm_invoicing.methods.NulMiddleware",
]

ROOT_URLCONF = "crm_invoicing.urls"
WSGI_APPLICATION = "crm_invoicing.wsgi.application"

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
                "quickbooks_bridge.views.context_processors.connection_chip",
            ],
        },
    },
]

_SQLITE_OPTIONS = {
    # A reader that later writes cannot be made to wait by SQLite; taking the write lock first can.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # Each thread has a cache of its own, which fills up over thousands of requests: half a megabyte. What a transaction
    # writes stays in memory until it ends, however much it is.
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-500; PRAGMA cache_spill=0;"
    ),
}
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
IS_SQLITE = DATABASES["default"]["ENGINE"].endswith("sqlite3")
DATABASES["default"]["CONN_MAX_AGE"] = 600
if IS_SQLITE:
    DATABASES["default"]["OPTIONS"] = _SQLITE_OPTIONS
    # A file, as in real life: in memory, threads of one process lock each other out instead of waiting.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis carries Celery's messages and the limits shared by all processes; without it one worker process does both.
REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            # Unlike pickle, JSON runs nothing: who can write to Redis must not thereby run code here.
            "OPTIONS": {"serializer": "crm_invoicing.cache_serializer.JsonSerializer"},
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

LANGUAGE_CODE = "en"
# More languages come with their translations: without them dates would be another language than the sentences.
LANGUAGES = catalogs.LANGUAGES
catalogs.know_other_names()
LOCALE_PATHS = [catalogs.compiled_catalogs(BASE_DIR / "locale", DATA_DIR)]
LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE, LANGUAGE_COOKIE_AGE = True, "Lax", 60 * 60 * 24 * 365
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static", ("pipedrive-sdk", PIPEDRIVE_SDK_DIR)]
# Set where files are collected once and served compressed (Dockerfile); else they are found where they lie.
STATIC_ROOT = env.str("STATIC_ROOT", default="") or None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedStaticFilesStorage"
            if STATIC_ROOT
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_MAX_AGE = 0  # browsers ask and get 304: an upgrade is never half old, half new

LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "deals:deal_list"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "deals.account.passwords.WordsOfHereValidator"},
]

AUTHENTICATION_BACKENDS = ["deals.auth_backends.MemberBackend"]
MESSAGE_STORAGE = "deals.embed.message_storage.MessageStorage"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"  # the answer of QuickBooks' consent page is a top-level navigation
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
# A browser that nobody uses for so long, or that has been signed in for so long, is signed out.
SESSION_IDLE = timedelta(hours=env.int("SESSION_IDLE_HOURS", default=72))
SESSION_LONGEST = timedelta(days=env.int("SESSION_LONGEST_DAYS", default=30))
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = IS_HTTPS
if IS_HTTPS:
    # Such a cookie cannot be set by a neighbouring host or over http (busy.js knows both names).
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=IS_HTTPS)
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
# Binding for other programs of the same domain, and hard to take back: whoever runs this decides.
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS and env.bool("HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = SECURE_HSTS_INCLUDE_SUBDOMAINS and env.bool("HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # the two choices above
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^metrics$"]
# Whether a request came by https is what the web server says: it alone knows which proxy may be believed (web_server.py).
if IS_HTTPS:
    # Reached over a real network. Django pads what it compresses, against guessing from lengths.
    MIDDLEWARE.insert(2, "django.middleware.gzip.GZipMiddleware")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # Browsers apply form-action to redirects too, and Connect is a form that leads to the consent page.
        "form-action": [
            SELF,
            "https://appcenter.intuit.com",
            *env.list("QUICKBOOKS_CONSENT_ORIGIN", default=[]),
            # The same for Install, and for the way back into Pipedrive's settings.
            *PIPEDRIVE_FRAMERS,
            PIPEDRIVE_OAUTH_URL,
        ],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = (
    20_000  # ten fields a line, so that too many lines reach the form, which says so
)
CSRF_FAILURE_VIEW = "quickbooks_bridge.views.csrf.csrf_failure"

# The REST API: tokens alone, JSON alone. A cookie of the pages opens nothing there.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["deals.api.authentication.ApiTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["deals.api.authentication.MayRead"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_standardized_errors.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "DEFAULT_THROTTLE_CLASSES": ["deals.api.authentication.TokenThrottle"],
    "DEFAULT_THROTTLE_RATES": {"api": env.str("API_RATE", default="600/min")},
    "UNAUTHENTICATED_USER": None,
}
# Its own table would be an empty one beside ours.
MIGRATION_MODULES = {"knox": None}
KNOX_TOKEN_MODEL = "deals.ApiToken"  # noqa: S105 - the name of a model
REST_KNOX = {
    "TOKEN_PREFIX": "crmi_",
    "TOKEN_TTL": None,
    "AUTH_HEADER_PREFIX": "Bearer",
    "AUTO_REFRESH": False,
}

# QuickBooks. The environment is `sandbox` or `production`; a discovery document elsewhere stands for Intuit's own.
QUICKBOOKS_CLIENT_ID = env.str("QUICKBOOKS_CLIENT_ID", default="")
QUICKBOOKS_CLIENT_SECRET = env.str("QUICKBOOKS_CLIENT_SECRET", default="")
QUICKBOOKS_ENVIRONMENT = env.str("QUICKBOOKS_ENVIRONMENT", default="sandbox")
QUICKBOOKS_DISCOVERY_URL = env.str("QUICKBOOKS_DISCOVERY_URL", default="")
QUICKBOOKS_API_URL = env.str("QUICKBOOKS_API_URL", default="")
QUICKBOOKS_WEB_URL = env.str("QUICKBOOKS_WEB_URL", default="")
QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN = env.str("QUICKBOOKS_WEBHOOK_VERIFIER_TOKEN", default="")
QUICKBOOKS_TIMEOUT_SECONDS = env.float("QUICKBOOKS_TIMEOUT_SECONDS", default=30.0)
# How often each company is asked for changes when webhooks bring none, in seconds.
QUICKBOOKS_POLL_SECONDS = env.int("QUICKBOOKS_POLL_SECONDS", default=300)

# Where webhooks have proven reliable: how often all the same, in seconds.
QUICKBOOKS_FALLBACK_POLL_SECONDS = env.int("QUICKBOOKS_FALLBACK_POLL_SECONDS", default=86_400)
# Successful reads a month that this installation may use; background reads slow down and stop before it. 0: no limit.
QUICKBOOKS_MONTHLY_READS = env.int("QUICKBOOKS_MONTHLY_READS", default=500_000)

# What a monitoring system brings to read /metrics; without it there is no such page.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Mail to people. Without a host none is sent: notifications stay open, and the health page says so.
EMAIL_HOST = env.str("EMAIL_HOST", default="")
EMAIL_PORT = env.int("EMAIL_PORT", default=587)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=True)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="invoicing@localhost")
EMAIL_BACKEND = "django.core.mail.backends." + ("smtp" if EMAIL_HOST else "dummy") + ".EmailBackend"

# Hosts beside Slack's and Teams' own whose incoming webhooks are taken, each with whose format it speaks:
# "chat.example.com=slack,chat.example.com:8443=teams".
CHAT_WEBHOOK_HOSTS = env.dict("CHAT_WEBHOOK_HOSTS", default={})

# Celery. Without Redis the broker lives inside the one worker process, and the rows it works on are the truth.
CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# A web request that finds Redis gone must not wait for it: the dispatch finds what it had to say.
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"socket_connect_timeout": 2, "health_check_interval": 25} if REDIS_URL else {"polling_interval": 0.1}
)
_DISPATCH_INTERVAL_SECONDS = env.float("DISPATCH_INTERVAL_SECONDS", default=5.0 if REDIS_URL else 1.0)
CELERY_BEAT_SCHEDULE = {
    "dispatch-due-work": {
        "task": "quickbooks_bridge.tasks.dispatch.dispatch_due_work",
        "schedule": _DISPATCH_INTERVAL_SECONDS,
        "options": {"expires": max(_DISPATCH_INTERVAL_SECONDS, 5.0)},
    },
    "cleanup": {"task": "quickbooks_bridge.tasks.maintenance.cleanup", "schedule": 3600.0},
    **CRM_SCHEDULE,
    **(PIPEDRIVE_SCHEDULE if PIPEDRIVE_CLIENT_ID else {}),
    "refresh-reference-lists": {
        "task": "quickbooks_bridge.tasks.sync.refresh_reference_lists",
        "schedule": 15.0,
    },
    "retry-unreadable-objects": {
        "task": "quickbooks_bridge.tasks.sync.retry_unreadable_objects",
        "schedule": 60.0,
    },
    "probe-reads": {"task": "quickbooks_bridge.tasks.sync.probe_reads", "schedule": 60.0},
    "send-attachments": {"task": "quickbooks_bridge.tasks.maintenance.send_attachments", "schedule": 5.0},
    "check-readiness": {"task": "quickbooks_bridge.tasks.maintenance.check_readiness", "schedule": 10.0},
    "continue-records": {"task": "quickbooks_bridge.tasks.maintenance.continue_records", "schedule": 300.0},
    "check-issues": {"task": "quickbooks_bridge.tasks.inbox.check_issues", "schedule": 30.0},
    "check-all-issues": {"task": "quickbooks_bridge.tasks.inbox.check_all_issues", "schedule": 3600.0},
    "refresh-idle-tokens": {
        "task": "quickbooks_bridge.tasks.maintenance.refresh_idle_tokens",
        "schedule": 3600.0,
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"ids": {"()": "crm_invoicing.json_logging.IdsFilter"}},
    "formatters": {"json": {"()": "crm_invoicing.json_logging.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["ids"]}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "waitress.queue": {"level": "ERROR"},
        "waitress": {"level": "WARNING"},
        "celery": {"level": "WARNING"},
    },
}
