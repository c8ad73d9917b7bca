"""The one list of permission names; roles are sets of them, kept by identity-service.

Customers need none: what is their own is theirs by the SQL predicates of each service.
"""

from enum import StrEnum


class Permission(StrEnum):
    """A right that a role can hold; the comment of a group says what it opens."""

    # Sight and work on tickets. `read_team`: those of one's teams and those assigned to oneself.
    TICKET_READ_ALL = "ticket.read_all"
    TICKET_READ_TEAM = "ticket.read_team"
    TICKET_CREATE_FOR_OTHERS = "ticket.create_for_others"
    TICKET_REPLY = "ticket.reply"
    TICKET_NOTE = "ticket.note"
    TICKET_EDIT = "ticket.edit"
    TICKET_ASSIGN = "ticket.assign"
    TICKET_CHANGE_STATE = "ticket.change_state"
    TICKET_MERGE = "ticket.merge"
    TICKET_DELETE = "ticket.delete"
    CATEGORY_EDIT = "category.edit"
    # People and what they may do.
    USER_READ = "user.read"
    USER_EDIT = "user.edit"
    USER_INVITE_CUSTOMER = "user.invite_customer"
    USER_INVITE_STAFF = "user.invite_staff"
    # Acts in the place of a customer, in a session that says so and ends after half an hour.
    USER_IMPERSONATE = "user.impersonate"
    # Removes somebody for good, from every service.
    USER_ERASE = "user.erase"
    ROLE_READ = "role.read"
    ROLE_EDIT = "role.edit"
    TEAM_EDIT = "team.edit"
    # Companies of customers, and who of their people sees what.
    ORGANISATION_READ = "organisation.read"
    ORGANISATION_EDIT = "organisation.edit"
    # Keys by which programs act for their maker; whoever may make them sees and revokes all.
    API_KEY_EDIT = "api_key.edit"
    # The network tree and the customers' lines.
    AREA_READ = "area.read"
    AREA_EDIT = "area.edit"
    LINE_READ = "line.read"
    LINE_EDIT = "line.edit"
    # Files with thousands of rows in and out: whoever imports also needs the rights for what the
    # rows do, whoever exports those to see what the rows hold.
    IMPORT_RUN = "import.run"
    EXPORT_RUN = "export.run"
    # Who did what to whom, from which address: everybody's deeds, so an administrator's by default.
    AUDIT_READ = "audit.read"
    # Figures, deliveries, dead letters.
    REPORT_READ = "report.read"
    DELIVERY_READ = "delivery.read"
    DELIVERY_EDIT = "delivery.edit"
