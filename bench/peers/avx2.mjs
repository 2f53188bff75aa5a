/**
 * `node bench/peers/avx2.mjs`: native hnswlib once more, compiled for AVX2 and FMA as npm does not: into
 * node_modules/hnswlib-node-avx2, where case `vector-search` finds it. Needs `npm ci` here, g++ and the headers of this Node.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const modules = fileURLToPath(new URL('./node_modules/', import.meta.url));
const target = join(modules, 'hnswlib-node-avx2');
const headers = join(dirname(dirname(process.execPath)), 'include', 'node');
if (!existsSync(join(headers, 'node_api.h'))) throw new Error(`${headers} holds no headers of Node.`);

rmSync(target, { recursive: true, force: true });
cpSync(join(modules, 'hnswlib-node'), target, { recursive: true });
const options = [
  '-std=gnu++17 -O3 -mavx2 -mfma -fPIC -shared -pthread -w'.split(' '),
  '-DNAPI_DISABLE_CPP_EXCEPTIONS -DBUILDING_NODE_EXTENSION -DNODE_GYP_MODULE_NAME=addon'.split(' '),
  [`-I${headers}`, `-I${join(modules, 'node-addon-api')}`],
  ['-o', join(target, 'build', 'Release', 'addon.node'), join(target, 'src', 'addon.cc')],
];
const { status } = spawnSync(process.env['CXX'] ?? 'g++', options.flat(), { stdio: 'inherit' });
if (status !== 0) {
  rmSync(target, { recursive: true, force: true });
  process.exitCode = 1;
}
