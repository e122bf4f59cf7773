"""Every kind of oddity by its name."""

from collections.abc import Mapping

from perito_simulator.faults.kind import Kind
from perito_simulator.oddities import lasting, made, seen

ODDITIES: Mapping[str, type[Kind]] = {
    kind.name: kind
    for kind in (
        made.ShopClosed,
        lasting.Measured,
        lasting.SoldOff,
        lasting.OfASeason,
        lasting.NewShop,
        lasting.BroughtBackTogether,
        made.BoughtTwice,
        made.LargePurchase,
        made.TransferLate,
        made.CreditNote,
        made.AdjustmentCorrected,
        made.ReturnThrownAway,
        seen.DeliveredInParts,
        seen.PriceListMoved,
        seen.UnderWayAtTheEnd,
        seen.PromotionPrice,
        seen.StaffDiscount,
        seen.LineVoided,
    )
}
