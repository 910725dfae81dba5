import * as code from "../../support/amd64_code.ts";

const [SIGTRAP, SIGFPE, SIGSEGV] = [5, 8, 11];
const SI_KERNEL = 128;
const TF = 0x100n;
const VSYSCALL = 0xffff_ffff_ff60_0000n;

const switches = suite("switch on amd64");

switches("leaves rcx and r11 as the processor does, and sets them on request", () => {
  const store = ["rcx", "r11"].map((name, i) => code.storeAtBase(name, 8 * i));
  const stored = [code.load("rax", DATA), ...store];
  withGuest([code.STC, code.SYSCALL, ...stored, code.SYSCALL], (guest) => {
    const { context, space } = guest;
    toSyscall(guest);
    const { rcx, rip, r11, eflags } = context.registers.dump();
    assert.is(rcx, rip);
    assert.is(r11, eflags);
    assert.is((r11 ?? 0n) & 1n, 1n);
    context.registers.set("rcx", 0x1111_2222_3333_4444n);
    context.registers.set("r11", 0x8765_4321_8765_4321n);
    toSyscall(guest);
    assert.equal(readWords(space, DATA, 2), [0x1111_2222_3333_4444n, 0x8765_4321_8765_4321n]);
  });
});

switches("reports a non-canonical rip without an address", () => {
  withGuest([code.SYSCALL], ({ context, space }) => {
    for (const rip of [0x0000_8000_0000_0000n, 0x8000_0000_0000_0000n, 0xffff_0000_0000_0000n]) {
      context.registers.set("rip", rip);
      const { address, info } = faultOf(context.switch(space));
      assert.is(address, 0n);
      assert.is(info.code, SI_KERNEL);
      assert.is(context.registers.get("rip"), rip);
    }
    context.registers.set("rip", CODE);
    syscallOf(context.switch(space));
  });
});

switches("notes that no system call is in progress after an interrupt", () => {
  withGuest([code.SPIN], ({ context, space }) => {
    assert.is(context.switch(space, { deadline: 20 }).kind, "interrupt");
    assert.is(context.registers.get("orig_rax"), 2n ** 64n - 1n);
  });
});

switches("reports a privileged instruction as a fault without an address", () => {
  withGuest([code.HLT], ({ context, space }) => {
    const { address, info } = faultOf(context.switch(space));
    assert.is(address, 0n);
    assert.is(info.code, SI_KERNEL);
  });
});

switches("reports the signal of a division by zero", () => {
  withGuest([code.DIVIDE_BY_ZERO], ({ context, space }) => {
    const { info } = signalOf(context.switch(space));
    assert.equal([info.signal, info.code, info.address], [SIGFPE, 1, CODE + 2n]);
    assert.is(context.registers.get("rip"), CODE + 2n);
  });
});

switches("runs one instruction per switch while TF is set, also across a system call", () => {
  const steps = [code.NOP, code.NOP, code.SYSCALL, code.NOP, code.NOP];
  withGuest([...steps, code.SYSCALL], (guest) => {
    const { context, space } = guest;
    context.registers.set("eflags", TF);
    const step = (rip: bigint) => {
      const { info } = signalOf(context.switch(space));
      assert.is(info.signal, SIGTRAP);
      assert.is(info.code, 2, "TRAP_TRACE");
      assert.is(context.registers.get("rip"), rip);
      assert.is(context.registers.get("eflags") & TF, TF, "it stays set");
    };
    step(CODE + 1n);
    step(CODE + 2n);
    context.registers.set("rax", 39n);
    assert.is(toSyscall(guest).number, 39);
    assert.is(context.registers.get("rip"), CODE + 4n);
    context.setResult(7n);
    step(CODE + 5n);
    assert.is(context.registers.get("rax"), 7n);
    context.registers.set("eflags", 0n);
    toSyscall(guest);
    assert.is(context.registers.get("rip"), CODE + 8n);
  });
});

switches("steps a guest that sets TF itself, but no other", () => {
  const trap = [code.PUSHFQ, code.SET_TF_ON_STACK, code.POPFQ];
  withGuest([...trap, code.NOP, code.NOP, code.NOP, code.SYSCALL], (guest) => {
    const { context, platform, space } = guest;
    const other = contextAt(platform, CODE + 11n);
    for (const rip of [CODE + 11n, CODE + 12n, CODE + 13n]) {
      assert.is(signalOf(context.switch(space)).info.code, 2);
      assert.is(context.registers.get("rip"), rip);
      other.registers.set("rip", CODE + 11n);
      syscallOf(other.switch(space));
      assert.is(other.registers.get("eflags") & TF, 0n);
    }
    toSyscall(guest);
  });
});

const hasVsyscall = readFileSync("/proc/self/maps", "utf8").includes("[vsyscall]");
const vsyscalls = needs(switches, { vsyscalls: hasVsyscall });

vsyscalls("reports a call into the vsyscall page as a fault", () => {
  withGuest([code.CALL_RAX, code.SYSCALL], (guest) => {
    const { context, space } = guest;
    const rsp = context.registers.get("rsp");
    for (const call of [0n, 0x400n, 0x800n]) {
      context.registers.set("rip", CODE);
      context.registers.set("rsp", rsp);
      context.registers.set("rax", VSYSCALL + call);
      const before = context.registers.dump();
      const fault = faultOf(context.switch(space));
      assert.is(fault.address, VSYSCALL + call);
      assert.is(fault.access, "execute");
      assert.is(fault.info.signal, SIGSEGV);
      assert.is(context.registers.get("rip"), VSYSCALL + call);
      assert.is(context.registers.get("rsp"), rsp - 8n);
      assert.equal(readWords(space, rsp - 8n, 1), [CODE + 2n], "the return address");
      // The kernel leaves its number of the call in rax.
      for (const name of code.KEPT.filter((register) => register !== "rsp")) {
        assert.is(context.registers.get(name), before[name], name);
      }
    }
    context.registers.set("rip", CODE + 2n);
    toSyscall(guest);
  });
});

if (HOST_ARCH === "amd64") switches.run();
