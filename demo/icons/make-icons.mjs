/** Draws the demo's icons from one list of shapes, as SVG and PNG: `node demo/icons/make-icons.mjs` writes demo/public/icon*. */
import { writeFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';

/** A question, the circle around it, what lies near and what lies far: on a grid of 64. */
const GROUND = [11, 97, 86];
const SHAPES = [
  { x: 29, y: 34, radius: 18.5, width: 2.5, color: [143, 224, 207] },
  { x: 29, y: 34, radius: 6, color: [255, 255, 255] },
  { x: 38.5, y: 26, radius: 3.6, color: [143, 224, 207] },
  { x: 20.5, y: 28.5, radius: 3.6, color: [143, 224, 207] },
  { x: 31, y: 45, radius: 3.6, color: [143, 224, 207] },
  { x: 51, y: 15, radius: 3.2, color: [83, 158, 146] },
  { x: 53.5, y: 47, radius: 3.2, color: [83, 158, 146] },
  { x: 13, y: 12.5, radius: 3.2, color: [83, 158, 146] },
];
const CORNER = 14;

const hex = (color) => `#${color.map((part) => part.toString(16).padStart(2, '0')).join('')}`;

function svg() {
  const circles = SHAPES.map(({ x, y, radius, width, color }) =>
    width
      ? `<circle cx="${x}" cy="${y}" r="${radius}" fill="none" stroke="${hex(color)}" stroke-width="${width}"/>`
      : `<circle cx="${x}" cy="${y}" r="${radius}" fill="${hex(color)}"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">\n  <rect width="64" height="64" rx="${CORNER}" fill="${hex(GROUND)}"/>\n  ${circles.join('\n  ')}\n</svg>\n`;
}

/** Colour and coverage of the point (x, y) of the grid. */
function paint(x, y, { corner }) {
  const dx = Math.max(corner - x, x - (64 - corner), 0);
  const dy = Math.max(corner - y, y - (64 - corner), 0);
  if (Math.hypot(dx, dy) > corner) return null;
  let color = GROUND;
  for (const shape of SHAPES) {
    const distance = Math.hypot(x - shape.x, y - shape.y);
    const inside = shape.width
      ? Math.abs(distance - shape.radius) <= shape.width / 2
      : distance <= shape.radius;
    if (inside) color = shape.color;
  }
  return color;
}

/** `scale` below 1 leaves a margin, as masks of any form need it. */
function png(size, { corner, scale }) {
  const samples = 4;
  const rows = [];
  for (let row = 0; row < size; row++) {
    const line = Buffer.alloc(1 + size * 4);
    for (let column = 0; column < size; column++) {
      const sum = [0, 0, 0];
      let covered = 0;
      for (let s = 0; s < samples * samples; s++) {
        const px = (column + ((s % samples) + 0.5) / samples) / size;
        const py = (row + (Math.floor(s / samples) + 0.5) / samples) / size;
        const inner = (p) => ((p - 0.5) / scale + 0.5) * 64;
        const color =
          scale < 1 && outside(inner(px), inner(py)) ? GROUND : paint(inner(px), inner(py), { corner });
        if (!color) continue;
        covered++;
        color.forEach((part, i) => (sum[i] += part));
      }
      const at = 1 + column * 4;
      if (covered > 0) sum.forEach((part, i) => (line[at + i] = Math.round(part / covered)));
      line[at + 3] = Math.round((covered / (samples * samples)) * 255);
    }
    rows.push(line);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

const outside = (x, y) => x < 0 || y < 0 || x > 64 || y > 64;

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  whole.set(body, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const to = (name) => new URL(`../public/${name}`, import.meta.url);
writeFileSync(to('icon.svg'), svg());
writeFileSync(to('icon-192.png'), png(192, { corner: CORNER, scale: 1 }));
writeFileSync(to('icon-512.png'), png(512, { corner: CORNER, scale: 1 }));
writeFileSync(to('icon-maskable-512.png'), png(512, { corner: 0, scale: 0.78 }));
