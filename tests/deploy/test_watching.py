"""The alarms and the dashboard that come along: they fire when they should, and ask for figures that are there."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from prometheus_client.parser import text_string_to_metric_families

from bic.models import TaskTimes
from tests.conftest import NOW

DEPLOY = Path(settings.BASE_DIR) / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
DASHBOARD = DEPLOY / "grafana" / "bic-atrium.json"


def promtool(*arguments: str, cwd: Path = RULES.parent) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    done = subprocess.run(["promtool", *arguments], capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def alarms() -> list[dict]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def expressions_of_the_dashboard() -> list[str]:
    return [target["expr"] for panel in json.loads(DASHBOARD.read_text())["panels"] for target in panel["targets"]]


def test_each_alarm_fires_in_time_and_none_while_all_is_well():
    promtool("test", "rules", "rules.test.yml")
    cases = [
        case
        for test in yaml.safe_load((RULES.parent / "rules.test.yml").read_text())["tests"]
        for case in test["alert_rule_test"]
    ]
    names = {alarm["alert"] for alarm in alarms()}
    assert {case["alertname"] for case in cases if case.get("exp_alerts")} == names
    assert {case["alertname"] for case in cases if not case.get("exp_alerts")} == names


def test_prometheus_reads_the_configuration_that_comes_along(tmp_path):
    for name in ("prometheus.yml", "rules.yml"):
        shutil.copy(RULES.parent / name, tmp_path)
    (tmp_path / "metrics_token").write_text("secret")
    promtool("check", "config", "prometheus.yml", cwd=tmp_path)


def test_the_dashboard_asks_in_the_language_of_prometheus(tmp_path):
    asked = [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(expressions_of_the_dashboard())
    ]
    assert len(asked) > 10
    (tmp_path / "panels.yml").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": asked}]}))
    promtool("check", "rules", "panels.yml", cwd=tmp_path)


@pytest.mark.django_db
def test_each_figure_that_is_asked_for_is_there(client, settings):
    settings.METRICS_TOKEN = "secret"
    TaskTimes.add("notifications.tasks.sweep_notifications", seconds=1, failed=False, ended_at=NOW)
    client.get("/account/login/")
    text = client.get("/metrics", headers={"authorization": "Bearer secret"}).content.decode()
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    asked = [alarm["expr"] for alarm in alarms()] + expressions_of_the_dashboard()
    asked += re.findall(r"`([^`]*bic_[^`]*)`", (DEPLOY.parent / "docs" / "running.md").read_text())
    names = set(re.findall(r"\bbic_\w+", "\n".join(asked)))
    assert names <= {sample.name for sample in samples}
    labels = {name: set() for name in names}
    for sample in samples:
        labels.setdefault(sample.name, set()).update(sample.labels)
    for name, matched in re.findall(r"(bic_\w+)\{([^}]*)\}", "\n".join(asked)):
        assert set(re.findall(r"(\w+)=", matched)) <= labels[name], name
    tasks = re.findall(r'task="([^"]*)"', "\n".join(asked))
    assert set(tasks) <= {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
