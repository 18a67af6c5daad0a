import { Histogram } from '../statistics/histogram';
import type { Running } from './capture-end';
import { InterarrivalJitter } from './jitter';
import { RecentKeys } from './recent-keys';
import { WaitingPackets } from './waiting-packets';

/** One direction, followed from the capture at its sender to the capture at its receiver. Histograms hold seconds. */
export class MatchedDirection {
  /** Packets in the sender's capture, and in the receiver's. */
  sent = 0;
  received = 0;
  matched = 0;
  /** Seen at the sender and never, or later than the wait, at the receiver, whose capture was running then. */
  lost = 0;
  /** Those of the lost that arrived after the wait. */
  late = 0;
  /** Seen at the receiver and never at the sender, whose capture was running: it has missed them. */
  unexplained = 0;
  /** Arrived once more, within the wait: the network has made another of a packet that its sender has numbered. */
  duplicates = 0;
  /** The same, but of a packet without a number: its sender may as well have sent it again, unseen by the capture. */
  repeats = 0;
  /** Packets whose key was on its way twice at once; they count for loss, but give no delay. */
  ambiguous = 0;
  /** Sent and not received, but before the receiver's capture began, or after it ended: not lost. */
  sentBefore = 0;
  sentAfter = 0;
  /** Received and not seen sent, but the sender's capture had not begun, or had ended. */
  arrivedBefore = 0;
  arrivedAfter = 0;
  /** Packets that the same capture has had within the millisecond before. */
  twiceAtSender = 0;
  twiceAtReceiver = 0;
  /** Receiver's time less sender's; empty where the captures do not share a clock. */
  readonly transit = new Histogram();
  /** In order of arrival. */
  readonly jitter = new InterarrivalJitter();
}

export interface PathOptions {
  /** After how many nanoseconds a packet does not arrive any more; Infinity where the clocks' difference is not known. */
  readonly wait: number;
  /** Nanoseconds by which a packet may seem to be received before it was sent. */
  readonly slack: number;
  /** Whether one clock stamped both ends, so that delays are known and what is later than the wait is lost. */
  readonly sharedClock: boolean;
  readonly waitSeconds: number;
}

type When = 'before' | 'during' | 'after';
const always: Running = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

/** What all packets that go one way have in common, whatever their session. Times are nanoseconds by one clock. */
export class Path {
  /** Known once both captures have been read. */
  atSender = always;
  atReceiver = always;
  readonly arrived: RecentKeys;
  private shortest = Number.POSITIVE_INFINITY;
  private longest = Number.NEGATIVE_INFINITY;

  constructor(readonly options: PathOptions) {
    this.arrived = new RecentKeys(options.waitSeconds * 1e9);
  }

  addDelay(nanoseconds: number): void {
    if (nanoseconds < this.shortest) this.shortest = nanoseconds;
    if (nanoseconds > this.longest) this.longest = nanoseconds;
  }

  /** When the receiver's capture ran, beside the time at which a packet that was sent then may have arrived. */
  whenSent(time: number): When {
    const [shortest, longest] = this.delays;
    if (time + shortest < this.atReceiver.from) return 'before';
    return time + longest > this.atReceiver.to ? 'after' : 'during';
  }

  /** When the sender's capture ran, beside the time at which a packet that arrived then may have been sent. */
  whenReceived(time: number): When {
    const [shortest, longest] = this.delays;
    if (time - longest < this.atSender.from) return 'before';
    return time - shortest > this.atSender.to ? 'after' : 'during';
  }

  private get delays(): readonly [shortest: number, longest: number] {
    const { wait, waitSeconds } = this.options;
    // Where the clocks' difference is not known, only what lies far outside is outside.
    if (wait === Number.POSITIVE_INFINITY) return [waitSeconds * 1e9, -waitSeconds * 1e9];
    return this.longest < this.shortest ? [0, 0] : [this.shortest, this.longest];
  }
}

/** Finds the packets of one direction of one session again at its receiver. Times are nanoseconds by one clock. */
export class DirectionMatcher {
  private readonly result = new MatchedDirection();
  private readonly onTheWay = new WaitingPackets();
  private readonly early = new WaitingPackets();

  constructor(private readonly path: Path) {}

  seenAtSender(key: number, time: number, twice: boolean): void {
    const { result, path } = this;
    const { wait, slack, sharedClock } = path.options;
    result.sent += 1;
    if (twice) result.twiceAtSender += 1;
    // By one clock nothing arrives before it is sent: such a packet is another one with the same key.
    const received = this.early.take(key, time - (sharedClock ? slack : wait));
    if (received !== null) this.match(time, received.time, received.alone);
    else if (this.onTheWay.add(key, time, time - wait - slack)) result.ambiguous += 1;
  }

  seenAtReceiver(key: number, time: number, twice: boolean, numbered: boolean): void {
    const { result, path } = this;
    const { wait, slack, sharedClock } = path.options;
    result.received += 1;
    if (twice) result.twiceAtReceiver += 1;
    const sent = this.onTheWay.take(key, time - wait - (sharedClock ? 0 : slack));
    if (sent !== null) {
      path.arrived.add(key, time);
      this.match(sent.time, time, sent.alone);
    } else if (path.arrived.has(key, time)) {
      if (numbered) result.duplicates += 1;
      else result.repeats += 1;
    } else if (this.early.add(key, time, Number.NEGATIVE_INFINITY)) {
      result.ambiguous += 1;
    }
  }

  /** To be asked once all packets have been seen. */
  finish(): MatchedDirection {
    const { result, path } = this;
    const arrived = this.early.left();
    const sent = this.onTheWay.left();
    for (const [key, times] of sent) {
      const arrivals = arrived.get(key)?.length ?? 0;
      if (!path.options.sharedClock) {
        // Without a common clock no packet is lost for its delay: as many as arrived have not been lost.
        const found = Math.min(arrivals, times.length);
        result.matched += found;
        this.countMissing(times.slice(found));
        continue;
      }
      const late = countLate(times, arrived.get(key) ?? []);
      result.late += late;
      result.lost += late;
      this.countMissing(times.slice(late));
    }
    for (const [key, times] of arrived) {
      const found = sent.get(key) ?? [];
      const told = path.options.sharedClock ? countLate(found, times) : Math.min(found.length, times.length);
      for (const time of times.slice(told)) {
        const when = path.whenReceived(time);
        if (when === 'before') result.arrivedBefore += 1;
        else if (when === 'after') result.arrivedAfter += 1;
        else result.unexplained += 1;
      }
    }
    return result;
  }

  private countMissing(sent: readonly number[]): void {
    const { result, path } = this;
    for (const time of sent) {
      const when = path.whenSent(time);
      if (when === 'before') result.sentBefore += 1;
      else if (when === 'after') result.sentAfter += 1;
      else result.lost += 1;
    }
  }

  private match(sent: number, received: number, alone: boolean): void {
    const { result, path } = this;
    result.matched += 1;
    const delay = received - sent;
    if (!alone || Number.isNaN(delay)) return;
    path.addDelay(delay);
    // What is below the step of the stamps may come out as less than nothing.
    if (path.options.sharedClock) result.transit.add(Math.max(0, delay / 1e9));
    result.jitter.add(delay / 1e9);
  }
}

/** How many of the arrivals, both in order of time, can be packets that were sent before them. */
function countLate(sent: readonly number[], arrivals: readonly number[]): number {
  let late = 0;
  for (const time of arrivals) {
    const before = sent[late];
    if (before !== undefined && before < time) late += 1;
  }
  return late;
}
