import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askToStop, progressLine } from '../../experiment/cdktf';
import { start } from '../../machine/command';

test('Terraform is asked to stop once, however many signals come', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cdktf-'));
  const heard = join(directory, 'heard');
  const script = ['#!/bin/bash', `trap 'echo asked >> ${heard}' INT`, `echo up >> ${heard}`];
  const rest = ['for i in $(seq 100); do sleep 0.05; [ -e stop ] && exit; done', ''];
  writeFileSync(join(directory, 'terraform'), [...script, ...rest].join('\n'), { mode: 0o755 });
  const program = start(['bash', '-c', './terraform; true'], { cwd: directory, ownGroup: true });
  const said = () => {
    try {
      return readFileSync(heard, 'utf8').trim().split('\n');
    } catch {
      return [];
    }
  };
  const until = async (count: number) => {
    for (let wait = 0; said().length < count && wait < 200; wait += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const asked = new Set<number>();
  await until(1);
  askToStop(program, asked);
  await until(2);
  for (let signal = 0; signal < 3; signal += 1) askToStop(program, asked);
  await new Promise((resolve) => setTimeout(resolve, 300));
  writeFileSync(join(directory, 'stop'), '');
  await program;
  expect(said()).toEqual(['up', 'asked']);
  rmSync(directory, { recursive: true });
});

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
