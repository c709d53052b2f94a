#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""contrib/grafana/lyncedge.json and contrib/prometheus/lyncedge.rules: the dashboard is well-formed, what it and the alerts ask for
is exported by lyncedgectl metrics, promtool takes every expression, the alerts fire when they are to, and a real Prometheus, which
scrapes a real node_exporter, answers each expression.

Grafana itself is not in Debian, and takes no part.
"""

import json
import os
import re
import subprocess
import sys

import tooltest
from tooltest import OPEN, REASONS, TOP, Result, ToolTest

DASHBOARD = os.path.join(TOP, "contrib", "grafana", "lyncedge.json")
RULES = os.path.join(TOP, "contrib", "prometheus", "lyncedge.rules")
RULES_TEST = os.path.join(tooltest.HERE, "lyncedge_rules_test.yml")
POLICY = OPEN.replace("eth0", "lo") + "commit\n"
METRIC = re.compile(r"\b(?:lyncedge|node)_\w+\b(?!\s*=)")
# Of node_exporter: its textfile collector has the first, its collector conntrack the others, where there is one.
NODE = {"node_textfile_mtime_seconds", "node_nf_conntrack_entries", "node_nf_conntrack_entries_limit"}
# What Grafana puts into an expression.
VARIABLES = {"$instance": ".*", "$__rate_interval": "1m"}
PROMETHEUS = """global:
  scrape_interval: 1s
rule_files: [%s]
scrape_configs:
- job_name: node
  static_configs:
  - targets: ["127.0.0.1:9100"]
"""
# Both programs, in a network of their own, where all ports are free. What is asked is in "queries", a line each.
STACK = """
    ip link set lo up
    prometheus-node-exporter --web.listen-address=127.0.0.1:9100 --collector.disable-defaults --collector.textfile \\
        --collector.conntrack --collector.textfile.directory=textfile 2>exporter.log &
    exporter=$!
    prometheus --config.file=prometheus.yml --storage.tsdb.path=tsdb --web.listen-address=127.0.0.1:9090 \\
        --web.console.templates=. --web.console.libraries=. 2>prometheus.log &
    python3 ask.py
    status=$?
    kill $! $exporter
    wait
    exit $status
"""
ASK = """import json, shutil, time, urllib.parse, urllib.request

def ask(path, **words):
    url = "http://127.0.0.1:9090/api/v1/" + path + "?" + urllib.parse.urlencode(words)
    with urllib.request.urlopen(url) as answer:
        return json.load(answer)

def samples():
    try:
        return int(ask("query", query="min(count_over_time(lyncedge_policy_generation[1m]))")["data"]["result"][0]["value"][1])
    except (OSError, IndexError):
        return 0

def wait(nr):
    until = time.monotonic() + 120
    while samples() < nr and time.monotonic() < until:
        time.sleep(0.3)

wait(3)
shutil.copy("later.prom", "textfile/new")
shutil.move("textfile/new", "textfile/lyncedge.prom")
wait(samples() + 4)
answers = []
with open("queries") as queries:
    for query in queries.read().splitlines():
        answers.append(ask("query", query=query))
with open("answers", "w") as file:
    json.dump({"queries": answers, "rules": ask("rules"), "targets": ask("targets")}, file)
