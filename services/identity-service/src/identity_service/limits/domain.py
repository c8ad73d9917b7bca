"""How many tries are allowed of what, and by whom they are counted."""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import TooManyRequests

_MAX_AGENT_LENGTH = 300


class TooManyTries(TooManyRequests):
    """Too many tries. Please wait a while before you try again."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request comes from, as the gateway saw it.

    `network` is what limits count by: an IPv6 household has a whole /64 of addresses.
    """

    address: str
    network: str
    agent: str

    @classmethod
    def of(cls, address: str, agent: str) -> "Visitor":
        """Read what the gateway sent; an unreadable address is one address like any other."""
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return cls("unknown", "unknown", agent[:_MAX_AGENT_LENGTH])
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        network = ipaddress.ip_network((parsed, 64 if parsed.version == 6 else 32), strict=False)
        return cls(str(parsed), str(network), agent[:_MAX_AGENT_LENGTH])


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many tries within a window, which begins with the first of them."""

    name: str
    tries: int
    window: timedelta

    def of(self, *who: str) -> "Bucket":
        """The tries of somebody, or of somebody from somewhere."""
        digest = hashlib.sha256("\n".join((self.name, *who)).encode()).digest()
        return Bucket(self, digest)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where the tries of one limit by one party are counted."""

    limit: Limit
    key: bytes


# By account and network: a stranger who guesses is stopped, the owner elsewhere is not.
LOG_IN = Limit("log_in", 10, timedelta(minutes=15))
# By network alone, for many accounts tried from one place. Mobile providers put thousands of
# customers behind one address, and success gives the try back, so it is wide.
LOG_IN_FROM_NETWORK = Limit("log_in_from_network", 300, timedelta(minutes=15))
# Each registration may cost a mail to somebody who asked for nothing.
REGISTER = Limit("register", 5, timedelta(hours=1))
REGISTER_FROM_NETWORK = Limit("register_from_network", 60, timedelta(hours=1))
RESEND = Limit("resend", 5, timedelta(hours=1))
RESEND_FROM_NETWORK = Limit("resend_from_network", 60, timedelta(hours=1))
# Asking for a reset may cost a mail; how many of them leave is counted by account, see links.
RESET = Limit("reset", 5, timedelta(hours=1))
RESET_FROM_NETWORK = Limit("reset_from_network", 60, timedelta(hours=1))
# By account; by account and address, whose link is good for as long; and by the address, so that many
# accounts do not fill a mailbox, while one of them alone does not keep its owner from proving it.
EMAIL_CHANGE = Limit("email_change", 5, timedelta(hours=1))
EMAIL_CHANGE_OWN = Limit("email_change_own", 1, timedelta(hours=24))
EMAIL_CHANGE_TO = Limit("email_change_to", 3, timedelta(hours=24))
# Codes cost money, and some earn it: whoever owns a block of numbers lets codes be sent there.
PHONE_CODES = Limit("phone_codes", 5, timedelta(hours=1))
# By account and number: strangers who have codes sent to a number leave some to its owner.
PHONE_CODES_OWN = Limit("phone_codes_own", 3, timedelta(hours=24))
PHONE_CODES_TO = Limit("phone_codes_to", 6, timedelta(hours=24))
PHONE_CODES_TO_BLOCK = Limit("phone_codes_to_block", 200, timedelta(hours=1))
PHONE_CODES_IN_ALL = Limit("phone_codes_in_all", 2000, timedelta(hours=1))
# Of a million codes.
PHONE_CODE_TRIES = Limit("phone_code_tries", 5, timedelta(hours=1))
# By account: only its owner, or a thief of the session or link, gets as far as this.
CONFIRM_PASSWORD = Limit("confirm_password", 10, timedelta(minutes=15))
# Codes of six digits, three of which are right at a time: by account and network, so that nobody
# elsewhere stops the owner, and by account, so that many networks guess no better than one. The second
# stops the owner too, but only whoever knows the password can fill it.
SECOND_STEP = Limit("second_step", 10, timedelta(minutes=15))
SECOND_STEP_OF_ACCOUNT = Limit("second_step_of_account", 40, timedelta(hours=1))
CHOOSE_REGISTRATION = Limit("choose_registration", 10, timedelta(hours=1))
# By account: each change decodes a photo and keeps an object until the clock has come round.
CHANGE_AVATAR = Limit("change_avatar", 10, timedelta(hours=1))
