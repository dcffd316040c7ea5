"""A worker that does as the test says: argument 1 is a folder of orders, each a file that is used up.

An order that is an object in JSON is what it says of the mail when it is done.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

from gateway.filing.lines import Ear, Greeting, Mouth

orders, ear, mouth = Path(sys.argv[1]), Ear(0), Mouth(1)
greeting = Greeting.read(ear.line())
with (orders / "greetings").open("a") as book:
    for death in greeting.deaths:
        blamed = "mail" if death.blames_mail else "store"
        book.write(f"{death.owner}|{death.mail_id}|{death.error}|{blamed}\n")
    book.write(f"greeted {greeting.owner} {greeting.settings['filing']['workers']}\n")
mouth.say("ready")
while not ear.ended:
    for order in sorted(orders.glob("*.order")):
        text = order.read_text()
        order.unlink()
        mouth.say("begin", int(order.stem))
        match text:
            case "die":
                os.kill(os.getpid(), signal.SIGKILL)
            case "hang":
                mouth.say("here", int(order.stem))
                time.sleep(3600)
            case "hang fetching":
                time.sleep(3600)
            case "hang settling":
                mouth.say("here", int(order.stem))
                mouth.say("decided", int(order.stem))
                time.sleep(3600)
            case "hang settling together":
                mouth.say("here", int(order.stem))
                mouth.say("settling")
                time.sleep(3600)
            case "babble":
                os.write(1, b"begin what\n\xff\n")
        facts = json.loads(text) if text.startswith("{") else None
        mouth.say("done", int(order.stem), facts)
        (orders / f"{order.stem}.done").touch()
    mouth.say("idle")
    ear.wait(3600)
(orders / "stopped").touch()
