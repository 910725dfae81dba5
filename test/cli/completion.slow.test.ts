// The scripts of `stublab completion`, sourced by real shells in a terminal.

import { Tmux } from "../support/tmux.ts";

const completion = suite("completion");
const folder = temporaryFolder();

/** What is typed before the key Tab, and the line that the shell makes of it. */
const LINES = [
  ["stublab les", "stublab lesson"],
  ["stublab compare --arch arm", "stublab compare --arch arm64"],
  ["stublab compare --operation waitC", "stublab compare --operation waitCoreDumped"],
  ["stublab lesson task che", "stublab lesson task check"],
  ["stublab lesson task wait-o", "stublab lesson task wait-options"],
  ["stublab lesson stale", "stublab lesson stale-orig-rax"],
  ["stublab inject getpp", "stublab inject getppid"],
  ["stublab fuzz --seed 1 --pat", "stublab fuzz --seed 1 --path"],
  ["stublab fuzz replay some", `stublab fuzz replay ${folder}/somewhere`],
] as const;

for (const [shell, start] of [
  ["bash", "bash --norc --noprofile"],
  ["zsh", "zsh -f"],
  ["fish", "fish --no-config"],
] as const) {
  needs(
    completion,
    shell,
    "tmux",
  )(`in ${shell}`, async () => {
    const script = join(folder, shell);
    writeFileSync(script, (await stublab(["completion", shell])).stdout);
    writeFileSync(join(folder, "somewhere"), "");
    const command = stublabCommand()
      .flat()
      .map((word) => resolve(word));
    writeFileSync(join(folder, "stublab"), `#!/bin/sh\nexec ${command.join(" ")} "$@"\n`, {
      mode: 0o755,
    });
    const tmux = new Tmux(folder, 120, 24);
    try {
      tmux.enter(`HOME=${folder} PATH=${folder}:$PATH ${start}`);
      tmux.enter(`source ${script}; echo rea""dy`);
      await tmux.shows(/^ready$/m);
      for (const [typed, expected] of LINES) {
        tmux.press("C-u");
        tmux.enter("clear");
        tmux.press("-l", typed.replace(/some$/, `${folder}/some`));
        tmux.press("Tab");
        await tmux.shows(new RegExp(`${expected}\\b`));
      }
    } finally {
      await tmux.close();
    }
  });
}
