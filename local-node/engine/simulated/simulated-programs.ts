/** What programs and files of a simulated guest say. Every file that claims something says "simulated". */

/** Text files of a simulated guest by path. */
export type GuestFiles = Readonly<Record<string, string>>;

export interface Exec {
  readonly exitcode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const OS_RELEASE = 'PRETTY_NAME="Simulated guest"\nNAME="Simulated"\nID=simulated\nVERSION_ID="0"\n';

/** What a booted guest of that name holds besides what a test gives it. */
export function defaultFiles(name: string): GuestFiles {
  const stage = { errors: [], start: 1, finished: 2 };
  const stages = { 'init-local': stage, init: stage, 'modules-config': stage, 'modules-final': stage };
  return {
    '/etc/hostname': `${name}\n`,
    '/etc/os-release': OS_RELEASE,
    '/run/cloud-init/status.json': JSON.stringify({
      v1: { datasource: 'simulated', stage: null, ...stages },
    }),
    '/run/cloud-init/result.json': JSON.stringify({ v1: { datasource: 'simulated', errors: [] } }),
    '/var/log/cloud-init-output.log': 'simulated: no program ran\n',
    '/var/lib/lab/status.json': JSON.stringify({
      application: name,
      installed: false,
      version: null,
      reason: 'simulated guest: nothing runs in it',
    }),
  };
}

/** `fileAt` gives the text of a file, undefined where there is none. */
export function runSimulated(
  name: string,
  fileAt: (path: string) => string | undefined,
  command: readonly string[],
): Exec {
  const text = command.join(' ');
  if (command[0] === 'hostname') return { exitcode: 0, stdout: `${name}\n`, stderr: '' };
  if (text.startsWith('cloud-init status')) return { exitcode: 0, stdout: 'status: done\n', stderr: '' };
  const file = command.at(-1) ?? '';
  if (command[0] === 'cat' || command[0] === 'tail') {
    const content = fileAt(file);
    if (content !== undefined) return { exitcode: 0, stdout: content, stderr: '' };
    return { exitcode: 1, stdout: '', stderr: `${command[0]}: ${file}: No such file or directory\n` };
  }
  const said = command[0] === 'sh' && command[1] === '-c' ? simulatedShell(command[2] ?? '') : undefined;
  if (said) return said;
  return { exitcode: 127, stdout: '', stderr: `simulated guest: cannot run '${text}'\n` };
}

/** What a shell would print and how it would end, if all that the line has are `echo` and `exit`. */
function simulatedShell(line: string): Exec | undefined {
  const said = { exitcode: 0, stdout: '', stderr: '' };
  for (const part of line.split(';').map((one) => one.trim())) {
    const [, code] = /^exit (\d{1,3})$/.exec(part) ?? [];
    if (code !== undefined) return { ...said, exitcode: Number(code) };
    const [, words, toErrors] = /^echo ([\w .,:/-]+?)( *>&2)?$/.exec(part) ?? [];
    if (words === undefined) return undefined;
    said[toErrors ? 'stderr' : 'stdout'] += `${words}\n`;
  }
  return said;
}
