/** What a careful reader checks by hand on any page: names of controls, structure, contrast, no sideways scrolling. Runs in the page. */
import type { Page } from '@playwright/test';

/** Faults of structure and naming, in words; empty is good. */
export function findStructureFaults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const faults: string[] = [];
    const all = <T extends Element>(selector: string): T[] => [...document.querySelectorAll<T>(selector)];
    if (document.documentElement.lang === '') faults.push('the page does not say its language');
    if (document.title === '') faults.push('the page has no title');
    // A view that is not shown is not there for anyone.
    const shown = (selector: string): number => all(selector).filter((node) => node.checkVisibility()).length;
    const h1 = shown('h1');
    if (h1 !== 1) faults.push(`${h1} headings of level 1`);
    let level = 1;
    for (const heading of all<HTMLElement>('h1, h2, h3, h4').filter((node) => node.checkVisibility())) {
      const own = Number(heading.tagName.slice(1));
      if (own > level + 1)
        faults.push(`heading "${heading.textContent}" skips from level ${level} to ${own}`);
      level = own;
    }
    for (const landmark of ['header', 'main', 'aside', 'footer', '[role=search]']) {
      if (shown(landmark) !== 1) faults.push(`${shown(landmark)} of landmark ${landmark}`);
    }
    for (const control of all<HTMLElement>('button, input, a, summary, select, textarea')) {
      const isField =
        control instanceof HTMLInputElement ||
        control instanceof HTMLSelectElement ||
        control instanceof HTMLTextAreaElement;
      // What a field holds is its value, not its name.
      const texts = isField
        ? [...(control.labels ?? [])].map((label) => label.textContent)
        : [control.textContent];
      const name = control.getAttribute('aria-label') ?? texts.join('');
      if (name.trim() === '') faults.push(`a control without a name: ${control.outerHTML.slice(0, 120)}`);
    }
    for (const image of all('img:not([alt])')) faults.push(`an image without alt: ${image.outerHTML}`);
    for (const svg of all('svg:not([aria-hidden])'))
      faults.push(`an icon that is read out: ${svg.outerHTML.slice(0, 80)}`);
    const ids = all('[id]').map(({ id }) => id);
    for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) faults.push(`id "${id}" twice`);
    for (const attribute of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for']) {
      for (const node of all(`[${attribute}]`)) {
        for (const id of node.getAttribute(attribute)?.split(' ') ?? []) {
          if (!document.getElementById(id)) faults.push(`${attribute}="${id}" names nothing`);
        }
      }
    }
    return faults;
  });
}

/** Visible texts with less contrast than WCAG 2 AA asks for (4.5, or 3 for large text), in words; empty is good. */
export function findContrastFaults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    type Color = [number, number, number, number];
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const parse = (css: string): Color => {
      if (!canvas) throw new Error('no canvas');
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = css;
      canvas.fillRect(0, 0, 1, 1);
      const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    };
    const luminance = ([r, g, b]: Color): number => {
      const [x = 0, y = 0, z = 0] = [r, g, b].map((part) =>
        part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
      );
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const groundOf = (node: Element | null): Color => {
      for (let at = node; at; at = at.parentElement) {
        const color = parse(getComputedStyle(at).backgroundColor);
        if (color[3] === 1) return color;
      }
      return [255, 255, 255, 1];
    };
    const faults = new Set<string>();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    let checked = 0;
    while (texts.nextNode()) {
      const text = texts.currentNode.textContent?.trim() ?? '';
      const parent = texts.currentNode.parentElement;
      if (text === '' || !parent?.checkVisibility({ visibilityProperty: true })) continue;
      checked++;
      const style = getComputedStyle(parent);
      const size = Number.parseFloat(style.fontSize);
      const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const [a, b] = [luminance(parse(style.color)), luminance(groundOf(parent))];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (contrast < (large ? 3 : 4.5))
        faults.add(`${contrast.toFixed(2)}: "${text.slice(0, 40)}" in ${parent.tagName}.${parent.className}`);
    }
    if (checked < 20) faults.add(`only ${checked} texts were looked at`);
    return [...faults];
  });
}

/** Pixels by which the page is wider than the window. */
export function overflowPixels(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
