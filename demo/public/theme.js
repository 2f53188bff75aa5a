/* Applies the chosen theme before the first paint; a classic script, because modules run too late for that. See theme.ts. */
try {
  const theme = localStorage.getItem('kindex-demo:theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked: the system's choice stands.
}
