import { renameSync, rmdirSync } from "node:fs";
import { likeModel, newPath } from "../support/foreign_modules.ts";

const watching = suite("command line: compare --watch");

const right = readFileSync(likeModel(), "utf8");
const wrong = readFileSync(likeModel({ encodeStop: "(signal) => signal" }), "utf8");

watching("compares at each save, waits for a file, and ends with the last status", async () => {
  const file = newPath(".mjs");
  writeFileSync(file, right);
  const options = ["--watch", "--cases", "2000", "--operation", "status"];
  const host = new Running(stublabCommand("compare", file, ...options));
  let seen = 0;
  /** Waits for a text after those before. */
  const shows = async (text: string) => {
    const found = () => host.stdout.includes(text, seen);
    assert.ok(await eventually(found, 20_000), `${text}: ${host.stdout} ${host.stderr}`);
    seen = host.stdout.length;
  };
  await shows("agrees with the headers");
  assert.match(host.stdout, /^\d\d:\d\d:\d\d {2}stublab compare .*--watch/);
  writeFileSync(file, wrong);
  await shows("differs from the headers");
  // An editor replaces the file; meanwhile it is missing.
  rmSync(file);
  const told = () => host.stderr.includes(`there is no file ${file} now: waiting for it`);
  assert.ok(await eventually(told, 20_000), host.stderr);
  writeFileSync(`${file}.new`, right);
  renameSync(`${file}.new`, file);
  await shows("agrees with the headers");
  writeFileSync(file, right.slice(0, right.length / 2));
  await shows("cannot be opened: refused");
  process.kill(host.pid, "SIGINT");
  assert.is((await host.ended).code, 1);
});

watching("a file that is missing at first is waited for", async () => {
  const file = newPath(".mjs");
  const host = new Running(stublabCommand("compare", file, "--watch", "--cases", "100"));
  assert.ok(await eventually(() => host.stderr.includes("there is no file"), 20_000));
  writeFileSync(file, right);
  assert.ok(await eventually(() => host.stdout.includes("agrees with the headers"), 20_000));
  process.kill(host.pid, "SIGINT");
  assert.is((await host.ended).code, 0);
});

watching("outlives a file that becomes a loop of links, and a folder", async () => {
  const file = newPath(".mjs");
  writeFileSync(file, right);
  const host = new Running(stublabCommand("compare", file, "--watch", "--cases", "100"));
  const shows = async (stream: "stdout" | "stderr", text: string) => {
    const found = () => host[stream].includes(text);
    assert.ok(await eventually(found, 20_000), `${text}: ${host.stdout} ${host.stderr}`);
  };
  await shows("stdout", "agrees with the headers");
  rmSync(file);
  symlinkSync(file, file);
  await shows("stderr", `there is no file ${file} now: waiting for it`);
  rmSync(file);
  mkdirSync(file);
  await shows("stdout", "is not a regular file");
  rmdirSync(file);
  writeFileSync(file, wrong);
  await shows("stdout", "differs from the headers");
  process.kill(host.pid, "SIGINT");
  assert.is((await host.ended).code, 1);
});

watching("progress is a line every 10 s if stderr is not a terminal", async () => {
  const { code, stderr } = await run(stublabCommand("compare", "script", "--seconds", "11"));
  assert.is(code, 0);
  assert.match(stderr, /^\d+ % {2}[\d,]+ cases\n$/);
});
