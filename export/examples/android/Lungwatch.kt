import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.security.MessageDigest
import kotlin.math.*
import org.json.JSONObject
import org.tensorflow.lite.Interpreter

/** Answers radiographs as the card inside the model file says; [file] is all of it, in a direct buffer. No medical device. */
class Lungwatch(file: ByteBuffer) {
    private val bytes = file.order(ByteOrder.LITTLE_ENDIAN)
    private val interpreter by lazy { Interpreter(bytes, Interpreter.Options().setNumThreads(1)) }
    val card = JSONObject(readCard())

    /** Answers one radiograph: grey values 0..255 by row, 0 = black = air. Says nothing of pictures that are no chests. */
    fun answer(grey: List<IntArray>): String {
        val spec = card.getJSONObject("input")
        val (height, width, channels) = listOf("height", "width", "channels").map { spec.getInt(it) }
        require(spec.getString("geometry") == "stretch") { "this example stretches; the card asks for padding" }
        val wide = grey.map { shrink(it, width) }
        val columns = List(width) { x -> shrink(IntArray(wide.size) { y -> wide[y][x] }, height) }
        val image = ByteBuffer.allocateDirect(height * width * channels)
        for (y in 0 until height) for (x in 0 until width) repeat(channels) { image.put(columns[x][y].toByte()) }
        val labels = List(card.getJSONArray("labels").length()) { card.getJSONArray("labels").getString(it) }
        val scores = arrayOf(FloatArray(labels.size))
        interpreter.runSignature(mapOf("image" to image.rewind()), mapOf("scores" to scores), "serving_default")
        val raised = scores[0].map { exp((it - scores[0].maxOrNull()!!) / card.getDouble("temperature")) }
        val point = card.getJSONArray("operating_points").optJSONObject(0) ?: return labels[raised.indexOf(raised.maxOrNull())]
        val share = raised[labels.indexOf(card.getString("positive"))] / raised.sum()
        val band = point.optJSONObject("uncertain")
        if (band != null && share >= band.getDouble("low") && share < band.getDouble("high")) return "uncertain"
        return if (share >= point.getDouble("threshold")) "positive" else "negative"
    }

    /** One row or column at another length, antialiased as in training; Android's own scaling is up to 74 greys away. */
    private fun shrink(line: IntArray, length: Int): IntArray = IntArray(length) { index ->
        val scale = line.size.toDouble() / length
        val reach = max(scale, 1.0)
        val centre = (index + 0.5) * scale
        val near = max(0, (centre - reach + 0.5).toInt()) until min(line.size, (centre + reach + 0.5).toInt())
        val weights = near.map { max(0.0, 1 - abs(it + 0.5 - centre) / reach) }
        (near.zip(weights).sumOf { (place, weight) -> line[place] * weight } / weights.sum()).roundToInt()
    }

    /** The card's JSON, from the flatbuffer's metadata; fails where the file was changed since it was made. */
    private fun readCard(): String {
        val (model, name) = Pair(follow(0), "LUNGWATCH_CARD")
        val metadata = follow(field(model, 6))
        val entries = List(bytes.getInt(metadata)) { follow(metadata + 4 + 4 * it) }
        val entry = entries.single { String(slice(follow(field(it, 0)) + 4, bytes.getInt(follow(field(it, 0))))) == name }
        val start = follow(field(follow(follow(field(model, 4)) + 4 + 4 * bytes.getInt(field(entry, 1))), 0)) + 4
        val (before, after) = Pair(slice(0, start), slice(start + 32, bytes.capacity() - start - 32))
        val seal = MessageDigest.getInstance("SHA-256").digest(before + ByteArray(32) + after)
        check(seal.contentEquals(slice(start, 32))) { "the model file is damaged: copy it again" }
        return String(slice(start + 36, bytes.getInt(start + 32)))
    }

    private fun slice(at: Int, length: Int) = ByteArray(length) { bytes.get(at + it) }
    private fun follow(at: Int) = at + bytes.getInt(at)
    private fun field(table: Int, number: Int) = table + bytes.getShort(table - bytes.getInt(table) + 4 + 2 * number)
}
