// A host that works while outside_sender.mjs sends signals: `outside_host.mjs SEED EXIT_SIGNAL`. Prints how much it did,
// as JSON. See outside.mjs.

import koffi from "koffi";
import { DeadlineError, DeathError, Platform, StublabError } from "../../dist/index.js";
import { GUEST_CODE, SYS_getpid, startGuest } from "./guest.mjs";
import { generator } from "./random.mjs";

const BIRTHS = 2000;
const [seed = 1] = process.argv.slice(2, 3).map(Number);
const exitSignal = process.argv[3] ?? "SIGCHLD";

const libc = koffi.load(null);
const handle = libc.func("void *signal(int, void *)");
const harmless = libc.func("void *dlsym(void *, const char *)")(null, "abs");
for (let signal = 1; signal <= 64; signal++) {
  // 32 to 34 belong to the C library, 64 to the tracer's timer.
  if (![9, 19, 17, 32, 33, 34, 64].includes(signal)) handle(signal, harmless);
}

console.log("ready");
const counts = {
  injections: 0,
  births: 0,
  switches: 0,
  releases: 0,
  closes: 0,
  deaths: 0,
  late: 0,
};

const random = generator(seed);

function expect(what, seen, wanted) {
  if (seen !== wanted) throw new Error(`${what}: expected ${wanted}, got ${seen}`);
}

/** Runs a step. The death of a stub or a missed deadline may end it; any other error is thrown on. */
function surviving(step) {
  try {
    step();
  } catch (error) {
    const isDeath = error instanceof DeathError || error.cause instanceof DeathError;
    if (error instanceof DeadlineError) {
      counts.late++;
      return;
    }
    if (!(error instanceof StublabError) || !isDeath) throw error;
    counts.deaths++;
  }
}

function work(platform) {
  const space = platform.newAddressSpace();
  counts.births++;
  const { stub } = space;
  for (let i = 0; i < 10; i++) {
    expect("getppid", stub.call("getppid"), BigInt(platform.master.pid));
    expect("close", stub.inject("close", -1).errno, "EBADF");
    counts.injections += 2;
  }
  const context = startGuest(platform, space);
  try {
    for (let i = 0; i < 10; i++) {
      const event = context.switch(space, { deadline: 1000 });
      counts.switches++;
      if (event.kind === "interrupt") {
        counts.late++;
        continue;
      }
      if (event.kind === "signal" && event.info.pid === process.pid) continue;
      if (event.kind === "signal") {
        throw new Error(`the guest got signal ${event.info.signal}, si_code ${event.info.code}`);
      }
      expect("the guest's stop", event.kind, "syscall");
      expect("the guest's call", event.number, SYS_getpid);
      context.setResult(BigInt(i));
    }
  } finally {
    context.release();
  }
  if (random(2) === 0) {
    stub.close();
    counts.closes++;
    return;
  }
  space.release();
  counts.releases++;
  const next = platform.newAddressSpace();
  let isThere = true;
  try {
    next.read(GUEST_CODE, 1);
  } catch {
    isThere = false;
  }
  expect("whether memory of the last guest is mapped", isThere, false);
  next.stub.close();
  counts.closes++;
}

while (counts.births < BIRTHS) {
  surviving(() => {
    const platform = Platform.open({ exitSignal, seccomp: false });
    try {
      for (let i = 0; i < 200 && platform.master.alive; i++) surviving(() => work(platform));
    } finally {
      platform.close();
    }
  });
}
console.log(JSON.stringify(counts));
