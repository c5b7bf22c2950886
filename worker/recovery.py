"""Recovery: take up what an earlier run left in `work`, before anything new is looked at."""

import logging
import os
from dataclasses import replace

from worker import durable
from worker.folders import Folders
from worker.ids import is_id
from worker.ledger import Ledger
from worker.pauses import MEND
from worker.pipeline import Pipeline
from worker.publish import ASIDE_SUFFIX
from xray.errors import SetupError

log = logging.getLogger(__name__)


def recover(folders: Folders, ledger: Ledger, pipeline: Pipeline, anchor: int, now: float) -> None:
    """Hand everything unfinished to the pipeline.

    An intent whose file lies in `work` is ours and is read again; one whose file does not was never carried out, and
    the file, still in `incoming`, will be seen again. What was decided is published again, byte for byte.

    Raises:
        SetupError: The ledger was lost.
    """
    if ledger.is_empty and _was_served(folders):
        raise SetupError(f"the ledger is empty, but {folders.root} holds files that were answered: it was lost; {MEND}")
    # What lies in `work` may lie there in the kernel's memory only; nothing is decided on that.
    durable.sync_all(anchor)
    entries = set(os.listdir(folders.work))
    claims, dropped = [], []
    for claim in ledger.intents():
        if claim.id in entries:
            claims.append(replace(claim, first_seen=now, claimed=now))
        elif claim.revision_of is None:
            dropped.append(claim.id)
        # else: requeued and not moved yet; the pipeline finds it in the ledger
    publications = list(ledger.decided())
    known = {claim.id for claim in claims} | {publication.id for publication in publications}
    for entry in entries - known:
        if entry.endswith(ASIDE_SUFFIX):
            os.unlink(folders.work / entry)  # written again if it is still promised
        else:
            # No row: the ledger is newer than the folder, or somebody put it there. As an arrival it gets an answer.
            target = folders.incoming / entry
            if not os.path.lexists(target):
                os.rename(folders.work / entry, target)
            log.warning("a file lay in work without a row in the ledger; moved back to incoming")
    if claims or publications or dropped:
        log.info(
            "recovering: %s to read again, %s to publish again, %s never claimed",
            *(len(claims), len(publications), len(dropped)),
        )
    pipeline.resume(claims, publications, dropped)


def _was_served(folders: Folders) -> bool:
    if any(map(is_id, os.listdir(folders.work))):
        return True
    return any(
        files for folder in (folders.results, folders.done, folders.quarantine) for _, _, files in os.walk(folder)
    )
