"""Answer one radiograph, PNG or JPEG of 8 bits, as the model's card says: python answer.py PICTURE. No medical device."""

import hashlib
import io
import json
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert import interpreter, schema_py_generated
from PIL import Image

MODEL = Path(__file__).with_name("model.tflite")


def read_card(content):
    """The card and its arrays, out of the bytes of a model file; ends where they were changed since it was made."""
    model = schema_py_generated.Model.GetRootAs(content, 0)
    entries = [model.Metadata(number) for number in range(model.MetadataLength())]
    (place,) = [entry.Buffer() for entry in entries if entry.Name() == b"LUNGWATCH_CARD"]
    payload = model.Buffers(place).DataAsNumpy().tobytes()
    if hashlib.sha256(content.replace(payload, bytes(32) + payload[32:])).digest() != payload[:32]:
        sys.exit("the model file is damaged: copy it again")
    end = 36 + int.from_bytes(payload[32:36], "little")
    return json.loads(payload[36:end]), np.load(io.BytesIO(payload[end:]))


def read_pixels(path, spec):
    """A radiograph as the graph wants it: uint8, shape (1, height, width, channels), 0 = black = air."""
    picture, full = Image.open(path, formats=("PNG", "JPEG")), (spec["width"], spec["height"])
    if picture.mode not in ("L", "RGB"):
        sys.exit(f"expected 8 bits, gray or RGB, got {picture.mode}: lungwatch-worker reads the others")
    scale = min(full[0] / picture.width, full[1] / picture.height)
    kept = tuple(max(1, round(side * scale)) for side in picture.size) if spec["geometry"] == "pad" else full
    canvas, resized = Image.new("L", full), picture.convert("L").resize(kept, Image.Resampling.BILINEAR)
    canvas.paste(resized, ((full[0] - kept[0]) // 2, (full[1] - kept[1]) // 2))
    return np.repeat(np.asarray(canvas)[np.newaxis, :, :, np.newaxis], spec["channels"], axis=3)


def decide(scores, embedding, card, arrays):
    """The decision at the card's first operating point, or the most likely label; uncertain where it is not sure."""
    raised = np.exp((scores - scores.max()) / card["temperature"])
    shares = dict(zip(card["labels"], (raised / raised.sum()).tolist(), strict=True))
    decision = max(shares, key=shares.get)
    for point in card["operating_points"][:1]:
        share, band = shares[card["positive"]], point["uncertain"]
        unsure = band and band["low"] <= share < band["high"]
        decision = "uncertain" if unsure else "positive" if share >= point["threshold"] else "negative"
    centred = embedding - arrays["embedding_mean"]
    along = arrays["embedding_axes"] @ centred
    away = np.append(along, np.sqrt(max(centred @ centred - along @ along, 0))) / arrays["embedding_spread"]
    if np.sqrt(np.mean(away**2)) > card["out_of_distribution_limit"]:  # unlike the training images
        decision = "uncertain"
    return json.dumps({"decision": decision, "probabilities": shares, "not_for_diagnosis": True}, ensure_ascii=False)


if __name__ == "__main__":
    card, arrays = read_card(MODEL.read_bytes())
    told = interpreter.Interpreter(str(MODEL)).get_signature_runner()(image=read_pixels(sys.argv[1], card["input"]))
    print(decide(told["scores"][0], told["embedding"][0], card, arrays))
