#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: firmware.py CERTIFICATE MEMORY

Writes the file MEMORY, and prints the words, one a line, that tell QEMU of it.

Firmware with Secure Boot on, and in its memory a key that the machine's owner has enrolled: what MokManager at the console makes of
`mokutil --import`, and shim hands to the kernel. Formats: UEFI 2.10, 32.4.1 (signature database); edk2,
MdeModulePkg/Include/Guid/VariableFormat.h (variables in flash).
"""
import struct
import sys
import uuid

CODE = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
# Has Microsoft's keys, as machines are sold, hence has Secure Boot on.
VARIABLES = "/usr/share/OVMF/OVMF_VARS_4M.ms.fd"

SHIM = uuid.UUID("605dab50-e046-4300-abb6-3dd810dd8b23")
# The kernel believes it if Secure Boot is on.
NAME = "MokListRT"
CERT_X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072")

STORE = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792")
STORE_HEADER = 28
# Start, state, attributes, count, time, key, size of the name, size of the data, owner
VARIABLE = struct.Struct("<HBxIQ16sIII16s")
START, ADDED = 0x55AA, 0x3F
NON_VOLATILE, BOOT, RUNTIME = 1, 2, 4


def aligned(offset):
    return (offset + 3) & ~3


def signature_list(certificate):
    signature = SHIM.bytes_le + certificate
    head = struct.Struct("<16sIII")
    return head.pack(CERT_X509.bytes_le, head.size + len(signature), 0, len(signature)) + signature


def variable(name, owner, data):
    name = (name + "\0").encode("utf-16-le")
    return VARIABLE.pack(START, ADDED, NON_VOLATILE | BOOT | RUNTIME, 0, bytes(16), 0, len(name), len(data), owner.bytes_le) + name + data


def enrolled(certificate):
    """The firmware's memory, in which this certificate (DER) is known as the owner's."""
    with open(VARIABLES, "rb") as f:
        flash = bytearray(f.read())
    at = flash.index(STORE.bytes_le) + STORE_HEADER
    while (known := VARIABLE.unpack_from(flash, at))[0] == START:
        at = aligned(at + VARIABLE.size + known[6] + known[7])
    record = variable(NAME, SHIM, signature_list(certificate))
    assert flash[at:at + len(record)] == b"\xff" * len(record), "no room"
    flash[at:at + len(record)] = record
    return flash


def words(memory):
    """What tells QEMU of the firmware, and of the file that enrolled() was written to."""
    return ["-machine", "q35,smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on",
            "-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={CODE}",
            "-drive", f"if=pflash,unit=1,format=raw,file={memory}"]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    certificate, memory = sys.argv[1:]
    with open(certificate, "rb") as f:
        flash = enrolled(f.read())
    with open(memory, "wb") as f:
        f.write(flash)
    print("\n".join(words(memory)))


if __name__ == "__main__":
    main()
