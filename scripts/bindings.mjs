// What TypeScript has to know of the shim, from its headers: the prototypes of its functions, and the layouts of structs that
// cross the border. Each library asserts the layouts.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { MACHINES } from "./compilers.mjs";
import { makeFrom } from "./sources.mjs";

/** The rooms of shim/: each is a library that contains the core, too. */
export const ROOMS = ["core", "fast", "sandbox", "fuzz"];

const BINDINGS = "src/core/shim/bindings.ts";

/** The C file of a library that asserts the layouts of its own structs. */
export const layoutsOf = (machine, room) => `build/${machine}/layouts_${room}.c`;

const SIZES = { int32_t: 4, uint32_t: 4, int64_t: 8, uint64_t: 8, char: 1 };

export function writeBindings() {
  const headers = ROOMS.flatMap((room) => headersOf(room, MACHINES));
  return makeFrom(BINDINGS, headers, () => {
    const rooms = ROOMS.map((room) => [room, textOf(headersOf(room, MACHINES))]);
    const all = rooms.map(([, text]) => text).join("");
    const numbers = defines(all);
    const structs = layouts(all, new Map(numbers));
    const parts = [
      "// Written by the build from the headers of shim/.",
      `export const SHIM_ABI = ${/#define STUBLAB_SHIM_ABI (\d+)/.exec(all)[1]};`,
      `export const PROTOTYPES = ${literal(rooms.map(([room, text]) => [room, prototypes(text)]))};`,
      `export const DEFINES = ${literal(numbers)};`,
      ...structs.map(
        ({ name, offsets }) => `export const ${name.toUpperCase()} = ${literal(offsets)};`,
      ),
    ];
    writeFileSync(BINDINGS, `${parts.join("\n\n")}\n`);
    for (const machine of MACHINES)
      for (const room of ROOMS) writeAssertions(machine, room, structs);
  });
}

function writeAssertions(machine, room, structs) {
  const declares = (text, { tag }) => text.includes(`struct ${tag} {`);
  const headers = headersOf(room, [machine]).filter((path) =>
    structs.some((struct) => declares(textOf([path]), struct)),
  );
  const own = structs.filter((struct) => declares(textOf(headers), struct));
  const lines = own.flatMap(({ tag, members, size }) => [
    `_Static_assert(sizeof(struct ${tag}) == ${size}, "${tag}");`,
    ...members.map(
      ([member, at]) =>
        `_Static_assert(offsetof(struct ${tag}, ${member}) == ${at}, "${tag}.${member}");`,
    ),
  ]);
  const includes = headers.map((path) => `#include "${path.split("/").at(-1)}"\n`);
  mkdirSync(`build/${machine}`, { recursive: true });
  writeFileSync(
    layoutsOf(machine, room),
    `#include <stddef.h>\n#include <stdint.h>\n${includes.join("")}\n${lines.join("\n")}\n`,
  );
}

function headersOf(room, machines) {
  return [`shim/${room}`, ...machines.map((machine) => `shim/${room}/${machine}`)]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`))
    .filter((path) => path.endsWith(".h"))
    .sort();
}

const textOf = (paths) => paths.map((path) => readFileSync(path, "utf8")).join("");

/** The prototype of each exported function for koffi, by its name in TypeScript. */
function prototypes(text) {
  const found = text.matchAll(/^STUBLAB_EXPORT (\w+) (stublab_(\w+))\(([^)]*)\);/gm);
  return [...found].map(([, result, symbol, name, parameters]) => {
    const types = parameters === "void" ? [] : parameters.split(",").map(typeOf);
    return [camelCase(name), `${result} ${symbol}(${types.join(", ")})`];
  });
}

/** A view or an address is passed for a pointer, a string for text, and an object for what koffi has declared. */
function typeOf(parameter) {
  if (!parameter.includes("*")) return parameter.trim().split(/\s+/)[0];
  if (/const char \*\w+/.test(parameter)) return "const char *";
  return parameter.includes("stublab_start ") ? "stublab_start *" : "void *";
}

/** The macros that are numbers. */
const defines = (text) =>
  [...text.matchAll(/^#define (\w+) (\d+|0x[\da-fA-F]+)$/gm)].map(([, name, number]) => [
    name,
    Number(number),
  ]);

/** The offsets of members and the size of each struct, by natural alignment. */
function layouts(text, numbers) {
  const known = new Map();
  const found = [...text.matchAll(/^struct (stublab_\w+|ring) \{\n(.*?)^\};/gms)];
  return found.map(([, tag, body]) => {
    let [end, alignment] = [0, 1];
    const members = memberLines(body).map(([, type, pointer, member, bound]) => {
      const { size, align } = pointer ? { size: 8, align: 8 } : sizeOf(type, known);
      const at = Math.ceil(end / align) * align;
      end = at + size * Number(bound === undefined ? 1 : (numbers.get(bound) ?? bound));
      alignment = Math.max(alignment, align);
      return [member, at];
    });
    const size = Math.ceil(end / alignment) * alignment;
    known.set(`struct ${tag}`, { size, align: alignment });
    const offsets = members.filter(([member]) => member !== "padding");
    const name = tag.replace("stublab_", "");
    return {
      tag,
      name,
      size,
      members,
      offsets: [...offsets.map(([m, at]) => [camelCase(m), at]), ["size", size]],
    };
  });
}

function memberLines(body) {
  const plain = body.replace(/\/\*.*?\*\//gs, "");
  return [
    ...plain.matchAll(/^\s*(?:const )?((?:struct )?\w+)( \*(?:const \*)?| )(\w+)(?:\[(\w+)\])?;/gm),
  ].map(([line, type, star, member, bound]) => [line, type, star.includes("*"), member, bound]);
}

function sizeOf(type, known) {
  const size = SIZES[type];
  return size === undefined ? known.get(type) : { size, align: size };
}

const camelCase = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

/** An object literal that TypeScript takes as constant. */
function literal(entries) {
  return `${JSON.stringify(nested(entries), null, 2)} as const`;
}

const nested = (entries) =>
  Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      Array.isArray(value) ? Object.fromEntries(value) : value,
    ]),
  );
