import { Acting } from "../../acting.ts";
import type { Actor } from "../../actor.ts";
import { kernelWord } from "../answer.ts";
import { inject } from "../go.ts";
import type { Judge } from "../judge.ts";
import type { Pose } from "../task.ts";
import { cloneStub, comesToStop } from "./verbs.ts";

export const waitOptions: Pose = (draw) => {
  const signal = draw.one("SIGCHLD", "SIGUSR1", "SIGUSR2", "SIGTERM", "0");
  const polls = draw.one(true, false);
  const all = signal === "SIGCHLD" ? "" : "|__WALL";
  return {
    parts: [polls ? "polls" : "waits"],
    values: { signal: signal === "0" ? "0 (none)" : signal },
    start: `options = ${polls ? "WNOHANG" : "0"}`,
    key: `options = WUNTRACED${all}${polls ? "|WNOHANG" : ""}`,
    play(judge, answer) {
      const parent = judge.cast({ lane: "master", role: "the stub that waits" });
      const child = cloneStub(judge, parent, kernelWord(`CLONE_FILES|${signal}`));
      const args = [child.pid, 0, answer.word("options"), 0];
      const polled = polls ? inject(parent, "wait4", args, "The child runs.") : "0";
      if (polled !== "0") judge.expect("wait4", "0", polled);
      comesToStop(judge, child);
      const seen = inject(parent, "wait4", args, "The options of the answer.");
      judge.expect("wait4", `${child.pid}`, seen);
    },
  };
};

export const traceOptions: Pose = (draw) => {
  const kills = draw.one(true, false);
  const marks = draw.one(true, false);
  const options = [kills && "PTRACE_O_EXITKILL", marks && "PTRACE_O_TRACESYSGOOD"];
  return {
    parts: [kills ? "killed" : "free", marks ? "marked" : "plain"],
    start: `options = ${kills ? "0" : "PTRACE_O_EXITKILL"}`,
    key: `options = ${options.filter(Boolean).join("|") || "0"}`,
    play(judge, answer) {
      const dying = judge.stub("tracer", "a stub that traces another");
      const acting = new Acting("tracer", dying.stub);
      const guest = sleeperOf(judge, acting);
      const [request, options] = ["PTRACE_SETOPTIONS", answer.word("options")];
      const number = judge.tracer.host.flag(request);
      const { errno } = acting.stub.inject("ptrace", number, guest.pid, 0, options);
      judge.expect(request, "0", errno === null ? "0" : `-${errno}`);
      guest.requested(request, "The options of the answer.", { data: options });
      guest.request("PTRACE_SYSCALL", "The guest goes on to its next system call.");
      const { kind } = guest.awaitStop("The guest is about to make the system call.");
      const seen = kind === "syscall" ? "0x85" : "0x5";
      judge.expect("the stop at the system call", marks ? "0x85" : "0x5", seen);
      guest.resume("The guest waits in its system call.");
      guest.until(({ state }) => state === "S");
      dying.signal("SIGKILL", "The tracer is killed.");
      dying.awaitEnd("The tracer dies.");
      const told = (lives: boolean) => (lives ? "lives on" : "is killed");
      judge.expect("the guest after the death of its tracer", told(!kills), told(survives(guest)));
    },
  };
};

/** A guest that another stub traces. It has no death signal, and is about to wait in a system call for ever. */
function sleeperOf(judge: Judge, acting: Acting): Actor {
  const guest = judge.stub("guest", "the stub that it traces");
  const clear = [judge.tracer.host.flag("PR_SET_PDEATHSIG"), 0];
  guest.callBriefly("prctl", clear, "It has no death signal.");
  guest.setRegisters(
    guest.frame("ppoll"),
    "The guest is about to wait in ppoll without a timeout.",
  );
  acting.takeOver(guest.stub);
  return guest.by(acting);
}

/** Whether a guest that slept lives after the death of its tracer. */
function survives(guest: Actor): boolean {
  const { encoder } = guest.stub.tracer;
  const sigkill = encoder.signalSet(guest.stub.tracer.constant("SIGKILL"));
  // SIGKILL wakes it up at once. The end of its tracer does, too, but then it sleeps or stops again.
  guest.until(
    ({ state, pending }) => state === "Z" || ("ST".includes(state) && (pending & sigkill) === 0n),
  );
  const lives = guest.facts.state !== "Z";
  if (lives) guest.look("the guest lives on", "The kernel has only detached it.");
  else guest.becomeZombie("killed by SIGKILL", "The kernel has killed it, as its tracer asked.");
  return lives;
}
