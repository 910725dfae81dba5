import { BOUNDARIES } from "../../support/random.ts";

const SEED = 0x5eed_0010n;

const MAX = 2n ** 64n - 1n;
const [SIGILL, SIGTRAP, SIGBUS, SIGSEGV] = [4, 5, 7, 11];
/** Results with which the kernel restarts a call. */
const RESTARTS = [512n, 513n, 514n, 515n, 516n].map((errno) => MAX + 1n - errno);

/** Where guests stop that begin with a system call. */
const AFTER_CALL = CODE + BigInt(HOST_MACHINE.syscallLength);

const switches = suite("switch");

switches("reports a system call's number and its six arguments, whatever their bits", () => {
  withGuest([asm.loop(asm.SYSCALL)], (guest) => {
    const { registers } = guest.context;
    const random = randomWords(SEED);
    const words = [MAX, ...RESTARTS, ...BOUNDARIES, ...Array.from({ length: 100 }, random)];
    for (const [i, word] of words.entries()) {
      const args = asm.ARGUMENTS.map((_, k) => (k === i % 6 ? word : random()));
      const number = Number(BigInt.asIntN(32, random()));
      registers.set(asm.NUMBER, BigInt.asUintN(64, BigInt(number)));
      for (const [k, name] of asm.ARGUMENTS.entries()) registers.set(name, args[k] ?? 0n);
      assert.equal(toSyscall(guest), { kind: "syscall", number, args });
    }
  });
});

switches("uses the low 32 bits of the register as the number, as the kernel does", () => {
  withGuest([asm.loop(asm.SYSCALL)], (guest) => {
    guest.context.registers.set(asm.NUMBER, 0x1234_5678_0000_0027n);
    assert.is(toSyscall(guest).number, 39);
    assert.is(guest.context.registers.get(asm.NUMBER), 0x1234_5678_0000_0027n);
  });
});

switches("returns exactly the result that was set to the guest, and restarts nothing", () => {
  withGuest([asm.loop(asm.SYSCALL, asm.storeResultTo(DATA))], (guest) => {
    const { context, space } = guest;
    const errnos = Array.from({ length: 4095 }, (_, i) => MAX - BigInt(i));
    const random = Array.from({ length: 200 }, randomWords(SEED + 1n));
    assert.is(toSyscall(guest).number, 0);
    for (const result of [...RESTARTS, ...errnos, ...BOUNDARIES, ...random]) {
      assert.is(context.registers.get(HOST_MACHINE.instructionPointer), AFTER_CALL);
      context.setResult(result);
      toSyscall(guest);
      assert.equal(readWords(space, DATA, 1), [result]);
    }
  });
});

switches("returns it even if a signal is pending, so that the kernel checks for restarts", () => {
  withGuest([asm.loop(asm.SYSCALL, asm.storeResultTo(DATA))], (guest) => {
    const { context, platform, space } = guest;
    const { shim } = platform.tracer.host;
    toSyscall(guest);
    for (const errno of [512n, 513n, 514n, 515n, 516n, 4n]) {
      context.setResult(MAX + 1n - errno);
      shim.tgkill(space.pid, space.pid, platform.tracer.host.constant("SIGCHLD"));
      assert.is(toSyscall(guest).kind, "syscall");
      assert.equal(readWords(space, DATA, 1), [MAX + 1n - errno]);
      assert.is(context.registers.get(HOST_MACHINE.instructionPointer), AFTER_CALL);
    }
  });
});

switches("starts a new guest with the given registers, even if a signal is pending", () => {
  withGuest([asm.storeResultTo(DATA), asm.SYSCALL], ({ platform, space }) => {
    for (const errno of [512n, 513n, 514n, 516n]) {
      const context = contextAt(platform, CODE);
      context.registers.set(asm.RESULT, MAX + 1n - errno);
      platform.tracer.host.shim.tgkill(
        space.pid,
        space.pid,
        platform.tracer.host.constant("SIGCHLD"),
      );
      assert.is(context.switch(space).kind, "syscall", `with -${errno} in ${asm.RESULT}`);
      assert.equal(readWords(space, DATA, 1), [MAX + 1n - errno]);
      context.release();
    }
  });
});

switches("reports a fault's address, as a read at first, and as a write if it recurs", () => {
  withGuest([asm.loadNumberFrom(NOWHERE + 8n)], ({ context, space }) => {
    const first = faultOf(context.switch(space));
    assert.is(first.address, NOWHERE + 8n);
    assert.is(first.access, "read");
    assert.is(first.info.signal, SIGSEGV);
    assert.is(first.info.code, 1);
    assert.is(context.registers.get(HOST_MACHINE.instructionPointer), CODE + asm.ACCESS);
    assert.is(faultOf(context.switch(space)).access, "write");
    assert.is(faultOf(context.switch(space)).access, "write");
    space.unmap(NOWHERE + BigInt(PAGE), PAGE);
    assert.is(faultOf(context.switch(space)).access, "write", "another page was unmapped");
    space.unmap(NOWHERE, PAGE);
    assert.is(faultOf(context.switch(space)).access, "read", "the page was unmapped");
    assert.is(faultOf(context.switch(space)).access, "write");
  });
});

