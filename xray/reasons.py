"""Why a file was refused: the closed set of reasons.

A reason is at once the name of a quarantine folder, a metric label and a field of the result, so that what a
radiographer reads, what operations count and what lies on disk can never disagree.
"""

from enum import StrEnum


class Reason(StrEnum):
    """One reason for refusing a file; `sentence` says what it is and what to do, for a radiographer."""

    sentence: str

    def __new__(cls, code: str, sentence: str) -> "Reason":
        member = str.__new__(cls, code)
        member._value_ = code
        member.sentence = sentence
        return member

    # The transfer
    EMPTY = "empty", "The file has no content. Send it again from the modality or the PACS."
    INCOMPLETE = (
        "incomplete",
        "The file ends before its picture does: the transfer was cut off. Send it again.",
    )
    DAMAGED = "damaged", "The file is damaged and its picture cannot be read. Send it again."
    NOT_A_FILE = (
        "not_a_file",
        "This is a link or a device, not a plain file. Copy the file itself into the folder.",
    )
    HARD_LINKED = (
        "hard_linked",
        "The file also exists under another name, so it could change while it is read. Copy it instead of linking it.",
    )
    NOT_READABLE = (
        "not_readable",
        "Lungwatch has no permission to read this file. Let the sender give it, and send the file again.",
    )
    CHANGED = "changed", "The file was still being written while it was read. Send it again."
    # The format
    UNKNOWN_FORMAT = (
        "unknown_format",
        "This is not a picture that Lungwatch reads. Send the radiograph as DICOM, JPEG, PNG or TIFF.",
    )
    UNSUPPORTED_ENCODING = (
        "unsupported_encoding",
        "The picture is stored in an encoding that Lungwatch does not read. Send it uncompressed.",
    )
    UNSUPPORTED_PIXELS = (
        "unsupported_pixels",
        "The picture's pixels are of a kind that no chest radiograph has. Send the radiograph as the modality made it.",
    )
    SEVERAL_FRAMES = (
        "several_frames",
        "The file holds several pictures. Send each radiograph as a file of its own.",
    )
    NO_PIXELS = (
        "no_pixels",
        "The file holds no picture (a report, a plan or a header only). Send the radiograph itself.",
    )
    # The picture
    TOO_LARGE = (
        "too_large",
        "The picture has more pixels than any chest radiograph. Check what was sent.",
    )
    TOO_SMALL = (
        "too_small",
        "The picture is too small to judge, perhaps a preview. Send the full-size radiograph.",
    )
    BLANK = (
        "blank",
        "The picture is one even shade, without any anatomy. Check the exposure and send it again.",
    )
    # What the header says (DICOM)
    WRONG_MODALITY = (
        "wrong_modality",
        "This is not a plain radiograph (CR or DX). Send the chest radiograph.",
    )
    WRONG_BODY_PART = (
        "wrong_body_part",
        "The header says that this is not a chest. Send the chest radiograph, or correct the body part.",
    )
    WRONG_VIEW = (
        "wrong_view",
        "This is not a frontal view, and the model reads no other. Send the PA or AP radiograph.",
    )
    FOR_PROCESSING = (
        "for_processing",
        "These are raw detector values (FOR PROCESSING). Send the image meant for viewing (FOR PRESENTATION).",
    )
    NOT_ORIGINAL = (
        "not_original",
        "This is a screenshot, a scan or a result, not the picture that the modality made. Send the radiograph itself.",
    )
    BURNT_IN = (
        "burnt_in",
        "Text is burnt into the picture, which the model has never seen. Send the radiograph without annotations.",
    )
    # The reading
    CRASHED_DECODER = (
        "crashed_decoder",
        "Reading this file crashed the reader three times. Send it to the people who run Lungwatch.",
    )
    TOO_SLOW = (
        "too_slow",
        "Reading this file took longer than a radiograph ever takes. Send it to the people who run Lungwatch.",
    )
