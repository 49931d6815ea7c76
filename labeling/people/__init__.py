"""People, what they may do, and how they are let in."""

from labeling.people.accounts import accept, has_password, invite, invited, sign_in
from labeling.people.devices import device_of
from labeling.people.office import Member, may_listen_outside, members, set_active, set_role, sign_out
from labeling.people.person import HOUR_MS, PersonId, Reviewer, add_person, named, require
from labeling.people.sessions import (
    IDLE_MS,
    SESSION_MS,
    Entrance,
    Session,
    find_session,
    identify,
    issue_link,
    open_sessions,
    revoke,
    rotate,
    use_link,
)
from labeling.people.throttle import ThrottledError
from labeling.people.tokens import (
    Bearer,
    Scope,
    TokenFacts,
    identify_token,
    issue_token,
    open_tokens,
    revoke_token,
    tokens,
)

__all__ = [
    "HOUR_MS",
    "IDLE_MS",
    "SESSION_MS",
    "Bearer",
    "Entrance",
    "Member",
    "PersonId",
    "Reviewer",
    "Scope",
    "Session",
    "ThrottledError",
    "TokenFacts",
    "accept",
    "add_person",
    "device_of",
    "find_session",
    "has_password",
    "identify",
    "identify_token",
    "invite",
    "invited",
    "issue_link",
    "issue_token",
    "may_listen_outside",
    "members",
    "named",
    "open_sessions",
    "open_tokens",
    "require",
    "revoke",
    "revoke_token",
    "rotate",
    "set_active",
    "set_role",
    "sign_in",
    "sign_out",
    "tokens",
    "use_link",
]
