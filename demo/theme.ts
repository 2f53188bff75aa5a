/** Light or dark: what the system says until the visitor chooses, then that choice. public/theme.js applies it before the first paint. */

/** The key public/theme.js reads. */
const KEY = 'kindex-demo:theme';

type Theme = 'light' | 'dark';

/** `button` is pressed while the page is dark. */
export function connectThemeButton(button: HTMLButtonElement): void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const current = (): Theme => {
    const chosen = document.documentElement.dataset['theme'];
    if (chosen === 'light' || chosen === 'dark') return chosen;
    return system.matches ? 'dark' : 'light';
  };
  const show = (): void => button.setAttribute('aria-pressed', String(current() === 'dark'));
  button.addEventListener('click', () => {
    const next: Theme = current() === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset['theme'] = next;
    remember(next);
    show();
  });
  system.addEventListener('change', show);
  show();
}

/** Without storage (blocked by the browser) the choice lasts as long as the page. */
function remember(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Nothing else depends on it.
  }
}
