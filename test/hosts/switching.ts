// A host that runs guests until it is killed: `switching LANE SEED BIRTHS`. It prints "pid N" for each of its stubs, then
// "begin", and switches, maps, looks at floating point, releases and takes address spaces in a random order.

import { writeSync } from "node:fs";
import { Platform } from "../../src/index.ts";
import { SWITCH_LANES } from "../../src/platform/lanes.ts";
import { BIRTH_LANES } from "../../src/stub/lane.ts";
import { PAGE_SIZE } from "../../src/stub/page_size.ts";
import { load, syscallOf } from "../guests.ts";
import * as code from "../machine_code.ts";
import { randomWords } from "../random.ts";

const [lane = "", seed = "0", births = ""] = process.argv.slice(2);
const platform = Platform.open({
  switches: SWITCH_LANES.find((name) => name === lane),
  births: BIRTH_LANES.find((name) => name === births),
});
const start = () => load(platform, code.loop(code.SYSCALL));
const guests = Array.from({ length: 3 }, start);
for (const pid of platform.tracer.stubs.keys()) writeSync(1, `pid ${pid}\n`);
writeSync(1, "begin\n");

const random = randomWords(BigInt(seed));
for (;;) {
  const at = Number(random() % 3n);
  const guest = guests[at];
  if (guest === undefined) continue;
  const what = random() % 32n;
  if (what === 0n) {
    guest.space.release();
    guest.context.release();
    guests[at] = start();
  } else if (what === 1n) {
    guest.space.mapAnonymous(0x50000, PAGE_SIZE, "rw");
  } else if (what === 2n) {
    guest.context.xstate.fill(0, 160, 176);
  } else {
    syscallOf(guest.context.switch(guest.space));
  }
}
