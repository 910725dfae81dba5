import * as code from "../../support/amd64_code.ts";

const VSYSCALL = 0xffff_ffff_ff60_0000n;
const hasVsyscall = readFileSync("/proc/self/maps", "utf8").includes("[vsyscall]");

for (const encoder of ENCODERS) {
  const seccomp = suite(`seccomp on amd64 with the ${encoder} encoder`);
  const vsyscalls = needs(seccomp, { vsyscalls: hasVsyscall });

  for (const filtered of [true, false]) {
    seccomp(`a guest's INT 0x80 is an event, ${filtered ? "with" : "without"} the filter`, () => {
      using platform = Platform.open({ encoder: openEncoder(encoder), seccomp: filtered });
      const { space, context } = load(platform, code.INT80);
      context.registers.set("rax", 1n);
      context.registers.set("rdi", 3n);
      const { number, args } = syscallOf(context.switch(space));
      assert.equal([number, args[0]], [1, 3n]);
      assert.is(space.stub.call("getpid"), BigInt(space.pid));
    });
  }

  vsyscalls("with the filter a call into the vsyscall page is a fault", () => {
    using platform = Platform.open({ encoder: openEncoder(encoder) });
    const { space, context } = load(platform, code.CALL_RAX, code.SYSCALL);
    context.registers.set("rax", VSYSCALL);
    context.registers.set("rdi", DATA);
    const { address, access } = faultOf(context.switch(space));
    assert.equal({ address, access }, { address: VSYSCALL, access: "execute" });
    assert.equal(readWords(space, DATA, 1), [0n], "nothing was executed");
    assert.is(context.registers.get("rip"), VSYSCALL);
  });

  vsyscalls("without the filter the kernel executes such a call", () => {
    using platform = Platform.open({ encoder: openEncoder(encoder), seccomp: false });
    const { space, context } = load(platform, code.CALL_RAX, code.SYSCALL);
    context.registers.set("rax", VSYSCALL);
    context.registers.set("rdi", DATA);
    assert.is(syscallOf(context.switch(space)).number, 0, "gettimeofday answered 0");
    assert.not.equal(readWords(space, DATA, 1), [0n]);
  });

  if (HOST_ARCH === "amd64") seccomp.run();
}
