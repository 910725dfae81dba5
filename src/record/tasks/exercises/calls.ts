import { hex } from "../../../errors.ts";
import { PAGE_SIZE } from "../../../stub/amd64.ts";
import { parseMaps, readProc } from "../../../stub/proc.ts";
import { readRseq } from "../../../stub/rseq.ts";
import type { Stub } from "../../../stub/stub.ts";
import { type Player, RESTS, type Stage, tellRun } from "../stage.ts";
import type { Task } from "../task.ts";
import { NAMES, writeAnswer } from "./verbs.ts";

/** Executes the registers of an answer, which must make one call and come back. Returns whether they did. */
function makesCall(stage: Stage, player: Player): boolean {
  const run = player.go();
  const called = player.calls.length > 0 ? "yes" : "no";
  return (
    stage.expectRun("the stub", RESTS, run, "the call does not come back to the tracer") &&
    stage.expect("a call was executed", "yes", called, "RIP does not lead to a SYSCALL")
  );
}

/** For each errno a call that fails with it. */
const FAILING = {
  ECHILD: "rax = SYS_wait4\nrdi = -1\n",
  EBADF: "rax = SYS_close\nrdi = 1000\n",
  ESRCH: "rax = SYS_kill\nrdi = 0x3fffffff\nrsi = SIGCONT\n",
  EINVAL: "rax = SYS_munmap\nrdi = 1\nrsi = 4096\n",
  EFAULT: "rax = SYS_uname\nrdi = 8\n",
  ENOMEM:
    "rax = SYS_mmap\nrsi = 0x10000000000\nrdx = PROT_READ|PROT_WRITE\nr10 = MAP_PRIVATE|MAP_ANONYMOUS\nr8 = -1\n",
} as const;

const FAILURES: Readonly<Record<keyof typeof FAILING, string>> = {
  ECHILD: "there is no child to wait for",
  EBADF: "a file descriptor is not open",
  ESRCH: "there is no such process",
  EINVAL: "an argument is invalid, such as an address that is no multiple of the page size",
  EFAULT: "an address is not mapped",
  ENOMEM: "there is not as much memory",
};

export const errno: Task = {
  lesson: "inject",
  title: "Inject a call that fails as asked",
  exercise(draw) {
    const errno = draw.one("ECHILD", "EBADF", "ESRCH", "EINVAL", "EFAULT", "ENOMEM");
    return {
      text: [
        `Write the registers of a system call that fails with ${errno}: when the stub rests at its INT3 again, RAX must be -${errno}. ` +
          "The stub must survive, and answer the next call.",
        "Registers that you do not set are those of a stub at rest, with RIP at the SYSCALL; RAX and the registers of arguments are 0.",
      ],
      form: { kind: "registers" },
      names: NAMES,
      start: "rax = SYS_getpid\n",
      key: FAILING[errno],
      hints: [
        `${errno} means: ${FAILURES[errno]}. Which call has this error in its manual page?`,
        "The number is in RAX, the arguments in RDI, RSI, RDX, R10, R8, R9.",
        `One of many: ${FAILING[errno].trim().replaceAll("\n", ", ")}`,
      ],
      play(stage, answer) {
        const stub = stage.cast({ lane: "stub", role: "the stub that executes your registers" });
        if (!writeAnswer(stage, stub, answer) || !makesCall(stage, stub)) return;
        const [call] = stub.calls;
        const result = call?.told ?? "";
        stage.expect(
          "the result of the call",
          `-${errno}`,
          result,
          `${call?.name} does not fail with ${errno} here`,
        );
        const rax = BigInt.asIntN(64, stub.registers().rax ?? 0n);
        stage.expect("RAX", `${call?.result}`, `${rax}`, "RAX is not what the call returned");
        const asked = stub.call("getpid", [], "Does the stub still answer?");
        stage.expect(
          "the next call",
          `${stub.pid}`,
          `${asked}`,
          "the stub cannot be used any more",
        );
      },
    };
  },
};

const CODES = ["ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ERESTART_RESTARTBLOCK"] as const;

