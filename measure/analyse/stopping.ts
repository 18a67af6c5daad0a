import type { QosSession, ResourceVisit, RunPlan } from '../run/raw-data';
import { analyseVisit } from './resources/visit';
import { pageLoads } from './sessions/page-load';
import { isPreciseEnough, mostRepetitions } from './statistics/precision';
import { describe } from './statistics/statistics';

/** Whether the visits that a level has suffice by the plan's rule; false without a rule. Visits with a fault count for nothing. */
export function levelIsEnough(plan: RunPlan, visits: readonly ResourceVisit[], level: number): boolean {
  const rule = plan.plan.resources?.precision;
  const most = mostRepetitions(plan, 'resources');
  if (rule === undefined || most === undefined) return false;
  const values = visits
    .filter((visit) => visit.level === level && visit.fault === null)
    .map((visit) => analyseVisit(visit, plan.lab.guests)[rule.metric]);
  return isPreciseEnough(values, rule, most);
}

/** The same for the sessions of an application; a session's value is the median of its pages. */
export function applicationIsEnough(plan: RunPlan, sessions: readonly QosSession[], guest: string): boolean {
  const rule = plan.plan.qos?.precision;
  const most = mostRepetitions(plan, 'qos');
  if (rule === undefined || most === undefined) return false;
  const key = rule.metric === 'pageLoadSeconds' ? 'loadSeconds' : 'firstByteSeconds';
  const values = sessions
    .filter((session) => session.guest === guest && session.fault === null)
    .map((session) => describe(pageLoads(session.transfers).map((page) => page[key]))?.median ?? null);
  return isPreciseEnough(values, rule, most);
}
