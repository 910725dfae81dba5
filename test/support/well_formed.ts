const NAME = "[A-Za-z_:][\\w:.-]*";
const VALUE = '"(?:[^<&"]|&(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)*"';
const DECLARATION = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/;
const TAG = new RegExp(`^<(/?)(${NAME})((?:\\s+${NAME}=${VALUE})*)\\s*(/?)>`);
const TEXT = /^(?:[^<&]|&(?:amp|lt|gt|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);)+/;

/** An element of XML, with its attributes as they are written. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
}

/** Parses XML without comments or processing instructions. @throws if it is not well-formed */
export function parseXml(text: string): Element {
  const declaration = DECLARATION.exec(text)?.[0];
  if (declaration === undefined) throw new Error("there is no declaration");
  const top: Element = { name: "", attributes: {}, children: [] };
  const open = [top];
  for (let rest = text.slice(declaration.length).trim(); rest !== ""; ) {
    const [whole = "", closing, name = "", attributes = "", empty] = TAG.exec(rest) ?? [];
    const length = whole === "" ? (TEXT.exec(rest)?.[0].length ?? 0) : whole.length;
    if (length === 0) throw new Error(`no XML: ${rest.slice(0, 60)}`);
    if (whole !== "" && closing === "/") {
      if (open.pop()?.name !== name || open.length === 0) throw new Error(`unexpected </${name}>`);
    } else if (whole !== "") {
      const element = { name, attributes: attributesOf(attributes), children: [] };
      open.at(-1)?.children.push(element);
      if (empty !== "/") open.push(element);
    }
    rest = rest.slice(length);
  }
  const [root, ...others] = top.children;
  if (open.length !== 1 || root === undefined || others.length > 0)
    throw new Error("it has no end");
  return root;
}

function attributesOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(new RegExp(`(${NAME})=(${VALUE})`, "g"))];
  const names = pairs.map(([, name]) => name);
  if (new Set(names).size !== names.length) throw new Error(`an attribute twice: ${text}`);
  return Object.fromEntries(pairs.map(([, name, value = ""]) => [name, value.slice(1, -1)]));
}
