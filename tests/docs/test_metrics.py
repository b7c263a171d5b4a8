"""Metrics are documented, alerts and the dashboard ask for those that are there, and each alert has a runbook."""

import json
import re

import yaml  # type: ignore[import-untyped]  # it declares no types

from kith.cli.metrics import NAMES as OF_INSTALLATION
from kith.runtime.metrics import NAMES as OF_PROCESSES
from tests.paths import ROOT

NAMES = OF_PROCESSES | OF_INSTALLATION
ALERTS = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text())["groups"][0]["rules"]
BOARD = json.loads((ROOT / "deploy" / "grafana" / "kith.json").read_text())
RUNBOOKS = (ROOT / "docs" / "runbooks.md").read_text()
ASKED = re.compile(r"\bkith_\w+")


def asked(expression: str) -> set[str]:
    return {name.removesuffix("_bucket") for name in ASKED.findall(expression)}


def test_every_metric_is_documented() -> None:
    page = (ROOT / "docs" / "operating.md").read_text()
    listed = re.findall(r"^\| `(kith_\w+)` \| .* \| (.+) \|$", page, re.MULTILINE)
    assert dict(listed) == NAMES


def test_alerts_ask_for_metrics_that_are_there() -> None:
    for alert in ALERTS:
        assert asked(alert["expr"]) <= NAMES.keys(), alert["alert"]
        assert asked(alert["expr"]) or "up{" in alert["expr"]


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    sections = re.findall(r"^## (\w+)$", RUNBOOKS, re.MULTILINE)
    assert sections == [alert["alert"] for alert in ALERTS]
    for alert in ALERTS:
        assert alert["annotations"]["runbook"] == f"docs/runbooks.md#{alert['alert'].lower()}"


def test_the_dashboard_shows_every_metric_and_no_other() -> None:
    expressions = [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]]
    assert set().union(*map(asked, expressions)) == NAMES.keys()
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])
