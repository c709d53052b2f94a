# SPDX-License-Identifier: GPL-2.0-only
"""The programs that stay: servers for every kind of row, none of them ours, with the configuration that each needs. What opens
connections to them is in talks.py.

They run by chroot in the peers' system, whose folder /lyncedge holds certificates and configuration.
"""
import os
import subprocess
import time

from network import ADDRESSES, FAMILIES, PUBLIC, SYSTEM, V4, address, bracketed, command, must, run, seen

FOLDER = "/lyncedge"
HERE = os.path.dirname(os.path.realpath(__file__))
# Names by which certificates are checked and XMPP servers and lists of revocation are found.
NAMES = {f"{name}{family}.example": seen(host, family) for family in FAMILIES
         for name, host in (("edge", "access"), ("partner", "partner-access"), ("crl", "crl"), ("conference", "webconf"),
                            ("pool", "internal"), ("front-end", "front-end"))}
NAMES["pool.example"] = seen("webconf", V4)
servers = {}
awaited = []


def path(name):
    return SYSTEM + FOLDER + "/" + name


def put(name, text):
    with open(path(name), "w", encoding="utf-8") as f:
        f.write(text)
    return f"{FOLDER}/{name}"


def prepare():
    for folder in ("proc", "dev", "sys"):
        must(f"mount --rbind /{folder} {SYSTEM}/{folder}")
    # Servers change to users of their own where they can, and all read the same key here.
    for folder in ("tmp", "run"):
        must(f"mount -t tmpfs -o mode=1777 {folder} {SYSTEM}/{folder}")
    os.makedirs(path("ours"), exist_ok=True)
    must(f"mount --bind {HERE} {path('ours')}")
    with open(SYSTEM + "/etc/hosts", "w", encoding="ascii") as f:
        f.write("127.0.0.1 localhost\n::1 localhost\n" + 
                "".join(f"{a} {name}\n" for name, a in NAMES.items() if name != "pool.example"))
        # Kamailio asks for the names of its own addresses.
        f.write("".join(f"{a} {host}.example\n" for host, pair in ADDRESSES.items() for a in pair))
    with open(SYSTEM + "/etc/resolv.conf", "w", encoding="ascii") as f:
        f.write(f"nameserver {address('dns', V4)}\n")
    certificates()


def certificates():
    """An authority, a certificate for all servers, and one for each family that names where revocations are published."""
    ext = "subjectAltName=" + ",".join(f"DNS:{name}" for name in NAMES)
    xmpp = ",".join(f"otherName:1.3.6.1.5.5.7.8.5;UTF8:{name}" for name in NAMES if name.startswith(("edge", "partner")))
    put("ca.cnf", f"""[ca]
default_ca=one
[one]
database={FOLDER}/index
crlnumber={FOLDER}/crlnumber
default_md=sha256
default_crl_days=30
[all]
{ext},{xmpp}
extendedKeyUsage=serverAuth,clientAuth
[with4]
crlDistributionPoints=URI:http://crl4.example/ca.crl
[with6]
crlDistributionPoints=URI:http://crl6.example/ca.crl
""")
    put("index", "")
    put("crlnumber", "01\n")
    put("certificates", f"""set -e
cd {FOLDER}
key() {{ openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1.key; }}
key ca
openssl req -x509 -new -key ca.key -subj '/CN=Authority' -days 30 -out ca.pem
key all
for name in all with4 with6; do
	openssl req -new -key all.key -subj "/CN=edge.example" |
		openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ca.cnf -extensions $name -out $name.pem 2>/dev/null
done
openssl ca -config ca.cnf -gencrl -keyfile ca.key -cert ca.pem -out crl.pem 2>/dev/null
openssl crl -in crl.pem -outform DER -out ca.crl
chmod 644 *.key
""")
    status, said = run("edge", "sh", f"{FOLDER}/certificates", patience=60)
    if status:
        raise SystemExit(f"no certificates: {said}")


def start(name, namespace, *words):
    log = open(path(f"{name}.log"), "w", encoding="utf-8")  # pylint: disable=consider-using-with
    servers[name] = subprocess.Popen(command(namespace, *words), stdin=subprocess.DEVNULL, stdout=log,  # pylint: disable=consider-using-with
                                     stderr=subprocess.STDOUT, start_new_session=True)


def expect(namespace, *listeners):
    """These "PROTOCOL ADDRESS PORT" will be listened at."""
    awaited.extend((namespace, one) for one in listeners)


