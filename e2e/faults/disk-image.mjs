/** File systems of their own for profiles, in files: what is on them can be cut off or filled up. Needs root and loop devices. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, constants, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from './browsers.mjs';

/** @param {string} command @param {string[]} args */
function must(command, ...args) {
  const done = spawnSync(command, args, { encoding: 'utf8' });
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${done.error?.message ?? done.stderr}`);
}

/** ext4 in a file. */
export class DiskImage {
  /** @type {string} */
  #folder;
  #image;
  #mounted = false;
  /** Where it is mounted. */
  mount;

  /** @param {string} folder made here, and removed in the end @param {string} size e.g. `400M` @throws Error without root */
  constructor(folder, size) {
    if (process.getuid?.() !== 0 || !existsSync('/dev/loop-control'))
      throw new Error('file systems in files need root and loop devices');
    this.#folder = folder;
    this.mount = join(folder, 'mount');
    this.#image = join(folder, 'first.img');
    mkdirSync(this.mount, { recursive: true });
    must('truncate', '-s', size, this.#image);
    // Without room that only root may use.
    must('mkfs.ext4', '-q', '-F', '-m', '0', this.#image);
    this.#attach();
  }

  #attach() {
    must('mount', '-o', 'loop', this.#image, this.mount);
    this.#mounted = true;
  }

  /** Everything written so far is on the disk. */
  flush() {
    must('sync');
  }

  /** Takes all room but `bytes`. @param {number} bytes @returns {() => void} gives it back */
  fill(bytes) {
    const filler = join(this.mount, 'filler');
    const { stdout } = spawnSync('df', ['--output=avail', '-B1', this.mount], { encoding: 'utf8' });
    const free = Number(stdout.trim().split('\n').at(-1));
    must('fallocate', '-l', String(Math.max(1, Math.round(free - bytes))), filler);
    return () => rmSync(filler);
  }

  /**
   * What would be there after a power cut at this moment: the file is copied before the system writes anything back, and the copy is
   * mounted in its place by `come`.
   */
  cut() {
    const copy = join(this.#folder, 'second.img');
    copyFileSync(this.#image, copy, constants.COPYFILE_FICLONE);
    this.#image = copy;
  }

  async come() {
    await this.#detach();
    this.#attach();
  }

  async #detach() {
    if (!this.#mounted) return;
    this.#mounted = false;
    for (let tries = 0; tries < 40; tries++) {
      if (spawnSync('umount', [this.mount]).status === 0) return;
      await pause(100);
    }
    must('umount', '--lazy', this.mount);
  }

  async remove() {
    await this.#detach();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
