"""Refuses every connection that leaves this machine, in tests and in the processes they start."""

import ipaddress
import socket
import sys


class NetworkRefusedError(RuntimeError):
    """A test, or something it runs, asked for the network."""


def is_local(address):
    """Whether an address of ``socket.connect`` and its like stays on this machine."""
    if not isinstance(address, tuple):  # a path: AF_UNIX
        return True
    host = address[0].decode() if isinstance(address[0], bytes) else address[0]
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in {"", "localhost"}


def refuse(event, arguments):
    """The audit hook; there is no way to take it out again."""
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        sock, address = arguments[:2]
        if address is None or sock.family == socket.AF_UNIX or is_local(address):
            return
    elif event == "socket.getaddrinfo":
        address = arguments[0]
        if address is None or is_local((address,)):
            return
    else:
        return
    raise NetworkRefusedError(f"Tests have no network, and something asked for {address!r}.")


def install():
    """Refuses from now on, in this process; a second call changes nothing."""
    if not getattr(sys, "network_refused", False):
        sys.network_refused = True
        sys.addaudithook(refuse)
