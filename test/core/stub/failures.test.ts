import type { Lane } from "../../../src/core/stub/tracing_thread.ts";
import { hasMusl, type SignalSets } from "../../support/libc.ts";

const failures = suite("failures");

/** What test/hosts/failing.ts prints. */
interface Report {
  failure?: {
    name: string;
    message: string;
    code: string;
    call?: string;
    errno?: string;
    remedy?: string;
    step?: string;
  };
  before: SignalSets;
  after: SignalSets;
  /** The signals that the parent of the stub blocks afterwards. */
  parentBlocks: string;
  parentAnswers: boolean;
  left: number[];
}

type Failure = NonNullable<Report["failure"]>;

const NO_FAILURE: Failure = { name: "none", message: "", code: "" };

/** Runs a host in which a birth fails, expects that it exits normally, and returns its report. */
async function fail(
  what: string,
  exitSignal: string,
  wrapper: readonly string[] = [],
  lane: Lane = "faithful",
): Promise<Report & { failure: Failure }> {
  const [node, args] = hostCommand("failing", what, exitSignal, lane);
  const [command = "", ...rest] = [...wrapper, node, ...args];
  const { stdout, stderr, code, signal } = await run([command, rest]);
  assert.is(signal, null, `the host is alive; ${stderr}`);
  assert.is(code, 0, stderr);
  const report: Report = JSON.parse(stdout);
  assert.is(report.after.blocked, report.before.blocked, "its signals are as they were");
  assert.is(report.after.ignored, report.before.ignored);
  assert.ok(BigInt(`0x${report.before.blocked}`) !== 0n);
  assert.is(report.parentBlocks, "0");
  return { ...report, failure: report.failure ?? NO_FAILURE };
}

for (const exitSignal of ["SIGCHLD", "SIGKILL"]) {
  failures(`a fork at the limit of processes is a ForkError (${exitSignal})`, async () => {
    const { failure, left } = await fail("fork", exitSignal);
    assert.is(failure.name, "ForkError");
    assert.is(failure.code, "ERR_STUBLAB_FORK");
    assert.is(failure.call, "clone");
    assert.is(failure.errno, "EAGAIN");
    assert.match(failure.remedy ?? "", "RLIMIT_NPROC");
    assert.equal(left, []);
  });

  failures(`a stub's clone at the limit is a SyscallError (${exitSignal})`, async () => {
    const { failure, left, parentAnswers } = await fail("clone", exitSignal);
    assert.is(failure.name, "SyscallError");
    assert.is(failure.call, "clone");
    assert.is(failure.errno, "EAGAIN");
    assert.match(failure.remedy ?? "", "RLIMIT_NPROC");
    assert.ok(parentAnswers);
    assert.equal(left, []);
  });
}

failures("births that miss their deadline leave no process, and the others are complete", () => {
  for (const deadline of [0.001, 0.002, 0.01, 0.05, 0.2, 0.5, 1]) {
    for (let i = 0; i < 20; i++) {
      using tracer = new Tracer({ deadline });
      try {
        tracer.createStub().createStub();
      } catch (error) {
        assert.instance(error, DeadlineError);
      }
      tracer.close();
      assert.equal(childrenOf(process.pid), []);
    }
  }
});

failures("a deadline of less than a microsecond is refused before anything is forked", () => {
  for (const deadline of [1e-9, 0.0009, 0, -1]) {
    assert.match(thrown(InputError, () => new Tracer({ deadline })).message, "from 0.001");
  }
});

/** A system call that fails, and the argument that identifies the child's call. */
interface Denied {
  readonly step: string;
  readonly call: string;
  readonly argument?: readonly [index: number, value: number];
  readonly glibcOnly?: true;
  readonly lane?: Lane;
}

const DENIED: readonly Denied[] = [
  { step: "setsid", call: "setsid" },
  { step: "setsid", call: "setpgid", lane: "fast" },
  // A signal that neither Node.js nor a C library uses.
  { step: "dispositions", call: "rt_sigaction", argument: [0, 40] },
  // RSEQ_FLAG_UNREGISTER
  { step: "rseq", call: "rseq", argument: [2, 1], glibcOnly: true },
];

function denying(
  { call, argument }: Denied,
  errno: "EPERM" | "EACCES" | "EINVAL" = "EPERM",
): string[] {
  return [
    DENY,
    `${callNumber(call)}`,
    `${constants.errno[errno]}`,
    ...(argument ?? []).map(String),
    "--",
  ];
}

for (const denied of DENIED) {
  for (const exitSignal of ["SIGCHLD", "SIGKILL"]) {
    const { step, call, glibcOnly = false, lane } = denied;
    needs(failures, { glibc: !hasMusl || !glibcOnly })(
      `a child whose ${call} fails is a BirthError at ${step} (${exitSignal})`,
      async () => {
        const { failure, left } = await fail("birth", exitSignal, denying(denied), lane);
        assert.is(failure.name, "BirthError");
        assert.is(failure.call, call === "rt_sigaction" ? step : call);
        assert.is(failure.code, "ERR_STUBLAB_BIRTH");
        assert.is(failure.step, step);
        assert.match(failure.message, `at step ${failure.call} of its set-up: EPERM`);
        assert.is(failure.errno, "EPERM");
        assert.match(failure.remedy ?? "", "seccomp");
        assert.equal(left, []);
      },
    );
  }
}