export const restart: Task = {
  lesson: "stale-orig-rax",
  title: "Make the kernel restart a call that was never made",
  exercise(draw) {
    const code = draw.one(...CODES);
    const wanted = draw.one("getpid", "getppid", "gettid", "getpgrp");
    const call = code === "ERESTART_RESTARTBLOCK" ? "restart_syscall" : wanted;
    return {
      text: [
        "The stub is stopped by a signal. Write its registers such that the kernel believes that it returns from an interrupted " +
          `system call, and restarts it: it must execute ${call}, although RIP is after the SYSCALL. RAX must be -${code}.`,
        "RIP must be SYSCALL+2. All other registers are yours.",
      ],
      form: { kind: "registers" },
      names: NAMES,
      start: `rax = -${code}\nrip = SYSCALL + 2\norig_rax = -1\n`,
      key: `rax = -${code}\nrip = SYSCALL + 2\norig_rax = SYS_${wanted}\n`,
      hints: [
        "How does the kernel know which call it returns from? Not from RAX, which has the result.",
        "orig_rax is the number of the call, and -1 if there is none.",
        `orig_rax = SYS_${wanted}${call === wanted ? "" : "; for this code any number does, as the kernel replaces it by restart_syscall"}`,
      ],
      play(stage, answer) {
        const stub = stage.cast({ lane: "stub", role: "the stub that gets your registers" });
        if (!writeAnswer(stage, stub, answer)) return;
        const { rip = 0n, rax = 0n } = stub.registers();
        const syscall = stub.names.get("SYSCALL") ?? 0n;
        stage.expect(
          "RIP, as written",
          hex(syscall + 2n),
          hex(rip),
          "without a restart, RIP must not lead to the SYSCALL",
        );
        const result = -(stage.recorder.constants.get(code) ?? 0n);
        stage.expect(
          "RAX, as written",
          `${result}`,
          `${BigInt.asIntN(64, rax)}`,
          "another result does not ask for this restart",
        );
        const entered = stub.enterCall("The stub is resumed, up to its next system call.");
        stage.expect(
          "the system call that it enters",
          call,
          entered ?? "none",
          entered === undefined
            ? "the kernel has not moved RIP back by two bytes"
            : "orig_rax selects the call that is restarted",
        );
      },
    };
  },
};

export const noRestart: Task = {
  lesson: "stale-orig-rax",
  title: "Keep the kernel from moving RIP",
  exercise(draw) {
    const code = draw.one(...CODES);
    const stale = draw.one("kill", "getpid", "wait4", "read", "pause");
    return {
      text: [
        `The stub is stopped by a signal, and RAX must be -${code} when it comes to its INT3: to your program that is only a number. ` +
          "But orig_rax is left over from the stub's last call, and the kernel takes the number for the result of that.",
        "Write the registers such that the stub comes to its INT3 with this RAX. RIP must be TRAP, where the INT3 is.",
      ],
      form: { kind: "registers" },
      names: { ...NAMES, TRAP: "the address of the INT3" },
      start: `rax = -${code}\nrip = TRAP\norig_rax = SYS_${stale}\n`,
      key: `rax = -${code}\nrip = TRAP\norig_rax = -1\n`,
      hints: [
        "If the number in orig_rax is that of a call, and RAX asks for a restart, the kernel moves RIP back by two bytes.",
        "There is one value of orig_rax that means: no system call.",
        "orig_rax = -1",
      ],
      play(stage, answer) {
        const stub = stage.cast({ lane: "stub", role: "the stub that gets your registers" });
        const trap = stage.tracer.restAddress - 1n;
        const names = new Map([...stub.names, ["TRAP", trap] as const]);
        const refused = stub.write(answer.all(names), "The registers of the answer.");
        if (
          !stage.expect(
            "PTRACE_SETREGS",
            "accepted",
            refused ?? "accepted",
            "the kernel refuses these registers",
          )
        )
          return;
        const { rip = 0n } = stub.registers();
        stage.expect("RIP, as written", hex(trap), hex(rip), "RIP must be at the INT3");
        const { how } = stub.meet();
        stage.expect("the stub", RESTS, how, "it does not come to its INT3");
        if (!stub.alive || stub.tracee.thread.state !== "stopped") return;
        const { rax = 0n } = stub.registers();
        const result = -(stage.recorder.constants.get(code) ?? 0n);
        stage.expect(
          "RAX at the INT3",
          `${result}`,
          `${BigInt.asIntN(64, rax)}`,
          "the kernel has restarted a call, and RAX is its number",
        );
      },
    };
  },
};

