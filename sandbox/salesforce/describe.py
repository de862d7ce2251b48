"""What the org tells about its objects."""

from typing import Any

from sandbox.salesforce.fields import NUMBERS, Field, Kind, ObjectType
from sandbox.salesforce.org import Org


def describe_global(org: Org, base: str) -> dict[str, Any]:
    """Return the list of all objects."""
    objects = [describe_object(each, base)["sobject"] for each in org.objects.values()]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects}


def describe_object(source: ObjectType, base: str) -> dict[str, Any]:
    """Return the short and the full description of an object, as "sobject" and "full"."""
    url = f"{base}/sobjects/{source.name}"
    short = {
        "name": source.name,
        "label": source.name,
        "keyPrefix": source.prefix,
        "custom": source.name.endswith("__c"),
        "createable": True,
        "updateable": True,
        "deletable": True,
        "queryable": True,
        "urls": {"sobject": url, "describe": f"{url}/describe", "rowTemplate": f"{url}/{{ID}}"},
    }
    children = [
        {"childSObject": each.object_name, "field": each.lookup, "relationshipName": each.name}
        for each in source.children.values()
    ]
    fields = [_field(each) for each in source.fields.values()]
    return {"sobject": short, "full": short | {"fields": fields, "childRelationships": children}}


def _field(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": field.name,
        "type": field.kind.value,
        "length": field.length if field.kind not in NUMBERS and field.kind is not Kind.BOOLEAN else 0,
        "custom": field.name.endswith("__c"),
        "nillable": not field.required and field.kind not in {Kind.BOOLEAN, Kind.ID},
        "createable": field.writable,
        "updateable": field.writable and not field.create_only,
        "filterable": field.filterable,
        "sortable": field.filterable,
        "externalId": field.external_id,
        "restrictedPicklist": field.restricted,
        "picklistValues": [{"value": value, "label": value, "active": True} for value in field.values],
        "referenceTo": [field.to] if field.to else [],
        "relationshipName": field.parent or None,
    }
