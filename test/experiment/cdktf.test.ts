import { progressLine, shownErrors } from '../../experiment/cdktf';

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

test('an error that holds the file which could not be uploaded does not hide the next one', () => {
  const long = [
    'Error: error transferring file',
    ...Array.from({ length: 600 }, (_, index) => `line ${index}`),
  ];
  const shown = shownErrors([...long, 'Error: no such bridge', 'with vm']);
  expect(shown).toHaveLength(13);
  expect(shown.slice(0, 2)).toEqual(['Error: error transferring file', 'line 0']);
  expect(shown.slice(-3)).toEqual(['(591 more lines in the log)', 'Error: no such bridge', 'with vm']);
});
