// A session string used by GramJS, which is found in the folder that is the argument: what stands in it, and what a
// server answers to users.getUsers under it. Standard input is {"text": …, "apiID": …, "fingerprint": …, "modulus":
// …, "exponent": …}, the key being that of a server on loopback; the answer is {"dc": …, "key": …, "username": …}.
//
// GramJS dials ports 80 and 443 only, whatever stands in the string: here it is told to take the string's.
"use strict";

const { createRequire } = require("module");
const gramjs = createRequire(process.argv[2] + "/package.json");
const { TelegramClient, Api } = gramjs("telegram");
const { StringSession } = gramjs("telegram/sessions");
const { _serverKeys } = gramjs("telegram/crypto/RSA");
const { PromisedNetSockets } = gramjs("telegram/extensions");
const { Logger, LogLevel } = gramjs("telegram/extensions/Logger");
const bigInt = gramjs("big-integer");

const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
_serverKeys.set(given.fingerprint, { n: bigInt(given.modulus, 16), e: given.exponent });

async function main() {
  const session = new StringSession(given.text);
  await session.load();
  const port = session.port;
  class OwnPort extends PromisedNetSockets {
    async connect(_, host) {
      return super.connect(port, host);
    }
  }
  const client = new TelegramClient(session, given.apiID, "0123456789abcdef0123456789abcdef", {
    connectionRetries: 1,
    networkSocket: OwnPort,
    baseLogger: new Logger(LogLevel.NONE),
  });
  await client.connect();
  const [user] = await client.invoke(new Api.users.GetUsers({ id: [new Api.InputUserSelf()] }));
  const key = client.session.getAuthKey(session.dcId).getKey().toString("hex");
  process.stdout.write(JSON.stringify({ dc: session.dcId, key, username: user.username }) + "\n");
  process.exit(0);
}

setTimeout(() => {
  process.stderr.write("no answer\n");
  process.exit(1);
}, 20000).unref();
main().catch((err) => {
  process.stderr.write(String(err && err.stack) + "\n");
  process.exit(1);
});
