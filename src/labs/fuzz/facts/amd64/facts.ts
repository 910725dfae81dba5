/* The facts of amd64. */

import { attaching } from "../read/attach.ts";
import { eventMessage } from "../read/event_message.ts";
import { listening } from "../read/listen.ts";
import { configurations } from "../read/other_requests.ts";
import { peekMemory } from "../read/peek_memory.ts";
import { peekSiginfo } from "../read/peek_siginfo.ts";
import { requests } from "../read/requests.ts";
import { siginfo } from "../read/siginfo.ts";
import { syscallInfo } from "../read/syscall_info.ts";
import { parseSetupFacts } from "../setups.ts";
import { getregs } from "./getregs.ts";
import { interruptedCalls } from "./interrupted_calls.ts";
import { otherRequests } from "./other_requests.ts";
import { peekuser } from "./peekuser.ts";
import { regsets } from "./regsets.ts";
import SETUPS from "./setups.jsonl";
import { signalFrames } from "./signal_frames.ts";

const READ = [regsets, getregs, peekuser, peekMemory, siginfo, peekSiginfo, syscallInfo];
const TASKS = [
  eventMessage,
  attaching,
  listening,
  otherRequests,
  configurations,
  requests,
  interruptedCalls,
  signalFrames,
];

/** The facts that are cases, which the model predicts. */
export const SETUP_FACTS = parseSetupFacts(SETUPS);

/** The facts about requests. */
export const REQUEST_FACTS = [...READ, ...TASKS].flat();
