"""A child that answers like an adapter whose Paxos does nothing, and does one thing wrong: its name."""

import json
import os
import subprocess
import sys
import time

WRONG = sys.argv[1]
NOTHING = {"max_bal": {"a0": "never", "a1": "never"}, "sent": []}


def say(body):
    print(json.dumps({"src": "adapter", "dest": "quorate", "body": body}), flush=True)


def answer(body):
    number = body["msg_id"]
    match body["type"]:
        case "init":
            return {"type": "init_ok", "in_reply_to": number, "offers": ["probe", "snapshot"]}
        case "perform":
            return {"type": "perform_ok", "in_reply_to": number, "sent": [], "state": NOTHING}
        case "probe":
            each = {"type": "refused", "text": "no", "state": NOTHING}
            return {
                "type": "probe_ok",
                "in_reply_to": number,
                "answers": [each for _ in body["calls"]],
            }
        case "snapshot":
            return {"type": "snapshot_ok", "in_reply_to": number, "snapshot": [1]}
        case "restore":
            assert body["snapshot"] == [1]
            return {"type": "restore_ok", "in_reply_to": number}
    return {"type": "start_ok", "in_reply_to": number, "state": NOTHING}


def misbehave(body, right):
    match WRONG:
        case "dies":
            sys.exit(3)
        case "is-killed":
            os.kill(os.getpid(), 9)
        case "dies-within-a-line":
            sys.stdout.write('{"src": "adap')
            sys.stdout.flush()
            sys.exit(0)
        case "half-a-line":
            sys.stdout.write('{"src": "adap')
            sys.stdout.flush()
            time.sleep(60)
        case "answers-and-ends":
            say(right)
            sys.exit(0)
        case "complains":
            sys.stderr.write("no disk\n" * 100_000)
            say(right)
        case "closes":
            os.close(1)
            time.sleep(60)
        case "hangs":
            time.sleep(60)
        case "drips":
            while True:
                sys.stdout.write("x")
                sys.stdout.flush()
                time.sleep(0.01)
        case "babbles":
            while True:
                sys.stdout.write("x" * 65536)
        case "prints":
            print("hello\tworld", flush=True)
        case "latin":
            sys.stdout.buffer.write(b'{"src": "\xff"}\n')
            sys.stdout.flush()
        case "twice":
            say(right)
            say(right)
        case "late":
            say(right)
            time.sleep(0.1)
            say(right)
        case "old-number":
            say({**right, "in_reply_to": 1})
        case "no-number":
            say({k: v for k, v in right.items() if k != "in_reply_to"})
        case "no-body":
            print("[1, 2]", flush=True)
        case "fails":
            say({"type": "error", "in_reply_to": body["msg_id"], "text": "no memory"})
        case "other-type":
            say({**right, "type": "init_ok"})
        case "no-state":
            say({k: v for k, v in right.items() if k != "state"})
        case "fraction":
            say({**right, "state": {"max_bal": {"a0": 1.5}}})
        case "nan":
            say({**right, "state": {"max_bal": {"a0": float("nan")}}})
        case "key-twice":
            print('{"body": {"type": "start_ok", "type": "start_ok"}}', flush=True)
        case "deep":
            print("[" * 100_000, flush=True)
        case "leaves-a-process":
            code = "import time; time.sleep(600)"
            child = subprocess.Popen(
                [sys.executable, "-c", code], start_new_session=True, stdout=subprocess.DEVNULL
            )
            say({**right, "state": {**NOTHING, "pid": child.pid}})
        case _:
            say(right)


for line in sys.stdin:
    asked = json.loads(line)["body"]
    if asked["type"] == "start":
        misbehave(asked, answer(asked))
    else:
        say(answer(asked))
