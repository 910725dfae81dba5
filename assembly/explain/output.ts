// What the host prints: lines, or a document in the format of JSON.stringify with two spaces.

/** Of a process with 100,000 threads the document has 7 MB. */
const MOST: u32 = 16 << 20;
const START: usize = memory.data(MOST);

let length: u32 = 0;
export let isDocument: bool = false;
/** Of the document: how deep it is nested, and whether a value precedes in the same list. */
let depth: i32 = 0;
let follows: bool = false;

export function beginOutput(document: bool): void {
  length = 0;
  isDocument = document;
}

/** What was said: its lines or its document. Of a failure, the message, and after a line feed the remedy. */
export function outputAt(): usize {
  return START;
}

export function outputLength(): u32 {
  return length;
}

export function say(it: string): void {
  // UTF-8 has at most three bytes for a unit.
  if (length + u32(it.length) * 3 > MOST) unreachable();
  length += u32(String.UTF8.encodeUnsafe(changetype<usize>(it), it.length, START + length));
}

/** Says a line with the name of its row. */
export function row(name: string, it: string): void {
  say(`${name.padEnd(13)}${it}\n`);
}

function beginLine(): void {
  say("\n");
  for (let n = 0; n < depth; n++) say("  ");
}

/** Says a member of the document, or with the name "" an element of a list. */
export function member(name: string, value: string): void {
  if (follows) say(",");
  if (depth > 0) beginLine();
  if (name.length > 0) {
    say('"');
    say(name);
    say('": ');
  }
  say(value);
  follows = true;
}

export function numberMember(name: string, number: i32): void {
  member(name, number.toString());
}

/** @param text which needs no escapes */
export function textMember(name: string, text: string): void {
  member(name, `"${text}"`);
}

/** A text, or null if it is "". */
export function optionalMember(name: string, text: string): void {
  if (text == "") member(name, "null");
  else textMember(name, text);
}

export function open(name: string, bracket: string): void {
  member(name, bracket);
  depth++;
  follows = false;
}

export function close(bracket: string): void {
  depth--;
  if (follows) beginLine();
  say(bracket);
  follows = true;
}
