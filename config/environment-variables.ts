/** Every environment variable that the lab reads; docs/reference/environment.md is made of it. */
export const environmentVariables: Readonly<Record<string, string>> = {
  PROXMOX_VE_ENDPOINT:
    'Address of a Proxmox VE node, `https://pve.example.org:8006`. It decides the target: unset or empty means the local node.',
  PROXMOX_VE_API_TOKEN: 'API token, `user@realm!name=secret`.',
  PROXMOX_VE_USERNAME: 'User and realm, `root@pam`, to log in by password instead of a token.',
  PROXMOX_VE_PASSWORD: 'The password of that user.',
  PROXMOX_VE_INSECURE: '`true` does not verify the certificate of the node.',
  PROXMOX_VE_MIN_TLS: 'Oldest TLS that is spoken with the node, `1.0` to `1.3`; default 1.3.',
  PROXMOX_VE_AUTH_TICKET: 'Refused, with the next one: a ticket ends too soon. Use a token.',
  PROXMOX_VE_CSRF_PREVENTION_TOKEN: 'Belongs to a ticket.',
  PROXMOX_VE_SSH_SOCKS5_SERVER: 'Refused: the provider would go through it, and measuring cannot.',
  PROXMOX_VE_NODE_NAME: 'Name of the node; goes before `node.name` of lab.yaml.',
  PROXMOX_VE_SSH_USERNAME: 'User on the node over SSH; default: that of the login.',
  PROXMOX_VE_SSH_PASSWORD: 'The password of that user.',
  PROXMOX_VE_SSH_PRIVATE_KEY: 'The private key of that user: its text, without a passphrase; no path.',
  PROXMOX_VE_SSH_AGENT: '`true` asks the SSH agent for a key.',
  PROXMOX_VE_SSH_AUTH_SOCK: 'Socket of the SSH agent; default: `SSH_AUTH_SOCK`.',
  SSL_CERT_FILE: 'PEM file of the CA that signed the certificate of the node.',
  SSL_CERT_DIR: 'Directories of CAs that are trusted, with colons; default: those of the system.',
  LAB_FILE: 'The experiment; default: `lab.yaml` of this clone.',
  LAB_GUESTS: '`vms` or `containers`: the kind of all guests, whatever lab.yaml says of each.',
  LAB_SSH_ADDRESS: "The node's address for SSH, where it is not that of the API.",
  LAB_SSH_PORT: 'Port of SSH on the node; default 22.',
  LAB_NEW_TEMPLATE:
    '`yes`: a deployed lab takes the template of today in place of the one that it was made of, which replaces its guests.',
  LAB_TAKE_OVER:
    '`yes`: guests in the state of Terraform that an earlier version made, and knew by the tag of their name alone, are yours.',
  LAB_NODE_STATE: 'What the local node keeps; default: `.lab/node` of this clone.',
  LAB_NODE_PORT: 'Port of the API of the local node; default 8006.',
  LAB_NODE_HOSTS:
    'Further names under which clients may ask the local node, with commas; addresses, localhost and the name of the node always do.',
  LAB_NODE_SSH_PORT: 'Port of SSH of the local node; default 8022.',
  LAB_NODE_CGROUP:
    "Directory of a control group that you may use: each guest's QEMU gets one below it, with limits of memory and threads.",
  LAB_NODE_DIRECTORIES:
    'Directories in which storages of the local node may lie (`storages` of lab.yaml), with colons, read when it comes up; default: none but its own.',
  LAB_NODE_STATISTICS:
    'Seconds between two looks of the local node at its guests for `cluster/resources`, where a new one is `unknown` until then; default 10, as on Proxmox VE; 0 looks at each call.',
  MOODLE_SOURCE: 'A directory, a tar file or an address that has the source of Moodle.',
  TERRAFORM_BINARY_NAME:
    'The program to use: `terraform` or `tofu`; default: the first that is there (of `npx cdktf`: `terraform`).',
  TF_CLI_CONFIG_FILE: "Terraform's own settings, such as a mirror of providers; default `~/.terraformrc`.",
  HTTPS_PROXY:
    'Proxy to the internet, and to the API of a node that is not this machine; also `HTTP_PROXY` and `NO_PROXY`.',
  DISPLAY: 'A desktop, on which `npm run open` opens a browser; without one it prints the address.',
  WAYLAND_DISPLAY: 'The same.',
  NO_COLOR: 'Set: no colour in the output, and no line that lives.',
  CI: 'Set, as continuous integration has it: no line that lives.',
  TERM: '`dumb`: no line that lives.',
  XDG_CACHE_HOME: 'Where the template is kept; default `~/.cache`.',
  XDG_DATA_HOME: 'Where the SSH host key of local nodes is kept; default `~/.local/share`.',
};

export function environmentReference(): string {
  const rows = Object.entries(environmentVariables).map(([name, meaning]) => `| \`${name}\` | ${meaning} |`);
  return `# Environment

What the lab reads of its environment. Names that begin with \`PROXMOX_VE_\` are the Terraform
provider's own, which reads them too. A relative path begins at the clone, wherever a command is
started. (\`npx cdktf\` hands \`SSL_CERT_FILE\` and what Terraform itself reads on as they are, to
programs that run elsewhere: give it absolute ones.)

| variable | meaning |
| --- | --- |
${rows.join('\n')}

This page is made from \`config/environment-variables.ts\`:
\`UPDATE_DOCS=1 npx jest --testPathPatterns reference\`.
`;
}