"""


def dashboard():
    with open(DASHBOARD, encoding="utf-8") as file:
        return json.load(file)


def filled(expression):
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    assert "$" not in expression, expression
    return expression


def expressions():
    """Of all panels and annotations: (where, expression)."""
    data = dashboard()
    found = [(panel["title"], target["expr"]) for panel in data["panels"] for target in panel["targets"]]
    return found + [("annotation " + a["name"], a["expr"]) for a in data["annotations"]["list"]]


def metrics_in(expression):
    """What it asks for; a label may be called as a metric is."""
    return METRIC.findall(re.sub(r"\b(by|on|without) \([^)]*\)", "", expression))


def rule_text():
    with open(RULES, encoding="utf-8") as file:
        return re.sub(r"^ *#.*$", "", file.read(), flags=re.M)


class Dashboard(ToolTest):
    def test_structure(self):
        data = dashboard()
        for key in "title", "uid", "schemaVersion", "panels", "templating", "annotations", "time":
            self.assertIn(key, data)
        self.assertNotIn("id", data, "an import would write over whatever dashboard has that number")
        self.assertRegex(data["uid"], r"^[a-z-]{1,40}$")
        ids = [panel["id"] for panel in data["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        for panel in data["panels"]:
            with self.subTest(panel["title"]):
                self.assertIn(panel["type"], ("stat", "timeseries", "state-timeline", "table"))
                self.assertTrue(panel["title"] and panel["targets"])
                refs = [target["refId"] for target in panel["targets"]]
                self.assertEqual(len(refs), len(set(refs)))

    def test_places(self):
        """24 columns, and no two panels in one place."""
        taken = {}
        for panel in dashboard()["panels"]:
            place = panel["gridPos"]
            self.assertEqual(sorted(place), ["h", "w", "x", "y"])
            self.assertTrue(place["x"] >= 0 and place["y"] >= 0 and place["w"] > 0 and place["h"] > 0, panel["title"])
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            for x in range(place["x"], place["x"] + place["w"]):
                for y in range(place["y"], place["y"] + place["h"]):
                    self.assertEqual(taken.setdefault((x, y), panel["title"]), panel["title"])

    def test_variables(self):
        data = dashboard()
        variables = {v["name"]: v for v in data["templating"]["list"]}
        self.assertEqual(variables["datasource"]["type"], "datasource")
        self.assertEqual(variables["datasource"]["query"], "prometheus")
        own = {"type": "prometheus", "uid": "${datasource}"}
        for panel in data["panels"]:
            for thing in [panel, *panel["targets"]]:
                self.assertEqual(thing["datasource"], own, panel["title"])
        for thing in [variables["instance"], *data["annotations"]["list"]]:
            self.assertEqual(thing["datasource"], own, thing["name"])
        for where, expression in expressions():
            used = set(re.findall(r"\$(\w+)", expression))
            self.assertLessEqual(used, {"instance", "__rate_interval"}, where)
            selectors = re.findall(r"\b(?:lyncedge|node)_\w+\{([^}]*)\}", expression)
            self.assertEqual(len(selectors), len(metrics_in(expression)), where)
            for selector in selectors:
                self.assertIn('instance=~"$instance"', selector, where)

    def test_what_is_wanted_is_there(self):
        text = " ".join(expression for _, expression in expressions())
        for metric in ("lyncedge_drop_packets_total", "lyncedge_row_packets_total", "lyncedge_row_bytes_total", "lyncedge_mode",
                       "lyncedge_policy_generation", "node_nf_conntrack_entries"):
            self.assertIn(metric, text)


class Expressions(ToolTest):
    def metrics(self, generation=7, packets=0):
        os.makedirs(os.path.join(self.sysfs, "features"), exist_ok=True)
        counters = "".join("%s %d %d\n" % (name, packets, packets * 100) for name in ["ext-05", "ext-14", "web", *REASONS])
        for name, text in [("policy", POLICY), ("mode", "enforce\n"), ("error", ""), ("generation", "%d\n" % generation),
                           ("confirm", "0\n"), ("counters", counters)]:
            self.write("sysfs/" + name, text)
        return self.run_tool("metrics", "--prometheus", wants=0).out

    def promtool(self, *words):
        process = subprocess.run(["promtool", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.dir, check=False)
        return Result(process)

    def test_metrics_exist(self):
        """With their labels, too: one that is misspelt matches nothing, and says nothing."""
        exported = {}
        for line in self.metrics().splitlines():
            if not line.startswith("#"):
                name, _, rest = line.partition("{")
                exported.setdefault(name.split()[0], set()).update(re.findall(r'(\w+)="', rest))
        for where, expression in [*expressions(), ("alerts", rule_text())]:
            for name in metrics_in(expression):
                self.assertIn(name, NODE | exported.keys(), where)
            for name, selector in re.findall(r"\b(lyncedge_\w+)\{([^}]*)\}", expression):
                labels = set(re.findall(r"(\w+)=~?", selector)) - {"instance"}
                self.assertLessEqual(labels, exported[name], where)

    def test_promtool_takes_them(self):
        """As recording rules, which promtool checks."""
        rules = "groups:\n- name: dashboard\n  rules:\n"
        for number, (_, expression) in enumerate(expressions()):
            rules += "  - record: dashboard:panel%d\n    expr: %s\n" % (number, json.dumps(filled(expression)))
        done = self.promtool("check", "rules", self.write("dashboard.rules", rules))
        self.assertEqual(done.status, 0, done)
        self.assertIn("SUCCESS: %d rules found" % len(expressions()), done.out)
        done = self.promtool("check", "rules", self.write("bad.rules", rules.replace("sum by", "sum bye", 1)))
        self.assertNotEqual(done.status, 0, done)

    def test_alerts(self):
        done = self.promtool("check", "rules", RULES)
        self.assertEqual(done.status, 0, done)
        done = self.promtool("test", "rules", RULES_TEST)
        self.assertEqual(done.status, 0, done)
        with open(RULES_TEST, encoding="utf-8") as file:
            tried = file.read()
        for alert in re.findall(r"- alert: (\w+)", rule_text()):
            fires = re.search(r"alertname: %s\n    exp_alerts:\n    - exp_labels" % alert, tried)
            self.assertTrue(fires, alert + " is not tried where it fires")
            self.assertIn("alertname: %s, exp_alerts: []" % alert, tried)

    def test_prometheus_answers(self):
        """With figures that change meanwhile."""
        self.write("prometheus.yml", PROMETHEUS % os.path.abspath(RULES))
        self.write("ask.py", ASK)
        os.mkdir(os.path.join(self.dir, "textfile"))
        self.write("textfile/lyncedge.prom", self.metrics())
        self.write("later.prom", self.metrics(generation=8, packets=60))
        asked = [filled(expression) for _, expression in expressions()]
        self.write("queries", "\n".join(asked) + "\n")
        as_root = [] if os.geteuid() == 0 else ["sudo", "env", "PATH=" + os.environ["PATH"]]
        done = Result(subprocess.run([*as_root, "unshare", "-n", "sh", "-c", STACK], cwd=self.dir, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, timeout=300, check=False))
        self.assertEqual(done.status, 0, done)
        with open(os.path.join(self.dir, "answers"), encoding="utf-8") as file:
            answers = json.load(file)
        self.assertEqual([t["health"] for t in answers["targets"]["data"]["activeTargets"]], ["up"])
        for (where, expression), answer in zip(expressions(), answers["queries"]):
            with self.subTest(where):
                self.assertEqual(answer["status"], "success", answer)
                self.assertFalse(answer.get("warnings"), answer)
                # Enforcing has not changed, and a network of its own may have no conntrack.
                if "node_nf" not in expression and where != "annotation Mode":
                    self.assertTrue(answer["data"]["result"], expression)
        values = dict(zip([where for where, _ in expressions()], answers["queries"]))
        drops = {r["metric"]["reason"]: float(r["value"][1]) for r in values["Drops by reason"]["data"]["result"]}
        self.assertEqual(sorted(drops), sorted(REASONS[:6]))
        self.assertTrue(all(rate > 0 for rate in drops.values()), drops)
        rules = [rule for group in answers["rules"]["data"]["groups"] for rule in group["rules"]]
        self.assertEqual(len(rules), len(re.findall("- alert:", rule_text())))
        self.assertEqual([rule for rule in rules if rule["health"] == "err"], [])


if __name__ == "__main__":
    sys.exit(tooltest.main())
