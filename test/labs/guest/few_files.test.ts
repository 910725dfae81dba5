import { GuestPool, UnsupportedError } from "../../../src/index.ts";
import { limitFiles } from "../../support/libc.ts";
import { takeDescriptors } from "../../support/processes.ts";

const few = suite("guest: pools of a process with few descriptors");

const EXITS = { code: EXIT_7 };

few("60 pools, one after the other, need no more than 64", async () => {
  limitFiles(64);
  for (let i = 0; i < 60; i++) {
    const pool = new GuestPool({
      workers: 1,
      platform: { lane: i % 2 === 1 && HOST_ARCH === "amd64" ? "fast" : "faithful" },
    });
    assert.equal((await pool.run(EXITS)).result, { kind: "exited", status: 7 }, `pool ${i}`);
    await pool.close();
  }
});

few("without a descriptor an error names the limit, and a later pool works", async () => {
  const taken = takeDescriptors();
  const pool = new GuestPool({ workers: 1 });
  let error: unknown;
  try {
    await pool.run(EXITS);
  } catch (caught) {
    error = caught;
  } finally {
    for (const file of taken) closeSync(file);
  }
  assert.instance(error, UnsupportedError);
  const { message, remedy } = error as UnsupportedError;
  assert.match(message, "EMFILE");
  assert.match(remedy ?? "", "ulimit -n", `${message} | ${remedy}`);
  await pool.close();
  const next = new GuestPool({ workers: 1 });
  assert.equal((await next.run(EXITS)).result, { kind: "exited", status: 7 });
  await next.close();
});
