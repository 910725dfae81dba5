import { hex } from "../../../errors.ts";
import { RESTS } from "../run.ts";
import type { Task } from "../task.ts";
import { NAMES, writeAnswer } from "./verbs.ts";

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
        "orig_rax is the number of the call, or -1 outside of a call.",
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
        if (!writeAnswer(stage, stub, answer, { TRAP: trap })) return;
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
