"""What an app may say of itself, field by field."""

from collections.abc import Callable, Collection
from typing import Any

import msgspec

from kith.api.http.problems import Fault, Problem
from kith.api.http.proofs import is_key
from kith.domain.apps import SECRET, Kind
from kith.domain.logos import fault as logo_fault
from kith.domain.redirects import fault, origin_fault
from kith.domain.scopes import SCOPES

_LISTS: dict[str, Callable[[str], str | None]] = {
    "redirect_uris": fault,
    "logout_uris": fault,
    "origins": origin_fault,
}


def check(payload: Any, kind: Kind, redirect_uris: Collection[str]) -> None:
    """Refuse addresses that cannot be. redirect_uris: those that the app will have. Raises Problem."""
    faults = [
        Fault("invalid", wrong, f"/{name}/{number}")
        for name, judge in _LISTS.items()
        for number, address in enumerate(_given(payload, name) or ())
        if (wrong := judge(address))
    ]
    faults += [
        Fault("invalid", "This must be an https address.", f"/{name}")
        for name in ("homepage", "policy_url")
        if (address := _given(payload, name)) and (not address.startswith("https://") or fault(address))
    ]
    if isinstance(payload.logo, bytes) and (wrong := logo_fault(payload.logo)):
        faults.append(Fault("invalid", wrong, "/logo"))
    keys = payload.keys if isinstance(payload.keys, list) else []
    if keys and kind not in SECRET:
        faults.append(Fault("invalid", "An app of this kind cannot keep a key.", "/keys"))
    faults += [
        Fault("invalid", "This is no point of P-256.", f"/keys/{number}")
        for number, key in enumerate(keys)
        if not is_key(msgspec.to_builtins(key))
    ]
    if kind in ("browser", "server") and not redirect_uris:
        faults.append(Fault("invalid", "An app of this kind needs a redirect URI.", "/redirect_uris"))
    if kind == "machine" and redirect_uris:
        faults.append(Fault("invalid", "An app that acts by itself has no redirect URI.", "/redirect_uris"))
    if faults:
        raise Problem("invalid_body", faults[0].message, *faults)


def check_scopes(scopes: Collection[str], held: Collection[str]) -> None:
    """Refuse scopes that do not exist, and those that whoever asks does not have. Raises Problem."""
    if unknown := sorted(set(scopes) - SCOPES.keys()):
        message = f"There is no scope {unknown[0]}."
        raise Problem("invalid_body", message, Fault("not_found", message, "/scopes"))
    if lacking := sorted(set(scopes) - set(held)):
        raise Problem("missing_scope", f"The token lacks the scope {lacking[0]}, so it cannot give it.")


def _given(payload: Any, name: str) -> Any:
    """Return a field that a body names; None where it leaves it out."""
    value = getattr(payload, name)
    return value if isinstance(value, str | list) else None
