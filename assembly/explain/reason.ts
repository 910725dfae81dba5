// What a cause is concluded from.

import { Found } from "./about";
import { say, sayForeign, sayHex, sayNumber, sayText } from "./output";
import { NONE } from "./text";

export function hasReason(it: Found): bool {
  return it.code != 0 || it.tid != 0 || it.path != NONE;
}

export function sayReason(it: Found): void {
  if (it.code != 0) {
    say("exit code ");
    sayHex(it.code);
    say(", which its tracer has not waited for");
    if (it.tid != 0) say("; ");
  }
  if (it.path != NONE) sayForeign(it.path);
  if (it.tid == 0) return;
  say("/proc/");
  sayNumber(it.tid);
  say("/");
  say(it.file);
  if (it.word == NONE && it.key.length == 0) return;
  say(": ");
  if (it.word == NONE) say(it.key);
  else sayText(it.word);
}
