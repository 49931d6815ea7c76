// Scores texts with a linear model out of Tallyroom, on Android or any JVM: one file to copy, Kotlin 1.3 or newer,
// nothing but its standard library and java.text, java.util.
//
//     val scorer = Tallyroom.read(context.assets.open("char-svc-v3.json").reader().readText())
//     scorer.check()
//     scorer.predict("You have won a prize")  // Prediction(klass=spam, probability=0.97)
//
// The same in Python is tallyroom.py, in JavaScript tallyroom.js: function by function they say the same.
// A scorer is never changed once it is made: threads may share it.
@file:Suppress("UNCHECKED_CAST", "PLATFORM_CLASS_MAPPED_TO_KOTLIN", "SpellCheckingInspection")

package tallyroom

import java.text.Normalizer
import java.util.Locale
import kotlin.math.abs
import kotlin.math.exp
import kotlin.math.ln
import kotlin.math.ln1p
import kotlin.math.max
import kotlin.math.min
import kotlin.math.sqrt

private const val FORMAT = "tallyroom-linear"
private const val VERSION = 1.0
private const val JOINER = 0x034f
private const val ZWNJ = 0x200c
private const val ZWJ = 0x200d
private const val REPLACEMENT = 0xfffd
private const val ZERO = 0x30
private const val SPACE = 0x20
private const val CAPITAL_SIGMA = 0x3a3
private const val SMALL_SIGMA = 0x3c3
private const val LAST_SIGMA = 0x3c2

/** The likeliest class of a text, and its probability. */
data class Prediction(val klass: String, val probability: Double)

/** A model's document, ready to score; refuses a format, a version or a cleaning step that it does not know. */
class Tallyroom(document: Map<String, Any?>) {
    init {
        require(document["format"] == FORMAT && (document["version"] as? Number)?.toDouble() == VERSION) {
            "this reads $FORMAT ${VERSION.toInt()}, not ${document["format"]} ${document["version"]}"
        }
    }

    val classes = document["classes"] as List<String>
    private val golden = document["golden"] as List<Map<String, Any?>>
    private val space = Characters(document["space"])
    private val casing = Casing(document["casing"] as Map<String, Any?>)
    private val steps = (document["cleaning"] as List<Map<String, Any?>>).map { step(it, space, casing) }
    private val blocks =
        (document["blocks"] as List<Map<String, Any?>>).map { Block(it, space, casing, classes.size - 1) }
    private val head = document["head"] as Map<String, Any?>
    private val bias = doubles(head["bias"])
    private val stages = head["stages"]?.let(::doubles)
    private val temperature = (head["temperature"] as Number).toDouble()

    /** The likeliest class of a text as it came in, and its probability. */
    fun predict(text: String): Prediction {
        val said = probabilities(text)
        var best = 0
        for (code in said.indices) if (said[code] > said[best]) best = code
        return Prediction(classes[best], said[best])
    }

    /** The probability of each class, in the order of `classes`. */
    fun probabilities(text: String): DoubleArray {
        val sums = bias.copyOf()
        val cleaned = clean(text)
        for (block in blocks) block.add(cleaned, sums)
        val margins = if (stages == null) doubleArrayOf(0.0, *sums) else cascade(sums, stages[0], stages[1])
        return softmax(DoubleArray(margins.size) { margins[it] / temperature })
    }

    /** The text as the model wants to read it. */
    fun clean(text: String): String = storable(steps.fold(text) { before, clean -> clean(before) })

    /**
     * Scores the golden cases; throws where one is not as the room said.
     * `tolerance` grows where a temperature below 1 makes the weights' rounding larger.
     */
    fun check(tolerance: Double = 1e-6) {
        val least = temperature * (if (stages == null) 1.0 else min(stages[0], stages[1]))
        val allowed = tolerance * max(1.0, 1.0 / least)
        golden.forEachIndexed { number, case ->
            val said = probabilities(case["text"] as String)
            doubles(case["probabilities"]).forEachIndexed { code, expected ->
                check(abs(said[code] - expected) <= allowed) {
                    "golden case $number is off by ${abs(said[code] - expected)}"
                }
            }
        }
    }

    companion object {
        /** The scorer of a document's text. */
        fun read(json: String) = Tallyroom(Json(json).whole() as Map<String, Any?>)
    }
}

/** A set of characters, from their first, last, first, last ... code points. */
private class Characters(said: Any?) {
    private val ranges = (said as List<Number>).let { all -> IntArray(all.size) { all[it].toInt() } }
    private val near = BooleanArray(0x800) { search(it) }

    operator fun contains(sign: Int) = if (sign < near.size) near[sign] else search(sign)

