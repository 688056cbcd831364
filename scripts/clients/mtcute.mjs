// Session strings read by mtcute: its own with @mtcute/core, those of others with @mtcute/convert, both found in the
// folder that is the argument. Strings come as JSON on standard input, [{"kind": …, "text": …}]; the answer is what
// stands in each, [{"dc": …, "key": …}].
import { readFileSync } from "fs";
import { pathToFileURL } from "url";

const modules = pathToFileURL(process.argv[2] + "/node_modules/").href;
const convert = await import(modules + "@mtcute/convert/index.js");
const { readStringSession } = await import(modules + "@mtcute/core/utils.js");

const readers = {
  telethon: convert.parseTelethonSession,
  pyrogram: convert.parsePyrogramSession,
  gramjs: convert.parseGramjsSession,
  mtkruto: convert.parseMtkrutoSession,
  mtcute: readStringSession,
};

const answers = JSON.parse(readFileSync(0, "utf8")).map(({ kind, text }) => {
  const read = readers[kind](text);
  return { dc: read.dcId ?? read.primaryDcs.main.id, key: Buffer.from(read.authKey).toString("hex") };
});
process.stdout.write(JSON.stringify(answers) + "\n");
