"""Signing in: the person, their membership and their company in one statement."""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend


class MemberBackend(ModelBackend):
    """Django's own passwords and rights; reads with the user whom the user stands for."""

    def get_user(self, user_id: Any) -> Any:
        """Give the user of a session, None when there is none or it may not sign in any more."""
        rows = get_user_model()._default_manager.select_related("member__account")
        user = rows.filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
