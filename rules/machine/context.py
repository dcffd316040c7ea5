"""What a machine-mail rule must know beside the mail itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MachineContext:
    """`own_addresses` are the keys (`rules.addresses.address_key`) of the gateway's own addresses.

    `own_domains` are the mail domains of the vendor, A-labels. A field named `loop_header` whose value is
    `loop_id` was written by this very gateway. `from_known`: the author is a Totango user or a contact.
    """

    own_addresses: frozenset[str] = frozenset()
    own_domains: frozenset[str] = frozenset()
    loop_header: str = "X-Touchpoint-Loop"
    loop_id: str = ""
    from_known: bool = False