def wait_for_all():
    for namespace in {namespace for namespace, _ in awaited}:
        wait_for(namespace, [one for where, one in awaited if where == namespace])


def wait_for(namespace, listeners, patience=300):
    until = time.monotonic() + patience
    while True:
        there = set()
        for line in must(f"ip netns exec {namespace} ss -Htuln").splitlines():
            words = line.split()
            there.add(f"{words[0]} {words[4].rsplit(':', 1)[0].strip('[]').split('%')[0]} {words[4].rsplit(':', 1)[1]}")
        missing = [one for one in listeners if one not in there]
        if not missing:
            return
        dead = [name for name, process in servers.items() if process.poll() is not None]
        if dead or time.monotonic() > until:
            tails = "".join(f"--- {name}\n{open(path(name + '.log'), encoding='utf-8').read()[-3000:]}\n" for name in dead or servers)
            raise SystemExit(f"nobody listens at {missing} in {namespace}; ended: {dead}\n{tails}")
        time.sleep(0.2)


# ---- SIP ----------------------------------------------------------------------------------------------------------------------

def tls_section(title, mutual):
    return f"""[{title}]
method = TLSv1.2+
verify_certificate = {'yes' if mutual else 'no'}
require_certificate = {'yes' if mutual else 'no'}
certificate = {FOLDER}/all.pem
private_key = {FOLDER}/all.key
ca_list = {FOLDER}/ca.pem
"""


def kamailio(name, namespace, listen, routes, open_ports=()):
    """A proxy: calls that come from this host's own sipp (UDP, loopback) or that have a route go there, all others to its sipp.

    listen: (address, port, how others see the address); routes: {user: (address, port, own address)}.
    """
    sockets = "".join(f"listen=tls:{bracketed(a)}:{port}" + (f" advertise {bracketed(other)}:{port}" if other != a else "") + "\n"
                      for a, port, other in listen)
    steps = "".join(f"""	if ($rU == "{user}") {{
		$du = "sip:{bracketed(to)}:{port};transport=tls";
		$fs = "tls:{bracketed(own)}:{next(p for a, p, _ in listen if a == own)}";
		route(FORWARD);
	}}
""" for user, (to, port, own) in routes.items())
    tls = put(f"{name}.tls", tls_section("server:default", True) + tls_section("client:default", True) +
              "".join(tls_section(f"server:{bracketed(a)}:{port}", False) for a, port, _ in listen if port in open_ports))
    config = put(f"{name}.cfg", f"""#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=1
tcp_connect_timeout=4
tcp_connection_lifetime=3
enable_tls=yes
dns=no
rev_dns=no
auto_aliases=no
listen=udp:127.0.0.1:5060
{sockets}
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "tls.so"
modparam("tls", "config", "{tls}")
modparam("tm", "fr_timer", 5000)

request_route {{
	if (!mf_process_maxfwd_header("10")) {{
		sl_send_reply("483", "Too Many Hops");
		exit;
	}}
{steps}	$du = "sip:127.0.0.1:5070";
	$fs = "udp:127.0.0.1:5060";
	route(FORWARD);
}}
route[FORWARD] {{
	t_relay();
	exit;
}}
""")
    start(name, namespace, "kamailio", "-f", config, "-DD", "-E", "-m", "16", "-M", "4", "-Y", "/run", "-P", f"/run/{name}.pid", "-w", "/tmp",
          "-x", "qm")
    start(f"{name}-sipp", namespace, "sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", "5070", "-nostdin", "-trace_err", "-error_file",
          f"/tmp/{name}.errors", "-watchdog_interval", "0")
    expect(namespace, "udp 127.0.0.1 5060", "udp 127.0.0.1 5070", *(f"tcp {a} {port}" for a, port, _ in listen))


def sip():
    def own(name, *ports):
        return [(address(name, f), port, seen(name, f)) for f in FAMILIES for port in ports]

    kamailio("sip-edge", "edge", own("access", 5061, 443) + own("internal", 5061, 5062),
             {**{f"front-end{f}": (address("front-end", f), 5061, address("internal", f)) for f in FAMILIES},
              **{f"partner{f}": (seen("partner-access", f), 5061, address("access", f)) for f in FAMILIES}}, open_ports=(443,))
    kamailio("sip-partner", "partner", own("partner-access", 5061),
             {f"front-end{f}": (seen("access", f), 5061, address("partner-access", f)) for f in FAMILIES})
    kamailio("sip-remote", "remote", own("user", 5061),
             {f"front-end{f}": (seen("access", f), 443, address("user", f)) for f in FAMILIES})
    kamailio("sip-company", "company", own("front-end", 5061),
             {**{f"partner{f}": (address("internal", f), 5061, address("front-end", f)) for f in FAMILIES},
              **{f"authentication{f}": (address("internal", f), 5062, address("front-end", f)) for f in FAMILIES}})