    private fun search(sign: Int): Boolean {
        var low = 0
        var high = ranges.size / 2
        while (low < high) {
            val middle = (low + high) ushr 1
            if (ranges[2 * middle + 1] < sign) low = middle + 1 else high = middle
        }
        return 2 * low < ranges.size && ranges[2 * low] <= sign
    }
}

/** Small letters as Unicode has them. Where a word ends, for a capital sigma, each JVM has its own idea. */
private class Casing(said: Map<String, Any?>) {
    private val cased = Characters(said["cased"])
    private val ignorable = Characters(said["ignorable"])

    fun small(text: String): String = (settled(text) as java.lang.String).toLowerCase(Locale.ROOT)

    private fun settled(text: String) = if (text.none { unit(it) == CAPITAL_SIGMA }) text else {
        rewritten(text) { place, signs ->
            if (signs[place] != CAPITAL_SIGMA) signs[place]
            else if (meets(signs, place, -1) && !meets(signs, place, 1)) LAST_SIGMA
            else SMALL_SIGMA
        }
    }

    /** Whether a letter is next in this direction; marks, apostrophes and the like are passed over. */
    private fun meets(signs: IntArray, place: Int, way: Int): Boolean {
        var here = place + way
        while (here in signs.indices && signs[here] in ignorable) here += way
        return here in signs.indices && signs[here] in cased
    }
}

/** Some columns of TF-IDF: terms, how rare each is, and its weights for all classes but the first. */
private class Block(
    said: Map<String, Any?>, private val space: Characters, private val casing: Casing, private val rows: Int
) {
    private val words = said["analyzer"] == "word"
    private val signs = said["tokens"] == "signs"
    private val lowercase = said["lowercase"] as Boolean
    private val binary = said["binary"] as Boolean
    private val sublinear = said["sublinear_tf"] as Boolean
    private val absolute = said["norm"] == "l1"
    private val least = (said["ngram_range"] as List<Number>)[0].toInt()
    private val most = (said["ngram_range"] as List<Number>)[1].toInt()
    private val idf = floats(said["idf"] as String)
    private val weights = floats(said["weights"] as String)
    private val place = HashMap<String, Int>(2 * idf.size).apply {
        (said["terms"] as List<String>).forEachIndexed { place, term -> put(term, place) }
    }

    /** Adds what the text's terms say to the (k - 1) sums. */
    fun add(text: String, sums: DoubleArray) {
        val times = LinkedHashMap<Int, Int>()
        eachTerm(text) { term -> place[term]?.let { times[it] = (times[it] ?: 0) + 1 } }
        var length = 0.0
        for ((place, count) in times) value(place, count).let { length += if (absolute) abs(it) else it * it }
        if (!absolute) length = sqrt(length)
        for ((place, count) in times) {
            val share = value(place, count) / length
            for (row in 0 until rows) sums[row] += share * weights[place * rows + row]
        }
    }

    private fun value(place: Int, count: Int): Double {
        val tf = if (binary) 1.0 else count.toDouble()
        return (if (sublinear) 1.0 + ln(tf) else tf) * idf[place]
    }

    private fun eachTerm(text: String, tell: (String) -> Unit) {
        val found = split(if (lowercase) casing.small(text) else text, space)
        if (!words) {
            for (word in found) eachRun(word, least, most, tell)
            return
        }
        val tokens = if (signs) found.flatMap(::apart) else found
        for (length in least..most) {
            for (start in 0..tokens.size - length) tell(tokens.subList(start, start + length).joinToString(" "))
        }
    }
}

/** Runs of characters within a word with a space on both sides; a word as short as a run counts once. */
private fun eachRun(word: String, least: Int, most: Int, tell: (String) -> Unit) {
    val padded = " $word "
    val signs = Character.codePointCount(padded, 0, padded.length) // not UTF-16 units
    val at = IntArray(signs + 1)
    for (sign in 0 until signs) at[sign + 1] = at[sign] + Character.charCount(Character.codePointAt(padded, at[sign]))
    for (length in least..most) {
        tell(padded.substring(0, at[min(length, signs)]))
        for (start in 1..signs - length) tell(padded.substring(at[start], at[start + length]))
        if (length >= signs) break
    }
}

private fun isSign(sign: Char) = sign in '!'..'/' || sign in ':'..'@' || sign in '['..'`' || sign in '{'..'~'

/** Each sign of a word by itself, and what stands between them. */
private fun apart(word: String): List<String> {
    val tokens = ArrayList<String>()
    var begun = 0
    for (here in word.indices) {
        if (!isSign(word[here])) continue
        if (begun < here) tokens.add(word.substring(begun, here))
        tokens.add(word.substring(here, here + 1))
        begun = here + 1
    }
    if (begun < word.length) tokens.add(word.substring(begun))
    return tokens
}

