// How long mtcute takes to read and write session strings of others, as lines that go test prints of benchmarks. The
// arguments are the folder that @mtcute/convert is installed in and the file of vectors.
import { readFileSync } from "fs";
import { pathToFileURL } from "url";

const convert = await import(pathToFileURL(process.argv[2] + "/node_modules/").href + "@mtcute/convert/index.js");
const { strings } = JSON.parse(readFileSync(process.argv[3], "utf8"))[0];

function measure(name, once) {
  for (let i = 0; i < 20_000; i++) once(); // until it is compiled
  const rounds = 50_000, began = process.hrtime.bigint();
  for (let i = 0; i < rounds; i++) once();
  const took = Number(process.hrtime.bigint() - began) / rounds;
  console.log(`BenchmarkMtcute/${name}\t${rounds}\t${took.toFixed(1)} ns/op`);
}

for (const [kind, key, parse, serialize] of [
  ["telethon", "telethon", convert.parseTelethonSession, convert.serializeTelethonSession],
  ["pyrogram", "pyrogram", convert.parsePyrogramSession, convert.serializePyrogramSession],
]) {
  const read = parse(strings[key]);
  measure(`parse/${kind}`, () => parse(strings[key]));
  measure(`format/${kind}`, () => serialize(read));
}
