import { readFileSync } from 'node:fs';

/** What Terraform keeps of a deployment. */
export interface StateSize {
  /** Instances of managed resources. */
  readonly instances: number;
  /** Bytes of the state for each instance. */
  readonly bytesEach: number;
}

/** Bytes of an instance of terraform_data beside its two texts. */
const FRAME = 420;

export function stateSize(file: string): StateSize {
  const text = readFileSync(file, 'utf8');
  const { resources } = JSON.parse(text) as {
    resources: { mode: string; instances: unknown[] }[];
  };
  const managed = resources.filter(({ mode }) => mode === 'managed');
  const instances = managed.reduce((sum, resource) => sum + resource.instances.length, 0);
  return { instances, bytesEach: Buffer.byteLength(text) / instances };
}

/**
 * A Terraform configuration with as many resources, as long in the state, and nothing behind any of them: what Terraform
 * takes for these is its own time. terraform_data keeps its text twice.
 */
export function resourcesAlone({ instances, bytesEach }: StateSize): string {
  const text = 'x'.repeat(Math.max(0, Math.round((bytesEach - FRAME) / 2)));
  return `
resource "terraform_data" "alone" {
  count = ${instances}
  input = "${text}"
}
`;
}
