"""Where the pages are served, and who comes in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from core.settings.section import Section


class ServerSettings(Section):
    """Where the pages are served."""

    address: str = Field("127.0.0.1", description="The address to listen on; loopback unless accounts exist.")
    port: int = Field(5006, ge=0, le=65_535, description="The port; 0 takes a free one.")
    hosts: tuple[Annotated[str, Field(min_length=1, max_length=253)], ...] = Field(
        (), description="Further names by which browsers may call this server; requests for others are refused."
    )
    public_url: str = Field(
        "", description="The address of the pages as people type it, for links: `https://tally.example.org/room`."
    )
    trusted_proxy: str = Field(
        "", description="The address of a proxy whose `X-Forwarded-Proto` and `X-Forwarded-For` are believed."
    )
    session_hours: float = Field(720, gt=0, le=8_784, description="A session ends after so long.")
    idle_hours: float = Field(168, gt=0, le=8_784, description="A session that no page uses ends after so long.")


class OidcSettings(Section):
    """Signing in through the office's own provider (OpenID Connect), where `issuer` names one."""

    issuer: str = Field("", max_length=200, description="The provider's address, as it calls itself; empty for none.")
    client_id: str = Field("", description="What this room is called there.")
    secret_variable: str = Field(
        "OIDC_CLIENT_SECRET", description="The environment variable that holds the secret; not set for a public client."
    )
    label: str = Field("your office's account", max_length=60, description="The button: `Sign in with ...`.")
    scopes: tuple[str, ...] = Field(("openid", "profile", "email"), description="What is asked of the provider.")
    name_claim: str = Field("email", description="The claim that names somebody new.")
    domains: tuple[str, ...] = Field(
        (), description="The domains of verified mail addresses that may come in; empty for all that the provider has."
    )
    default_role: Literal["", "viewer", "reviewer", "lead"] = Field(
        "", description="The role of somebody new; empty where they need an invitation."
    )
    role_claim: str = Field(
        "", description="The claim with somebody's groups, a path with dots; its role holds with each sign-in."
    )
    roles: dict[str, Literal["viewer", "reviewer", "lead", "admin"]] = Field(
        {}, description="What a group's people may do: the groups of `role_claim`, and their roles."
    )

    @model_validator(mode="after")
    def _closed_enough(self) -> OidcSettings:
        if self.issuer and not self.client_id:
            raise ValueError("a provider needs a client_id")
        if bool(self.role_claim) != bool(self.roles):
            raise ValueError("role_claim and roles go together")
        if self.issuer and self.default_role and not self.domains and not self.role_claim:
            raise ValueError("with default_role, name the domains that may come in (['*'] for all)")
        return self


class ApiSettings(Section):
    """What scripts may ask of the server."""

    requests_per_minute: int = Field(600, ge=1, le=1_000_000, description="Requests a person may send in a minute.")
