/** Where one reads the function of the kernel that a rule comes from; undefined if its source is another. */
export function linkOf(source: string): string | undefined {
  const pattern = /(?:(\w+), (?:\w+, )*)?([\w/-]+\.[chS])\b.*?, (\d+\.\d+)/;
  const [, name, path, version] = pattern.exec(source) ?? [];
  if (version === undefined) return undefined;
  const rest = name === undefined ? `source/${path}` : `A/ident/${name}`;
  return `https://elixir.bootlin.com/linux/v${version}/${rest}`;
}
