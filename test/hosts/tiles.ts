// A host that may use the tiles of AMX: `tiles`. In each lane a guest begins to use them before its first call; printed is
// rbx - DATA, which the guest increments before each call.

import * as code from "../support/amd64_code.ts";
import { DATA, load, toSyscall } from "../support/guests.ts";
import { requestTiles } from "../support/libc.ts";

/** Palette 1; tile 0 has 16 rows of 64 bytes (LDTILECFG, SDM volume 2). */
const TILES = new Uint8Array(64);
[TILES[0], TILES[16], TILES[48]] = [1, 64, 16];

if (!requestTiles()) throw new Error("no tiles");
for (const lane of ["faithful", "fast"] as const) {
  using platform = Platform.open({ lane });
  const guest = load(platform, code.BEGIN_TILES, code.loop(code.INC_RBX, code.SYSCALL));
  guest.space.write(DATA, TILES);
  guest.context.registers.set("rbx", DATA);
  const counts = Array.from({ length: 4 }, () => {
    toSyscall(guest);
    return guest.context.registers.get("rbx") - DATA;
  });
  console.log(lane, counts.join(" "));
}