private fun split(text: String, space: Characters): List<String> {
    val words = ArrayList<String>()
    var begun = -1
    for (here in text.indices) { // all white space is of one unit
        val blank = unit(text[here]) in space
        if (!blank && begun < 0) begun = here
        if (blank && begun >= 0) {
            words.add(text.substring(begun, here))
            begun = -1
        }
    }
    if (begun >= 0) words.add(text.substring(begun))
    return words
}

/** A UTF-16 unit as a number; half a pair is no white space. */
private fun unit(sign: Char): Int = sign - '\u0000'

/** Logarithms of probabilities: of the first class, and of each other, which shares what the first one leaves. */
private fun cascade(sums: DoubleArray, one: Double, two: Double): DoubleArray {
    val ahead = sums[0] / one
    val rest = logSoftmax(DoubleArray(sums.size) { if (it == 0) 0.0 else sums[it] / two })
    return doubleArrayOf(-log1pexp(-ahead), *DoubleArray(rest.size) { rest[it] - log1pexp(ahead) })
}

private fun log1pexp(value: Double) = if (value > 0) value + ln1p(exp(-value)) else ln1p(exp(value))

private fun logSoftmax(values: DoubleArray): DoubleArray {
    val most = values.fold(Double.NEGATIVE_INFINITY) { one, other -> max(one, other) }
    val whole = most + ln(values.sumByDouble { exp(it - most) })
    return DoubleArray(values.size) { values[it] - whole }
}

private fun softmax(values: DoubleArray): DoubleArray {
    val most = values.fold(Double.NEGATIVE_INFINITY) { one, other -> max(one, other) }
    val parts = DoubleArray(values.size) { exp(values[it] - most) }
    val whole = parts.sum()
    return DoubleArray(parts.size) { parts[it] / whole }
}

private fun doubles(said: Any?) = (said as List<Number>).let { all -> DoubleArray(all.size) { all[it].toDouble() } }

/** float32, little endian, in base64. */
private fun floats(packed: String): FloatArray {
    val bytes = ByteArray(packed.length * 3 / 4)
    var held = 0
    var bits = 0
    var at = 0
    for (letter in packed) {
        val six = ALPHABET.indexOf(letter)
        if (six < 0) break // the padding
        held = (held shl 6) or six
        bits += 6
        if (bits >= 8) {
            bits -= 8
            bytes[at++] = (held ushr bits).toByte()
        }
    }
    return FloatArray(at / 4) { place ->
        var whole = 0
        for (byte in 3 downTo 0) whole = (whole shl 8) or (bytes[4 * place + byte].toInt() and 0xff)
        java.lang.Float.intBitsToFloat(whole)
    }
}

private const val ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

private fun points(text: String): IntArray {
    val signs = IntArray(Character.codePointCount(text, 0, text.length))
    var here = 0
    for (number in signs.indices) {
        signs[number] = Character.codePointAt(text, here)
        here += Character.charCount(signs[number])
    }
    return signs
}

/** A text, with each of its signs as `of` makes it from its place; -1: it goes. */
private inline fun rewritten(text: String, of: (Int, IntArray) -> Int): String {
    val signs = points(text)
    val made = StringBuilder(text.length)
    for (place in signs.indices) of(place, signs).let { if (it >= 0) made.appendCodePoint(it) }
    return made.toString()
}

private fun storable(text: String) = rewritten(text) { place, signs ->
    if (signs[place] == 0 || signs[place] in 0xd800..0xdfff) REPLACEMENT else signs[place]
}

/** A cleaning step by its name. */
private fun step(
    said: Map<String, Any?>, space: Characters, casing: Casing
): (String) -> String = when (val name = said["step"]) {
    "nfc" -> normal(Normalizer.Form.NFC, said)
    "nfkc" -> normal(Normalizer.Form.NFKC, said)
    "controls" -> controls(Characters(said["unseen"]), Characters(said["before"]), Characters(said["after"]))
    "whitespace" -> { text -> split(text, space).joinToString(" ") }
    "lowercase" -> casing::small
    "digits" -> digits(Characters(said["digits"]))
    "punctuation" -> punctuation(Characters(said["punctuation"]))
    "repeats" -> repeats(Characters(said["repeatable"]), (said["keep"] as Number).toInt())
    "stop_words" -> stopWords((said["words"] as List<String>).toSet(), said["folded"] as Map<String, String>, space)
    else -> throw IllegalArgumentException("this scorer does not know the cleaning step '$name'")
}

