#!/usr/bin/env bash
# What serve says, in a real Prometheus: scraped, asked which class grows fastest, and behind the dashboard and the alerts
# that lie beside it. And the other way: dump into the folder of a textfile collector.
# shellcheck source=tests/e2e/lib.sh
. "${0%/*}/lib.sh"
DASHBOARD=$ROOT/viewer/grafana.json
ALERTS=$ROOT/viewer/alerts.yml

command -v prometheus >/dev/null && command -v promtool >/dev/null || bail "prometheus is not installed"

# ---- a demo server, arenatop and Prometheus ----

ARENATOP_CONF=interval_ms:250 start_watched demo "$WORKLOADS/demo-server"
demo=$pid
check "the demo server publishes" wait_dump "$demo" demo.json
start serve "$ARENATOP" serve --listen 127.0.0.1:0
serve=$pid
wait_for "serve" grep -q ^serving serve.out
port=$(sed -E 's,.*:([0-9]+)/.*,\1,' serve.out)

cat >prometheus.yml <<E2
global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: ["$ALERTS"]
scrape_configs:
  - job_name: arenatop
    static_configs: [{targets: ["127.0.0.1:$port"]}]
E2
check "promtool takes the configuration" promtool check config prometheus.yml
prometheus=$(free_port)
start prometheus prometheus --config.file=prometheus.yml --storage.tsdb.path="$TMP/data" --log.level=warn \
    --web.listen-address="127.0.0.1:$prometheus"
prometheus_pid=$pid
check "Prometheus is there" wait_for "Prometheus" answers "$prometheus"

# ask API [NAME=VALUE...]: what Prometheus answers, in `answer`.
cat >ask.py <<'E2'
import sys, urllib.parse, urllib.request
query = urllib.parse.urlencode([tuple(word.split("=", 1)) for word in sys.argv[3:]])
try:
    with urllib.request.urlopen("http://127.0.0.1:%s/api/v1/%s?%s" % (sys.argv[1], sys.argv[2], query), timeout=60) as answer:
        sys.stdout.buffer.write(answer.read())
except urllib.error.HTTPError as error:
    sys.exit("%s: %s" % (error, error.read()))
E2
ask() {
    python3 ask.py "$prometheus" "$@" >answer
}

query() { # PROMQL JQ_EXPRESSION [JQ_OPTION...]: of the result
    ask query "query=$1" && holds answer ".data.result | $2" "${@:3}"
}

check "the scrape is taken" wait_for "a scrape" query 'up{job="arenatop"}' '.[0].value[1] == "1"'
# A scrape that takes longer than a second is none: what it would have brought comes with one of the next.
check "the process is up" wait_for "it" query "arenatop_up{pid=\"$demo\"}" '.[0].value[1] == "1" and .[0].metric.comm == "demo-server"'

