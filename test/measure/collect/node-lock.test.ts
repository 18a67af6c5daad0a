import { lockNode } from '../../../measure/collect/node-lock';
import type { RunningCommand, Shell } from '../../../proxmox/node-shell';
import { LocalShell } from './local-shell';

/** A node whose locks are programs of this machine; `taken`: somebody else has the lock from the second time on. */
class Locks implements Shell {
  private readonly local = new LocalShell();
  readonly held: RunningCommand[] = [];
  constructor(private readonly taken: boolean) {}

  run = () => this.local.run(['true']);
  start = async () => {
    const isMine = !this.taken || this.held.length === 0;
    const held = await this.local.start(isMine ? ['sh', '-c', 'echo locked; cat >/dev/null'] : ['false']);
    this.held.push(held);
    return held;
  };
}

describe('the lock of a run on its node', () => {
  it('is taken again where the connection that held it is lost', async () => {
    const locks = new Locks(false);
    const onLost = jest.fn();
    const unlock = await lockNode(locks, 'lab', onLost);
    locks.held[0]?.kill();
    await locks.held[0]?.ended;
    while (locks.held.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await unlock();
    expect(locks.held).toHaveLength(2);
    expect(onLost).not.toHaveBeenCalled();
  });

  it('says so where another run has taken it meanwhile', async () => {
    const locks = new Locks(true);
    const lost = new Promise<Error>((resolve) => {
      void lockNode(locks, 'lab', resolve).then(() => locks.held[0]?.kill());
    });
    await expect(lost).resolves.toMatchObject({ message: expect.stringMatching(/another run measures/) });
  });
});
