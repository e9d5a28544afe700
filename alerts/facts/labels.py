"""Chinese names of collections, fields and field values, as in sheets."""

from typing import Final, get_args

from alerts.facts.models import MODELS, Collection, Contact, Role
from telemetry.vocabulary import text, texts

SHEETS: Final[dict[Collection, str]] = {collection: text("collection", collection) for collection in MODELS}
_GROUPS: Final[dict[Collection, dict[str, str]]] = {
    "units": {"kind": "unit_kind"},
    "officers": {"role": "role"},
    "recorders": {"status": "recorder_status"},
    "assignments": {"reason": "assignment"},
    "shifts": {"kind": "shift"},
    "activities": {"kind": "activity", "times_from": "times_from"},
    "exemptions": {"reason": "exemption"},
    "fault_reports": {"kind": "fault_kind"},
}
"""By collection and field: the group of the vocabulary that has its values."""
_OF_ACCOUNTS: Final = frozenset(texts("role")) - frozenset(get_args(Role))
VALUES: Final[dict[Collection, dict[str, dict[str, str]]]] = {
    collection: {
        field: {word: code for code, word in texts(group).items() if code not in _OF_ACCOUNTS}
        for field, group in _GROUPS.get(collection, {}).items()
    }
    for collection in MODELS
}
"""By collection and field: the word in a sheet, and the contract's value."""
_OLDER_SHEETS: Final[dict[str, Collection]] = {"报备": "fault_reports"}
_OLDER_VALUES: Final[dict[tuple[Collection, str], dict[str, str]]] = {
    ("officers", "role"): {"副职": "deputy", "核查部门": "verifier"},
    ("recorders", "status"): {"退役": "retired"},
    ("assignments", "reason"): {"合用": "joint"},
    ("shifts", "kind"): {"专项": "campaign"},
    ("exemptions", "reason"): {"休假": "leave", "便衣": "plain_clothes", "调换": "swap"},
    ("fault_reports", "kind"): {"存储不足": "storage", "丢失": "lost"},
}
"""Words of earlier templates; sheets may still contain them."""


def value_of(collection: Collection, field: str, word: str) -> str:
    """The contract's value for the word in a sheet; *word* itself if it is none of the choices."""
    found = VALUES[collection][field].get(word)
    return found or _OLDER_VALUES.get((collection, field), {}).get(word, word)


def sheet_names() -> dict[str, Collection]:
    """Every name that a sheet or file of a collection may have."""
    names = {name: collection for collection, title in SHEETS.items() for name in (collection, title)}
    return names | _OLDER_SHEETS


def title_of(collection: Collection, field: str) -> str:
    """The Chinese column of a field such as `starts_at`, `contact.email` or `officer_ids.0`; else the field itself."""
    name, _, inner = field.partition(".")
    info = MODELS[collection].model_fields.get(name)
    if name == "contact" and inner:
        info = Contact.model_fields.get(inner)
    return field if info is None or info.title is None else info.title


def collection_named(name: str) -> Collection | None:
    """The collection with that name, in the contract's words or in Chinese."""
    return sheet_names().get(name.strip())