export const onePage: Task = {
  lesson: "scrub",
  title: "Unmap everything but two pages",
  exercise(draw) {
    const base = 0x1000_0000n + 0x1000n * BigInt(draw.number(1, 0xfff));
    const keep = base + 0x10_0000n * BigInt(draw.number(1, 3));
    const junk = [base, base + 0x50_0000n, keep - 0x2000n, keep + 0x1000n];
    return {
      text: [
        "A stub has several pages. Unmap all of them with at most three calls of munmap, except two: the page of the stub code, and " +
          `the page at KEEP = ${hex(keep)}, which you still need. Afterwards the stub must answer a call.`,
      ],
      form: {
        kind: "fields",
        fields: {
          munmap1: "ADDRESS, LENGTH of the first call",
          munmap2: "of the second",
          munmap3: "of the third",
        },
      },
      names: {
        KEEP: "the page to keep",
        PAGE: "the page of the stub code",
        TOP: "the end of user space",
      },
      start: "munmap1 = 0, TOP\n",
      key: "munmap1 = 0, KEEP\nmunmap2 = KEEP + 4096, PAGE - KEEP - 4096\n",
      hints: [
        "munmap of a range in which nothing is mapped succeeds: ranges may be large.",
        "Which range lies below KEEP, and which between KEEP and PAGE? A page has 4096 bytes, and nothing is above PAGE.",
        "munmap2 = KEEP + 4096, PAGE - KEEP - 4096",
      ],
      play(stage, answer) {
        const stub = stage.cast({
          lane: "stub",
          role: "a stub with pages that nobody needs",
          prepare: (each) => mapPages(each, [...junk, keep]),
        });
        const page = BigInt(stage.tracer.stubAddress);
        const names = new Map([
          ["KEEP", keep],
          ["PAGE", page],
          ["TOP", 0x7fff_ffff_f000n],
        ]);
        for (const field of ["munmap1", "munmap2", "munmap3"]) {
          const [address, length] = answer.words(field, names);
          if (address === undefined) continue;
          stub.write(
            new Map([
              ["rax", stage.tracer.flag("SYS_munmap")],
              ["rdi", address],
              ["rsi", length ?? 0n],
            ]),
            `${field} of the answer.`,
          );
          const run = stub.go();
          const result = run.kind === "rest" ? (stub.calls.at(-1)?.told ?? "") : tellRun(run);
          const meaning =
            run.kind === "rest"
              ? "the kernel refuses this range"
              : "the page of the stub code is gone, and with it the instruction after the SYSCALL";
          if (!stage.expect(field, "0", result, meaning)) return;
        }
        const expected = [keep, page].map(hex).join(", ");
        const left = mapped(stub.pid).map(hex).join(", ");
        stage.expect("what is mapped", expected, left, "other pages than the two are left");
        const asked = stub.call("getpid", [], "Does the stub still answer?");
        stage.expect(
          "the next call",
          `${stub.pid}`,
          `${asked}`,
          "the stub cannot be used any more",
        );
      },
    };
  },
};

/** Maps single pages. */
function mapPages(stub: Stub, addresses: readonly bigint[]): void {
  const { tracer } = stub;
  const protection = tracer.flag("PROT_READ") | tracer.flag("PROT_WRITE");
  const flags =
    tracer.flag("MAP_PRIVATE") | tracer.flag("MAP_ANONYMOUS") | tracer.flag("MAP_FIXED");
  for (const address of addresses) stub.call("mmap", address, PAGE_SIZE, protection, flags, -1, 0);
}

/** The addresses of all pages of a process. */
function mapped(pid: number): bigint[] {
  return parseMaps(readProc(`/proc/${pid}/maps`))
    .filter(({ name }) => name !== "[vsyscall]")
    .flatMap(({ start, end }) =>
      Array.from({ length: Math.min(16, (end - start) / PAGE_SIZE) }, (_, i) =>
        BigInt(start + i * PAGE_SIZE),
      ),
    );
}

/** A page in which an answer's set of signals is put. */
const SET = 0x1000_0000n;

