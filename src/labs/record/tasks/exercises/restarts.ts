import { hex } from "../../../../lib/errors.ts";
import type { Player } from "../player.ts";
import { RESTS } from "../run.ts";
import type { Stage } from "../stage.ts";
import type { Task } from "../task.ts";
import { castAnswer } from "./verbs.ts";

const CODES = ["ERESTARTSYS", "ERESTARTNOINTR", "ERESTARTNOHAND", "ERESTART_RESTARTBLOCK"] as const;

/** Expects that RAX asks for a restart. */
function expectRax(stage: Stage, stub: Player, code: string, when: string, meaning: string): void {
  const rax = BigInt.asIntN(64, stub.registers().rax ?? 0n);
  stage.expect(`RAX${when}`, `${-stage.tracer.flag(code)}`, `${rax}`, meaning);
}

export const forcedRestart: Task = {
  lesson: "stale-orig-rax",
  title: "Make the kernel restart a call that was never made",
  exercise(draw) {
    const code = draw.one(...CODES);
    const wanted = draw.one("getpid", "getppid", "gettid", "getpgrp");
    const call = code === "ERESTART_RESTARTBLOCK" ? "restart_syscall" : wanted;
    return {
      text: [
        "The stub is stopped by a signal. Write its registers such that the kernel believes that it returns from an interrupted " +
          `system call, and restarts that call: the stub must execute ${call}. RAX must be -${code}.`,
        "RIP must be SYSCALL+2, after the SYSCALL, as if that call had just returned. All other registers are yours.",
      ],
      form: "registers",
      start: `rax = -${code}\nrip = SYSCALL + 2\norig_rax = -1`,
      key: `rax = -${code}\nrip = SYSCALL + 2\norig_rax = SYS_${wanted}`,
      hints: [
        "How does the kernel know which call it returns from? Not from RAX, which has the result.",
        "orig_rax is the number of the call, or -1 outside of a call.",
        `orig_rax = SYS_${wanted}${call === wanted ? "" : "; for this code any number does, as the kernel replaces it by restart_syscall"}`,
      ],
      play(stage, answer) {
        const stub = castAnswer(stage, answer);
        const after = hex((stub.names.SYSCALL ?? 0n) + 2n);
        const early = "without a restart, RIP must not lead to the SYSCALL";
        stage.expect("RIP, as written", after, hex(stub.tracee.rip), early);
        const other = "another result does not ask for this restart";
        expectRax(stage, stub, code, ", as written", other);
        const entered = stub.enterCall("The stub is resumed, up to its next system call.");
        const meaning =
          entered === undefined
            ? "the kernel has not moved RIP back by two bytes"
            : "orig_rax selects the call that is restarted";
        stage.expect("the system call that it enters", call, entered ?? "none", meaning);
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
      form: "registers",
      names: { TRAP: "the address of the INT3" },
      start: `rax = -${code}\nrip = TRAP\norig_rax = SYS_${stale}`,
      key: `rax = -${code}\nrip = TRAP\norig_rax = -1`,
      hints: [
        "If the number in orig_rax is that of a call, and RAX asks for a restart, the kernel moves RIP back by two bytes.",
        "There is one value of orig_rax that means: no system call.",
        "orig_rax = -1",
      ],
      play(stage, answer) {
        const TRAP = stage.tracer.restAddress - 1n;
        const stub = castAnswer(stage, answer, { TRAP });
        stage.expect("RIP, as written", hex(TRAP), hex(stub.tracee.rip), "RIP must be at the INT3");
        stage.require("the stub", RESTS, stub.meet().how, "it does not come to its INT3");
        const restarted = "the kernel has restarted a call, and RAX is its number";
        expectRax(stage, stub, code, " at the INT3", restarted);
      },
    };
  },
};
