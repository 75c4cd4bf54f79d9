"""How often one person may have QuickBooks asked by hand, so that nobody alone uses up the installation's month of reads."""

import logging
from typing import Any

from redis.exceptions import RedisError
from rest_framework.throttling import SimpleRateThrottle

from deals.viewer import Viewer
from quickbooks_bridge.domain.problem_codes import ProblemCode
from quickbooks_bridge.gateway.errors import Throttled

logger = logging.getLogger(__name__)

PERSON_LIMIT = ProblemCode.PERSON_LIMIT
# A month of such days is a tenth of the smallest monthly allowance.
RATES = ("60/min", "1000/day")


class _PersonThrottle(SimpleRateThrottle):
    def __init__(self, rate: str, member: int) -> None:
        self.rate, self._member = rate, member
        super().__init__()

    def get_cache_key(self, request: Any, view: Any) -> str:
        return f"asks:{self.rate}:{self._member}"


def person_asks(viewer: Viewer) -> None:
    """Count that a person presses Refresh, Check now, Send or Download; raises Throttled when it was too often.

    Without Redis nobody is held up.
    """
    for rate in RATES:
        throttle = _PersonThrottle(rate, viewer.member.pk)
        try:
            is_allowed = throttle.allow_request(None, None)  # type: ignore[arg-type]
        except RedisError as error:
            logger.warning("presses not counted", extra={"kind": type(error).__name__})
            return
        if not is_allowed:
            raise Throttled(
                PERSON_LIMIT,
                retry_after=int(throttle.wait() or 60) + 1,
                problem_code=PERSON_LIMIT,
                status=429,
            )
