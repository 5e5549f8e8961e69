"""The calls of Benchmarks/plans, and what the server's log says of their statements."""
import http.client, json, random, re, sys, time, uuid


def call(connection, method, path, body=None, key=True):
    headers = {"Content-Type": "application/json"}
    if key: headers |= {"Authorization": "Bearer sk_plans", "Idempotency-Key": str(uuid.uuid4())}
    began = time.perf_counter()
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    data = answer.read()
    if answer.status >= 300: sys.exit(f"{method} {path}: {answer.status} {data[:300]}")
    return json.loads(data), (time.perf_counter() - began) * 1000


def order_number():
    """Letters alone: digits might look like a card's number, which is refused."""
    return "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=20))


def wait(port):
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200: return
        except OSError: pass
        time.sleep(0.1)
    sys.exit("the gateway does not become ready")


def run(api, box, rounds):
    gateway, sandbox = http.client.HTTPConnection("127.0.0.1", api), http.client.HTTPConnection("127.0.0.1", box)
    times = {}
    def timed(name, *arguments, **named):
        answer, took = call(*arguments, **named)
        times.setdefault(name, []).append(took)
        return answer
    for number in range(rounds):
        order = order_number()
        link = timed("create", gateway, "POST", "/v1/payment-links", {"order_id": order, "amount": 15000000, "description": "x", "metadata": {"cart": order}})
        payment = next(p for p in call(sandbox, "GET", "/control/payments", key=False)[0]["payments"] if p["pg_order_id"] == order)
        timed("pay: check and result callbacks", sandbox, "POST", f"/control/payments/{payment['pg_payment_id']}/pay", {"card": "4400444400004440"}, key=False)
        read = timed("read", gateway, "GET", f"/v1/payment-links/{link['id']}")
        if read["status"] != "completed": sys.exit(f"not completed: {read}")
        timed("list", gateway, "GET", "/v1/payment-links?limit=20")
        timed("list by status", gateway, "GET", "/v1/payment-links?status=completed&limit=20")
        timed("list by order", gateway, "GET", f"/v1/payment-links?order_id={order}")
        timed("list by metadata", gateway, "GET", f"/v1/payment-links?metadata%5Bcart%5D={order}")
        timed("history", gateway, "GET", f"/v1/payment-links/{link['id']}/events")
        timed("feed, first page", gateway, "GET", "/v1/events?limit=20")
    return times


def lag(api, box):
    """From a create's answer to its event in the feed's last page."""
    gateway = http.client.HTTPConnection("127.0.0.1", api)
    times = []
    page = call(gateway, "GET", "/v1/events?limit=1&created_from=" + time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))[0]
    cursor = page.get("next_cursor")
    if not cursor: return times
    for _ in range(30):
        while True:
            page = call(gateway, "GET", f"/v1/events?limit=100&cursor={cursor}")[0]
            cursor = page["next_cursor"]
            if not page["data"]: break
        link = call(gateway, "POST", "/v1/payment-links", {"order_id": order_number(), "amount": 15000000, "description": "x"})[0]
        began = time.perf_counter()
        while True:
            page = call(gateway, "GET", f"/v1/events?limit=100&cursor={cursor}")[0]
            cursor = page["next_cursor"]
            if any(event["data"]["link"]["id"] == link["id"] for event in page["data"]): break
        times.append((time.perf_counter() - began) * 1000)
    return times


def plans(log):
    """Each statement once, with its slowest run; timings of the triggers' own statements too."""
    found = {}
    for part in re.split(r"\n(?=\d{4}-\d\d-\d\d )", log):
        match = re.search(r"duration: ([\d.]+) ms  plan:\n\tQuery Text: (.*?)\n\t((?:.|\n)*)", part)
        if not match or " paylink_schema" in match.group(2) or "generate_series" in match.group(2): continue
        whole = match.group(0)
        begin = re.search(r"\n\t(?=[A-Z][A-Za-z ]+(?:on|using| \(cost)|Limit|Aggregate|Result|Update|Insert|Delete|Sort|Nested)", whole)
        text = re.sub(r"\s+", " ", whole[whole.index("Query Text:") + 11:begin.start() if begin else None]).strip()
        plan = whole[begin.end():].replace("\n\t", "\n") if begin else match.group(3)
        duration = float(match.group(1))
        runs = found.setdefault(text, [0, 0, 0.0, ""])
        runs[0] += 1; runs[1] += duration
        if duration >= runs[2]: runs[2:] = [duration, plan]
    walks = sorted(text[:100] for text, (_, _, _, plan) in found.items() if re.search(r"Seq Scan on (link|payment|operation|event|delivery|answer|idempotency|message|attempt|orphan)", plan))
    print(f"{len(found)} statements; sequential scans of tables that grow: {len(walks)}")
    for text in walks: print("  WALK", text)
    for text, (count, total, slowest, plan) in sorted(found.items(), key=lambda item: -item[1][2]):
        print(f"\n== {text[:400]}\n-- {count} runs, mean {total / count:.3f} ms, slowest {slowest:.3f} ms")
        print(plan.rstrip())


if sys.argv[1] == "plans": plans(sys.stdin.read())
else:
    api, box, ops = map(int, sys.argv[1:4])
    wait(ops)
    if sys.argv[4] == "warm": run(api, box, 20)
    else:
        for name, times in list(run(api, box, 200).items()) + [("event in the feed after the answer", lag(api, box))]:
            times.sort()
            if times: print(f"{name:36} n {len(times):4}  median {times[len(times) // 2]:7.2f} ms  p99 {times[int(len(times) * 0.99)]:7.2f} ms")
