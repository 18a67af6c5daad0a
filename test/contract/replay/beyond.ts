import type { Deviation } from './deviations';

/**
 * Recorded calls on paths that the local node has, whose answers show what calls on paths that it has not have made:
 * a snapshot, a container, another node. Nothing can be compared there, so that they count neither way; a call named
 * here that matches after all fails the test.
 */
export const BEYOND: readonly Deviation[] = [
  {
    reason: 'A container that was made apart from the recordings is not there to be listed.',
    calls: { '12-snapshots': [130] },
  },
  {
    reason:
      "What a container's own system does takes its time: at first it has no address, and only figures of its past show a use.",
    calls: {
      '11-containers': [98],
      'tf-ct-apply': [10],
      'tf-ct-change': [13],
    },
  },
  {
    reason:
      'A change over to WebSocket is no call that can be sent once more, and a simulated guest has no console, so that the task of one ends at once; `test/local-node/api/console.test.ts` holds both.',
    calls: {
      '14-console': [6, 17, 19, 23, 24, 25, 26, 28, 29, 30, 31, 50],
    },
  },
  {
    reason: 'A user without rights calls, whose ticket was recorded as any other; the same test holds it.',
    calls: {
      '14-console': [90, 91, 92, 95, 96],
    },
  },
  {
    reason: 'The recorded cluster has a second node and high availability; the local node is alone.',
    calls: {
      '15-cluster': [
        1, 8, 9, 10, 11, 19, 20, 21, 22, 23, 24, 27, 38, 39, 40, 51, 52, 68, 69, 70, 79, 80, 101, 122, 123,
        132, 136, 146, 159, 160, 161, 164, 166, 169, 186, 188, 191, 196, 200, 208, 209, 213, 217, 220, 224,
        232,
      ],
      'tf-ha-apply': [1, 3],
      'tf-ha-plan': [1, 2],
      'tf-ha-change': [1, 2, 4, 6],
      'tf-ha-destroy': [1, 2, 4],
    },
  },
];