export const unblock: Task = {
  lesson: "blocked-signals",
  title: "Unblock one signal, and no other",
  exercise(draw) {
    const all = ["SIGTERM", "SIGUSR1", "SIGUSR2", "SIGHUP", "SIGALRM"] as const;
    const open = draw.one(...all);
    const others = draw.number(1, 15);
    const blocked = [
      open,
      ...all.filter((name) => name !== open).filter((_, i) => (others >> i) & 1),
    ];
    return {
      text: [
        `A stub has inherited a mask: ${blocked.join(", ")} are blocked. Write the rt_sigprocmask after which ${open} reaches ` +
          "the stub, and the others are blocked as before.",
      ],
      form: {
        kind: "fields",
        fields: {
          how: "the first argument: SIG_BLOCK, SIG_UNBLOCK or SIG_SETMASK",
          set: "the signals of the set, separated by commas",
        },
      },
      start: `how = SIG_BLOCK\nset = ${open}\n`,
      key: `how = SIG_UNBLOCK\nset = ${open}\n`,
      hints: [
        "SIG_SETMASK replaces the mask, SIG_BLOCK adds to it, SIG_UNBLOCK takes away from it.",
        "With SIG_SETMASK the set is what is blocked afterwards; with SIG_UNBLOCK it is what is not blocked any more.",
        `how = SIG_UNBLOCK, set = ${open}`,
      ],
      play(stage, answer) {
        const { tracer } = stage;
        const setOf = (names: readonly string[]) =>
          names.reduce((set, name) => set | tracer.encoder.signalSet(tracer.constant(name)), 0n);
        const stub = stage.cast({
          lane: "stub",
          role: "a stub with a mask",
          prepare(each) {
            mapPages(each, [SET]);
            const set = answer.words("set").reduce((word, signal) => word | bit(signal), 0n);
            each.write(SET, new Uint8Array(new BigUint64Array([set]).buffer));
          },
        });
        stub.tracee.thread.setMask(setOf(blocked));
        const how = answer.word("how") ?? 0n;
        const result = stub.call("rt_sigprocmask", [how, SET, 0, 8], "The call of the answer.");
        stage.expect("the call", "0", `${result}`, "the kernel refuses the call");
        const left = setOf(blocked.filter((name) => name !== open));
        const seen = stub.facts()?.blocked ?? 0n;
        stage.expect(
          "SigBlk in /proc",
          hex(left),
          hex(seen),
          (seen & setOf([open])) !== 0n
            ? `${open} is still blocked`
            : "other signals must stay as they were",
        );
        stub.tracee.signal(tracer.constant(open), "Does the signal reach the stub?");
        const { how: met } = stub.meet();
        const signal = tracer.constant(open);
        stage.expect(
          "the stub, resumed with it",
          `killed by ${tracer.signalName(signal)}`,
          met,
          "the signal has not reached it",
        );
      },
    };
  },
};

/** The bit of a signal in a set of the kernel; nothing for what is not a signal. */
function bit(signal: bigint): bigint {
  return signal >= 1n && signal <= 64n ? 1n << (signal - 1n) : 0n;
}

export const outOfReach: Task = {
  lesson: "no-setsid",
  title: "Out of reach of Ctrl-C",
  exercise(draw) {
    const goal = draw.one("session", "group", "join");
    const text = {
      session: "The stub must lead a session of its own afterwards.",
      group:
        "The stub must lead a process group of its own afterwards, in the session in which it was.",
      join: "The stub must be a member of the process group of the stub OTHER afterwards, which is in the same session.",
    }[goal];
    const key = {
      session: "rax = SYS_setsid\n",
      group: "rax = SYS_setpgid\n",
      join: "rax = SYS_setpgid\nrsi = OTHER\n",
    }[goal];
    return {
      text: [
        "Ctrl-C sends SIGINT to a process group, that of the foreground of a terminal. A stub is in the group of its parent. Write the " +
          `registers of one system call after which SIGINT to that group does not reach it. ${text}`,
      ],
      form: { kind: "registers" },
      names: { ...NAMES, OTHER: "the pid of a stub that leads a group of its own" },
      start: "rax = SYS_getpgrp\n",
      key,
      hints: [
        "setsid(2) and setpgid(2) change the group; the first changes the session, too.",
        "setpgid(0, 0) means: this process, and a group with its own pid.",
        key.trim().replaceAll("\n", ", "),
      ],
      play(stage, answer) {
        const { tracer, keeper } = stage;
        const other = stage.cast({ lane: "other", role: "a stub that leads a group" });
        other.call("setpgid", [0, 0], "It leads a group of its own.");
        const stub = stage.cast({ lane: "stub", role: "the stub that executes your registers" });
        const group = Number(keeper.call("getpgid", stub.pid));
        const session = Number(keeper.call("getsid", stub.pid));
        const names = new Map([...stub.names, ["OTHER", BigInt(other.pid)] as const]);
        const refused = stub.write(answer.all(names), "The registers of the answer.");
        if (
          !stage.expect(
            "PTRACE_SETREGS",
            "accepted",
            refused ?? "accepted",
            "the kernel refuses these registers",
          )
        )
          return;
        if (!makesCall(stage, stub)) return;
        const groupOf = { session: stub.pid, group: stub.pid, join: other.pid }[goal];
        const sessionOf = goal === "session" ? stub.pid : session;
        const result = stub.calls[0]?.told ?? "";
        stage.expect(
          "its session",
          `${sessionOf}`,
          `${keeper.call("getsid", stub.pid)}`,
          `the session is not as asked: the call returned ${result}`,
        );
        stage.expect(
          "its group",
          `${groupOf}`,
          `${keeper.call("getpgid", stub.pid)}`,
          `the group is not as asked: the call returned ${result}`,
        );
        keeper.call("kill", -group, tracer.constant("SIGINT"));
        const pending = stub.facts()?.pending ?? 0n;
        const hit = (pending & bit(BigInt(tracer.constant("SIGINT")))) !== 0n;
        stage.recorder.step({
          lane: "host",
          about: "stub",
          kind: "note",
          title: `kill(-${group}, SIGINT)`,
          why: "SIGINT is sent to the group in which the stub was, as Ctrl-C does.",
          kernel: stage.recorder.view(stub.pid),
        });
        stage.expect(
          "SIGINT, sent to the group",
          "does not reach it",
          hit ? "is pending" : "does not reach it",
          "it is still a member of that group",
        );
      },
    };
  },
};