fastest_is_audit_log() {
    query "topk(1, deriv(arenatop_class_live_bytes{pid=\"$demo\"}[15s]))" \
        'length == 1 and .[0].metric.class == "audit-log" and (.[0].value[1] | tonumber) > 0'
}
check "which class grows fastest? the one that keeps what it hears" wait_for "PromQL's answer" fastest_is_audit_log
check "nobody frees it" wait_for "two samples" query "sum(rate(arenatop_class_released_bytes_total{pid=\"$demo\",class=\"audit-log\"}[15s]))
    / sum(rate(arenatop_class_alloc_bytes_total{pid=\"$demo\",class=\"audit-log\"}[15s]))" '.[0].value[1] | tonumber < 0.5'
check "counters keep the books: live is alloc less released" query \
    "abs(arenatop_class_alloc_bytes_total{pid=\"$demo\"} - arenatop_class_released_bytes_total{pid=\"$demo\"}
        - arenatop_class_live_bytes{pid=\"$demo\"}) > 1048576" 'length == 0'
check "flows are there" wait_for "some" query "arenatop_flow_bytes_total{pid=\"$demo\",owner!=\"\",freed_by!=\"\"} > 0" 'length > 0'
metadata_is() { # METRIC TYPE UNIT: Prometheus knows both, and a help
    ask metadata "metric=$1" && holds answer \
        '.data[$name] | length == 1 and .[0].type == $type and .[0].unit == $unit and (.[0].help | length > 20)' \
        --arg name "$1" --arg type "$2" --arg unit "$3"
}
check "a gauge's type, unit and help" metadata_is arenatop_class_live_bytes gauge bytes
check "a counter's" metadata_is arenatop_class_alloc_bytes counter bytes
check "seconds" metadata_is arenatop_agent_cpu_seconds counter seconds
check "a count has no unit" metadata_is arenatop_class_threads gauge ""

# ---- the dashboard and the alerts use the names that there are ----

python3 - "$port" >names <<'E2'
import re, sys, urllib.request
text = urllib.request.urlopen("http://127.0.0.1:%s/metrics" % sys.argv[1], timeout=60).read().decode()
print("\n".join(sorted(set(re.findall(r"^(\w+)[{ ]", text, re.M)))))
E2
known() { # FILE: every metric that it names is in the output, and it names some
    grep -oE 'arenatop_[a-z_]+' "$1" | sort -u >named
    [ "$(wc -l <named)" -ge 5 ] && equal "" "$(comm -23 named names)"
}
check "there are metrics" [ "$(wc -l <names)" -ge 25 ]
check "the dashboard names only what there is" known "$DASHBOARD"
check "the dashboard shows every figure of processes" equal "" \
    "$(comm -13 named names | grep -v '^arenatop_serve_')"
check "the alerts name only what there is" known "$ALERTS"
check "the contract's names are all there" equal "" "$(comm -13 names <(sort <<'E2'
arenatop_up
arenatop_class_live_bytes
arenatop_class_cached_bytes
arenatop_class_allocated_bytes
arenatop_class_active_bytes
arenatop_class_dirty_bytes
arenatop_class_muzzy_bytes
arenatop_class_resident_bytes
arenatop_class_retained_bytes
arenatop_class_peak_live_bytes
arenatop_class_threads
arenatop_class_alloc_bytes_total
arenatop_class_free_bytes_total
arenatop_class_released_bytes_total
arenatop_class_threads_created_total
arenatop_flow_bytes_total
arenatop_flow_frees_total
arenatop_process_allocated_bytes
arenatop_process_jemalloc_resident_bytes
arenatop_process_rss_bytes
arenatop_process_limit_bytes
arenatop_process_unexplained_bytes
arenatop_process_start_time_seconds
arenatop_agent_last_sample_duration_seconds
arenatop_agent_cpu_seconds_total
E2
))"

check "the dashboard is one" holds "$DASHBOARD" '.title != "" and .schemaVersion >= 36 and (.panels | length > 10) and
    ([.panels[].id] | unique | length) == (.panels | length) and
    all(.panels[]; .title != "" and .description != "" and (.targets | length > 0) and .gridPos.x + .gridPos.w <= 24)'
no_overlap() {
    holds "$DASHBOARD" '[.panels[].gridPos] as $all | [range($all | length)] | all(. as $i | all(range($i); . as $j |
        $all[$i] as $a | $all[$j] as $b | $a.x >= $b.x + $b.w or $b.x >= $a.x + $a.w or $a.y >= $b.y + $b.h or $b.y >= $a.y + $a.h))'
}
check "no panel lies on another" no_overlap
jq -r '.panels[].targets[].expr' "$DASHBOARD" | sed -E "s/\\\$__rate_interval/30s/g; s/\\\$pid/$demo/g; s/\\\$(instance|comm)/.*/g" >queries
# $__interval is shorter than the time between two scrapes when one looks closely: then most of these have no sample.
check "no panel looks over less than two scrapes" equal "" "$(grep '\$__' queries)"
while IFS= read -r promql; do
    # Only a process in a control group with a limit has one.
    wanted='length > 0'
    [[ $promql != *limit_bytes* ]] || wanted='length >= 0'
    check "a panel has data: ${promql:0:60}" wait_for "data" query "$promql" "$wanted"
done <queries
jq -r '.templating.list[] | select(.type == "query") | .query.query' "$DASHBOARD" |
    sed -nE 's/^label_values\((.*), (\w+)\)$/\1 \2/p' | sed -E 's/\$\w+/.*/g' >variables
