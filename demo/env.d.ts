/** Types of what Vite resolves at build time: `import.meta.glob`, stylesheets. */
/// <reference types="vite/client" />
