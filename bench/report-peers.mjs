/** What RESULTS.md tells of case `peers`: one table of speeds, each beside its recall, and one of what becomes of bad input. */
import { median } from './data.mjs';
import { shortNumber } from './plot.mjs';
import { engineName } from './plots.mjs';

/**
 * A peer as a result stores it. `rows`: 0 where it was not measured; `trouble` says why, or why with fewer rows than the others.
 * `probes`: bad input → what became of it.
 * @typedef {{
 *   name: string,
 *   place: 'chromium' | 'node',
 *   package: string | null,
 *   version: string | null,
 *   parameter: { name: string } | null,
 *   settings: string,
 *   rows: number,
 *   buildVectorsPerS: number[],
 *   megabytes: number | null,
 *   points: { at: string, width: number | null, recall: number, queriesPerS: number[] }[],
 *   probes: Record<string, string>,
 *   trouble: string | null,
 * }} Peer
 */

/** @param {{ peers?: Peer[] }} result @returns {string} nothing for results of other cases */
export function peerTables({ peers = [] }) {
  if (peers.length === 0) return '';
  const speeds = peers.flatMap((peer) => {
    const first = [peerName(peer), String(peer.rows), '', '', '', '', ''];
    if (peer.rows === 0) return [row(first)];
    first[2] = shortNumber(median(peer.buildVectorsPerS));
    first[3] = peer.megabytes === null ? '–' : String(peer.megabytes);
    return peer.points.map(({ width, recall, queriesPerS }, i) =>
      row([
        ...(i === 0 ? first.slice(0, 4) : ['', '', '', '']),
        width === null ? '–' : `${peer.parameter?.name} ${width}`,
        recall.toFixed(3),
        queriesPerS.length === 0 ? '–' : shortNumber(median(queriesPerS)),
      ]),
    );
  });
  const notes = peers.map(
    (peer) => `- ${peerName(peer)}: ${peer.settings}.${peer.trouble === null ? '' : ` ${peer.trouble}.`}`,
  );
  return `${table(['peer', 'rows', 'vectors/s built', 'MB', 'parameter', 'recall', 'queries/s'], 1, speeds)}
Of a peer with a parameter the least that reaches recall 0.95 and 0.99. MB: what its module and its index take in a worker, vectors
included.

${notes.join('\n')}

${probeTable(peers)}`;
}

/** @param {Peer[]} peers */
function probeTable(peers) {
  const probed = peers.filter(({ probes }) => Object.keys(probes).length > 0);
  const inputs = [...new Set(probed.flatMap(({ probes }) => Object.keys(probes)))];
  if (inputs.length === 0) return '';
  const rows = probed.map((peer) =>
    row([peerName(peer), ...inputs.map((input) => peer.probes[input] ?? '')]),
  );
  return `What becomes of bad input, tried on 40 rows, 10 results wanted unless said otherwise (kindex checks its input in the
client, where tests say what becomes of it):

${table(['peer', ...inputs], null, rows)}
`;
}

/** @param {string[]} heads @param {number | null} from the first column of figures @param {string[]} rows */
function table(heads, from, rows) {
  const rules = heads.map((_, i) => (from === null || i < from ? '---' : '--:'));
  return `${row(heads)}\n${row(rules)}\n${rows.join('\n')}\n`;
}

/** @param {string[]} cells */
function row(cells) {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
}

/** @param {Peer} peer */
function peerName({ name, place, version }) {
  const where = place === 'node' ? 'Node' : 'Chromium';
  return `${engineName(name)}${version === null ? '' : ` ${version}`}, ${where}`;
}
