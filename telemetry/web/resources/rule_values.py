"""The rules' thresholds in force, as the settings give them."""

from collections.abc import Mapping
from typing import Any

from alerts.rules.settings import RuleSettings
from telemetry.web.http.route import Site


def rule_values(site: Site) -> RuleSettings:
    """Each rule's thresholds: the defaults, and over them the table `[rules]` (checked at the start of the server)."""
    settings = RuleSettings()
    for rule, values in site.rules.items():
        for name, value in values.items():
            settings = settings.with_value(rule, name, value)
    return settings


def set_values(site: Site, rule: str) -> Mapping[str, Any]:
    """What the settings say of one rule."""
    return site.rules.get(rule, {})
