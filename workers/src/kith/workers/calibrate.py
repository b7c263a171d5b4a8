"""The job ``calibrate``: weights from the workspace's own past, and a back-test that says how far to believe them."""

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from scipy.special import expit

from kith.domain.days import day_of
from kith.domain.strength.calibration import calibrate_on
from kith.domain.strength.contact import Activity, Contacts
from kith.domain.strength.model import Model, shipped
from kith.domain.strength.quality import Quality, quality
from kith.domain.strength.windows import window
from kith.projections import strength
from kith.store import calibration as store
from kith.store import jobs
from kith.workers.work import Work


async def calibrate(work: Work) -> dict[str, Any]:
    """Fit on the last 90 days that were read, where they suffice; a new model is followed by a refresh."""
    workspace_id, now = work.job.workspace_id, datetime.now(UTC)
    async with work.transaction() as db:
        until = await store.last_day(db, workspace_id, now.date())
        day = day_of(until or now)
        network = await strength.load_all(db, workspace_id, day, store.ROWS) if until else None
    if until is None or network is None:
        return {"model": None, "why": "There is no contact yet." if until is None else "The network is too large."}
    name = f"{until:%Y-%m-%d}"
    model, report = await asyncio.to_thread(_learn, *network, day, name)
    async with work.transaction() as db:
        if model.version != shipped().version:
            await store.save_model(db, workspace_id, shipped().version, model.version, model)
            await jobs.ask_refresh(db, workspace_id)
        current = await strength.current_model(db, workspace_id)
        await store.save_report(
            db, workspace_id, current.version, store.Report(until, model.horizon_days, *report), now
        )
        await work.advance(db, 1, 1, "models")
    return {"model": model.version, "quality": report[0]}


def _learn(
    contacts: Contacts, activity: Activity, day: int, name: str
) -> tuple[Model, tuple[dict[str, int | float | None], dict[str, float | None]]]:
    weights = shipped().model()
    judged = window(contacts, activity, day - weights.horizon_days, day)
    plain = quality(judged.met, expit(weights.log_odds(judged.values)))
    model, own = calibrate_on(weights, contacts, activity, day, name)
    return model, (_known(own), _known(plain))


def _known(found: Quality) -> dict[str, int | float | None]:
    return {name: None if value != value else value for name, value in asdict(found).items()}
