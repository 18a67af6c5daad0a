import { progressLine } from '../../experiment/cdktf';

test.each([
  [
    'proxmox_virtual_environment_vm.guest_wordpress (guest/wordpress): Creation complete after 2s [id=129]',
    '  proxmox_virtual_environment_vm.guest_wordpress: creation complete after 2s',
  ],
  [
    'terraform_data.ready (ready) (local-exec): wordpress: cloud-init is running (12 s)',
    '  wordpress: cloud-init is running (12 s)',
  ],
  ['Plan: 9 to add, 0 to change, 0 to destroy.', '  Plan: 9 to add, 0 to change, 0 to destroy.'],
  [
    'No changes. Your infrastructure matches the configuration.',
    '  No changes. Your infrastructure matches the configuration.',
  ],
])('%s is news', (line, news) => {
  expect(progressLine(line)).toBe(news);
});

test.each([
  ['terraform_data.ready (ready) (local-exec): Executing: ["/bin/sh" "-c" "npx tsx"]'],
  ['+ resource "proxmox_virtual_environment_vm" "guest" {'],
  ['1 Stack deploying     0 Stacks done     0 Stacks waiting'],
])('%s is left to the log', (line) => {
  expect(progressLine(line)).toBeUndefined();
});
