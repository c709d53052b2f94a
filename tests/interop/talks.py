# SPDX-License-Identifier: GPL-2.0-only
"""What is said through the gateway: for each kind of row a real program that opens a connection to another. A talk goes well or not;
whether it should is for the guest script to know, from the rows that each of its hops needs.
"""
import re
import subprocess
import tempfile
import time

import network
from network import V6, address, bracketed, command, run, seen
from peers import FOLDER

talks = []


class Talk:
    """hops: each a tuple of rows of which one has to be active; what passes counts at the first such row."""

    def __init__(self, what, programs, hops, function):
        self.what, self.programs, self.hops, self.function = what, programs, hops, function


def talk(what, programs, *hops):
    def add(function):
        talks.append(Talk(what, programs, [tuple(hop.split("|")) for hop in hops], function))
        return function
    return add


def ended_well(namespace, *words, patience, says=None, text=""):
    status, said = run(namespace, *words, patience=patience, text=text)
    good = status == 0 and (not says or re.search(says, said))
    return bool(good), f"{words[0]}: status {status}: {said[-400:]}"


# ---- SIP: kamailio over TLS, sipp behind it at both ends -----------------------------------------------------------------------

def call(namespace, user, patience):
    """INVITE, 180, 200, ACK, BYE, 200."""
    return ended_well(namespace, "sipp", "-sn", "uac", "-s", user, "127.0.0.1:5060", "-i", "127.0.0.1", "-m", 1, "-d", 100, "-nostdin",
                      "-timeout", f"{patience}s", "-timeout_error", "-trace_err", "-error_file", "/dev/stdout", "-recv_timeout", patience * 1000, "-watchdog_interval", 0,
                      patience=patience + 5)


@talk("a user calls a colleague (SIP/TLS 443, then 5061)", "sipp, kamailio", "ext-05|pic-03", "int-03")
def user_calls(f, patience):
    return call("remote", f"front-end{f}", patience)


@talk("a partner calls (SIP/MTLS 5061)", "sipp, kamailio", "ext-06|pic-01", "int-03")
def partner_calls(f, patience):
    return call("partner", f"front-end{f}", patience)


@talk("a partner is called (SIP/MTLS 5061)", "sipp, kamailio", "int-02", "ext-07|pic-02")
def partner_is_called(f, patience):
    return call("company", f"partner{f}", patience)


@talk("A/V authentication (SIP/MTLS 5062)", "sipp, kamailio", "int-05")
def authentication(f, patience):
    return call("company", f"authentication{f}", patience)


# ---- STUN and TURN: coturn and its clients ---------------------------------------------------------------------------------------

def relayed(namespace, own, server, patience, *words):
    """Some dozen packets, none of which is lost; but by TCP coturn's client now and then takes two that come at once for one."""
    good, said = ended_well(namespace, "turnutils_uclient", "-L", own, "-n", 5, "-z", 100, "-m", 1, "-l", 160, *words,
                            *(() if "-y" in words else ("-c",)), server, patience=patience)
    sent, received = (re.findall(rf"tot_{what}_msgs=(\d+)", said) for what in ("send", "recv"))
    if not good or not sent or not received:
        return False, said
    missing = int(sent[-1]) - int(received[-1])
    return int(received[-1]) > 0 and (missing == 0 or ("-t" in words and missing <= int(sent[-1]) / 5)), said


@talk("a user asks for his address (STUN 3478/udp)", "stunclient, coturn", "ext-14|pic-06")
def stun(f, patience):
    return ended_well("remote", "turnutils_stunclient", "-L", address("user", f), seen("av", f), patience=patience, says="reflexive addr")


@talk("media between two users, relayed (TURN 3478/udp)", "uclient, coturn", "ext-14|pic-06")
def relay_udp(f, patience):
    return relayed("remote", address("user", f), seen("av", f), patience, "-y", *(("-x",) if f == V6 else ()))


@talk("media between two users, relayed (TURN/TLS 443/tcp)", "uclient, coturn", "ext-15")
def relay_tls(f, patience):
    return relayed("remote", address("user", f), seen("av", f), patience, "-y", "-t", "-S", "-p", 443, *(("-x",) if f == V6 else ()))


@talk("media to an OCS 2007 partner, relayed (50000-59999/udp)", "uclient, coturn, peer", "ext-14|pic-06", "ext-10")
def relay_to_partner(f, patience):
    return relayed("remote", address("user", f), seen("av", f), patience, "-e", address("partner-av", f), "-r", 50500,
                   *(("-x",) if f == V6 else ()))


@talk("the same for a user with the other IP version", "uclient, coturn, peer", "ext-14|pic-06", "ext-10")
def relay_across(f, patience):
    other = 10 - f
    return relayed("remote", address("user", f), seen("av", f), patience, "-e", address("partner-av", other), "-r", 50500,
                   *(("-x",) if other == V6 else ()))


