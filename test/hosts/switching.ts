// A host that runs guests until it is killed: `switching OPTIONS SEED`, with the options of the platform as JSON. It prints
// "pid N" for each of its stubs, then "begin", and switches, maps, looks at floating point, releases and takes address
// spaces in a random order.

import { GETPID } from "../support/guests.ts";

const [options = "", seed = "0"] = process.argv.slice(2);
const lane: PlatformOptions = JSON.parse(options);
const platform = Platform.open(lane);
const start = () => loadReadOnly(platform, asm.loop(asm.call(GETPID)));
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
