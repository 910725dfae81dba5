// What TypeScript has to know of the shim, from its headers: the prototypes of its functions, and the layouts of structs that
// cross the border, which the C compiler asserts. And the names of system calls and signals, from the encoders' tables.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { CALLS, callsOf } from "./calls.mjs";
import { MACHINES } from "./compilers.mjs";
import { cAssertions } from "./records.mjs";
import { files, makerOf } from "./sources.mjs";

const makeFrom = makerOf(import.meta.url);

/** The rooms of shim/: each is a library that contains the core, too. */
export const ROOMS = ["core", "fast", "sandbox"];

const SIGNALS = "assembly/linux/signal.ts";

const BINDINGS = "src/core/shim/bindings.ts";

/** The C file of a machine that asserts the layouts of its structs. */
export const layoutsOf = (machine) => `build/${machine}/layouts.c`;

/** The size and the alignment of types. */
const TYPES = {
  int32_t: [4, 4],
  uint32_t: [4, 4],
  int64_t: [8, 8],
  uint64_t: [8, 8],
  char: [1, 1],
};

const STRUCT = /^struct (stublab_\w+|ring) \{\n(.*?)^\};/gms;
const MEMBER = /^\s*(?:const )?((?:struct )?\w+)( \*(?:const \*)?| )(\w+)(?:\[(\w+)\])?;/gm;
const PROTOTYPE = /^STUBLAB_EXPORT (\w+) (stublab_(\w+))\(([^)]*)\);/gm;
const NUMBER = /^#define (\w+) (\d+|0x[\da-fA-F]+)$/gm;

export function writeBindings() {
  const headersOf = (room) => files(`shim/${room}`, ".h");
  const headers = ROOMS.flatMap(headersOf);
  return makeFrom(BINDINGS, [...headers, CALLS, SIGNALS], () => {
    const text = textOf(headers);
    const numbers = Object.fromEntries(
      [...text.matchAll(NUMBER)].map(([, name, number]) => [name, Number(number)]),
    );
    const structs = [...layouts(text, numbers)];
    const parts = [
      "// Written by the build from the headers of shim/.",
      constant(
        "PROTOTYPES",
        ROOMS.map((room) => [room, prototypes(textOf(headersOf(room)))]),
      ),
      constant("DEFINES", Object.entries(numbers)),
      ...structs.map(({ tag, places, size }) =>
        constant(tag.replace("stublab_", "").toUpperCase(), [
          ...places.map(([member, at]) => [camelCase(member), at]),
          ["size", size],
        ]),
      ),
      `/** The system calls of Linux, by the kernel's names. */
export type SyscallName = ${union(MACHINES.flatMap(callsOf).map(({ name }) => name))};`,
      `/** The signals that have names. */
export type SignalName = ${union(
        [...textOf([SIGNALS]).matchAll(/^export const (SIG[A-Z]+\d?)\b/gm)].map(([, name]) => name),
      )};`,
    ];
    writeFileSync(BINDINGS, `${parts.join("\n\n")}\n`);
    for (const machine of MACHINES) writeAssertions(machine, headers, structs);
  });
}

function writeAssertions(machine, headers, structs) {
  const others = MACHINES.filter((other) => other !== machine);
  const own = headers.filter((path) => !others.some((other) => path.includes(`/${other}/`)));
  const text = textOf(own);
  const lines = [
    ...["#include <stddef.h>", "#include <stdint.h>"],
    ...own.map((path) => `#include "${path.split("/").at(-1)}"`),
    ...structs
      .filter(({ tag }) => text.includes(`struct ${tag} {`))
      .flatMap(({ tag, places, size }) => cAssertions(tag, places, size)),
  ];
  mkdirSync(`build/${machine}`, { recursive: true });
  writeFileSync(layoutsOf(machine), `${lines.join("\n")}\n`);
}

/** The type of one of these names. */
const union = (names) => [...new Set(names.map((name) => `"${name}"`))].sort().join(" | ");

const textOf = (paths) => paths.map((path) => readFileSync(path, "utf8")).join("");

/** The prototype of each exported function for koffi, by its name in TypeScript. */
const prototypes = (text) =>
  Object.fromEntries(
    [...text.matchAll(PROTOTYPE)].map(([, result, symbol, name, parameters]) => {
      const types = parameters === "void" ? [] : parameters.split(",").map(typeOf);
      return [camelCase(name), `${result} ${symbol}(${types.join(", ")})`];
    }),
  );

/** A view or an address is passed for a pointer, a string for text, and an object for what koffi has declared. */
function typeOf(parameter) {
  if (!parameter.includes("*")) return parameter.trim().split(/\s+/)[0];
  if (/const char \*\w+/.test(parameter)) return "const char *";
  return parameter.includes("stublab_start ") ? "stublab_start *" : "void *";
}

/** The offsets of members and the size of each struct, by natural alignment. */
function* layouts(text, numbers) {
  const types = { ...TYPES };
  for (const [, tag, body] of text.matchAll(STRUCT)) {
    let [end, alignment] = [0, 1];
    const places = [];
    for (const [, type, star, member, bound = 1] of body
      .replace(/\/\*.*?\*\//gs, "")
      .matchAll(MEMBER)) {
      const [size, align] = star.includes("*") ? [8, 8] : types[type];
      const at = Math.ceil(end / align) * align;
      end = at + size * (numbers[bound] ?? Number(bound));
      alignment = Math.max(alignment, align);
      if (member !== "padding") places.push([member, at]);
    }
    const size = Math.ceil(end / alignment) * alignment;
    types[`struct ${tag}`] = [size, alignment];
    yield { tag, places, size };
  }
}

const camelCase = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

/** An object that TypeScript takes as constant. */
const constant = (name, entries) =>
  `export const ${name} = ${JSON.stringify(Object.fromEntries(entries), null, 2)} as const;`;