# ---- TURN, HTTP, DNS, XMPP ----------------------------------------------------------------------------------------------------

def turn(name, namespace, listen, relays, external=()):
    """Relays from the media range, but for its ends, which are ffmpeg's and the tests'."""
    words = ["turnserver", "-c", put(f"{name}.turn", ""), "--no-auth", "--no-cli", "--no-multicast-peers", "--no-rfc5780", "--log-file", "stdout",
             "--listening-port", 3478, "--tls-listening-port", 443, "--no-dtls", "--cert", f"{FOLDER}/all.pem",
             "--pkey", f"{FOLDER}/all.key", "--min-port", 51000, "--max-port", 59990, "--pidfile", f"/run/{name}.pid",
             "--userdb", f"/tmp/{name}.db", "--simple-log", "--relay-threads", 1, "--realm", "example"]
    for a in listen:
        words += ["-L", a]
    for a in relays:
        words += ["-E", a]
    for pair in external:
        words += ["-X", pair]
    start(name, namespace, *words)
    expect(namespace, *(f"{protocol} {a} {port}" for a in listen for protocol, port in (("udp", 3478), ("tcp", 443))))


def nginx(name, namespace, servers_text):
    config = put(f"{name}.nginx", f"""daemon off;
master_process off;
worker_processes 1;
pid /run/{name}.nginx.pid;
error_log stderr warn;
events {{ worker_connections 64; }}
http {{
	access_log off;
	client_body_temp_path /tmp/{name}.body;
	proxy_temp_path /tmp/{name}.proxy;
	fastcgi_temp_path /tmp/{name}.fastcgi;
	uwsgi_temp_path /tmp/{name}.uwsgi;
	scgi_temp_path /tmp/{name}.scgi;
	ssl_certificate {FOLDER}/all.pem;
	ssl_certificate_key {FOLDER}/all.key;
	ssl_client_certificate {FOLDER}/ca.pem;
{servers_text}}}
""")
    start(name, namespace, "nginx", "-c", config, "-e", "stderr")


def listen_lines(role, port, more=""):
    return "".join(f"		listen {bracketed(a)}:{port}{more};\n" for a in ADDRESSES[role])


def web():
    talk = """		location / {
			proxy_pass http://127.0.0.1:8000;
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection upgrade;
		}
"""
    # What does not fit into one packet, nor into ten.
    put("large", "x" * 300000)
    large = f"		location = /large {{ root {FOLDER}; }}\n"
    text = f"	server {{\n{listen_lines('webconf', 443, ' ssl')}{talk}{large}	}}\n"
    text += f"	server {{\n{listen_lines('internal', 8057, ' ssl')}		ssl_verify_client on;\n{talk}	}}\n"
    for port in (4443, 50001, 50002, 50003):
        verify = "" if port == 4443 else "		ssl_verify_client on;\n"
        text += f"	server {{\n{listen_lines('internal', port, ' ssl')}{verify}		location / {{ return 200 'this is {port}'; }}\n	}}\n"
    nginx("web-edge", "edge", text)
    nginx("web-partner", "partner", f"	server {{\n{listen_lines('crl', 80)}		root {FOLDER};\n	}}\n")
    for number in (2, 3):
        role = f"webconf{number}"
        nginx(f"web-edge{number}", f"edge{number}", f"	server {{\n{listen_lines(role, 443, ' ssl')}		location / {{ return 200 {role}; }}\n	}}\n")
        expect(f"edge{number}", *(f"tcp {a} 443" for a in ADDRESSES[role]))
    start("websocket", "edge", "python3", f"{FOLDER}/ours/websocket.py", "serve", 8000)
    expect("edge", *("tcp 127.0.0.1 8000", *(f"tcp {a} 443" for a in ADDRESSES["webconf"]),
                      *(f"tcp {a} {port}" for a in ADDRESSES["internal"] for port in (8057, 4443, 50001, 50002, 50003))))
    expect("partner", *(f"tcp {a} 80" for a in ADDRESSES["crl"]))