while read -r series label; do
    check "a variable has values: $label" wait_for "them" query "$series" 'length > 0 and all(.metric | has($key))' --arg key "$label"
done <variables
check "three of them" equal 3 "$(wc -l <variables)"

check "promtool takes the rules" promtool check rules "$ALERTS"
rules_are_well() {
    ask rules && holds answer '[.data.groups[].rules[]] | length == 9 and all(.health == "ok")'
}
check "Prometheus evaluates them all" wait_for "an evaluation" rules_are_well

# ---- each alert at its moment, in made-up time ----

cat >rules.py <<'E2'
"""rules.py ALERTS: writes tests for promtool: each alert with series that must raise it and series that must not."""
import json, sys
who = 'instance="h",pid="7",comm="c"'
quiet_gauge = "1000000000+0x300"
def since(minute): # when the process of this pid started
    return ('arenatop_process_start_time_seconds{%s}' % who, "0+0x%d %d+0x300" % (minute, minute * 60))
tests = [
    ("ArenatopClassGrows", "200m", [('arenatop_class_live_bytes{%s,class="x"}' % who, "100000000+5000000x300"), since(0)],
     [('arenatop_class_live_bytes{%s,class="x"}' % who, " ".join(str(10**9 + i % 40 * 10**7) for i in range(300))), since(0)]),
    # What grew by its next version, which has the same pid, as in a container, has not grown.
    ("ArenatopClassGrows", "200m", [('arenatop_class_live_bytes{%s,class="x"}' % who, "100000000+5000000x300"), since(65)],
     [('arenatop_class_live_bytes{%s,class="x"}' % who, "100000000+0x119 900000000+0x300"), since(120)]),
    ("ArenatopNearLimit", "10m", [('arenatop_process_rss_bytes{%s}' % who, "95+0x300"), ('arenatop_process_limit_bytes{%s}' % who, "100+0x300")],
     [('arenatop_process_rss_bytes{%s}' % who, "95+0x300"), ('arenatop_process_limit_bytes{%s}' % who, "0+0x300")]),
    ("ArenatopLimitInSight", "150m", [('arenatop_process_rss_bytes{%s}' % who, "100+1x300"), ('arenatop_process_limit_bytes{%s}' % who, "300+0x300"), since(0)],
     [('arenatop_process_rss_bytes{%s}' % who, "100+0x300"), ('arenatop_process_limit_bytes{%s}' % who, "300+0x300"), since(0)]),
    # Whoever fills its caches after each start is not on its way to the limit.
    ("ArenatopLimitInSight", "140m", [('arenatop_process_rss_bytes{%s}' % who, "100+1x300"), ('arenatop_process_limit_bytes{%s}' % who, "300+0x300"), since(0)],
     [('arenatop_process_rss_bytes{%s}' % who, "10+0x77 10+4x20 90+0x300"), ('arenatop_process_limit_bytes{%s}' % who, "300+0x300"), since(78)]),
    ("ArenatopUnusedPages", "40m", [('arenatop_class_dirty_bytes{%s,class="x"}' % who, quiet_gauge), ('arenatop_class_live_bytes{%s,class="x"}' % who, "5+0x300")],
     [('arenatop_class_dirty_bytes{%s,class="x"}' % who, quiet_gauge), ('arenatop_class_live_bytes{%s,class="x"}' % who, "2000000000+0x300")]),
    ("ArenatopNotUp", "5m", [('arenatop_up{%s}' % who, "0+0x300")], [('arenatop_up{%s}' % who, "1+0x300")]),
    ("ArenatopDied", "15m", [('arenatop_serve_records{instance="h"}', "1+0x9 2+0x300")], [('arenatop_serve_records{instance="h"}', "2+0x9 1+0x300")]),
    ("ArenatopDied", "15m", [('arenatop_serve_records{instance="h"}', "5+0x300"), ('arenatop_serve_newest_record_time_seconds{instance="h"}', "1000+0x9 1600+0x300")],
     [('arenatop_serve_records{instance="h"}', "5+0x300"), ('arenatop_serve_newest_record_time_seconds{instance="h"}', "1000+0x300")]),
    ("ArenatopBooksOpen", "20m", [('arenatop_process_unexplained_bytes{%s}' % who, "-50000000+0x300"), ('arenatop_process_allocated_bytes{%s}' % who, quiet_gauge)],
     [('arenatop_process_unexplained_bytes{%s}' % who, "-5000000+0x300"), ('arenatop_process_allocated_bytes{%s}' % who, quiet_gauge)]),
    ("ArenatopAgentCosts", "30m", [('arenatop_agent_cpu_seconds_total{%s}' % who, "0+3x300")], [('arenatop_agent_cpu_seconds_total{%s}' % who, "0+0.6x300")]),
    ("ArenatopDenied", "20m", [('arenatop_serve_segments_denied{instance="h"}', "1+0x300")], [('arenatop_serve_segments_denied{instance="h"}', "0+0x300")]),
]
def group(at, series, checks):
    return {"interval": "1m", "input_series": [{"series": s, "values": v} for s, v in series], "promql_expr_test": [
        {"expr": 'count(ALERTS{alertname="%s",alertstate="firing"}) or vector(0)' % name, "eval_time": at,
         "exp_samples": [{"labels": "{}", "value": value}]} for name, value in checks]}
