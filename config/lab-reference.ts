import { labSchema } from './lab-schema';
import { jsonSchema, keyTable } from './schema-reference';

/** docs/reference/lab-yaml.md: every key of lab.yaml. */
export function labReference(): string {
  return `# lab.yaml

The experiment: networks, guests, clients, plans of measurement. \`LAB_FILE\` names another file.
It is checked as a whole before anything is touched; every fault is shown with line and column.

Anchors, aliases and merge keys of YAML (\`<<: *name\`) may be used.

Beyond the table there are rules between keys: names, vmids and addresses are unique, and addresses
lie in their networks. The networks do not overlap each other, what no host can have (loopback,
link-local, multicast, reserved), the address of the Proxmox VE node, or, on the local node, its
uplink's network and those of this machine's routes. Under \`nodes\` stand only nodes
that guests name, and not the lab's own; a shared storage is one that the lab uses.

The first line of \`lab.yaml\` names the schema in \`config/lab.schema.json\`, by which editors complete
and check the file (in VS Code: the extension YAML by Red Hat).

${keyTable(labSchema)}

This page and the schema are made from \`config/lab-schema.ts\`:
\`UPDATE_DOCS=1 npx jest --testPathPatterns reference\`.
`;
}

/** config/lab.schema.json, for editors. */
export function labJsonSchema(): string {
  return `${JSON.stringify(jsonSchema(labSchema), null, 2)}\n`;
}
