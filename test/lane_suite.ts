// The tests of switches, which run over every lane: see `useLane`.

import "./switch.test.ts";
import "./guest_state.test.ts";
import "./interruption.test.ts";
import "./round_robin.test.ts";
import "./guest.test.ts";
