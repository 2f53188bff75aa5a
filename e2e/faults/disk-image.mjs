/** File systems of their own for profiles, in files: their power can be cut, and they can be filled up. Needs root, loop devices, perl. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pause } from './browsers.mjs';

/** @param {string} command @param {string[]} args */
function must(command, ...args) {
  const done = spawnSync(command, args, { encoding: 'utf8' });
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${done.error?.message ?? done.stderr}`);
}

/** ext4 ends at once without flushing its journal (EXT4_IOC_SHUTDOWN, 2: NOLOGFLUSH), as its own tests have it. */
const SHUT_DOWN = 'my $how = pack("L", 2); open(F, "<", $ARGV[0]) && ioctl(F, 0x8004587d, $how) or die $!';

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
    this.#image = join(folder, 'disk.img');
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

  /** The power goes: nothing that has not been flushed by now reaches the disk any more. */
  cut() {
    must('perl', '-e', SHUT_DOWN, this.mount);
  }

  /** It comes back: the journal is replayed. */
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
