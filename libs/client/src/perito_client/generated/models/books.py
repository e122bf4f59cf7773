from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.books_inventory_type_1 import BooksInventoryType1
    from ..models.row import Row


T = TypeVar("T", bound="Books")


@_attrs_define
class Books:
    """Books as they stand in an application, at least one row in all. Columns are recognised by their names and
    values; the analysis says what it understood.

    """

    providers: list[Row] | Unset = UNSET
    """ Suppliers, one object each. """
    transactions: list[Row] | Unset = UNSET
    """ Movements, where rows have a SKU, a quantity and a type; purchases, where they have an amount and a
    provider. """
    inventory: BooksInventoryType1 | list[Row] | Unset = UNSET
    """ Stock: one object each, or an object by SKU. """

    def to_dict(self) -> dict[str, Any]:
        providers: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.providers, Unset):
            providers = []
            for providers_item_data in self.providers:
                providers_item = providers_item_data.to_dict()
                providers.append(providers_item)

        transactions: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.transactions, Unset):
            transactions = []
            for transactions_item_data in self.transactions:
                transactions_item = transactions_item_data.to_dict()
                transactions.append(transactions_item)

        inventory: dict[str, Any] | list[dict[str, Any]] | Unset
        if isinstance(self.inventory, Unset):
            inventory = UNSET
        elif isinstance(self.inventory, list):
            inventory = []
            for inventory_type_0_item_data in self.inventory:
                inventory_type_0_item = inventory_type_0_item_data.to_dict()
                inventory.append(inventory_type_0_item)

        else:
            inventory = self.inventory.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if providers is not UNSET:
            field_dict["providers"] = providers
        if transactions is not UNSET:
            field_dict["transactions"] = transactions
        if inventory is not UNSET:
            field_dict["inventory"] = inventory

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.books_inventory_type_1 import BooksInventoryType1
        from ..models.row import Row

        d = dict(src_dict)
        _providers = d.pop("providers", UNSET)
        providers: list[Row] | Unset = UNSET
        if _providers is not UNSET:
            providers = []
            for providers_item_data in _providers:
                providers_item = Row.from_dict(providers_item_data)

                providers.append(providers_item)

        _transactions = d.pop("transactions", UNSET)
        transactions: list[Row] | Unset = UNSET
        if _transactions is not UNSET:
            transactions = []
            for transactions_item_data in _transactions:
                transactions_item = Row.from_dict(transactions_item_data)

                transactions.append(transactions_item)

        def _parse_inventory(data: object) -> BooksInventoryType1 | list[Row] | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                inventory_type_0 = []
                _inventory_type_0 = data
                for inventory_type_0_item_data in _inventory_type_0:
                    inventory_type_0_item = Row.from_dict(inventory_type_0_item_data)

                    inventory_type_0.append(inventory_type_0_item)

                return inventory_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            inventory_type_1 = BooksInventoryType1.from_dict(data)

            return inventory_type_1

        inventory = _parse_inventory(d.pop("inventory", UNSET))

        books = cls(
            providers=providers,
            transactions=transactions,
            inventory=inventory,
        )

        return books
