"""A name server on the loopback that answers from zones, for the real daemon."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from tests.believe.world import Zones


@contextmanager
def name_server(zones: Zones) -> Iterator[str]:
    """Answers over UDP, whatever the size; gives its "address:port"."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]

        def serve() -> None:
            while True:
                wire, peer = listening.recvfrom(65_535)
                if wire == b"stop":
                    return
                listening.sendto(answer(zones, wire), peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stopping:
                stopping.sendto(b"stop", ("127.0.0.1", port))
            thread.join(10)


def answer(zones: Zones, wire: bytes) -> bytes:
    """The answer to one query, as messages on the wire."""
    query = dns.message.from_wire(wire)
    question = query.question[0]
    name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
    response = dns.message.make_response(query)
    found = zones.records.get((name, kind), ())
    if isinstance(found, str):
        response.set_rcode(dns.rcode.SERVFAIL)
    elif found:
        texts = [_quoted(text) if kind == "TXT" else text for text in found]
        response.answer.append(dns.rrset.from_text(f"{name}.", 300, "IN", kind, *texts))
    elif not any(known == name for known, _ in zones.records):
        response.set_rcode(dns.rcode.NXDOMAIN)
    return response.to_wire(max_size=65_535)


def _quoted(text: str) -> str:
    """Strings of 255 octets at most (RFC 1035 3.3)."""
    return " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))
