"""Calls for rules of your own: `client.rules`. Reading takes the scope `read`, all else the scope `rules`."""

from functools import partial
from uuid import uuid4

from perito_client.errors import Refused
from perito_client.generated.api.rules import (
    check_rule,
    create_rule,
    delete_rule,
    get_rule,
    list_rules,
    update_rule,
)
from perito_client.generated.models import (
    CheckedRule,
    CheckRuleRequest,
    CreateRuleRequest,
    OwnRule,
    OwnRuleWithText,
    UpdateRuleRequest,
)
from perito_client.generated.types import UNSET
from perito_client.transport import Transport


class Rules:
    """The tenant's own rules. Every method raises `ClientError`; a text that is refused is `Refused` with RULE_REFUSED,
    whose `errors` name line and character.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def every(self) -> list[OwnRule]:
        """All of them by id, without their texts."""
        answer = await self._transport.answered(partial(list_rules.asyncio_detailed, client=self._transport.api))
        return answer.items

    async def one(self, rule_id: str, version: int | None = None) -> OwnRuleWithText:
        """One with its text, or an earlier one, and who sent which when."""
        number = UNSET if version is None else version
        ask = partial(get_rule.asyncio_detailed, rule_id, client=self._transport.api, version=number)
        return await self._transport.answered(ask)

    async def check(self, text: str) -> CheckedRule:
        """What a text is, and for what it would be refused; nothing is kept."""
        body = CheckRuleRequest(text=text)
        return await self._transport.answered(
            partial(check_rule.asyncio_detailed, client=self._transport.api, body=body)
        )

    async def create(self, text: str, *, enabled: bool = True, idempotency_key: str | None = None) -> OwnRule:
        """Keeps a rule; every analysis that is accepted from now on runs it, where it is enabled."""
        body, key = CreateRuleRequest(text=text, enabled=enabled), idempotency_key or str(uuid4())
        return await self._transport.answered(
            partial(create_rule.asyncio_detailed, client=self._transport.api, body=body, idempotency_key=key)
        )

    async def update(self, rule_id: str, *, text: str | None = None, enabled: bool | None = None) -> OwnRule:
        """Gives it another text, or enables or disables it: what is given."""
        body = UpdateRuleRequest(text=UNSET if text is None else text, enabled=UNSET if enabled is None else enabled)
        return await self._transport.answered(
            partial(update_rule.asyncio_detailed, rule_id, client=self._transport.api, body=body)
        )

    async def delete(self, rule_id: str) -> None:
        """Deletes it with its versions. Refused with RULE_NOT_FOUND where it is not there, unless an earlier try of
        this call deleted it.
        """
        tries = 0

        async def ask() -> None:
            nonlocal tries
            tries += 1
            try:
                await delete_rule.asyncio_detailed(rule_id, client=self._transport.api)
            except Refused as refused:
                if tries == 1 or refused.reason != "RULE_NOT_FOUND":
                    raise

        await self._transport.patiently(ask)
