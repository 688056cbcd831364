"""Session strings read by Telethon.

Strings come as JSON on standard input, [{"kind": "telethon", "text": ...}]; the answer is what stands in each,
[{"dc": ..., "key": ..., "address": ...}].
"""

import json
import sys

from telethon.sessions import StringSession

answers = []
for each in json.load(sys.stdin):
    read = StringSession(each["text"])
    answers.append(
        {
            "dc": read.dc_id,
            "key": read.auth_key.key.hex(),
            "address": f"{read.server_address}:{read.port}",
        }
    )
json.dump(answers, sys.stdout)
