// A host that closes a platform and survives: `filtered ENCODER EXIT_SIGNAL`. It prints the pids of its stubs
// (one of them in the pool, one with a guest at a system call, one with two threads), closes, and prints "alive".

const [encoder = "", exitSignal = ""] = process.argv.slice(2);
const platform = Platform.open({ encoder: openEncoder(encoder), exitSignal });
const { space, context } = load(platform, asm.SYSCALL);
syscallOf(context.switch(space));
const other = platform.newAddressSpace();
const tid = readdirSync("/proc/self/task")
  .map(Number)
  .find((id) => id !== process.pid);
other.ticket(tid ?? 0);
platform.newAddressSpace().release();
console.log([...platform.tracer.stubs.keys()].join(" "));
platform.close();
console.log("alive");