def dns(name, namespace, listen, data):
    config = put(f"{name}.unbound", f"""server:
	directory: "{FOLDER}"
	username: ""
	chroot: ""
	pidfile: /run/{name}.pid
	use-syslog: no
	logfile: ""
	do-daemonize: no
	access-control: 0.0.0.0/0 allow
	access-control: ::0/0 allow
	edns-buffer-size: 4096
	max-udp-size: 4096
	module-config: "iterator"
	rrset-roundrobin: yes
	local-zone: "example." static
{"".join(f"	interface: {a}{chr(10)}" for a in listen)}{"".join(f"	local-data: '{one}'{chr(10)}" for one in data)}
remote-control:
	control-enable: no
""")
    start(name, namespace, "unbound", "-d", "-c", config)
    expect(namespace, *(f"{protocol} {a} 53" for a in listen for protocol in ("udp", "tcp")))


def names():
    """One for the Edge to ask through the gateway, and one at each end that XMPP servers find each other by."""
    # Two thousand octets and more, in strings of two hundred.
    large = " ".join('"' + chr(ord("a") + i) * 200 + '"' for i in range(12))
    dns("dns", "partner", ADDRESSES["dns"],
        ["sip.example. A 203.0.113.10", f"large.example. TXT {large}", *(f"pool.example. A {PUBLIC}{n}" for n in (20, 21, 22))])
    found = []
    for name in ("edge", "partner"):
        for f in FAMILIES:
            found += [f"_xmpp-server._tcp.{name}{f}.example. SRV 0 0 5269 {name}{f}.example.",
                      f"{name}{f}.example. {'A' if f == V4 else 'AAAA'} {NAMES[f'{name}{f}.example']}"]
    for namespace in ("edge", "partner"):
        dns(f"dns-{namespace}", namespace, ["127.0.0.53"], found)


def xmpp(name, namespace, host, role, ports):
    os.makedirs(path(f"{name}.data"), exist_ok=True)
    config = put(f"{name}.lua", f"""data_path = "{FOLDER}/{name}.data"
plugin_paths = {{}}
pidfile = "/run/{name}.pid"
daemonize = false
run_as_root = true
interfaces = {{ {', '.join(f'"{a}"' for a in role)} }}
c2s_ports = {{}}
s2s_ports = {{ {', '.join(map(str, ports))} }}
modules_enabled = {{ "disco", "tls", "saslauth", "dialback", "ping", "admin_shell", "s2s" }}
modules_disabled = {{ "c2s", "posix", "offline" }}
s2s_secure_auth = true
s2s_require_encryption = true
s2s_timeout = 6
admin_socket = "/run/{name}.sock"
certificates = "{FOLDER}"
log = {{ {{ levels = {{ min = "info" }}, to = "console" }} }}
ssl = {{ key = "{FOLDER}/all.key", certificate = "{FOLDER}/all.pem", cafile = "{FOLDER}/ca.pem" }}
unbound = {{ hoststxt = false, resolvconf = false, forward = "127.0.0.53" }}
VirtualHost "{host}4.example"
VirtualHost "{host}6.example"
""")
    start(name, namespace, "prosody", "--config", config, "-F")
    expect(namespace, *(f"tcp {a} {port}" for a in role for port in ports))


def start_all():
    prepare()
    began = time.monotonic()
    sip()
    turn("turn-edge", "edge", ADDRESSES["av"] + ADDRESSES["internal"], ADDRESSES["av"], [f"{seen('av', V4)}/{address('av', V4)}"])
    turn("turn-partner", "partner", ADDRESSES["partner-av"], ADDRESSES["partner-av"])
    for f in FAMILIES:
        a = address("partner-av", f)
        start(f"echo-udp{f}", "partner", "turnutils_peer", "-L", a, "-p", 50500)
        start(f"echo-tcp{f}", "partner", "socat", f"TCP{f}-LISTEN:50500,bind={bracketed(a)},reuseaddr,fork", "PIPE")
    turn("turn-edge2", "edge2", ADDRESSES["av2"], ADDRESSES["av2"], [f"{seen('av2', V4)}/{address('av2', V4)}"])
    web()
    names()
    xmpp("xmpp-edge", "edge", "edge", ADDRESSES["access"] + ADDRESSES["internal"], (5269, 23456))
    xmpp("xmpp-partner", "partner", "partner", ADDRESSES["partner-access"], (5269,))
    wait_for_all()
    print(f"# {len(servers)} servers are up after {time.monotonic() - began:.0f} s", flush=True)


def stop_all():
    for process in servers.values():
        try:
            os.killpg(process.pid, 15)
        except ProcessLookupError:
            pass
    for process in servers.values():
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
