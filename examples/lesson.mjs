// A lesson of your own: a stub blocks SIGCHLD. Records it with real processes, checks it, and prints the results; with
// an argument, writes its page to that file.

import { writeFileSync } from "node:fs";
import { parseRecording, recordLesson, renderRecordingPage } from "stublab/record";

const SIGCHLD = 1n << 16n;
const [SIG_BLOCK, SIG_UNBLOCK] = [0, 1];

const lesson = {
  name: "blocked-sigchld",
  title: "A stub that blocks SIGCHLD",
  introduction: [
    "A tracer can interrupt a running stub with SIGCHLD: a traced thread stops at every signal, even one that is ignored " +
      "by default. A blocked signal stops nothing. It stays pending until it is unblocked.",
  ],

  play(scene) {
    const actor = scene.rest("stub", "a stub that blocks SIGCHLD");
    const { stub } = actor;
    const set = stub.map(4096);
    stub.write(set, new Uint8Array(new BigUint64Array([SIGCHLD]).buffer));
    actor.call("rt_sigprocmask", [SIG_BLOCK, set, 0, 8], {
      why: "The stub blocks SIGCHLD. The signal set lies in its memory.",
      answer: "RAX is 0: the signal is blocked.",
    });
    actor.signal("SIGCHLD", "The host sends SIGCHLD.");
    const { pending } = actor.look("SIGCHLD is pending", "Bit 16 of the pending set is SIGCHLD.");
    scene.check("pending after the signal", "0x10000", `0x${pending.toString(16)}`);

    const question = {
      text: "SIGCHLD is pending. The stub executes getpid. What stops it?",
      choices: [
        {
          text: "Its INT3, after the call",
          reply: "A blocked signal is not delivered, so the stub reaches its INT3.",
          right: true,
        },
        {
          text: "SIGCHLD, before the call",
          reply: "It would, if it were not blocked. Blocked, it stays pending.",
        },
        { text: "Nothing", reply: "A stub has an INT3 after its SYSCALL, and that stops it." },
      ],
    };
    const result = actor.call("getpid", [], {
      why: "The frame of getpid.",
      answer: "RAX is the pid of the stub.",
      rest: { text: "The INT3 stops the stub: the call is over.", question },
    });
    scene.check("getpid", String(stub.pid), String(result.value));

    actor.call("rt_sigprocmask", [SIG_UNBLOCK, set, 0, 8], {
      why: "The stub unblocks SIGCHLD.",
      stop: "The signal stops the stub as the call returns, before its INT3.",
      answer: "RAX is 0. The signal was not delivered: the tracer resumed the stub without it.",
    });
    const after = actor.look("Nothing is pending", "The stop has consumed the signal.");
    scene.check("pending in the end", "0x0", `0x${after.pending.toString(16)}`);
    scene.check("blocked in the end", "0x0", `0x${after.blocked.toString(16)}`);
  },
};

const recording = parseRecording(JSON.stringify(await recordLesson(lesson)));
const [, , page] = process.argv;
if (page !== undefined) writeFileSync(page, renderRecordingPage(recording));
const stops = recording.steps.filter(({ kind }) => kind === "stop").map(({ title }) => title);
console.log(`${recording.title}: ${stops.join(", ")}`);
for (const { fact, seen, held } of recording.end)
  console.log(`${held ? "ok" : "FAILED"} ${fact}: ${seen}`);
process.exitCode = recording.end.every(({ held }) => held) ? 0 : 1;
