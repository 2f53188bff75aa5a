/** The page's two views and the address that chooses between them: `#view=collections…`, anything else is the search. */

export type ViewName = 'search' | 'collections';

export interface ViewsOptions {
  regions: Record<ViewName, HTMLElement>;
  links: Record<ViewName, HTMLAnchorElement>;
  titles: Record<ViewName, string>;
  /** Called at the start and whenever the address has changed. */
  onShow: (view: ViewName) => void;
}

/** `hash` as in `location.hash`. */
export function viewOf(hash: string): ViewName {
  return new URLSearchParams(hash.slice(1)).get('view') === 'collections' ? 'collections' : 'search';
}

/** Shows the view of the address, now and after each change of it. */
export function connectViews({ regions, links, titles, onShow }: ViewsOptions): void {
  const show = (): void => {
    const view = viewOf(location.hash);
    for (const name of Object.keys(regions) as ViewName[]) {
      regions[name].hidden = name !== view;
      if (name === view) links[name].setAttribute('aria-current', 'page');
      else links[name].removeAttribute('aria-current');
    }
    document.documentElement.dataset['view'] = view;
    document.title = titles[view];
    onShow(view);
  };
  addEventListener('hashchange', ({ oldURL }) => {
    // Coming back finds the view as it was left.
    const { hash } = new URL(oldURL);
    links[viewOf(hash)].href = hash === '' ? '#' : hash;
    show();
  });
  show();
}
