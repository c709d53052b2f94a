#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The JSON of every verb against the schemas in docs/schema, by a validator: each verb that takes --json has one, each describes
all that it says, what the verbs say in many situations is what they promise, and what they do not promise is refused."""

import copy
import glob
import json
import os
import re
import sys

import jsonschema

import tooltest
from captures import ETHERNET, ethernet, fragment, icmp, pcap, tcp, udp
from test_conn import KERNEL
from test_log import NFLOG, logged
from tooltest import CLEAN, FEATURES, HERE, INSIDE, OPEN, REASONS, SAMPLE, TOP, ToolTest, verbs_of_help
from transcript import commands_in

SCHEMAS = os.path.join(TOP, "docs", "schema")
LINES = {"log"}
ALL_OPTIONS = """option established stateless
option rtp-outbound source
option ports strict
option scope address
option unmatched reject
option icmp-echo allow
option hooks all
option early-drop on
option log-group 65535
"""
# Every kind of statement, every feature, every group.
EVERYTHING = OPEN + "feature " + " ".join(FEATURES) + "\n" + "".join(
    "peer %s 192.0.2.%d 2001:db8:%d::/48\n" % (group, n, n) for n, group in enumerate(
        "client federation-partner media-partner pic-partner messenger-client xmpp-partner crl-server dns-server front-end "
        "branch xmpp-gateway cms logging-controller".split(), 1)) + """port rtp 40000-40999
