"""The two families of failure: the image's fault and the installation's fault. All else is a bug."""

from xray.reasons import Reason


class RejectedImage(Exception):
    """The image's fault: set this file aside with a reason and go on.

    Attributes:
        reason: One of the closed set.
        detail: What exactly was expected and what came, for the people who look closer. Holds numbers and format
            terms only, never text out of the file: headers carry patients' names.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail


class SetupError(Exception):
    """The installation's fault: stop, and say what was expected, what came and what to do."""
