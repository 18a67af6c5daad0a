import { progressLine } from '../../experiment/cdktf';
import { TerraformProgress } from '../../experiment/terraform-progress';
import { readinessLine } from '../../stacks/readiness-line';

/** What is shown after these lines of cdktf. */
function shownAfter(lines: readonly string[]) {
  const seen: { share?: number; detail?: string } = {};
  const progress = new TerraformProgress({
    reached: (share) => {
      seen.share = share;
    },
    step: (detail) => {
      seen.detail = detail;
    },
  });
  for (const line of lines) {
    const news = progressLine(line);
    if (news) progress.hear(news);
  }
  return seen;
}

const ready = (guest: string, seconds: number, text: string): string =>
  `terraform_data.${guest} (guest/${guest}) (local-exec): ${readinessLine({ guest, seconds, text })}`;

const begun = [
  'Plan: 4 to add, 0 to change, 0 to destroy.',
  'proxmox_x.vmbr10 (bridge): Creation complete after 2s [id=vmbr10]',
  'proxmox_x.wordpress (guest/wordpress): Creation complete after 2s [id=129]',
];

test('the bar shows how many of the planned resources are done', () => {
  expect(shownAfter(begun)).toEqual({ share: 0.5, detail: '2 of 4' });
});

test('each guest is shown with what it waits for, cloud-init by its stage', () => {
  const { share, detail } = shownAfter([
    ...begun,
    ready('wordpress', 4, 'waiting for the guest agent to answer'),
    ready('wordpress', 40, 'waiting for cloud-init (modules-final)'),
    ready('moodle', 40, 'waiting for cloud-init to start'),
    ready('mediawiki', 41, 'waiting for http://192.168.10.28/ to answer (curl: 7)'),
  ]);
  expect(detail).toBe(
    'wordpress: cloud-init modules-final · moodle: cloud-init starts · mediawiki: its page',
  );
  // Half of the resources, and on the guests' way 0.8, 0.4 and 0.9.
  expect(share).toBeCloseTo(0.2 * 0.5 + (0.8 * (0.8 + 0.4 + 0.9)) / 3);
});

test('a guest that is ready, or up without its application, is shown so', () => {
  const { share, detail } = shownAfter([
    ...begun,
    ready('wordpress', 60, 'ready, wordpress 6.8.1 answers'),
    ready('moodle', 61, 'up, but moodle is not installed: no source'),
  ]);
  expect(detail).toBe('wordpress: ready · moodle: up without its application');
  expect(share).toBeCloseTo(0.9); // Terraform has yet to say that they are
});

test('what is destroyed counts too', () => {
  const lines = [
    'Plan: 0 to add, 0 to change, 2 to destroy.',
    'proxmox_x.a (a): Destruction complete after 1s',
  ];
  expect(shownAfter(lines)).toEqual({ share: 0.5, detail: '1 of 2' });
});
