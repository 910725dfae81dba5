import { encodeFilter } from "../../../src/core/stub/filter.ts";
import { DANGEROUS, FORBIDDEN } from "../../support/filtered_calls.ts";

const { SIGTRAP, SIGKILL, SIGSTOP } = constants.signals;

/** The filter of a process or thread, according to /proc. */
function filterOf(pid: number, tid = pid): { seccomp: number; noNewPrivileges: number } {
  const status = readFileSync(`/proc/${pid}/task/${tid}/status`, "utf8");
  const value = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? -1);
  return { seccomp: value("Seccomp"), noNewPrivileges: value("NoNewPrivs") };
}

const FILTERED = { seccomp: 2, noNewPrivileges: 1 };

for (const encoder of ENCODERS) {
  const seccomp = suite(`seccomp with the ${encoder} encoder`);

  const withPlatform = (body: (platform: Platform) => void, options: PlatformOptions = {}) => {
    using platform = Platform.open({ encoder: openEncoder(encoder), ...options });
    body(platform);
    platform.close();
    assert.is(platform.tracer.stubs.size, 0);
  };

  seccomp("stubs run under the filter, from the master to the threads", () => {
    withPlatform((platform) => {
      const space = platform.newAddressSpace();
      assert.equal(filterOf(platform.master.pid), FILTERED);
      assert.equal(filterOf(space.pid), FILTERED);
      const tid = readdirSync("/proc/self/task")
        .map(Number)
        .find((id) => id !== process.pid);
      const ticket = space.ticket(tid ?? 0);
      assert.is(ticket.tgid, space.pid);
      assert.equal(filterOf(space.pid, ticket.tid), FILTERED);
    });
  });

  seccomp("stubs run without it on request", () => {
    withPlatform(
      (platform) => {
        const space = platform.newAddressSpace();
        for (const pid of [platform.master.pid, space.pid]) {
          assert.equal(filterOf(pid), filterOf(process.pid));
        }
        assert.is(space.stub.call("gettid"), BigInt(space.pid));
      },
      { seccomp: false },
    );
  });

  seccomp("an injected call that is not on the list ends its stub, and no other", () => {
    withPlatform((platform) => {
      for (const [call, ...args] of FORBIDDEN) {
        const { stub } = platform.newAddressSpace();
        let answer: unknown;
        try {
          answer = stub.inject(call, ...args);
        } catch (error) {
          answer = error;
        }
        const what = `${call}(${args.join(", ")})`;
        assert.instance(answer, DeathError, `${what} was executed`);
        assert.match((answer as DeathError).how, /^killed by SIGSYS/, what);
        assert.is(processState(stub.pid), undefined, `${what}: reaped`);
      }
      assert.equal([...platform.tracer.stubs.keys()], [platform.master.pid]);
    });
  });

  seccomp("everything that a platform needs is on the list", () => {
    withPlatform((platform) => {
      const fd = temporaryFile(new Uint8Array(PAGE));
      const { space, context } = load(platform, asm.SYSCALL);
      space.mapFile(NOWHERE, PAGE, "rw", { fd, populate: true });
      space.protect(DATA, PAGE, "r");
      space.unmap(NOWHERE, PAGE);
      syscallOf(context.switch(space));
      const child = space.stub.createStub();
      assert.is(child.call("getppid"), BigInt(space.pid));
      assert.is(child.call("getpid"), BigInt(child.pid));
      assert.is(child.call("prctl", 1, SIGKILL), 0n);
      assert.is(child.call("kill", child.pid, SIGSTOP), 0n);
      child.close();
      assert.is(processState(child.pid), undefined);
      const { pid } = space;
      space.release();
      const again = platform.newAddressSpace();
      assert.is(again.pid, pid);
      context.registers.set(HOST_MACHINE.instructionPointer, CODE);
      assert.is(faultOf(context.switch(again)).address, CODE, "it is empty");
    });
  });

  seccomp("restart_syscall returns, and does no harm", () => {
    withPlatform((platform) => {
      const { stub } = platform.newAddressSpace();
      assert.equal(stub.inject("restart_syscall"), {
        value: null,
        errno: "EINTR",
        lane: "faithful",
      });
      assert.is(stub.call("getpid"), BigInt(stub.pid));
    });
  });

  seccomp("exit ends a stub with the given status", () => {
    withPlatform((platform) => {
      const { stub } = platform.newAddressSpace();
      assert.is(thrown(DeathError, () => stub.inject("exit", 3)).how, "exited with status 3");
    });
  });

  const harmless = (space: Subprocess, platform: Platform) => {
    assert.ok(isAlive(space.pid) && isAlive(platform.master.pid));
    assert.is(space.stub.call("getpid"), BigInt(space.pid));
    assert.is(platform.tracer.stubs.size, 2);
  };

  for (const filtered of [true, false]) {
    seccomp(`a guest's own calls are events, ${filtered ? "with" : "without"} the filter`, () => {
      withPlatform(
        (platform) => {
          const { space, context } = load(platform, asm.SYSCALL, asm.SYSCALL, asm.TRAP);
          for (const [call, ...args] of DANGEROUS) {
            const number = Number(platform.tracer.host.syscallNumber(call));
            context.registers.set(HOST_MACHINE.instructionPointer, CODE);
            context.registers.set(asm.NUMBER, BigInt(number));
            for (const [i, register] of asm.ARGUMENTS.entries()) {
              context.registers.set(register, args[i] ?? 0n);
            }
            for (let i = 0; i < 2; i++) {
              const event = syscallOf(context.switch(space));
              assert.is(event.number, number, `${call}`);
              assert.equal(event.args.slice(0, args.length), args, `${call}`);
            }
            assert.is(signalOf(context.switch(space)).info.signal, SIGTRAP, `${call}`);
            harmless(space, platform);
          }
        },
        { seccomp: filtered },
      );
    });
  }

  seccomp("a guest that enters the stub code cannot make a call there either", () => {
    withPlatform((platform) => {
      const space = platform.newAddressSpace();
      const { stubAddress, shim, restAddress } = platform.tracer.host;
      const context = contextAt(platform, BigInt(stubAddress + shim.stubSyscallOffset()));
      context.registers.set(asm.NUMBER, 60n);
      assert.is(syscallOf(context.switch(space)).number, 60);
      assert.is(signalOf(context.switch(space)).info.signal, SIGTRAP);
      assert.is(context.registers.get(HOST_MACHINE.instructionPointer), restAddress);
      context.registers.set(HOST_MACHINE.instructionPointer, BigInt(stubAddress));
      const prctl = Number(platform.tracer.host.syscallNumber("prctl"));
      assert.is(syscallOf(context.switch(space)).number, prctl, "prctl comes first");
      harmless(space, platform);
    });
  });

  for (const exitSignal of ["SIGCHLD", "SIGKILL", "SIGTERM", "0"]) {
    seccomp(`closing ends all stubs with ${exitSignal}, and the host survives`, async () => {
      const ending = await run(hostCommand("filtered", encoder, exitSignal));
      const [pids = "", last] = ending.stdout.trim().split("\n");
      assert.equal({ last, code: ending.code }, { last: "alive", code: 0 }, ending.stderr);
      const stubs = pids.split(" ").map(Number);
      assert.is(stubs.length, 4);
      for (const pid of stubs) assert.is(processState(pid), undefined);
    });
  }

  seccomp("the filter is computed without a trace in the memory of register blocks", () => {
    const encoder = openEncoder("assembly");
    const end = new Uint8Array(encoder.buffer, encoder.buffer.byteLength - 1024);
    const before = end.slice();
    try {
      end.fill(0xa5);
      assert.ok(encodeFilter(encoder, Number(encoder.constants.get("SIGCHLD"))).length > 0);
      assert.ok(end.every((byte) => byte === 0xa5));
    } finally {
      end.set(before);
    }
  });

  seccomp.run();
}
