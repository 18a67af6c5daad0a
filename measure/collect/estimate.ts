import type { RunPlan } from '../raw-data';
import { guestsAtLevel } from './run-plan';

/**
 * About how long a plan takes, seconds: its own pauses and samples, a guess for starts and pages. `startSeconds` is that of
 * one start of guests; 100 s is usual without KVM.
 */
export function estimateSeconds(plan: RunPlan, startSeconds = 100): number {
  let seconds = 0;
  if (plan.scenarios.includes('qos')) {
    const { pages, thinkSeconds, probes } = plan.plan.qos;
    const think = (thinkSeconds[0] + thinkSeconds[1]) / 2;
    seconds += plan.sessionOrder.length * (pages * (think + 2) + probes * 0.1 + 10);
  }
  if (plan.scenarios.includes('resources')) {
    const { intervalSeconds, samples, settleSeconds } = plan.plan.resources;
    let running = plan.lab.guests.length;
    for (const level of plan.levelOrder.flat()) {
      const wanted = guestsAtLevel(plan.lab.guests, level).length;
      if (wanted > running) seconds += startSeconds;
      if (wanted < running) seconds += 5 * (running - wanted);
      seconds += Math.min(settleSeconds, 20) + samples * intervalSeconds;
      running = wanted;
    }
  }
  return seconds;
}
