#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""A conference as the network sees it: a long TLS session with small messages both ways. It runs in the peers' system, on Debian's
python3-websockets, behind and against its nginx.

usage: websocket.py serve PORT
       websocket.py talk ADDRESS PORT NAME SECONDS
"""
import asyncio
import ssl
import sys
import time

import websockets

FOLDER = "/lyncedge"


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def serve(port):
    async with websockets.serve(echo, "127.0.0.1", port):
        await asyncio.Future()


async def talk(address, port, name, seconds):
    context = ssl.create_default_context(cafile=FOLDER + "/ca.pem")
    context.load_cert_chain(FOLDER + "/all.pem", FOLDER + "/all.key")
    count = 0
    async with websockets.connect(f"wss://{name}:{port}/", host=address, port=port, ssl=context, server_hostname=name,
                                  open_timeout=20) as socket:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            message = f"slide {count} " + "x" * 500
            await socket.send(message)
            if await asyncio.wait_for(socket.recv(), 10) != message:
                sys.exit("another message came back")
            count += 1
            await asyncio.sleep(0.1)
    print(f"{count} messages there and back")


if sys.argv[1] == "serve":
    asyncio.run(serve(int(sys.argv[2])))
else:
    asyncio.run(talk(sys.argv[2], int(sys.argv[3]), sys.argv[4], float(sys.argv[5])))
