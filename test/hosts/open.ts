// A host that opens an encoder and a tracer, and prints the result as JSON.

import { StublabError } from "../../src/index.ts";

try {
  using tracer = new Tracer({ encoder: openEncoder(process.argv[2] ?? "assembly") });
  console.log(JSON.stringify({ name: "", message: `opened ${tracer.host.encoder.name}` }));
} catch (error) {
  if (!(error instanceof StublabError)) throw error;
  const { name, message, remedy } = error;
  console.log(JSON.stringify({ name, message, remedy }));
}