export const rseqArea: Task = {
  lesson: "rseq",
  title: "Unregister a stranger's rseq area",
  exercise(draw) {
    const area = SET + 0x1000n * BigInt(draw.number(1, 0xfff)) + 32n * BigInt(draw.number(0, 100));
    const signature = 0x1000_0000n + BigInt(draw.number(0, 0x0fff_ffff));
    return {
      text: [
        `A stub has an area for restartable sequences, at AREA = ${hex(area)}, of 32 bytes, registered with the signature ${hex(signature)}. ` +
          "Its page will be unmapped. Write the registers of the call that unregisters it first.",
        "rseq(area, length, flags, signature) is in no manual page: the kernel's include/uapi/linux/rseq.h and kernel/rseq.c describe it.",
      ],
      form: { kind: "registers" },
      names: { ...NAMES, AREA: "the address of the area" },
      start: "rax = SYS_rseq\nrdi = AREA\n",
      key: `rax = SYS_rseq\nrdi = AREA\nrsi = 32\nrdx = RSEQ_FLAG_UNREGISTER\nr10 = ${hex(signature)}\n`,
      hints: [
        "The kernel unregisters only what it is told exactly: address, length and signature.",
        "The flag is RSEQ_FLAG_UNREGISTER. The fourth argument of a system call is not in RCX.",
        "rsi = 32, rdx = RSEQ_FLAG_UNREGISTER, r10 = the signature",
      ],
      play(stage, answer) {
        const page = (area / 4096n) * 4096n;
        const stub = stage.cast({
          lane: "stub",
          role: "a stub with a registered area",
          prepare(each) {
            mapPages(each, [page]);
            each.call("rseq", area, 32, 0, signature);
          },
        });
        const names = new Map([...stub.names, ["AREA", area] as const]);
        const refused = stub.write(answer.all(names), "The registers of the answer.");
        if (
          !stage.expect(
            "PTRACE_SETREGS",
            "accepted",
            refused ?? "accepted",
            "the kernel refuses these registers",
          )
        )
          return;
        if (!makesCall(stage, stub)) return;
        const call = stub.calls[0];
        stage.expect(
          "the result of the call",
          "0",
          call?.told ?? "",
          `the kernel refuses this: ${call?.name} returned ${call?.told}`,
        );
        const left = readRseq(stub.tracee.thread)?.address ?? 0n;
        stage.expect(
          "the area that is registered",
          "0x0",
          hex(left),
          "the area is still registered",
        );
        stub.call("munmap", [page, PAGE_SIZE], "The page of the area is unmapped.");
        stub.call(
          "sched_yield",
          [],
          "The kernel schedules the stub anew, and would write to a registered area.",
        );
        const asked = stub.call("getpid", [], "Does the stub still answer?");
        stage.expect(
          "the stub without that page",
          `${stub.pid}`,
          `${asked}`,
          "the kernel has killed it",
        );
      },
    };
  },
};
