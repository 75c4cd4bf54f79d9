"""The keys of the installation's Intuit app: from the environment, else what its first owner typed in."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from crm_invoicing.encryption import UnreadableToken, decrypt, encrypt
from deals.models import Account, Member
from deals.viewer import Viewer
from quickbooks_bridge.gateway import oauth
from quickbooks_bridge.models import InstallationKeys


def client_keys() -> tuple[str, str]:
    """Return client id and secret, two "" where there are none."""
    if settings.QUICKBOOKS_CLIENT_ID and settings.QUICKBOOKS_CLIENT_SECRET:
        return settings.QUICKBOOKS_CLIENT_ID, settings.QUICKBOOKS_CLIENT_SECRET
    row = InstallationKeys.objects.first()
    if row is None:
        return "", ""
    try:
        sealed = (row.client_id, row.client_secret)
        opened = [decrypt(text, keys=settings.TOKEN_ENCRYPTION_KEYS) for text in sealed]
    except UnreadableToken:
        return "", ""
    return opened[0], opened[1]


def are_given() -> bool:
    """Return whether the environment names the keys: then nobody changes them on a page."""
    return bool(settings.QUICKBOOKS_CLIENT_ID and settings.QUICKBOOKS_CLIENT_SECRET)


def may_set_keys(viewer: Viewer) -> bool:
    """Return whether the viewer may type in the keys, which are everybody's here: an owner of the first account."""
    if are_given() or viewer.member.role != Member.Role.OWNER:
        return False
    first = Account.objects.order_by("pk").values_list("pk", flat=True).first()
    return viewer.account.pk == first


def keys_check(client_id: str, client_secret: str) -> str:
    """Return "" if Intuit takes these keys, else why not: "refused" or "unreachable". No token is spent."""
    config = oauth.OAuthConfig(
        client_id=client_id,
        client_secret=client_secret,
        redirect_uri=f"{settings.PUBLIC_URL}/quickbooks/callback/",
        environment=settings.QUICKBOOKS_DISCOVERY_URL or settings.QUICKBOOKS_ENVIRONMENT,
    )
    try:
        # One that never was is refused, and how tells whether the keys were taken.
        oauth.refresh(config, refresh_token="asked-for-the-keys")  # noqa: S106 - nobody's
    except oauth.InvalidGrant:
        return ""
    except oauth.BadKeys:
        return "refused"
    except oauth.OAuthError:
        return "unreachable"
    return ""


@transaction.atomic
def keys_store(viewer: Viewer, client_id: str, client_secret: str, *, now: datetime) -> None:
    """Keep the keys, sealed."""
    InstallationKeys.objects.all().delete()
    InstallationKeys.objects.create(
        client_id=encrypt(client_id, keys=settings.TOKEN_ENCRYPTION_KEYS),
        client_secret=encrypt(client_secret, keys=settings.TOKEN_ENCRYPTION_KEYS),
        stored_at=now,
        stored_by=viewer.member,
    )
