"""Pages: made on the server from templates, with a policy that lets nothing in from elsewhere.

A template ``oauth/consent.html`` is the file ``kith/api/oauth/templates/consent.html``. It extends ``pages/base.html``,
puts sentences into ``{{ _("...") }}``, and begins each form with ``{{ form_key() }}``.
"""

from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from litestar import Request, Response
from litestar.enums import MediaType
from markupsafe import Markup

from kith.api.pages import cookies, forms
from kith.api.pages.words import ENGLISH, catalogues, language_of


def render(
    request: Request[Any, Any, Any],
    template: str,
    *,
    status: int = 200,
    cookie: str | None = None,
    forms_to: Sequence[str] = (),
    headers: dict[str, str] | None = None,
    **values: Any,
) -> Response[str]:
    """Return a page.

    cookie: the text of a new one, as after signing in. forms_to: origins beside ours to which a form of the page may
    lead, also by a redirection: browsers follow none elsewhere.
    """
    known, new = (cookie, True) if cookie else cookies.ensure_visitor(request)
    language = language_of(request)
    body = (
        _environment(language)
        .get_template(template)
        .render(language=language, form_key=lambda: _form_key(known), path=request.scope["path"], **values)
    )
    set_cookie = {"Set-Cookie": cookies.header(request.app.state.settings, known)} if new else {}
    policy = {"Content-Security-Policy": policy_of(forms_to), "Vary": "Cookie, Accept-Language"}
    return Response(
        body, status_code=status, media_type=MediaType.HTML, headers={**policy, **set_cookie, **(headers or {})}
    )


def go(
    request: Request[Any, Any, Any], location: str, *, cookie: str | None = None, headers: dict[str, str] | None = None
) -> Response[str]:
    """Send the browser elsewhere after a form, or with a new cookie.

    It goes by way of a page: of a form browsers follow no redirection that ends elsewhere than the form's policy
    says, and a path of ours may lead on to an app.
    """
    return render(request, "pages/go.html", cookie=cookie, headers=headers, location=location)


def policy_of(forms_to: Sequence[str] = ()) -> str:
    """Return the policy of a page: nothing inline, nothing from elsewhere, in no frame."""
    targets = " ".join(["'self'", *forms_to])
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; "
        f"form-action {targets}; frame-ancestors 'none'"
    )


@cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    translate = _translator(catalogues().get(language, {}) if language != ENGLISH else {})
    made.install_gettext_callables(  # type: ignore[attr-defined]  # the extension's
        translate, lambda one, many, number: translate(one if number == 1 else many), newstyle=True
    )
    return made


def _translator(catalogue: dict[str, str]) -> Callable[[str], str]:
    return lambda sentence: catalogue.get(sentence, sentence)


def _read(name: str) -> str:
    folder, _, file = name.partition("/")
    return files(f"kith.api.{folder}").joinpath("templates", file).read_text("utf-8")


def _form_key(known: str) -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(forms.FIELD, cookies.form_key(known))
