/** The most memory that a browser's pages have held, as Linux counts it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** The most memory that the processes of a browser have held since the last look. @param {string} profile @returns {{ pid: string, bytes: number }[]} */
export function peaks(profile) {
  const list = [];
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      // Children name the profile of their browser as its own process does.
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer')) continue;
      if (!isOf(pid, profile)) continue;
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      list.push({ pid, bytes: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024 });
    } catch {
      // It has ended meanwhile.
    }
  }
  return list;
}

/** @param {string} pid @param {string} profile */
function isOf(pid, profile) {
  for (let at = pid; Number(at) > 1;) {
    if (readFileSync(`/proc/${at}/cmdline`, 'utf8').includes(`--user-data-dir=${profile}`)) return true;
    const stat = readFileSync(`/proc/${at}/stat`, 'utf8');
    at = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? '0';
  }
  return false;
}

/** From here on the highest is counted anew. @param {{ pid: string }[]} processes */
export function forgetPeaks(processes) {
  for (const { pid } of processes) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
