import { SHARED_FILES } from './role';
import { roleSchema } from './role-schema';
import { keyTable } from './schema-reference';

/** docs/reference/roles.md: every key of role.yaml. */
export function roleReference(): string {
  return `# Roles

A role is an application of the lab: a directory of \`cloud-init/roles/\`, or of \`roles/\` beside
lab.yaml (\`LAB_FILE\`), with a \`role.yaml\` and an \`install.sh\`. Its name, by which lab.yaml's \`role:\`
calls it, is the directory's: lower-case letters, digits and hyphens. A recipe leads through one:
[add your own application](../how-to/your-own-application.md).

${keyTable(roleSchema)}

\`install.sh\` runs in the guest, as root, once the guest has booted for the first time. All other
files of the directory lie beside it there, in \`/usr/local/lib/lab\`; files that begin with \`.\` or
end with \`~\` stay where they are. Together they have 512 KiB at most, and none is named as what all
roles share: ${SHARED_FILES.map((name) => `\`${name}\``).join(', ')}.

All roles are read and checked before anything is touched, with or without a guest of theirs; every
fault of a \`role.yaml\` is shown with line and column.

This page is made from \`config/role-schema.ts\`:
\`UPDATE_DOCS=1 npx jest --testPathPatterns reference\`.
`;
}
