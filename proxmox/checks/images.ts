import type { Lab } from '../../config/lab';
import { type Finding, fault, ok, warning } from './finding';
import type { NodeFacts } from './node-facts';

const GIB = 1024 ** 3;

/** The images that guests are made of: the template on this machine, or addresses that the node can reach. */
export function checkImages(facts: NodeFacts, lab: Lab): readonly Finding[] {
  return lab.images.source === 'template' ? checkTemplate(facts, lab) : checkAddresses(facts, lab);
}

function checkTemplate({ images, kind }: NodeFacts, { guests }: Lab): readonly Finding[] {
  const { template } = images;
  const subject = 'guest template';
  // That it is not built is told with what its build needs.
  if (!template?.exists) return [];
  const findings: Finding[] = [];
  const { virtualBytes } = template;
  const small = guests.filter(({ diskGiB }) => virtualBytes !== undefined && diskGiB * GIB < virtualBytes);
  if (virtualBytes !== undefined && small.length > 0) {
    const size = Math.ceil(virtualBytes / GIB);
    const names = small.map(({ name, diskGiB }) => `${name} has ${diskGiB} GiB`).join(', ');
    const found = `its disk has ${size} GiB, and ${names}: a disk cannot shrink`;
    findings.push(fault(subject, found, `diskGiB: ${size} or more in lab.yaml`));
  }
  if (template.withoutMoodle !== undefined && guests.some(({ role }) => role === 'moodle')) {
    const say = kind === 'proxmox' ? fault : warning;
    const found = `it holds no Moodle (${template.withoutMoodle}), and a guest has that role`;
    const remedy = 'set MOODLE_SOURCE and build it again (npm run template), or take images.source: cloud';
    findings.push(say(subject, found, remedy));
  }
  return findings.length > 0 ? findings : [ok(`${subject}'s content`, 'fits the guests')];
}

function checkAddresses({ images }: NodeFacts, { images: { cloud } }: Lab): readonly Finding[] {
  return [...images.cloud].map(([name, answer]) => {
    const subject = `image ${name}`;
    if ('value' in answer) return ok(subject, 'the node reaches it');
    const url = cloud[name]?.url ?? '';
    if (answer.status === 403) {
      return warning(subject, `whether the node reaches ${url} may not be asked`, 'npm run privileges');
    }
    const remedy = "correct its url in lab.yaml, or the node's network, DNS and proxy";
    return fault(subject, `the node does not reach ${url}: ${answer.fault}`, remedy);
  });
}
