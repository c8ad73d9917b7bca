"""Links in messages: how long each kind lives, and how many an unproven address may be sent."""

from datetime import timedelta

from shared.errors import TooManyRequests
from shared.events.identity import LinkPurpose


class TooManyInvitations(TooManyRequests):
    """This person has been sent enough invitations for today."""


LIFETIME: dict[LinkPurpose, timedelta] = {
    "verify": timedelta(hours=24),
    "invite": timedelta(hours=72),
    "reset": timedelta(minutes=30),
    "account_exists": timedelta(hours=24),
}
DAY = timedelta(hours=24)
# Whoever registers may type anybody's address, so a stranger's mailbox hears of it once a day. The
# page after registering offers to send again: three times, a minute apart, is patience enough for
# an owner whose mail was slow, and little to a victim, since every copy is the same fixed text.
MAILS_BY_REGISTERING = 1
MAILS_BY_ASKING_AGAIN = 3
INVITATIONS_A_DAY = 5
PAUSE_BEFORE_ASKING_AGAIN = timedelta(minutes=1)
KEPT_AFTER_EXPIRY = timedelta(days=30)