@talk("a desktop shown to a partner (TCP relay, 50000-59999/tcp)", "coturn, socat", "ext-15", "ext-09|pic-04")
def relay_tcp_out(f, patience):
    return ended_well("remote", "python3", f"{FOLDER}/ours/turn_tcp.py", "out", address("user", f), seen("av", f), 443,
                      address("partner-av", f), 50500, patience=patience, says="there and back")


@talk("a desktop shown by an OCS 2007 partner (TCP relay)", "socat, coturn", "ext-15", "ext-11")
def relay_tcp_in(f, patience):
    words = command("remote", "python3", f"{FOLDER}/ours/turn_tcp.py", "in", address("user", f), seen("av", f), 443,
                    address("partner-av", f), 50600)
    with tempfile.TemporaryFile("w+") as said, subprocess.Popen(words, stdout=said, stderr=subprocess.STDOUT, start_new_session=True) as client:
        try:
            until, found = time.monotonic() + patience, None
            while not found and time.monotonic() < until and client.poll() is None and not network.given_up():
                time.sleep(0.1)
                said.seek(0)
                found = re.match(r"relay \S+ (\d+)", said.read())
            if not found:
                return False, "no relayed address"
            status, count = run("partner", "sh", "-c", f"(head -c 20000 /dev/zero; sleep 2) | socat -t 5 - "
                                f"TCP{f}:{bracketed(seen('av', f))}:{found[1]},bind={bracketed(address('partner-av', f))}:50600,reuseaddr,"
                                f"connect-timeout={patience} | wc -c", patience=patience + 5)
            return status == 0 and count.strip() == "20000", count
        finally:
            client.kill()


@talk("a partner's Edge is asked (STUN 3478/udp)", "stunclient, coturn", "ext-13|pic-05")
def stun_partner(f, patience):
    return ended_well("edge", "turnutils_stunclient", "-L", address("av", f), address("partner-av", f), patience=patience,
                      says="reflexive addr: .*" + re.escape(seen("av", f)))


@talk("media by a partner's Edge (TURN 443/tcp)", "uclient, coturn", "ext-16")
def relay_by_partner(f, patience):
    return relayed("edge", address("av", f), address("partner-av", f), patience, "-y", "-t", "-p", 443, *(("-x",) if f == V6 else ()))


@talk("media of a colleague's (TURN 3478/udp)", "uclient, coturn", "int-06")
def relay_inside(f, patience):
    return relayed("company", address("colleague", f), address("internal", f), patience, "-y", *(("-x",) if f == V6 else ()))


@talk("the same where UDP is blocked (TURN/TLS 443/tcp)", "uclient, coturn", "int-07")
def relay_inside_tls(f, patience):
    return relayed("company", address("colleague", f), address("internal", f), patience, "-y", "-t", "-S", "-p", 443,
                   *(("-x",) if f == V6 else ()))


# ---- RTP ---------------------------------------------------------------------------------------------------------------------

