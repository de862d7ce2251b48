"""Salesforce object and field names: the one place where they are spelled.

An org with other names changes this file and nothing else. Attributes are our words, values are Salesforce's.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EventNames:
    """Fields of the platform event `OrderProvisionRequested__e`."""

    order_id: str = "OrderId__c"
    idempotency_key: str = "IdemKey__c"


@dataclass(frozen=True, slots=True)
class OrderNames:
    """The order and the fields that carry its provisioning state."""

    object: str = "Order"
    activation_status: str = "Activation_Status__c"
    error_code: str = "Activation_Error_Code__c"
    error_message: str = "Activation_Error_Message__c"
    last_attempt_at: str = "Activation_Last_Attempt_At__c"
    whmcs_order_id: str = "WHMCS_Order_ID__c"


@dataclass(frozen=True, slots=True)
class OrderItemNames:
    """The order's lines."""

    object: str = "OrderItem"
    children: str = "OrderItems"
    whmcs_service_id: str = "WHMCS_Service_ID__c"


@dataclass(frozen=True, slots=True)
class ProductNames:
    """The product of a line, as `Product2` on the line."""

    object: str = "Product2"
    whmcs_product_id: str = "WHMCS_Product_Id__c"
    billing_cycle: str = "Billing_Cycle__c"
    item_class: str = "Item_Class__c"
    config_options: str = "Portal_ConfigOptions_JSON__c"


@dataclass(frozen=True, slots=True)
class AccountNames:
    """The account that buys, as `Account` on the order."""

    object: str = "Account"
    whmcs_client_id: str = "WHMCS_Client_Id__c"


@dataclass(frozen=True, slots=True)
class Names:
    """All names of one org; the default is the contract's."""

    event: EventNames = field(default_factory=EventNames)
    order: OrderNames = field(default_factory=OrderNames)
    item: OrderItemNames = field(default_factory=OrderItemNames)
    product: ProductNames = field(default_factory=ProductNames)
    account: AccountNames = field(default_factory=AccountNames)
