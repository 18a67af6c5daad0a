import { parse } from 'yaml';
import { exists, read } from './documents';

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly steps: readonly { uses?: string; run?: string }[] }>>;
}

test('CITATION.cff has what the Citation File Format 1.2.0 requires, and the version of package.json', () => {
  const citation = parse(read('CITATION.cff')) as Readonly<Record<string, unknown>>;
  const { version, license } = JSON.parse(read('package.json')) as { version: string; license: string };
  expect(citation).toMatchObject({ 'cff-version': '1.2.0', type: 'software', version, license });
  expect(citation.message).toEqual(expect.any(String));
  expect(citation.title).toEqual(expect.any(String));
  expect(citation.authors).toEqual([{ name: expect.any(String) }]);
});

describe('the workflow', () => {
  const workflow = parse(read('.github/workflows/ci.yml')) as Workflow & Readonly<Record<string, object>>;
  const steps = (job: string) => workflow.jobs[job]?.steps ?? [];

  test('checks every push and pull request, and runs every test at night and by hand', () => {
    expect(Object.keys(workflow.on ?? {}).sort()).toEqual([
      'pull_request',
      'push',
      'schedule',
      'workflow_dispatch',
    ]);
    expect(steps('fast').map(({ run }) => run)).toContain('npm run check');
    expect(steps('whole').map(({ run }) => run)).toContain('npm test');
  });

  test('may only read the repository, and pins each action to a version', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' });
    const actions = Object.keys(workflow.jobs).flatMap((job) => steps(job).flatMap(({ uses }) => uses ?? []));
    expect(actions.length).toBeGreaterThan(0);
    expect(
      actions.filter((action) => !/^[\w.-]+\/[\w.-]+@(v\d+\.\d+\.\d+|[0-9a-f]{40})$/.test(action)),
    ).toEqual([]);
  });
});

test('the form for bugs asks for the output of the doctor', () => {
  const form = parse(read('.github/ISSUE_TEMPLATE/bug.yml')) as {
    name: string;
    description: string;
    body: readonly {
      type: string;
      id?: string;
      attributes: { label?: string };
      validations?: { required: boolean };
    }[];
  };
  expect([form.name, form.description]).toEqual([expect.any(String), expect.any(String)]);
  const asked = form.body.find(({ attributes }) => attributes.label?.includes('npm run doctor -- --json'));
  expect(asked?.validations).toEqual({ required: true });
  const ids = form.body.flatMap(({ id }) => id ?? []);
  expect(new Set(ids).size).toBe(form.body.filter(({ type }) => type !== 'markdown').length);
});

test('the container for development is a Debian with Node.js 20 and Terraform, and installs the rest', () => {
  const container = JSON.parse(read('.devcontainer/devcontainer.json')) as {
    image: string;
    features: Readonly<Record<string, unknown>>;
    postCreateCommand: string;
    postStartCommand: string;
  };
  expect(container.image).toMatch(/:20-bookworm$/);
  expect(Object.keys(container.features)).toEqual([expect.stringContaining('/terraform:')]);
  expect(container.postCreateCommand).toBe('npm run setup');
  expect(container.postStartCommand).toContain('/dev/kvm /dev/net/tun');
});

test.each(['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'LICENSE', '.editorconfig'])(
  '%s is where people look for it',
  (file) => expect(exists(file)).toBe(true),
);

test('the README names the two commands, and that system packages are installed with sudo', () => {
  const readme = read('README.md');
  for (const text of ['npm start', 'npm test', 'sudo', 'Linux']) expect(readme).toContain(text);
});
