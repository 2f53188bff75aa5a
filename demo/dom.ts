/** Builds page elements: small typed helpers over `document`. Text goes in as text nodes only, never as markup. */

type Child = Node | string | null | false;

type Listeners = { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };

export interface ElementOptions {
  class?: string;
  /** `null` leaves the attribute out; an empty string sets it without a value. */
  attributes?: Record<string, string | null>;
  on?: Listeners;
}

/** A new `tag` element; strings among `children` become text, null and false are left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: ElementOptions = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (options.class) made.className = options.class;
  for (const [name, value] of Object.entries(options.attributes ?? {})) {
    if (value !== null) made.setAttribute(name, value);
  }
  for (const [type, listener] of Object.entries(options.on ?? {})) {
    made.addEventListener(type, listener as EventListener);
  }
  for (const child of children) {
    if (child !== null && child !== false) made.append(child);
  }
  return made;
}

/** The element of index.html with this id. Throws when the page and the code disagree: a fault of ours. */
export function byId<T extends HTMLElement>(id: string, type: abstract new (...args: never[]) => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`index.html has no ${type.name} with id "${id}".`);
  return found;
}

/** Swaps the children of `container`; the focus goes to the new element with the same `data-key` as the one that had it. */
export function replaceKeepingFocus(container: HTMLElement, ...children: Child[]): void {
  const { activeElement } = document;
  const key =
    activeElement instanceof HTMLElement && container.contains(activeElement)
      ? activeElement.dataset['key']
      : undefined;
  container.replaceChildren(...children.filter((child) => child !== null && child !== false));
  if (key !== undefined) findByKey(container, key)?.focus();
}

export function findByKey(container: HTMLElement, key: string): HTMLElement | undefined {
  return [...container.querySelectorAll<HTMLElement>('[data-key]')].find(
    (node) => node.dataset['key'] === key,
  );
}

/** Whether a key pressed there writes a character. */
export function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement)
    return !['checkbox', 'radio', 'button', 'file'].includes(target.type);
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLElement && target.isContentEditable;
}
