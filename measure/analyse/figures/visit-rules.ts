/** Fields that several figures of visits are made of. */

export const ticks = ['samples[].cpuIdleTicks', 'samples[].time', 'cpus', 'ticksPerSecond'];
export const memory = ['samples[].memoryTotalBytes', 'samples[].memoryAvailableBytes'];
export const guestTicks = ['samples[].guests[].cpuTicks', 'samples[].time', 'ticksPerSecond'];
export const guestMemory = 'samples[].guests[].residentBytes';
export const energy = 'samples[].packageEnergy[].microjoules';