groups = []
for name, at, raising, quiet in tests:
    groups.append(group(at, raising, [(name, 1)]))
    groups.append(group(at, quiet, [(name, 0)]))
    groups.append(group("1m", raising, [(name, 0)]))
# What it says to those who are called: of the host that it is about, and of what was counted.
def says(name, at, series, labels, **annotations):
    groups.append({"interval": "1m", "input_series": [{"series": s, "values": v} for s, v in series], "alert_rule_test": [
        {"eval_time": at, "alertname": name, "exp_alerts": [{"exp_labels": labels, "exp_annotations": annotations}]}]})
says("ArenatopNearLimit", "10m", [('arenatop_process_rss_bytes{%s}' % who, "95+0x300"), ('arenatop_process_limit_bytes{%s}' % who, "100+0x300")],
     {"severity": "critical", "instance": "h", "pid": "7", "comm": "c"}, summary="c (7 on h): 95% of its memory limit",
     description='The kernel kills it when it reaches the limit of its control group. '
                 'Who holds it: topk(5, arenatop_class_resident_bytes{instance="h",pid="7"})')
says("ArenatopDenied", "20m", [('arenatop_serve_segments_denied{instance="h"}', "2+0x300")],
     {"severity": "info", "instance": "h"}, summary="h: 2 segments may not be read by arenatop serve",
     description="The figures of their processes are missing; those of gone processes count, too. "
                 "Run it as their user or as root, or start them with ARENATOP_CONF=group:GROUP.")
json.dump({"rule_files": [sys.argv[1]], "evaluation_interval": "1m", "tests": groups}, open("rules.json", "w"))
print("\n".join(sorted({test[0] for test in tests})))
E2
python3 rules.py "$ALERTS" >tested
check "every alert has a test" equal "$(sed -nE 's/.*- alert: //p' "$ALERTS" | sort)" "$(cat tested)"
check "each fires when it must, and not before or else" promtool test rules rules.json

# ---- the way of the textfile collector ----

check "dump into its folder" exits 0 "$ARENATOP" dump "$demo" -f openmetrics -o "$TMP/arenatop.prom"
textfile_has() { # what a collector finds are the names that serve has
    sed -nE 's/^(\w+)\{.*/\1/p' arenatop.prom | sort -u | diff - <(grep -v '^arenatop_serve_' names)
}
check "the same metrics are there" textfile_has
check "of that process alone" equal "$demo" "$(sed -nE 's/.*\{pid="([0-9]+)".*/\1/p' arenatop.prom | sort -u)"
# The collector reads text/plain, in which what OpenMetrics adds is a comment and a counter has no type: all is read.
parses() {
    promtool check metrics <arenatop.prom 2>&1 | grep -v 'no help text$' >complaints
    equal "" "$(cat complaints)"
}
check "a parser of plain text takes it" parses

# ---- the end ----

check "Prometheus had nothing to complain about" equal "" "$(grep -E 'level=(warn|error)' prometheus.err)"
check "Prometheus ends" stop "$prometheus_pid"
check "serve ends" stop "$serve"
check "with status 0" equal 0 "$status"
check "the demo server ends" stop "$demo"
done_testing