private fun normal(form: Normalizer.Form, said: Map<String, Any?>): (String) -> String {
    val marks = Characters(said["marks"])
    val pile = (said["pile"] as Number).toInt()
    val long = (said["long"] as Number).toInt()
    return { text -> Normalizer.normalize(safe(text, marks, pile, long), form) }
}

private fun digits(digits: Characters): (String) -> String = { text ->
    rewritten(text) { place, signs -> if (signs[place] in digits) ZERO else signs[place] }
}

private fun punctuation(gone: Characters): (String) -> String = { text ->
    rewritten(text) { place, signs -> // one space for all in a row
        if (signs[place] !in gone) signs[place] else if (place > 0 && signs[place - 1] in gone) -1 else SPACE
    }
}

private fun controls(unseen: Characters, before: Characters, after: Characters): (String) -> String = { text ->
    rewritten(text) { place, signs ->
        val sign = signs[place]
        val shapes = place > 0 && signs[place - 1] in before && place + 1 < signs.size && signs[place + 1] in after
        if (sign in unseen || ((sign == ZWNJ || sign == ZWJ) && !shapes)) -1 else sign
    }
}

private fun repeats(repeatable: Characters, keep: Int): (String) -> String = { text ->
    var times = 0
    rewritten(text) { place, signs ->
        times = if (place > 0 && signs[place - 1] == signs[place]) times + 1 else 1
        if (times > keep && signs[place] in repeatable) -1 else signs[place]
    }
}

private fun stopWords(words: Set<String>, folded: Map<String, String>, space: Characters): (String) -> String {
    fun fold(word: String): String = points(word).joinToString("") { sign ->
        String(Character.toChars(sign)).let { folded[it] ?: it }
    }
    return { text -> if (words.isEmpty()) text else split(text, space).filter { fold(it) !in words }.joinToString(" ") }
}

/** A long text with a joiner in each pile of marks, so that sorting them takes no time worth mentioning. */
private fun safe(text: String, marks: Characters, pile: Int, long: Int): String {
    val signs = points(text)
    if (signs.size <= long) return text
    val made = StringBuilder()
    var run = 0
    for (sign in signs) {
        run = if (sign in marks) run + 1 else 0
        if (run > pile) {
            made.appendCodePoint(JOINER)
            run = 1
        }
        made.appendCodePoint(sign)
    }
    return made.toString()
}

/** Reads JSON into maps, lists, strings, doubles, booleans and nulls. */
private class Json(private val text: String) {
    private var at = 0

    fun whole(): Any? = value().also { require(next() == null) { "there is more behind the document, at $at" } }

    private fun next(): Char? {
        while (at < text.length && text[at] in " \t\r\n") at++
        return text.getOrNull(at)
    }

    private fun take(sign: Char) {
        require(next() == sign) { "this is no JSON: '$sign' is missing at $at" }
        at++
    }

    private fun value(): Any? = when (next()) {
        '{' -> LinkedHashMap<String, Any?>().also { map ->
            each('{', '}') { string().let { key -> take(':'); map[key] = value() } }
        }
        '[' -> ArrayList<Any?>().also { list -> each('[', ']') { list.add(value()) } }
        '"' -> string()
        't' -> word("true", true)
        'f' -> word("false", false)
        'n' -> word("null", null)
        else -> number()
    }

    private fun each(first: Char, last: Char, read: () -> Unit) {
        take(first)
        if (next() == last) {
            at++
            return
        }
        read()
        while (next() == ',') {
            at++
            read()
        }
        take(last)
    }

    private fun string(): String {
        take('"')
        val begun = at
        while (text[at] != '"' && text[at] != '\\') at++
        if (text[at] == '"') return text.substring(begun, at++)
        val made = StringBuilder(text.substring(begun, at))
        while (text[at] != '"') {
            val sign = text[at++]
            made.append(if (sign == '\\') escaped(text[at++]) else sign)
        }
        at++
        return made.toString()
    }

    private fun escaped(sign: Char): Char = when (sign) {
        'n' -> '\n'
        't' -> '\t'
        'r' -> '\r'
        'b' -> '\b'
        'f' -> '\u000c'
        'u' -> '\u0000' + Integer.parseInt(text.substring(at, at + 4), 16).also { at += 4 }
        else -> sign
    }

    private fun word(said: String, meant: Any?): Any? {
        require(text.startsWith(said, at)) { "this is no JSON, at $at" }
        at += said.length
        return meant
    }

    private fun number(): Double {
        val begun = at
        while (at < text.length && text[at] in "+-.0123456789eE") at++
        return text.substring(begun, at).toDouble()
    }
}
