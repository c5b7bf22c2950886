"""What the worker measures (docs/metrics.md).

Every series exists from the start: `increase()` cannot see the first event of a series born at 1.
"""

from collections.abc import Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from worker.claim import Claim
from worker.ledger import Publication
from worker.model import Model
from worker.pauses import Pause
from xray.reasons import Reason

OUTCOMES = ("answered", "refused")
STAGES = ("settle", "queue", "read", "decode", "preprocess", "predict", "decide", "commit", "sync")
_SHORT = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_LONG = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)


class Metrics:
    """All metrics of one worker, in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, help: str, *labels: str) -> Counter:
            return Counter(name, help, labels, namespace="lungwatch", registry=registry)

        def gauge(name: str, help: str, *labels: str) -> Gauge:
            return Gauge(name, help, labels, namespace="lungwatch", registry=registry)

        def histogram(name: str, help: str, label: str, buckets: Sequence[float]) -> Histogram:
            return Histogram(name, help, [label], namespace="lungwatch", registry=registry, buckets=buckets)

        self.registry = registry
        self.files = counter("files", "Files decided, by outcome and reason.", "outcome", "reason")
        self.findings = counter("findings", "Findings, by label and decision.", "label", "decision")
        self.duplicates = counter("duplicates", "Files with the same bytes as an earlier one.")
        self.restarts = counter("child_restarts", "Reader processes that died and were replaced.")
        self.arrival_to_result = histogram(
            "arrival_to_result_seconds", "From first sight of a file to its result in place.", "outcome", _LONG
        )
        self.stage = histogram("stage_seconds", "Time spent in one stage.", "stage", _SHORT)
        self.waiting = gauge("waiting_files", "Files in the incoming folder.")
        self.oldest_waiting = gauge("oldest_waiting_age_seconds", "Age of the oldest file in incoming.")
        self.in_hand = gauge("in_hand_files", "Files claimed and not yet closed.")
        self.ignored = gauge("ignored_files", "Files in incoming with a temporary name.")
        self.stuck = gauge("stuck_files", "Files in incoming that the worker may not move.")
        self.paused = gauge("paused", "1 while the worker stands still for this reason.", "reason")
        self.standby = gauge("standby", "1 while another worker holds this root.")
        self.heartbeat = gauge("heartbeat_timestamp_seconds", "When the loop last turned.")
        self.last_arrival = gauge(
            "last_arrival_timestamp_seconds", "When the last file claimed was first seen; 0: none."
        )
        self.model = gauge("model_info", "The model served.", "name", "version", "profile", "sha256")
        self.build = gauge("build_info", "This worker.", "version")
        # `labels` costs more than counting does; these are looked up once.
        self._stages = {stage: self.stage.labels(stage) for stage in STAGES}
        self._seconds = {outcome: self.arrival_to_result.labels(outcome) for outcome in OUTCOMES}
        self._files = {"": self.files.labels("answered", "")}
        self._files |= {reason.value: self.files.labels("refused", reason.value) for reason in Reason}
        for pause in Pause:
            self.paused.labels(pause.value)

    def serve(self, model: Model, version: str) -> None:
        """Say which model is served, and give every finding that it can make a series."""
        self.model.labels(model.name, model.version, model.profile, model.sha256).set(1)
        self.build.labels(version).set(1)
        for label in model.labels:
            for decision in model.decisions:
                self.findings.labels(label, decision)

    def pause(self, now: Pause | None) -> None:
        for pause in Pause:
            self.paused.labels(pause.value).set(pause is now)

    def claimed(self, claims: Sequence[Claim]) -> None:
        if claims:
            self.last_arrival.set(claims[-1].received)
        for claim in claims:
            self._stages["settle"].observe(claim.claimed - claim.first_seen)

    def placed(self, publication: Publication, document: dict[str, Any] | None, seconds: float) -> None:
        """Count a file whose result is in place; `document` is None where an earlier run decided it."""
        self._files[publication.reason or ""].inc()
        self._seconds[publication.outcome].observe(seconds)
        if document is None:
            return
        if publication.duplicate_of is not None:
            self.duplicates.inc()
        if document["finding"] is not None:
            self.findings.labels(document["finding"], document["decision"]).inc()
        for stage, stage_seconds in document["durations"].items():
            self._stages[stage].observe(stage_seconds)

    def spent(self, stage: str, seconds: float) -> None:
        self._stages[stage].observe(seconds)