switches("forgets a fault at any other event, and keeps the faults of guests apart", () => {
  const read = asm.loadNumberFrom(NOWHERE);
  withGuest([read], ({ context, platform, space }) => {
    assert.is(faultOf(context.switch(space)).access, "read");
    const other = contextAt(platform, CODE);
    assert.is(faultOf(other.switch(space)).access, "read");
    assert.is(faultOf(context.switch(space)).access, "write");
    space.write(CODE + 64n, Uint8Array.from(asm.SYSCALL));
    context.registers.set(HOST_MACHINE.instructionPointer, CODE + 64n);
    syscallOf(context.switch(space));
    context.registers.set(HOST_MACHINE.instructionPointer, CODE);
    assert.is(faultOf(context.switch(space)).access, "read");
  });
});

switches("treats a fault at the same address by another instruction as a new one", () => {
  const read = asm.loadNumberFrom(NOWHERE);
  withGuest([read, asm.storeResultTo(NOWHERE)], ({ context, space }) => {
    assert.is(faultOf(context.switch(space)).access, "read");
    context.registers.set(HOST_MACHINE.instructionPointer, CODE + BigInt(read.length));
    assert.is(faultOf(context.switch(space)).access, "read");
    assert.is(faultOf(context.switch(space)).access, "write");
    context.registers.set(HOST_MACHINE.instructionPointer, CODE);
    assert.is(faultOf(context.switch(space)).access, "read");
  });
});

switches("continues a guest once its page is mapped", () => {
  withGuest([asm.loadNumberFrom(NOWHERE), asm.SYSCALL], (guest) => {
    const { context, space } = guest;
    assert.is(faultOf(context.switch(space)).address, NOWHERE);
    space.mapAnonymous(NOWHERE, PAGE, "rw");
    writeWords(space, NOWHERE, [231n]);
    assert.is(toSyscall(guest).number, 231);
  });
});

switches("reports a write to a read-only page", () => {
  const store = asm.storeResultTo(DATA);
  withGuest([store, asm.SYSCALL], ({ context, space }) => {
    space.protect(DATA, PAGE, "r");
    const first = faultOf(context.switch(space));
    assert.is(first.address, DATA);
    assert.is(first.info.code, 2);
    assert.is(first.access, "read");
    assert.is(faultOf(context.switch(space)).access, "write");
    space.protect(DATA, PAGE, "rw");
    syscallOf(context.switch(space));
  });
});

switches("reports an execution if the address is that of the instruction", () => {
  withGuest([asm.load(asm.BASE, NOWHERE), asm.JUMP_TO_BASE], ({ context, space }) => {
    for (let i = 0; i < 2; i++) {
      const fault = faultOf(context.switch(space));
      assert.is(fault.access, "execute");
      assert.is(fault.address, NOWHERE);
      assert.is(context.registers.get(HOST_MACHINE.instructionPointer), NOWHERE);
    }
    context.registers.set(HOST_MACHINE.instructionPointer, DATA);
    const fault = faultOf(context.switch(space));
    assert.is(fault.access, "execute");
    assert.is(fault.info.code, 2, "mapped, but not executable");
  });
});

switches("reports the signals of instructions", () => {
  const cases: [Code, number, number, bigint][] = [
    [asm.ILLEGAL, SIGILL, asm.ILLEGAL_CODE, CODE],
    [asm.TRAP, SIGTRAP, asm.TRAP_CODE, CODE + BigInt(asm.TRAP_LENGTH)],
  ];
  for (const [instruction, signal, reason, rip] of cases) {
    withGuest([instruction], ({ context, space }) => {
      const { info } = signalOf(context.switch(space));
      assert.is(info.signal, signal);
      assert.is(info.code, reason);
      assert.is(context.registers.get(HOST_MACHINE.instructionPointer), rip);
      if (signal !== SIGTRAP) assert.is(info.address, rip);
    });
  }
});

switches("reports a SIGBUS beyond the end of a mapped file", () => {
  withGuest([asm.loadNumberFrom(FILE + BigInt(PAGE)), asm.SYSCALL], ({ context, space }) => {
    const fd = temporaryFile(new Uint8Array(PAGE));
    try {
      space.mapFile(FILE, 2 * PAGE, "rw", { fd });
      const { info } = signalOf(context.switch(space));
      assert.is(info.signal, SIGBUS);
      assert.is(info.code, 2);
      assert.is(info.address, FILE + BigInt(PAGE));
    } finally {
      closeSync(fd);
    }
  });
});
