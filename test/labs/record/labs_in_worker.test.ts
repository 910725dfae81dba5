import { once } from "node:events";
// The labs in a worker thread, for which Node.js notes the descriptors that it has opened.

import { Worker } from "node:worker_threads";

const labs = suite("labs in a worker thread");

labs("close no descriptor behind the back of Node.js", async () => {
  const script = JSON.stringify(new URL("labs_in_worker.js", import.meta.url).href);
  const worker = new Worker(`import(${script})`, { eval: true });
  const ended = once(worker, "exit");
  const [warnings] = await once(worker, "message");
  assert.equal(warnings, []);
  // It reaps what it has closed, and ends by itself.
  await ended;
  assert.ok(await eventually(() => childrenOf(process.pid).length === 0, 10_000));
});
