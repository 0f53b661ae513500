"""The whole SMS pipeline (rows, claim, batches to Esendex, results) against a bare aiohttp loop that posts the same
batches over the same number of connections to the same server."""

from __future__ import annotations

import asyncio

import aiohttp
from pipeline import platform, show, timed
from stand_ins import StandIn
from xrm_esendex.plugin import ESENDEX

from xrm_platform.messaging import SmsRequest

MESSAGES = 10_000


def number(index: int) -> str:
    return f"336{index:08d}"


async def bare(settings) -> None:
    batches = iter(batches_of(range(MESSAGES)))
    url = f"{settings['url']}/v1.0/messagedispatcher"
    headers = {
        "Accept": "application/json",
        "Authorization": aiohttp.encode_basic_auth(settings["username"], settings["password"]),
    }

    async def connection(http: aiohttp.ClientSession) -> None:
        for batch in batches:
            messages = [
                {"to": number(index), "body": f"Rendez-vous {index}", "from": "ACME", "characterset": "GSM"}
                for index in batch
            ]
            body = {"accountreference": settings["account_reference"], "messages": messages}
            async with http.post(url, json=body, headers=headers) as response:
                answer = await response.json()
                assert len(answer["batch"]["messageheaders"]) == len(batch)

    async with aiohttp.ClientSession() as http:
        await asyncio.gather(*(connection(http) for _ in range(ESENDEX.limits.connections)))


def batches_of(indexes: range):
    size = ESENDEX.limits.batch
    return (indexes[start : start + size] for start in range(0, len(indexes), size))


async def main() -> None:
    async with StandIn("esendex") as server, platform("esendex", server.settings) as (xrm, admin):
        await bare(server.settings)
        for batch in batches_of(range(MESSAGES)):
            await asyncio.gather(
                *(
                    xrm.sending.send_sms(admin, SmsRequest("COM", (f"+{number(index)}",), f"Rendez-vous {index}"))
                    for index in batch
                )
            )
        alone = await timed(bare(server.settings))
        ours = await timed(xrm.run_until_idle())
        assert await server.arrived() == 3 * MESSAGES
    show(f"{MESSAGES} SMS", MESSAGES, alone, ours)


if __name__ == "__main__":
    asyncio.run(main())
