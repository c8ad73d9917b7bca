"""Links in messages: how long each kind lives, and how many an unproven address may be sent."""

from datetime import timedelta
from typing import Final, Literal

from shared.errors import TooManyRequests
from shared.events.identity import LinkPurpose

# Those that were there first have an event of their own, `link.issued`; the others are announced.
AnnouncedPurpose = Literal["email", "email_undo", "phone", "not_me"]
Purpose = LinkPurpose | AnnouncedPurpose


class TooManyInvitations(TooManyRequests):
    """This person has been sent enough invitations for today."""


LIFETIME: dict[Purpose, timedelta] = {
    "verify": timedelta(hours=24),
    "invite": timedelta(hours=72),
    "reset": timedelta(minutes=30),
    "account_exists": timedelta(hours=24),
    "email": timedelta(hours=24),
    "email_undo": timedelta(days=7),
    "phone": timedelta(minutes=10),
    "not_me": timedelta(days=7),
}
# With these an owner gets an account back that somebody else has got into: nothing that this
# somebody does there may make them useless.
LIFELINES: Final[tuple[Purpose, ...]] = ("email_undo", "not_me")
DAY = timedelta(hours=24)
# Whoever registers may type anybody's address, so a stranger's mailbox hears of it once a day. The
# page after registering offers to send again: three times, a minute apart, is patience enough for
# an owner whose mail was slow, and little to a victim, since every copy is the same fixed text.
MAILS_BY_REGISTERING = 1
MAILS_BY_ASKING_AGAIN = 3
INVITATIONS_A_DAY = 5
PAUSE_BEFORE_ASKING_AGAIN = timedelta(minutes=1)
# A stranger can ask for it as well; beyond these a mail leaves only where no link is good any more.
RESETS_A_DAY = 10
KEPT_AFTER_EXPIRY = timedelta(days=30)
