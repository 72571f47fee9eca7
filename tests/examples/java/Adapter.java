import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Drives Acceptor.java along the model `Paxos`: java -cp DIR Adapter [no-promise-by-vote]. */
public final class Adapter {
    private static boolean defect;
    private static final Map<String, Acceptor> acceptors = new LinkedHashMap<>();
    private static final Set<String> wanted = new HashSet<>();
    private static final Map<String, List<Map<String, Object>>> promises = new HashMap<>();
    private static final Map<String, String> asked = new HashMap<>();

    public static void main(String[] args) throws IOException {
        defect = Arrays.asList(args).contains("no-promise-by-vote");
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Map<String, Object> envelope = object(Json.read(line));
            Map<String, Object> body = object(envelope.get("body"));
            Map<String, Object> answer = new LinkedHashMap<>(answer(body));
            answer.put("in_reply_to", body.get("msg_id"));
            System.out.println(Json.write(map("src", envelope.get("dest"), "dest", envelope.get("src"), "body", answer)));
            System.out.flush();
        }
    }

    private static Map<String, Object> answer(Map<String, Object> body) {
        switch ((String) body.get("type")) {
            case "init":
                return map("type", "init_ok", "offers", new ArrayList<>());
            case "start":
                start(object(body.get("elements")));
                return shown(map("type", "start_ok"));
            case "perform":
                return shown(perform((String) body.get("action"), object(body.get("args"))));
            default:
                return map("type", "error", "code", 10, "text", "cannot " + body.get("type"));
        }
    }

    private static void start(Map<String, Object> elements) {
        acceptors.clear();
        wanted.clear();
        promises.clear();
        asked.clear();
        for (Object a : (List<?>) elements.get("Acceptor")) acceptors.put((String) a, new Acceptor((String) a, defect));
    }

    private static Map<String, Object> perform(String action, Map<String, Object> args) {
        String b = (String) args.get("b"), v = (String) args.get("v");
        Acceptor a = acceptors.get(args.get("a"));
        switch (action) {
            case "phase1a":
                wanted.add(b);
                return done(map("type", "Prepare", "b", b));
            case "phase1b":
                if (!wanted.contains(b)) return map("type", "skipped", "text", "nobody has sent this");
                if (!a.prepare(number(b))) return map("type", "refused", "text", a.name + " does not promise " + b);
                Map<String, Object> promise = map("type", "Promise", "a", a.name, "b", b, "vb", name(a.votedBallot), "v", a.votedValue);
                promises.computeIfAbsent(b, k -> new ArrayList<>()).add(promise);
                return done(promise);
            case "phase2a":
                return propose(b, v, (List<?>) args.get("q"));
            default:
                if (!v.equals(asked.get(b))) return map("type", "skipped", "text", "nobody has sent this");
                if (!a.accept(number(b), v)) return map("type", "refused", "text", a.name + " does not vote in " + b);
                return done(map("type", "Accepted", "a", a.name, "b", b, "v", v));
        }
    }

    private static Map<String, Object> propose(String b, String v, List<?> quorum) {
        Set<Object> heard = new HashSet<>();
        int best = 0;
        String value = v;
        for (Map<String, Object> m : promises.getOrDefault(b, List.of())) {
            if (!quorum.contains(m.get("a"))) continue;
            heard.add(m.get("a"));
            if (number((String) m.get("vb")) > best) {
                best = number((String) m.get("vb"));
                value = (String) m.get("v");
            }
        }
        if (asked.containsKey(b) || !heard.containsAll(quorum)) return map("type", "refused", "text", "nothing is proposed in " + b);
        asked.put(b, value);
        Map<String, Object> answer = done(map("type", "Accept", "b", b, "v", value));
        if (!value.equals(v)) answer.put("chose", map("v", value));
        return answer;
    }

    private static Map<String, Object> shown(Map<String, Object> answer) {
        Map<String, Object> bal = new LinkedHashMap<>(), vbal = new LinkedHashMap<>(), val = new LinkedHashMap<>();
        for (Acceptor a : acceptors.values()) {
            bal.put(a.name, name(a.promised));
            vbal.put(a.name, name(a.votedBallot));
            val.put(a.name, a.votedValue);
        }
        answer.put("state", map("max_bal", bal, "max_vbal", vbal, "max_val", val));
        return answer;
    }

    private static Map<String, Object> done(Map<String, Object> sent) {
        return map("type", "perform_ok", "sent", List.of(sent));
    }

    private static int number(String ballot) {
        return ballot.equals("never") ? 0 : Integer.parseInt(ballot.substring(1));
    }

    private static String name(int ballot) {
        return ballot == 0 ? "never" : "b" + ballot;
    }

    private static Map<String, Object> map(Object... pairs) {
        Map<String, Object> found = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) found.put((String) pairs[i], pairs[i + 1]);
        return found;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }
}