def stream(sender, source, receiver, target, own, port, patience, own_port=None):
    """G.711 from one to the other: seconds of sound that can be decoded at the far end."""
    sdp = (f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=call\nc=IN {'IP6' if ':' in own else 'IP4'} {own}\nt=0 0\n"
           f"m=audio {port} RTP/AVP 0\n")
    name = f"/tmp/{receiver}-{port}-{'6' if ':' in own else '4'}.sdp"
    run(receiver, "tee", name, text=sdp)
    words = command(receiver, "ffmpeg", "-nostdin", "-loglevel", "warning", "-protocol_whitelist", "file,udp,rtp", "-i", name, "-t", 1,
                    "-f", "s16le", "-")
    with tempfile.TemporaryFile() as sound, subprocess.Popen(words, stdout=sound, stderr=subprocess.DEVNULL, start_new_session=True) as receiving:
        sending = subprocess.Popen(command(sender, "ffmpeg", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i",  # pylint: disable=consider-using-with
                                           "sine=frequency=440:sample_rate=8000", "-t", patience + 5, "-c:a", "pcm_mulaw", "-f", "rtp",
                                           f"rtp://{bracketed(target)}:{port}?localport={own_port or port}&pkt_size=172"
                                           f"&localaddr={source}"),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            network.ended(receiving, patience)
            # What receives gives up after ten seconds of silence; on a busy machine what sends may not have begun by then.
            if not sound.seek(0, 2):
                network.ended(sending, patience)
        finally:
            for process in (sending, receiving):
                process.kill()
                process.wait()
        size = sound.seek(0, 2)
    return size >= 15000, f"{size} octets of sound"


@talk("sound of an OCS 2007 partner's (RTP 50000-59999/udp)", "ffmpeg", "ext-12")
def sound_in(f, patience):
    return stream("partner", address("partner-av", f), "edge", seen("av", f), address("av", f), 50000, patience)


@talk("sound for an OCS 2007 partner (RTP 50000-59999/udp)", "ffmpeg", "ext-10")
def sound_out(f, patience):
    return stream("edge", address("av", f), "partner", address("partner-av", f), address("partner-av", f), 59998, patience)


# ---- HTTP, TLS ---------------------------------------------------------------------------------------------------------------

@talk("a conference (PSOM/TLS 443)", "websockets, nginx", "ext-08")
def conference(f, patience):
    return ended_well("remote", "python3", f"{FOLDER}/ours/websocket.py", "talk", seen("webconf", f), 443, f"conference{f}.example", 1,
                      patience=patience, says="there and back")


@talk("a Front End joins it (PSOM/MTLS 8057)", "websockets, nginx", "int-04")
def conference_inside(f, patience):
    return ended_well("company", "python3", f"{FOLDER}/ours/websocket.py", "talk", address("internal", f), 8057, f"pool{f}.example", 1,
                      patience=patience, says="there and back")


def fetch(host, f, port, patience):
    own, to = address(host, f), address("internal", f)
    return ended_well("company", "curl", "-sS", "--interface", own, "--cacert", f"{FOLDER}/ca.pem", "--cert", f"{FOLDER}/all.pem", "--key",
                      f"{FOLDER}/all.key", "--resolve", f"pool{f}.example:{port}:{bracketed(to)}", "--max-time", patience,
                      f"https://pool{f}.example:{port}/", patience=patience + 5, says=f"^this is {port}")


@talk("replication of the store (HTTPS 4443)", "curl, nginx", "int-08")
def replication(f, patience):
    return fetch("store", f, 4443, patience)


def log_at(port):
    return lambda f, patience: fetch("logging", f, port, patience)


for logging_row, logging_port in (("int-09", 50001), ("int-10", 50002), ("int-11", 50003)):
    talk(f"logging (MTLS {logging_port})", "curl, nginx", logging_row)(log_at(logging_port))


@talk("a list of revocations (HTTP 80)", "openssl, nginx", "ext-02")
def revocations(f, patience):
    return ended_well("edge", "openssl", "verify", "-CAfile", f"{FOLDER}/ca.pem", "-crl_check", "-crl_download", f"{FOLDER}/with{f}.pem",
                      patience=patience, says=": OK")


# ---- DNS, XMPP ---------------------------------------------------------------------------------------------------------------

def ask(f, patience, says, *words):
    return ended_well("edge", "dig", "-b", address("access", f), f"@{address('dns', f)}", "+tries=1", f"+time={patience}", *words,
                      patience=patience + 5, says=says)


@talk("a name (DNS 53/udp)", "dig, unbound", "ext-04")
def name_udp(f, patience):
    return ask(f, patience, r"A\s+203\.0\.113\.10", "sip.example", "A")


@talk("a large answer, in fragments (DNS 53/udp, EDNS)", "dig, unbound", "ext-04")
def name_fragments(f, patience):
    return ask(f, patience, r"SERVER: [^\n]*\(UDP\)[^$]*rcvd: 2\d\d\d", "+bufsize=4096", "+ignore", "large.example", "TXT")


@talk("a name (DNS 53/tcp)", "dig, unbound", "ext-03")
def name_tcp(f, patience):
    return ask(f, patience, r"rcvd: 2\d\d\d", "+tcp", "large.example", "TXT")


@talk("XMPP servers, both ways (5269, STARTTLS)", "prosody", "xmpp-02", "ext-01")
def xmpp(f, patience):
    # Each end would go on with a connection that a policy has cut.
    for namespace, instance, ends in (("edge", "xmpp-edge", ("edge", "partner")), ("partner", "xmpp-partner", ("partner", "edge"))):
        run(namespace, "prosodyctl", "--config", f"{FOLDER}/{instance}.lua", "shell", "s2s", "close", *(f"{end}{f}.example" for end in ends))
    return ended_well("edge", "prosodyctl", "--config", f"{FOLDER}/xmpp-edge.lua", "shell", "xmpp", "ping", f"edge{f}.example",
                      f"partner{f}.example", patience=patience, says=r"[Pp]ong|ping.*took|[Rr]esponse")


@talk("the XMPP gateway (23456, STARTTLS)", "openssl, prosody", "int-01")
def xmpp_gateway(f, patience):
    return ended_well("company", "openssl", "s_client", "-starttls", "xmpp-server", "-xmpphost", f"edge{f}.example", "-bind",
                      bracketed(address("front-end", f)) + ":0", "-connect", f"{bracketed(address('internal', f))}:23456", "-CAfile",
                      f"{FOLDER}/ca.pem", "-cert", f"{FOLDER}/all.pem", "-key", f"{FOLDER}/all.key", "-verify_return_error",
                      patience=patience, text="", says="Verification: OK")


def expected(one, active):
    """The rows that the talk has to count at, in the order of the matrix; None: it is to be refused."""
    found = [next((row for row in active if row in hop), None) for hop in one.hops]
    return None if None in found else set(found)


def refused_at(one, active):
    """The rows that the first hop which finds none would have wanted."""
    return next(hop for hop in one.hops if not set(hop) & set(active))
