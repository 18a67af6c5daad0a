/** `npm run graph`: the lab's topology as a picture, from what its constructs declare. */
import { resolve } from 'node:path';
import { loadLab, loadRoles } from '../config';
import { EXIT } from '../machine/exit-codes';
import { MissingError } from '../machine/missing-error';
import { writeWholeFile } from '../machine/whole-file';
import { linkTexts } from '../measure/run/link-shape';
import { bindingsAreCurrent } from '../setup/bindings';
import type * as LabTopology from '../stacks/lab-topology';
import { topologyMermaid } from '../topology/mermaid';
import { topologySvg } from '../topology/svg';
import { commandLine } from './command-line';
import { runCommand } from './run-command';

const command = commandLine({
  name: 'npm run graph --',
  description:
    'Draws the lab of lab.yaml: nodes, bridges, guests, clients, addresses and shapes of links, as its\nconstructs declare them. No node is asked.',
  examples: [
    'npm run graph -- lab.svg                          a picture for browsers, light or dark as the screen',
    'npm run --silent graph > lab.svg                  the same to standard output',
    'npm run graph -- --mermaid lab.mmd                a flowchart of Mermaid, for a README',
    'LAB_FILE=$PWD/two.yaml npm run graph -- two.svg   another lab',
  ],
})
  .argument('[file]', 'what is written (default: standard output)')
  .option('--mermaid', 'a flowchart of Mermaid instead of SVG');

void runCommand(async () => {
  const { mermaid } = command.parse().opts<{ mermaid?: boolean }>();
  const [file] = command.args;
  if (!bindingsAreCurrent()) {
    throw new MissingError(
      'the bindings of the Terraform provider, of which constructs are made, are missing: npm run setup',
    );
  }
  const lab = loadLab();
  // Not before it is known that the bindings are there.
  const { labTopology } = require('../stacks/lab-topology') as typeof LabTopology;
  const topology = labTopology(lab, loadRoles(), linkTexts(lab.networks));
  const picture = mermaid ? topologyMermaid(topology) : topologySvg(topology);
  if (file === undefined) {
    process.stdout.write(picture);
    return EXIT.done;
  }
  await writeWholeFile(resolve(file), picture);
  console.error(`The picture is written: ${resolve(file)}`);
  return EXIT.done;
});
