// A host that works while outside_sender.mjs sends signals: `outside_host.mjs SEED EXIT_SIGNAL LANES BIRTHS`. LANES is JSON,
// options of Platform.open, and whether this host uses one processor. Meanwhile it runs child processes. Prints how much it did, as JSON. See outside.mjs.

import { spawn } from "node:child_process";
import koffi from "koffi";
import { DeadlineError, DeathError, Platform, StublabError } from "../../dist/index.js";
import { GUEST_CODE, SYS_getpid, startGuest } from "./guest.mjs";
import { generator } from "./random.mjs";

/** How many switches a guest gets, and calls a stub. */
const SWITCHES = 100;
const [seed = 1] = process.argv.slice(2, 3).map(Number);
const exitSignal = process.argv[3] ?? "SIGCHLD";
const { pinned = false, ...lanes } = JSON.parse(process.argv[4] ?? "{}");
const births = Number(process.argv[5] ?? 2000);
const isFast = lanes.lane === "fast";

const libc = koffi.load(null);
if (pinned) {
  const set = new BigUint64Array(16);
  set[0] = 1n;
  libc.func("int sched_setaffinity(int, size_t, void *)")(0, set.byteLength, set);
}
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
  // A stub that runs guests without a tracer serves no ring; its master does.
  for (const each of isFast ? [stub, platform.master] : [stub]) {
    const parent = isFast ? process.pid : platform.master.pid;
    for (let i = 0; i < SWITCHES / 2; i++) {
      expect("getppid", each.call("getppid"), BigInt(parent));
      expect("close", each.inject("close", -1).errno, "EBADF");
      counts.injections += 2;
    }
  }
  const context = startGuest(platform, space);
  let calls = 0n;
  try {
    for (let i = 0; i < SWITCHES; i++) {
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
      expect("the guest's count of its calls", context.registers.get("rbx"), ++calls);
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

/** Runs a child process of the host's own, and the next one after it: the kernel sends SIGCHLD for each. */
let working = true;
function runChild() {
  const child = spawn("true", { stdio: "ignore" });
  for (const event of ["exit", "error"]) child.once(event, () => working && runChild());
}
runChild();

while (counts.births < births) {
  let platform;
  surviving(() => {
    platform = Platform.open({ exitSignal, ...(!isFast && { seccomp: false }), ...lanes });
  });
  for (let i = 0; i < 200 && counts.births < births && platform?.master.alive; i++) {
    surviving(() => work(platform));
    // Child processes are started and reaped in between.
    await new Promise((resolve) => setImmediate(resolve));
  }
  surviving(() => platform?.close());
}
working = false;
console.log(JSON.stringify(counts));
