#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""lyncedgectl metrics: what a real parser of OpenMetrics, promtool, and node_exporter's textfile collector make of it."""

import os
import shutil
import subprocess
import sys
import unittest

from prometheus_client.openmetrics import parser

import tooltest
from tooltest import FEATURES, OPEN, REASONS, TOOL, TOP, Result, ToolTest

CONTRIB = os.path.join(TOP, "contrib", "prometheus")
COUNTERS = "".join("%s %d %d\n" % line for line in [("ext-01", 0, 0), ("ext-05", 12, 3456), ("web", 1, 2**63 + 5)]) + \
           "".join("%s %d %d\n" % (reason, i, i * 100) for i, reason in enumerate(REASONS))
POLICY = OPEN.replace("eth0", "lo") + "commit\n"


class Metrics(ToolTest):
    def parsed(self):
        """All samples, by name and by the labels that matter."""
        out = self.run_tool("metrics", wants=0).out
        self.assertTrue(out.endswith("\n# EOF\n"))
        self.families = list(parser.text_string_to_metric_families(out))
        return {(sample.name, *(sample.labels.get(label) for label in ("row", "reason", "feature", "device", "lyncedge_mode")
                                if label in sample.labels)): sample.value
                for family in self.families for sample in family.samples}

    def test_values(self):
        self.make_sysfs(POLICY, mode="monitor", counters=COUNTERS, error="line 3: no\n")
        values = self.parsed()
        self.assertEqual(values["lyncedge_row_packets_total", "ext-05"], 12)
        self.assertEqual(values["lyncedge_row_bytes_total", "ext-05"], 3456)
        self.assertEqual(values["lyncedge_row_packets_total", "ext-01"], 0)
        self.assertEqual(values["lyncedge_row_bytes_total", "web"], 2**63 + 5)
        for i, reason in enumerate(REASONS):
            kind = "drop" if i < 6 else "accept"
            self.assertEqual(values["lyncedge_%s_packets_total" % kind, reason], i)
            self.assertEqual(values["lyncedge_%s_bytes_total" % kind, reason], i * 100)
        self.assertEqual([values["lyncedge_mode", mode] for mode in ("off", "monitor", "enforce")], [0, 1, 0])
        self.assertEqual(values["lyncedge_policy_generation",], 7)
        self.assertEqual(values["lyncedge_confirm_seconds",], 0)
        self.assertEqual(values["lyncedge_write_refused",], 1)
        self.assertEqual(values["lyncedge_device_present", "lo"], 1)
        self.assertEqual(values["lyncedge_device_present", "eth1"], os.path.exists("/sys/class/net/eth1"))
        self.assertEqual({f for f in FEATURES if values["lyncedge_feature_enabled", f]},
                         {"remote-access", "web-conferencing", "av", "federation", "xmpp", "pic-av"})
        active = [line.split("\t")[0] for line in
                  self.run_tool("matrix", "--tsv", "--policy", self.write("p", POLICY)).out.splitlines()[1:]]
        self.assertEqual([key[1] for key, value in values.items() if key[0] == "lyncedge_row_active" and value], active)
        self.assertEqual(values["lyncedge_rows_active",], len(active) - 1)
        self.assertEqual(values["lyncedge_site_rows",], 1)
        self.assertEqual(values["lyncedge_prefixes",], 1)

    def test_families(self):
        self.make_sysfs(POLICY, counters=COUNTERS)
        self.parsed()
        self.assertEqual({f.name: f.unit for f in self.families if f.unit},
                         {"lyncedge_%s_%s" % (kind, unit): unit for kind in ("row", "drop", "accept")
                          for unit in ("packets", "bytes")}
                         | {"lyncedge_confirm_seconds": "seconds"})
        self.assertEqual({f.name for f in self.families if f.type == "info"}, {"lyncedge_build"})
        self.assertEqual({f.name for f in self.families if f.type == "stateset"}, {"lyncedge_mode"})
        for family in self.families:
            self.assertTrue(family.documentation.endswith("."), family)
            self.assertEqual(family.name.startswith("lyncedge_"), True)
        version = self.run_tool("--version").out.split()[1]
        self.assertEqual(self.families[0].samples[0].labels["version"], version)

    def test_labels_of_rows(self):
        self.make_sysfs(POLICY, counters=COUNTERS)
        self.parsed()
        labels = {s.labels["row"]: s.labels for f in self.families if f.name == "lyncedge_row_packets" for s in f.samples}
        self.assertEqual(labels["ext-05"], {"row": "ext-05", "kind": "matrix", "interface": "external", "direction": "in",
                                            "service": "access", "application": "SIP/TLS"})
        self.assertEqual(labels["web"]["kind"], "site")

    def test_no_policy(self):
        self.make_sysfs(counters="ext-05 1 1\nno-row 2 2\n")
        values = self.parsed()
        self.assertEqual(values["lyncedge_rows_active",], 0)
        self.assertEqual(values["lyncedge_drop_packets_total", "no-row"], 2)

    def test_site_row_that_is_gone(self):
        """The policy may change between the two reads."""
        self.make_sysfs(POLICY, counters="ext-05 1 1\nother 2 2\n")
        self.assertNotIn(("lyncedge_row_packets_total", "other"), self.parsed())

    def test_strange_device_names(self):
        self.make_sysfs(b'interface external a"b\\c \xff\ncommit\n', counters=COUNTERS)
        values = self.parsed()
        self.assertIn(("lyncedge_device_present", 'a"b\\c'), values)
        self.assertIn(("lyncedge_device_present", "?"), values)

    def test_promtool(self):
        """The older format, which promtool checks; all but the remarks on names."""
        self.make_sysfs(POLICY, mode="enforce", counters=COUNTERS)
        text = self.run_tool("metrics", "--prometheus", wants=0).out
        process = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, check=False)
        self.assertEqual(Result(process).status, 0, Result(process))
        self.assertEqual(process.stderr, b"")
        self.assertIn('lyncedge_mode{lyncedge_mode="enforce"} 1', text)
        self.assertIn("# TYPE lyncedge_row_packets_total counter", text)
        self.assertNotIn("EOF", text)

    def test_no_module(self):
        self.assertIn("not loaded", self.run_tool("metrics", wants=2).err)
        self.assertIn("does not take --json", self.run_tool("metrics", "--json", wants=2).err)

    def write_file(self, directory, wants=0):
        os.makedirs(os.path.join(self.dir, "bin"), exist_ok=True)
        if not os.path.exists(os.path.join(self.dir, "bin/lyncedgectl")):
            os.symlink(TOOL, os.path.join(self.dir, "bin/lyncedgectl"))
        environment = dict(os.environ, LYNCEDGE_SYSFS=self.sysfs, PATH=self.dir + "/bin:" + os.environ["PATH"])
        done = subprocess.run([os.path.join(CONTRIB, "lyncedge-metrics"), directory], env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, wants, done.stderr)
        return os.listdir(directory)

    def test_textfile(self):
        """As node_exporter serves it, in a network of its own."""
        self.make_sysfs(POLICY, mode="enforce", counters=COUNTERS)
        directory = os.path.join(self.dir, "textfile")
        os.mkdir(directory)
        self.assertEqual(self.write_file(directory), ["lyncedge.prom"])
        self.write("fetch.py", "import urllib.request\n"
                   "print(urllib.request.urlopen('http://127.0.0.1:9100/metrics').read().decode())\n")
        script = """
            ip link set lo up
            prometheus-node-exporter --web.listen-address=127.0.0.1:9100 --collector.disable-defaults --collector.textfile \\
                --collector.textfile.directory=textfile 2>exporter.log &
            for i in $(seq 100); do
                python3 fetch.py 2>/dev/null && break
                sleep 0.2
            done
            kill $!
        """
        as_root = [] if os.geteuid() == 0 else ["sudo"]
        done = Result(subprocess.run([*as_root, "unshare", "-n", "sh", "-c", script], cwd=self.dir, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, check=False))
        self.assertIn("node_textfile_scrape_error 0", done.out)
        self.assertIn("# TYPE lyncedge_row_packets_total counter", done.out)
        self.assertRegex(done.out, r'lyncedge_row_packets_total\{[^}]*row="ext-05"[^}]*\} 12\n')
        self.assertRegex(done.out, r'lyncedge_drop_packets_total\{reason="no-row"\} 0\n')

    def test_textfile_goes_with_the_module(self):
        self.make_sysfs(POLICY, counters=COUNTERS)
        directory = os.path.join(self.dir, "textfile")
        os.mkdir(directory)
        self.write_file(directory)
        os.unlink(os.path.join(self.sysfs, "counters"))
        self.assertEqual(self.write_file(directory, wants=1), [])

    def test_textfile_is_whole_or_not_at_all(self):
        """Ended meanwhile, as by systemd, the script leaves nothing behind that the collector would never remove."""
        directory = os.path.join(self.dir, "textfile")
        os.mkdir(directory)
        os.mkdir(os.path.join(self.dir, "bin"))
        for name in "HUP", "INT", "TERM":
            os.chmod(self.write("bin/lyncedgectl", "#!/bin/sh\necho half\nkill -%s $PPID\n" % name), 0o755)
            self.assertEqual(self.write_file(directory, wants=1), [])

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd here")
    def test_units(self):
        """systemd finds nothing to say of them, but that the script is not where it is to be installed."""
        for name in "lyncedge-metrics.service", "lyncedge-metrics.timer":
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", os.path.join(CONTRIB, name)], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, check=False)
            said = [line for line in done.stderr.decode().splitlines()
                    if "lyncedge" in line and "is not executable" not in line]
            self.assertEqual(said, [])


if __name__ == "__main__":
    sys.exit(tooltest.main())
