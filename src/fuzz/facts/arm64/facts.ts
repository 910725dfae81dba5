/* The facts of arm64. */

import { attaching } from "../read/attach.ts";
import { eventMessage } from "../read/event_message.ts";
import { listening } from "../read/listen.ts";
import { configurations } from "../read/other_requests.ts";
import { peekMemory } from "../read/peek_memory.ts";
import { peekSiginfo } from "../read/peek_siginfo.ts";
import { requests } from "../read/requests.ts";
import { siginfo } from "../read/siginfo.ts";
import { syscallInfo } from "../read/syscall_info.ts";
import { regsets } from "./regsets.ts";

const READ = [regsets, peekMemory, siginfo, peekSiginfo, syscallInfo];
const TASKS = [eventMessage, attaching, listening, configurations, requests];

export const SETUP_FACTS = [];

export const REQUEST_FACTS = [...READ, ...TASKS].flat();
