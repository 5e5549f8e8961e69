#!/usr/bin/env bash
# CPU time per request of paylink beside nginx in the same run: GET /livez, and a create against the sandbox (a second process). Also idle memory and
# start-up time. Needs wrk and nginx (apt-get install wrk nginx-light) and a release build (swift build -c release --product paylink).
# Everything is on loopback, bounded: ROUNDS (3) rounds of SECONDS_EACH (4) per cell.
set -euo pipefail
cd "$(dirname "$0")/.."
program=${PAYLINK:-.build/release/paylink}
rounds=${ROUNDS:-3}; seconds=${SECONDS_EACH:-4}; connections=${CONNECTIONS:-64}
work=$(mktemp -d); trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
ticks=$(getconf CLK_TCK)

key=sk_benchmark_0123456789abcdefghij
printf 'benchmark-secret' > "$work/secret"
cat > "$work/paylink.yaml" <<YAML
listen: 127.0.0.1:18080
ops_listen: 127.0.0.1:18090
public_url: http://127.0.0.1:18080
database: sqlite:$work/paylink.db
merchants: [{name: main, merchant_id: 700001, secret_key_file: $work/secret, base_url: "http://127.0.0.1:18081", api: gateway, currency: UZS}]
api_keys: [{name: bench, kind: secret, sha256: $(printf %s $key | sha256sum | cut -d' ' -f1), scopes: ["links:read", "links:write"], merchants: [main]}]
YAML
cat > "$work/nginx.conf" <<NGINX
worker_processes 1; daemon off; pid $work/nginx.pid; error_log /dev/null;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 100000000;
  server { listen 127.0.0.1:18070; location / { default_type text/plain; return 200 "ok\n"; } } }
NGINX
cat > "$work/create.lua" <<LUA
local thread_number = 0
function setup(thread) thread:set("worker", thread_number); thread_number = thread_number + 1 end
local count = 0
function request()
  count = count + 1
  local order = string.format("B%dx%dx%d", worker, count, os.time())
  return wrk.format("POST", "/v1/payment-links",
    {["Authorization"] = "Bearer $key", ["Content-Type"] = "application/json", ["Idempotency-Key"] = order},
    '{"order_id":"' .. order .. '","amount_range":{"min":1000000,"max":50000000},"currency":"UZS","description":"Order ' .. order .. '"}')
end
function done(summary, latency, requests)
  io.write(string.format("p50 %.2f ms p99 %.2f ms not-2xx %d\n", latency:percentile(50) / 1000, latency:percentile(99) / 1000, summary.errors.status))
end
LUA

nginx -p "$work" -c "$work/nginx.conf" & nginx_master=$!
"$program" sandbox --listen 127.0.0.1:18081 --merchant 700001 --secret-file "$work/secret" > "$work/sandbox.log" 2>&1 &
started=$(date +%s%N)
"$program" serve --config "$work/paylink.yaml" > "$work/gateway.log" 2>&1 & gateway=$!
until curl -sf http://127.0.0.1:18090/readyz > /dev/null; do sleep 0.002; done
echo "ready after $(( ($(date +%s%N) - started) / 1000000 )) ms (start of the process to /readyz 200, curl included)"
sleep 2
echo "idle: $(awk '/^VmRSS|^RssAnon/ {printf "%s %d kB  ", $1, $2}' /proc/$gateway/status)"

cpu() { # ticks of a process and its children
  local total=0 pid
  for pid in $1 $(pgrep -P "$1" || true); do total=$((total + $(awk '{print $14 + $15}' "/proc/$pid/stat"))); done
  echo "$total"
}
cell() { # name, pid, wrk arguments...
  local name=$1 pid=$2 before after out count; shift 2
  before=$(cpu "$pid"); out=$(wrk "-t1" "-c$connections" "-d${seconds}s" "$@"); after=$(cpu "$pid")
  count=$(awk '/requests in/ {print $1}' <<< "$out")
  printf '%-22s %9.0f req/s  %7.1f us CPU/request  %s\n' "$name" "$(awk '/Requests\/sec/ {print $2}' <<< "$out")" \
    "$(echo "($after - $before) * 1000000 / $ticks / $count" | bc -l)" "$(grep -E '^p50' <<< "$out" || true)"
}
for round in $(seq "$rounds"); do
  echo "round $round"
  cell "nginx return 200" "$nginx_master" http://127.0.0.1:18070/
  cell "paylink GET /livez" "$gateway" http://127.0.0.1:18090/livez
  cell "paylink create" "$gateway" -s "$work/create.lua" http://127.0.0.1:18080
done
