/** Writes call-types-*.ts, the types of each call's parameters for the routes, from proxmox-ve-9.1.json. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ParameterFacts } from './call-schema';
import data from './proxmox-ve-9.1.json';

type Calls = Readonly<Record<string, { readonly parameters: Readonly<Record<string, ParameterFacts>> }>>;

const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
const key = (name: string): string => (/^\w+$/.test(name) ? name : quoted(name));

function typeOf({ type = 'string', enum: words, optional }: ParameterFacts): string {
  const kind =
    { boolean: 'Flag', integer: 'Count', number: 'Count', array: 'List' }[type as string] ?? 'Text';
  const one = kind === 'Text' && words ? `Word<${words.map(quoted).join(' | ')}>` : kind;
  return optional ? `Maybe<${one}>` : one;
}

/** Those with a number are a guest's options, which no route takes one by one. */
function lineOf(call: string, parameters: Readonly<Record<string, ParameterFacts>>): string {
  const fields = Object.entries(parameters)
    .filter(([name]) => !name.endsWith(']'))
    .map(([name, facts]) => `${key(name)}: ${typeOf(facts)}`);
  return `  ${quoted(call)}: { ${fields.join('; ')} };`;
}

function write(name: string, type: string, wanted: (call: string) => boolean): void {
  const calls = Object.entries(data.calls as unknown as Calls).filter(([call]) => wanted(call));
  const lines = calls.map(([call, { parameters }]) => lineOf(call, parameters));
  const used = ['Count', 'Flag', 'List', 'Maybe', 'Text', 'Word'].filter((one) =>
    lines.some((line) => new RegExp(`\\b${one}\\b[<;> ]`).test(line)),
  );
  const text = [
    '// Made by generate-types.ts; not to be changed by hand.',
    `import type { ${used.join(', ')} } from './parameter-words';`,
    '',
    `export interface ${type} {`,
    ...lines,
    '}',
    '',
  ].join('\n');
  writeFileSync(join(__dirname, name), text);
}

const ofNodes = (call: string): boolean => call.includes(' /nodes/');
write('call-types-nodes.ts', 'NodeCalls', ofNodes);
write('call-types-others.ts', 'OtherCalls', (call) => !ofNodes(call));
