/** Read `NAME=REST`, or `REST` alone. A name has no `=` and no slash. */
export function namedArgument(argument: string): {
  readonly name: string | undefined;
  readonly rest: string;
} {
  const [, name, rest] = /^(?:([^=/\\]+)=)?(.*)$/s.exec(argument)!;
  return { name, rest: rest! };
}
