import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** As much of JSON as an adapter needs: objects, arrays, strings, whole numbers, true, false, null. */
final class Json {
    private final String text;
    private int at = 0;

    private Json(String text) {
        this.text = text;
    }

    static Object read(String text) {
        return new Json(text).value();
    }

    private char next() {
        while (Character.isWhitespace(text.charAt(at))) at++;
        return text.charAt(at);
    }

    private Object value() {
        switch (next()) {
            case '{': return object();
            case '[': return array();
            case '"': return string();
            default: return word();
        }
    }

    private Map<String, Object> object() {
        Map<String, Object> found = new LinkedHashMap<>();
        at++;
        while (next() != '}') {
            if (next() == ',') { at++; next(); }
            String key = string();
            next();
            at++; // the colon
            found.put(key, value());
        }
        at++;
        return found;
    }

    private List<Object> array() {
        List<Object> found = new ArrayList<>();
        at++;
        while (next() != ']') {
            if (next() == ',') at++;
            found.add(value());
        }
        at++;
        return found;
    }

    private String string() {
        StringBuilder found = new StringBuilder();
        for (at++; text.charAt(at) != '"'; at++) {
            char c = text.charAt(at);
            if (c != '\\') { found.append(c); continue; }
            c = text.charAt(++at);
            switch (c) {
                case 'n': found.append('\n'); break;
                case 't': found.append('\t'); break;
                case 'r': found.append('\r'); break;
                case 'b': found.append('\b'); break;
                case 'f': found.append('\f'); break;
                case 'u':
                    found.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16));
                    at += 4;
                    break;
                default: found.append(c);
            }
        }
        at++;
        return found.toString();
    }

    private Object word() {
        int start = at;
        while (at < text.length() && ",]} ".indexOf(text.charAt(at)) < 0) at++;
        String found = text.substring(start, at);
        switch (found) {
            case "null": return null;
            case "true": return true;
            case "false": return false;
            default: return Long.parseLong(found);
        }
    }

    static String write(Object value) {
        if (value instanceof Map) {
            StringBuilder found = new StringBuilder("{");
            ((Map<?, ?>) value).forEach((k, v) -> found.append(found.length() > 1 ? "," : "").append(write(k)).append(':').append(write(v)));
            return found.append('}').toString();
        }
        if (value instanceof List) {
            StringBuilder found = new StringBuilder("[");
            ((List<?>) value).forEach(v -> found.append(found.length() > 1 ? "," : "").append(write(v)));
            return found.append(']').toString();
        }
        if (value instanceof String) {
            return '"' + ((String) value).replace("\\", "\\\\").replace("\"", "\\\"") + '"';
        }
        return String.valueOf(value);
    }
}
