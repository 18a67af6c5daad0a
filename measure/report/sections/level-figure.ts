import type { LevelResult } from '../../analyse/resources/resources';
import { type FigureCell, figure } from '../document/document';
import { distribution, type Scale } from '../document/format';

type Measured =
  | 'cpuPercent'
  | 'memoryUsedBytes'
  | 'memoryPercent'
  | 'guestsCpuPercent'
  | 'guestsResidentBytes'
  | 'othersMemoryBytes'
  | 'rootUsedBytes'
  | 'rootPercent';

/** A figure of a level in a table that says n once. */
export function levelFigure(level: LevelResult, key: Measured, scale: Scale): FigureCell {
  return figure(`level ${level.level}/${key}`, distribution(level[key], scale, level.visits));
}
