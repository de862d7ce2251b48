"""The objects of the org: the contract's custom fields, and the standard ones that stand around them.

Source: contract.md; Salesforce fact sheet 4.8, 5.1.
"""

from sandbox.salesforce.fields import (
    Children,
    Kind,
    ObjectType,
    address,
    flag,
    long_text,
    lookup,
    make_object,
    moment,
    number,
    picklist,
    read_only,
    system_fields,
    text,
)

ACTIVATION_STATUS = ("Not Started", "Requested", "Activating", "Activated", "Failed")


def make_objects() -> dict[str, ObjectType]:
    """Return the objects of a new org by name."""
    made = (_account(), _order(), _order_item(), _product(), _pricebook(), _pricebook_entry(), *_org_objects())
    return {each.name: each for each in made}


def _account() -> ObjectType:
    fields = (
        text("Name", required=True),
        text("AccountNumber", 40),
        text("Phone", 40),
        lookup("ParentId", "Account"),
        lookup("OwnerId", "User"),
        *address("Billing"),
        text("WHMCS_Client_Id__c", 40, external_id=True),
    )
    children = Children("Orders", "Order", "AccountId"), Children("ChildAccounts", "Account", "ParentId")
    return make_object("Account", "001", system_fields() + fields, children)


def _order() -> ObjectType:
    fields = (
        *read_only(Kind.TEXT, "OrderNumber", "StatusCode"),
        lookup("AccountId", "Account"),
        lookup("Pricebook2Id", "Pricebook2"),
        lookup("OwnerId", "User"),
        lookup("OriginalOrderId", "Order"),
        moment("EffectiveDate", Kind.DATE, required=True),
        moment("EndDate", Kind.DATE),
        picklist("Status", default="Draft"),
        picklist("Type"),
        text("PoNumber", 80),
        long_text("Description", 32000),
        flag("IsReductionOrder"),
        *read_only(Kind.CURRENCY, "TotalAmount"),
        *read_only(Kind.DATETIME, "ActivatedDate"),
        *read_only(Kind.REFERENCE, "ActivatedById"),
        *address("Billing"),
        *address("Shipping"),
        picklist("Activation_Status__c", *ACTIVATION_STATUS, restricted=True, default="Not Started"),
        text("Activation_Error_Code__c", 80),
        text("Activation_Error_Message__c", 255),
        moment("Activation_Last_Attempt_At__c"),
        text("WHMCS_Order_ID__c", 40),
    )
    return make_object("Order", "801", system_fields() + fields, (Children("OrderItems", "OrderItem", "OrderId"),))


def _order_item() -> ObjectType:
    fields = (
        *read_only(Kind.TEXT, "OrderItemNumber"),
        lookup("OrderId", "Order", required=True, create_only=True),
        lookup("PricebookEntryId", "PricebookEntry", required=True, create_only=True),
        lookup("Product2Id", "Product2"),
        lookup("OriginalOrderItemId", "OrderItem"),
        number("Quantity", required=True),
        number("UnitPrice", Kind.CURRENCY),
        number("ListPrice", Kind.CURRENCY),
        *read_only(Kind.CURRENCY, "TotalPrice"),
        *read_only(Kind.DOUBLE, "AvailableQuantity"),
        *(moment(name, Kind.DATE) for name in ("ServiceDate", "EndDate")),
        text("Description"),
        text("WHMCS_Service_ID__c"),
    )
    return make_object("OrderItem", "802", system_fields() + fields)


def _product() -> ObjectType:
    fields = (
        text("Name", required=True),
        text("ProductCode"),
        text("StockKeepingUnit", 180),
        flag("IsActive", default=True),
        picklist("Family"),
        picklist("QuantityUnitOfMeasure"),
        long_text("Description", 4000),
        text("WHMCS_Product_Id__c", 40),
        picklist("Billing_Cycle__c"),
        picklist("Item_Class__c", "Service", "Activation", "Add-on"),
        long_text("Portal_ConfigOptions_JSON__c"),
    )
    children = (Children("PricebookEntries", "PricebookEntry", "Product2Id"),)
    return make_object("Product2", "01t", system_fields() + fields, children)


def _pricebook() -> ObjectType:
    fields = text("Name", required=True), flag("IsActive", default=True), flag("IsStandard"), text("Description")
    children = (Children("PricebookEntries", "PricebookEntry", "Pricebook2Id"),)
    return make_object("Pricebook2", "01s", system_fields() + fields, children)


def _pricebook_entry() -> ObjectType:
    fields = (
        *read_only(Kind.TEXT, "Name", "ProductCode"),
        lookup("Pricebook2Id", "Pricebook2", required=True, create_only=True),
        lookup("Product2Id", "Product2", required=True, create_only=True),
        number("UnitPrice", Kind.CURRENCY, required=True),
        flag("IsActive", default=True),
        flag("UseStandardPrice"),
    )
    return make_object("PricebookEntry", "01u", system_fields() + fields)


def _org_objects() -> tuple[ObjectType, ...]:
    user = text("Username", 80), text("Name"), text("Email", 80), flag("IsActive", default=True)
    organization = text("Name"), text("InstanceName"), flag("IsSandbox"), text("OrganizationType")
    status = text("ApiName"), text("MasterLabel"), flag("IsDefault"), number("SortOrder"), text("StatusCode")
    return (
        make_object("User", "005", system_fields() + user),
        make_object("Organization", "00D", system_fields() + organization),
        make_object("OrderStatus", "0p0", system_fields() + status),
    )