port ext-05 5061
port int-01 23457
allow one external in udp 1-65535 from ::/0 to any
allow T.w-o_2 internal out tcp 1 from access to cms
edge access public 131.107.155.10
""".replace("edge access public", "edge access 10.45.16.11 public") + ALL_OPTIONS
POLICIES = {"empty": "", "clean": CLEAN.replace("commit\n", ""), "inside": INSIDE.replace("commit\n", ""), "open": OPEN,
            "everything": EVERYTHING,
            "no-rows": "interface external eth0\nedge access 10.45.16.10 2001:db8::1 public 192.0.2.1\n",
            "shared": "edge access 10.1.1.1 public 192.0.2.1 192.0.2.2\nedge av 10.1.1.1 10.1.1.2 public 192.0.2.1\n"
                      "interface external lo\n",
            "far": "interface external nosuch0 nosuch1\n" + OPEN}
PACKETS = ["external in tcp 198.51.100.7:40000 10.45.16.10:443", "external in tcp 198.51.100.7:40000 10.45.16.10:444",
           "external in tcp 203.0.113.7:40000 10.45.16.10:443", "external out udp [2001:db8::1]:1 [2001:db8::2]:65535",
           "internal in icmp-echo 192.168.10.5 172.25.33.10", "internal out 47 172.25.33.10 192.168.10.5",
           "internal out tcp 172.25.33.10:5 192.0.2.1:8000", "external in tcp 1.1.1.1:1 9.9.9.9:9"]
WRONG_PACKETS = ["", "external", "external in tcp a b", "external in tcp 1.1.1.1:0 1.1.1.1:65536"]


def schema_of(verb):
    with open(os.path.join(SCHEMAS, verb + ".json"), encoding="ascii") as file:
        return json.load(file)


def objects_in(value, path=()):
    """Places of all objects in a value."""
    if isinstance(value, dict):
        yield path
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from objects_in(inner, path + (key,))


def at(value, path):
    for key in path:
        value = value[key]
    return value


class Schemas(ToolTest):
    @classmethod
    def setUpClass(cls):
        cls.verbs = {verb for verb, takes_json in verbs_of_help().items() if takes_json}
        cls.validators = {}
        for verb in cls.verbs:
            # A verb without a schema fails here, loudly.
            cls.validators[verb] = jsonschema.Draft202012Validator(schema_of(verb))
        cls.seen = {verb: 0 for verb in cls.verbs}

    def is_valid(self, verb, text, said):
        """Objects that text has: one, or one a line. Each is what the schema promises."""
        by_line = verb in LINES or "--batch" in said or "--watch" in said
        values = [json.loads(line) for line in text.splitlines()] if by_line else [json.loads(text)]
        for value in values:
            errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in self.validators[verb].iter_errors(value)]
            self.assertEqual(errors, [], f"{said}\n{json.dumps(value, indent=1)}")
            type(self).seen[verb] += 1
        return values

    def run_json(self, verb, *arguments, stdin=b"", wants=None):
        result = self.run_tool(verb, "--json", *arguments, stdin=stdin)
        if wants is not None:
            self.assertEqual(result.status, wants, result)
        if not result.out and result.status == 2:
            self.assertTrue(result.err, result)
            return []
        return self.is_valid(verb, result.out, " ".join((verb,) + arguments))

    # ---- the schemas themselves ----

    def test_each_verb_has_one(self):
        found = {os.path.basename(path)[:-len(".json")] for path in glob.glob(os.path.join(SCHEMAS, "*.json"))}
        self.assertEqual(found, self.verbs)
        with open(os.path.join(SCHEMAS, "README.md"), encoding="utf-8") as file:
            readme = file.read()
        for verb in self.verbs:
            self.assertIn("(%s.json)" % verb, readme)

    def test_they_are_schemas(self):
        for verb in self.verbs:
            schema = schema_of(verb)
            self.assertEqual(schema["$schema"], "https://json-schema.org/draft/2020-12/schema")
            self.assertEqual(schema["$id"], "urn:lyncedgectl:" + verb)
            jsonschema.Draft202012Validator.check_schema(schema)

    def test_everything_is_described(self):
        """Each member has a description, and each object is closed."""
        def walk(schema, place):
            if isinstance(schema, list):
                for n, inner in enumerate(schema):
                    walk(inner, f"{place}/{n}")
            if not isinstance(schema, dict):
                return
            if schema.get("type") == "object" and "properties" in schema:
                self.assertIs(schema.get("additionalProperties"), False, place)
                for name, inner in schema["properties"].items():
                    if "$ref" in inner:
                        inner = dict(at(root, inner["$ref"][2:].split("/")), **inner)
                    # A constant describes itself.
                    if name != "connection":
                        self.assertTrue("description" in inner or "const" in inner, f"{place}/{name}")
            for key, inner in schema.items():
                if key not in ("enum", "const", "required", "if", "then", "else", "not"):
                    walk(inner, f"{place}/{key}")

        for verb in self.verbs:
            root = schema_of(verb)
            walk(root, verb)

    # ---- what the verbs say ----

    def test_judging_verbs(self):
        for name, text in POLICIES.items():
            path = self.write(name, text + "commit\n")
            for verb, arguments in [("check", []), ("show", []), ("matrix", []), ("matrix", ["--all"]), ("nat", []),
                                    ("nat", ["--hairpin"]), ("export", ["nft"]), ("export", ["iptables"]),
                                    ("export", ["iptables", "--ipv6"]), ("export", ["ipset"])]:
                with self.subTest(verb, policy=name, arguments=arguments):
                    self.run_json(verb, *arguments, "--policy", path)
            for packet in PACKETS:
                with self.subTest("explain", policy=name, packet=packet):
                    self.assertEqual(len(self.run_json("explain", "--policy", path, *packet.split())), 1)
            lines = PACKETS + WRONG_PACKETS
            self.assertEqual(len(self.run_json("explain", "--policy", path, "--batch", stdin="\n".join(lines))), len(lines))
        self.run_json("check", SAMPLE, wants=0)

    def test_the_ruleset_is_the_same(self):
        path = self.write("policy", EVERYTHING + "commit\n")
        for words in [["nat"], ["nat", "--hairpin"], ["export", "nft"], ["export", "iptables", "--ipv6"], ["export", "ipset"]]:
            value, = self.run_json(*words, "--policy", path, wants=0)
            self.assertEqual(value["ruleset"], self.run_tool(*words, "--policy", path).out)
        limits = self.run_json("export", "nft", "--policy", path)[0]["limits"]
        self.assertGreaterEqual(len(limits), 5)
        for limit in limits:
            self.assertRegex(limit, r'^[A-Z"].*\.$')

    def test_refusals(self):
        for text in ["", "feature x\ncommit\n", "commit\nfeature av\n", "peer client 1.2.3.4/5\ncommit\n", "edge\ncommit\n",
                     "feature pic\ncommit\n", "#" + 5000 * "x" + "\ncommit\n"]:
            self.run_json("check", "-", stdin=text, wants=1)
        for verb, arguments in [("check", ["nowhere"]), ("show", ["--policy", "nowhere"]), ("diff", ["nowhere"]), ("status", []),
                                ("matrix", []), ("counters", []), ("explain", ["external"]), ("export", ["pf"]), ("nat", []),
                                ("replay", ["nowhere"]), ("log", ["nowhere"]), ("mode", [])]:
            with self.subTest(verb):
                self.assertEqual(self.run_json(verb, *arguments, wants=2), [])

    def test_diff(self):
        names = {name: self.write(name, text + "commit\n") for name, text in POLICIES.items()}
        kinds = set()
        for before in names.values():
            for after in names.values():
                value, = self.run_json("diff", after, "--policy", before)
                kinds |= {change["kind"] for change in value["changes"]}
        self.assertEqual(kinds, {"interface", "edge", "public", "feature", "row", "peer", "block", "site-row", "option"})
        moved = "".join("allow r%d external in tcp %d from any to any\n" % (n, n) for n in (3, 1, 2))
        more = moved.replace("r3 external", "r9 external").replace("tcp 1 ", "tcp 7 ")
        for text in moved + "commit\n", more + "port rtp 1-2\noption ports strict\nfeature multiple-pools\ncommit\n":
            other = "".join("allow r%d external in tcp %d from any to any\n" % (n, n) for n in (1, 2, 3))
            other = self.write("other", other + "option ports strict\ncommit\n")
            self.run_json("diff", "-", "--policy", other, stdin=text, wants=1)

    def test_module(self):
        numbers = [0, 1, 2**32, 2**63 - 1, 2**63 + 5, 2**64 - 1]
        names = ["ext-01", "web"] + REASONS
        counters = "".join("%s %d %d\n" % (name, numbers[n % 6], numbers[(n + 1) % 6]) for n, name in enumerate(names))
        self.make_sysfs(counters=counters)
        for policy in [""] + [text + "commit\n" for text in POLICIES.values()]:
            self.write("sysfs/policy", policy)
            for mode in "off", "monitor", "enforce":
                self.write("sysfs/mode", mode + "\n")
                self.run_json("mode", wants=0)
                for error in "", "no memory\n", "line 1, column 2: no\nhint: yes\n":
                    self.write("sysfs/error", error)
                    self.run_json("status", wants=0)
        self.write("sysfs/error", "")
        for policy in "", CLEAN:
            self.write("peer", self.run_tool("status", "--json").out)
            self.write("sysfs/policy", policy)
            self.assertEqual(self.run_json("status", "--peer", "peer")[0]["peer"]["sha256"] is None, policy == CLEAN)
        self.write("sysfs/confirm", "86400\n")
        self.assertEqual(self.run_json("status", wants=0)[0]["confirm_seconds"], 86400)
        for arguments in [], ["--all"]:
            value, = self.run_json("counters", *arguments, wants=0)
            found = {entry["name"]: (entry["packets"], entry["bytes"]) for entry in value["counters"]}
            for n, name in enumerate(names):
                if numbers[n % 6] or arguments:
                    self.assertEqual(found[name], (numbers[n % 6], numbers[(n + 1) % 6]))
            watched = self.run_json("counters", *arguments, "--watch", "0.1", "--count", "2", wants=0)
            self.assertEqual([len(line["counters"]) for line in watched], [len(names) if arguments else 0] * 2)
        self.write("sysfs/counters", "")
        self.run_json("counters", wants=0)

    def test_connections(self):
        os.environ["LYNCEDGE_CONNTRACK"] = self.write("table", KERNEL)
        self.addCleanup(os.environ.pop, "LYNCEDGE_CONNTRACK")
        for name, text in POLICIES.items():
            path = self.write(name, text + "commit\n")
            for arguments in [[], ["tcp"], ["icmp"], ["tcp", "198.51.100.7"], ["external", "in"], ["tcp", "9.9.9.9"]]:
                self.run_json("explain", "--conn", "--policy", path, *arguments)

    def test_captures(self):
        far, access = "198.51.100.7", "10.45.16.10"
        frames = [tcp(far, access, 40000, 443, "S"), tcp(far, access, 40000, 80, "S"), udp(far, "10.45.16.30", 3478, 3478),
                  icmp(far, access, 8, 0), icmp(far, access, 3, 1), tcp("203.0.113.5", access, 1, 443, "S"),
                  tcp("192.0.2.1", "192.0.2.2", 1, 2), tcp("2001:db8::1", "2001:db8:16::10", 1, 443), b"\x45" + b"\0" * 30]
        capture = pcap([ethernet(frame) for frame in frames] + [ethernet(b"arp", kind=0x806)], linktype=ETHERNET)
        for data in [capture, capture[:-9], pcap([], linktype=ETHERNET), pcap([ethernet(frames[0])], snaplen=20), b"", b"x" * 99]:
            path = self.write("capture", data)
            for name, text in POLICIES.items():
                policy = self.write(name, text + "commit\n")
                for arguments in [], ["--all"], ["--external", "198.51.100.0/24"]:
                    self.run_json("replay", path, "--policy", policy, *arguments)

    def test_drops(self):
        far, access = "198.51.100.7", "10.45.16.10"
        drops = [logged(tcp(far, access, 40000, 443)[:30], "malformed"), logged(icmp(far, access, 3), "protocol"),
                 logged(tcp(far, access, 1, 2), "no-row", into=1, out=1), logged(tcp("2001:db8::1", "2001:db8:16::10", 1, 2)),
                 logged(udp(far, access, 1, 2), "invalid", into=None, out=77), logged(b"\x45", "malformed"),
                 logged(fragment(far, access, 17, b"x" * 32, 16)[1], "fragment")]
        path = self.write("drops", pcap(drops, linktype=NFLOG))
        for name, text in POLICIES.items():
            policy = self.write(name, text + "commit\n")
            self.assertEqual(len(self.run_json("log", path, "--policy", policy, wants=0)), len(drops))

    def test_transcripts(self):
        """What is agreed to there is what is promised here."""
        count = 0
        for name, block in commands_in(sorted(glob.glob(os.path.join(HERE, "..", "*", "transcripts", "*.txt")))):
            words = " ".join(block.command).split()
            out = [re.sub(r"\{\{\w+\}\}", "1", line) for line in block.said[:-1] if not line.startswith("2> ")]
            if "--json" not in words or "|" in words or ">" in " ".join(words) or not out:
                continue
            with self.subTest(f"{name}:{block.number}"):
                self.is_valid(words[words.index("lyncedgectl") + 1], "\n".join(out), " ".join(words))
                count += 1
        self.assertGreater(count, 25)

    def test_what_is_not_promised(self):
        """A member more, anywhere, is refused; so is one less, unless it is one that may be absent."""
        path = self.write("policy", OPEN + "commit\n")
        self.make_sysfs(OPEN + "commit\n", counters="ext-05 1 2\n")
        samples = {"status": [], "check": [], "show": ["--policy", path], "mode": [], "matrix": [], "counters": [], "nat": None,
                   "explain": PACKETS[1].split(), "export": ["ipset"], "diff": [self.write("other", CLEAN)],
                   "replay": [self.write("capture", pcap([ethernet(tcp("192.0.2.1", "10.45.16.10", 1, 2, "S"))]))],
                   "log": [self.write("drops", pcap([logged(tcp("192.0.2.1", "10.45.16.10", 1, 2))], linktype=NFLOG))]}
        optional = {"application", "features", "active", "counts_at", "active_rows", "site_rows", "prefixes"}
        for verb in self.verbs & set(samples):
            if samples[verb] is None:
                continue
            value, = self.run_json(verb, *samples[verb])
            for place in objects_in(value):
                worse = copy.deepcopy(value)
                at(worse, place)["unheard-of"] = 1
                self.assertFalse(self.validators[verb].is_valid(worse), f"{verb} {place}")
                for key in at(value, place):
                    if key in optional or verb == "show" and place and place[0] in ("peers", "ports"):
                        continue
                    worse = copy.deepcopy(value)
                    del at(worse, place)[key]
                    self.assertFalse(self.validators[verb].is_valid(worse), f"{verb} {place} {key}")

    def test_zz_each_was_seen(self):
        """Last by name: every verb with a schema was run, and had something to say."""
        self.assertEqual([verb for verb, count in self.seen.items() if not count], [])
        print("objects validated: " + ", ".join(f"{verb} {count}" for verb, count in sorted(self.seen.items())))


if __name__ == "__main__":
    sys.exit(tooltest.main())