for (const exitSignal of ["SIGCHLD", "SIGKILL"]) {
  failures(`a stub is not attached unless wait4 returns its pid (${exitSignal})`, async () => {
    // Only injected ones have no status word.
    const wrapper = denying({ step: "", call: "wait4", argument: [1, 0] });
    const { failure, parentAnswers } = await fail("grandchild", exitSignal, wrapper);
    assert.is(failure.name, "BirthError");
    assert.is(failure.call, "wait4");
    assert.is(failure.step, "clone");
    assert.match(failure.message, /wait4 in stub \d+ failed with EPERM/);
    assert.ok(parentAnswers);
  });
}

/** Calls of the stub code itself: PR_SET_PDEATHSIG, and SIGSTOP. */
const OF_STUB_CODE: readonly Denied[] = [
  { step: "stub", call: "prctl", argument: [0, 1] },
  { step: "stub", call: "getppid" },
  { step: "stub", call: "kill", argument: [1, constants.signals.SIGSTOP] },
];

for (const denied of OF_STUB_CODE) {
  for (const exitSignal of ["SIGCHLD", "SIGKILL"]) {
    failures(`a stub whose ${denied.call} fails is a BirthError (${exitSignal})`, async () => {
      const { failure, left } = await fail("birth", exitSignal, denying(denied));
      assert.is(failure.name, "BirthError");
      assert.is(failure.step, "stub");
      assert.match(failure.message, /failed in the stub code: (EPERM|killed by SIGTRAP)/);
      assert.match(failure.remedy ?? "", "seccomp");
      assert.equal(left, []);
    });
  }
}

failures("a birth that fails after others does not kill a host with SIGKILL", async () => {
  const { failure, left } = await fail("late", "SIGKILL");
  assert.is(failure.name, "BirthError");
  assert.is(failure.step, "setsid");
  assert.is(failure.errno, "EPERM");
  assert.equal(left, []);
});

failures("a stub that cannot be attached stays if its end would kill the host", async () => {
  const refused = await fail("attach", "SIGKILL");
  assert.is(refused.failure.name, "AttachError");
  assert.is(refused.left.length, 1);
  const harmless = await fail("attach", "SIGCHLD");
  assert.is(harmless.failure.name, "AttachError");
  assert.equal(harmless.left, []);
});

failures("a stub with SIGKILL that could not be ended is refused before it is born", async () => {
  const denied = { step: "", call: "execveat" };
  const { failure, left } = await fail("birth", "SIGKILL", denying(denied));
  assert.is(failure.code, "ERR_STUBLAB_UNSUPPORTED");
  assert.is(failure.call, "execveat");
  assert.is(failure.errno, "EPERM");
  assert.match(failure.remedy ?? "", "SIGCHLD");
  assert.equal(left, []);
  assert.equal((await fail("birth", "SIGCHLD", denying(denied))).failure, NO_FAILURE);
});

for (const [where, denied] of [
  ["memfd_create is refused, as with vm.memfd_noexec=2", { step: "", call: "memfd_create" }],
  // MFD_CLOEXEC | MFD_EXEC
  ["memfd_create does not know MFD_EXEC", { step: "", call: "memfd_create", argument: [1, 0x11] }],
] as const) {
  failures(`a host with SIGKILL survives if ${where}`, async () => {
    const errno = "argument" in denied ? "EINVAL" : "EACCES";
    const { failure, left } = await fail("birth", "SIGKILL", denying(denied, errno));
    assert.equal(failure, NO_FAILURE);
    assert.equal(left, []);
  });
}

const needsStrace = needs(failures, "strace");
const STRACE = ["strace", "-f", "-o", "/dev/null"];

for (const exitSignal of ["SIGCHLD", "SIGKILL"]) {
  needsStrace(`under strace -f the attach is an AttachError (${exitSignal})`, async () => {
    const { failure, left } = await fail("birth", exitSignal, STRACE);
    assert.is(failure.name, "AttachError");
    assert.is(failure.code, "ERR_STUBLAB_ATTACH");
    assert.is(failure.call, "ptrace(PTRACE_ATTACH)");
    assert.is(failure.errno, "EPERM");
    assert.match(failure.remedy ?? "", "strace");
    assert.equal(left, []);
  });
}

/** The exit status of doctor if a call is refused, and the lines that are not ok. */
async function diagnose(denied: Denied): Promise<{ code: number | null; lines: string }> {
  const [node, args] = stublabCommand("doctor");
  const [command = "", ...rest] = [...denying(denied), node, ...args];
  const { code, stdout } = await run([command, rest]);
  return { code, lines: stdout.replace(/^ok .*\n/gm, "") };
}

for (const call of ["prctl", "kill", "setsid", "execveat"]) {
  failures(`doctor fails if ${call} is refused`, async () => {
    const { code, lines } = await diagnose({ step: "", call });
    assert.is(code, 3);
    assert.match(
      lines,
      call === "execveat" ? /^FAILED +exit signal/m : /^FAILED +fork and attach/m,
    );
    assert.match(lines, /seccomp/);
  });
}

failures("a stub that tgkill cannot kill is ended at once", async () => {
  const started = performance.now();
  const wrapper = denying({ step: "", call: "tgkill" });
  const { failure, left } = await fail("birth", "SIGCHLD", wrapper);
  assert.equal([failure, left], [NO_FAILURE, []]);
  // Less than a stub's deadline.
  assert.ok(performance.now() - started < 8000);
});

const withSigreturn = needs(failures, { amd64: HOST_ARCH === "amd64" });

withSigreturn("doctor finds that setups by rt_sigreturn need no pidfd", async () => {
  const { code, lines } = await diagnose({ step: "", call: "pidfd_open" });
  assert.is(code, 0, lines);
  assert.not.match(lines, /rt_sigreturn/);
});
