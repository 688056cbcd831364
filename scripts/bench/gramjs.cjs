// GramJS as a contestant of BenchmarkContest (telegram/contest_test.go): it reads the contest from standard
// input, does what is asked for so many times, one after the other, and prints how long each took and how much
// of this process's CPU time all of them together.
//
// GramJS is found in $BENCH_GRAMJS, a folder it was installed in. What it is told beyond its documented
// options: the key of the server on loopback, and the ports of its data centres, where it knows 80 and 443 only.
"use strict";

const { createRequire } = require("module");
const gramjs = createRequire(process.env.BENCH_GRAMJS + "/package.json");
const { TelegramClient, Api } = gramjs("telegram");
const { StringSession } = gramjs("telegram/sessions");
const { AuthKey } = gramjs("telegram/crypto/AuthKey");
const { _serverKeys } = gramjs("telegram/crypto/RSA");
const { PromisedNetSockets } = gramjs("telegram/extensions");
const { Logger, LogLevel } = gramjs("telegram/extensions/Logger");
const bigInt = gramjs("big-integer");

const contest = JSON.parse(require("fs").readFileSync(0, "utf8"));
_serverKeys.set(contest.fingerprint, { n: bigInt(contest.modulus, 16), e: contest.exponent });

// Loopback finds the address of a data centre that is called by its number.
class Loopback extends PromisedNetSockets {
  async connect(_, dc) {
    const [host, port] = contest.addresses[dc - 1].split(":");
    return super.connect(Number(port), host);
  }
}

// client makes a client that begins at a data centre, without a session.
function client(dc) {
  const session = new StringSession("");
  session.setDC(dc, String(dc), 0);
  const made = new TelegramClient(session, contest.apiID, contest.apiHash, {
    connectionRetries: 1,
    networkSocket: Loopback,
    baseLogger: new Logger(LogLevel.NONE),
  });
  made.getDC = async (id) => ({ id, ipAddress: String(id), port: 0 });
  return made;
}

async function login() {
  const made = client(contest.dc);
  await made.connect();
  const user = await made.signInBot({ apiId: contest.apiID, apiHash: contest.apiHash }, { botAuthToken: contest.token });
  return [made, user];
}

async function check() {
  const made = client(contest.dc);
  const key = new AuthKey();
  await key.setKey(Buffer.from(contest.key, "hex"));
  made.session.setAuthKey(key, contest.dc);
  await made.connect();
  const [user] = await made.invoke(new Api.users.GetUsers({ id: [new Api.InputUserSelf()] }));
  return [made, user];
}

// patience ends a wait: one in a hundred or two of GramJS's own key exchanges fails ("invalid new nonce hash"), and
// the login that needs it is never heard of again.
function patience() {
  return new Promise((_, reject) => setTimeout(reject, 10000, new Error("no answer")).unref());
}

async function main() {
  const act = contest.what === "check" ? check : login;
  const wall = [];
  let cpu = 0;
  for (let i = -contest.warm; i < contest.times; i++) {
    const began = process.hrtime.bigint();
    const spent = process.cpuUsage();
    const [made, user] = await Promise.race([act(), patience()]);
    const { user: inUser, system } = process.cpuUsage(spent);
    const took = Number(process.hrtime.bigint() - began);
    if (user.username !== contest.username) {
      throw new Error("logged in as " + user.username);
    }
    if (i >= 0) {
      wall.push(took);
      cpu += (inUser + system) * 1000;
    }
    if (i + 1 < contest.times) {
      await made.destroy();
    }
  }
  process.stdout.write(JSON.stringify({ wall, cpu }) + "\n");
  process.exit(0);
}

main().catch((err) => {
  process.stderr.write(String(err && err.stack) + "\n");
  process.exit(1);
});
